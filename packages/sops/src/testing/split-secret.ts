import { product } from '../gf256.ts';

export interface SplitOptions {
  /** Shares to make, 255 at most. */
  readonly parts: number;
  /** Shares that give the secret back. */
  readonly threshold: number;
  readonly random: (bytes: number) => Uint8Array;
}

/** Splits a secret by Shamir's scheme, for tests: `combineShares` undoes it. */
export function splitSecret(secret: Uint8Array, { parts, threshold, random }: SplitOptions): Uint8Array[] {
  // For each byte, the coefficients of its polynomial: the byte itself first.
  const polynomials = Array.from(secret, (byte) => [byte, ...random(threshold - 1)]);
  return Array.from({ length: parts }, (_, index) => {
    const x = index + 1;
    return Uint8Array.from([...polynomials.map((coefficients) => valueAt(x, coefficients)), x]);
  });
}

function valueAt(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  let term = 1;
  for (const coefficient of coefficients) {
    sum ^= product(coefficient, term);
    term = product(term, x);
  }
  return sum;
}
