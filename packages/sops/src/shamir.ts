import { SopsError } from './error.ts';
import { logarithm, power, product } from './gf256.ts';

/**
 * Puts a secret together from its shares, by Shamir's scheme: each byte of the secret is where a polynomial of its own
 * meets x = 0, and a share tells where all these polynomials are at one other x. Its last byte is that x.
 *
 * Shares that do not belong together give bytes that open nothing.
 *
 * @throws {SopsError} `DATA_KEY` the shares do not tell enough
 */
export function combineShares(shares: readonly Uint8Array[]): Uint8Array {
  const points = shares.map((share) => ({ x: share.at(-1) ?? 0, values: share.subarray(0, -1) }));
  const problem = problemOf(points);
  if (problem) throw new SopsError('DATA_KEY', `could not get data key from shamir parts: ${problem}`);
  const secret = new Uint8Array(points[0]?.values.length ?? 0);
  for (const { x, values } of points) {
    const weight = weightAtZero(
      x,
      points.map((point) => point.x).filter((other) => other !== x),
    );
    values.forEach((value, index) => {
      secret[index] = (secret[index] as number) ^ product(weight, value);
    });
  }
  return secret;
}

interface Point {
  readonly x: number;
  readonly values: Uint8Array;
}

function problemOf(points: readonly Point[]): string | undefined {
  const xs = new Set(points.map(({ x }) => x));
  const lengths = new Set(points.map(({ values }) => values.length));
  if (points.length < 2) return 'one part alone tells nothing';
  if (lengths.size > 1) return 'the parts differ in length';
  if (lengths.has(0)) return 'the parts are empty';
  if (xs.has(0)) return 'a part is of no place';
  return xs.size < points.length ? 'two parts are of the same place' : undefined;
}

/**
 * How much the value at `x` counts for the value at 0: Lagrange's basis polynomial, the product of
 * `other / (other - x)` over all others. In exponents it is a sum of differences.
 */
function weightAtZero(x: number, others: readonly number[]): number {
  return power(others.reduce((sum, other) => sum + logarithm(other) - logarithm(other ^ x), 0));
}
