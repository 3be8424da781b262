/** Choices that a seed determines: the same seed makes the same choices on every machine. */
export interface Random {
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  /** True in a share of cases. */
  chance(share: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Distinct items, in their order. */
  some<T>(items: readonly T[], most: number): T[];
  /** The made value in a share of cases, else undefined. */
  maybe<T>(share: number, make: () => T): T | undefined;
  /** Between `least` and `most` made values. */
  list<T>(least: number, most: number, make: (index: number) => T): T[];
}

export function createRandom(seed: number): Random {
  let state = (seed * 2654435761) >>> 0;
  const next = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const random: Random = {
    below: (limit) => Math.floor(next() * limit),
    chance: (share) => next() < share,
    pick: (items) => items[random.below(items.length)] as (typeof items)[number],
    some(items, most) {
      const count = Math.min(items.length, random.below(most + 1));
      const left = items.map((_, i) => i);
      const chosen: number[] = [];
      for (let i = 0; i < count; i++) chosen.push(...left.splice(random.below(left.length), 1));
      return chosen.sort((a, b) => a - b).map((i) => items[i] as (typeof items)[number]);
    },
    maybe: (share, make) => (random.chance(share) ? make() : undefined),
    list: (least, most, make) =>
      Array.from({ length: least + random.below(most - least + 1) }, (_, index) => make(index)),
  };
  return random;
}
