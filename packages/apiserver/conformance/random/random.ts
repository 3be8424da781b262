/** Choices that a seed determines: the same seed makes the same ones on every machine. */
export interface Random {
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  /** True in a share of calls. */
  chance(share: number): boolean;
  /** One of some; the list must not be empty. */
  pick<T>(items: readonly T[]): T;
}

/** The choices of a seed, a whole number. */
export function createRandom(seed: number): Random {
  // splitmix32
  let counter = Math.imul(seed, 0x85ebca6b);
  function next(): number {
    counter = (counter + 0x9e3779b9) | 0;
    let bits = counter;
    for (const factor of [0x21f0aaad, 0x735a2d97]) bits = Math.imul(bits ^ (bits >>> 16), factor);
    return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
  }
  return {
    below: (limit) => Math.floor(next() * limit),
    chance: (share) => next() < share,
    pick<T>(items: readonly T[]): T {
      return items[Math.floor(next() * items.length)] as T;
    },
  };
}
