import { SopsError } from './error.ts';

/**
 * Puts a secret together from its parts: each part holds one value a byte of the secret and, last, the place on the
 * polynomial that it is from. Arithmetic is in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1.
 *
 * @throws {SopsError} `DATA_KEY`
 */
export function combineShares(parts: readonly Uint8Array[]): Uint8Array {
  const fail = (why: string) => new SopsError('DATA_KEY', `could not get data key from shamir parts: ${why}`);
  const length = parts[0]?.length ?? 0;
  if (parts.length < 2) throw fail('less than two parts cannot be used to reconstruct the secret');
  if (length < 2) throw fail('parts must be at least two bytes');
  if (parts.some((part) => part.length !== length)) throw fail('all parts must be the same length');
  const places = parts.map((part) => part[length - 1] as number);
  if (new Set(places).size !== places.length || places.includes(0)) throw fail('duplicate part detected');
  // The weight of each part at place 0 is the same for every byte.
  const weights = places.map((x, i) =>
    places.reduce((weight, other, j) => (i === j ? weight : multiply(weight, divide(other, x ^ other))), 1),
  );
  const secret = new Uint8Array(length - 1);
  for (let byte = 0; byte < secret.length; byte++) {
    let value = 0;
    parts.forEach((part, i) => {
      value ^= multiply(part[byte] as number, weights[i] as number);
    });
    secret[byte] = value;
  }
  return secret;
}

/** Splits a secret; any `threshold` of the parts give it back. `random` fills coefficients. */
export function splitSecret(
  secret: Uint8Array,
  { parts, threshold, random }: { parts: number; threshold: number; random: (bytes: number) => Uint8Array },
): Uint8Array[] {
  const shares = Array.from({ length: parts }, (_, i) => {
    const share = new Uint8Array(secret.length + 1);
    share[secret.length] = i + 1;
    return share;
  });
  secret.forEach((value, byte) => {
    const coefficients = [value, ...random(threshold - 1)];
    for (const share of shares) {
      const x = share[secret.length] as number;
      share[byte] = coefficients.reduceRight((sum, coefficient) => multiply(sum, x) ^ coefficient, 0);
    }
  });
  return shares;
}

function multiply(a: number, b: number): number {
  let product = 0;
  let factor = a;
  for (let rest = b; rest > 0; rest >>= 1) {
    if (rest & 1) product ^= factor;
    factor = ((factor << 1) ^ (factor & 0x80 ? 0x1b : 0)) & 0xff;
  }
  return product;
}

function divide(a: number, b: number): number {
  // b^254 is the inverse of b.
  let inverse = 1;
  for (let i = 0; i < 254; i++) inverse = multiply(inverse, b);
  return multiply(a, inverse);
}
