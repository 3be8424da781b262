/**
 * The field of 256 elements: polynomials over GF(2), reduced by x^8 + x^4 + x^3 + x + 1 (0x11b). Adding is XOR.
 *
 * The powers of x + 1 run through all elements but 0. So a product is a sum of exponents, which is how it is computed
 * here: `powers` holds them twice over, so that the sum of two needs no reduction.
 */
const order = 255;
const modulus = 0x11b;
const powers = new Uint8Array(2 * order);
const exponents = new Uint8Array(256);

for (let exponent = 0, element = 1; exponent < order; exponent++) {
  powers[exponent] = element;
  powers[exponent + order] = element;
  exponents[element] = exponent;
  const doubled = element << 1;
  element ^= doubled > 0xff ? doubled ^ modulus : doubled;
}

/** The exponent of an element other than 0. */
export function logarithm(element: number): number {
  return exponents[element] as number;
}

/** The element with an exponent; any whole number will do. */
export function power(exponent: number): number {
  return powers[((exponent % order) + order) % order] as number;
}

export function product(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  return powers[(exponents[a] as number) + (exponents[b] as number)] as number;
}
