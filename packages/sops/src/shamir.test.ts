import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logarithm, power, product } from './gf256.ts';
import { combineShares } from './shamir.ts';
import { splitSecret } from './testing/split-secret.ts';

const element = fc.integer({ min: 0, max: 255 });
const unit = fc.integer({ min: 1, max: 255 });

describe('GF(256)', () => {
  test('multiplies modulo x^8 + x^4 + x^3 + x + 1', () => {
    // The example of FIPS 197, section 4.2.
    expect(product(0x57, 0x83)).toBe(0xc1);
    expect(product(0x57, 0x13)).toBe(0xfe);
  });

  test('is a field', () => {
    fc.assert(
      fc.property(element, element, element, (a, b, c) => {
        expect(product(a, b)).toBe(product(b, a));
        expect(product(a, product(b, c))).toBe(product(product(a, b), c));
        expect(product(a, b ^ c)).toBe(product(a, b) ^ product(a, c));
        expect(product(a, 1)).toBe(a);
      }),
    );
    fc.assert(
      fc.property(unit, (a) => {
        expect(power(logarithm(a))).toBe(a);
        expect(product(a, power(-logarithm(a)))).toBe(1);
      }),
    );
  });
});

describe('combineShares', () => {
  test('finds where a line meets 0', () => {
    // 0x42 + 0x9c·x: at 1, 0x42 ^ 0x9c; at 2, 0x42 ^ 0x23.
    expect(combineShares([Uint8Array.of(0xde, 1), Uint8Array.of(0x61, 2)])).toEqual(Uint8Array.of(0x42));
  });

  test('any shares give the secret, if they are as many as the threshold or more', () => {
    const setting = fc.record({
      secret: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      threshold: fc.integer({ min: 2, max: 6 }),
      further: fc.integer({ min: 0, max: 6 }),
      coefficients: fc.infiniteStream(element),
      order: fc.infiniteStream(fc.nat()),
      extra: fc.nat(),
    });
    fc.assert(
      fc.property(setting, ({ secret, threshold, further, coefficients, order, extra }) => {
        const random = (count: number) => Uint8Array.from([...coefficients.take(count)]);
        const shares = splitSecret(secret, { parts: threshold + further, threshold, random });
        const ranks = new Map(shares.map((share) => [share, order.next().value as number]));
        const shuffled = [...shares].sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0));
        const used = shuffled.slice(0, threshold + (extra % (further + 1)));
        expect(combineShares(used)).toEqual(secret);
      }),
    );
  });

  test('fewer shares than the threshold say nothing of the secret', () => {
    // For every possible secret there is a second share that fits the one that is known.
    const known = Uint8Array.of(0x11, 1);
    const secrets = Array.from({ length: 256 }, (_, value) => combineShares([known, Uint8Array.of(value, 2)])[0]);
    expect(new Set(secrets).size).toBe(256);
  });

  test.each<[string, number[][]]>([
    ['one part alone tells nothing', [[1, 1]]],
    [
      'the parts differ in length',
      [
        [1, 1],
        [1, 2, 2],
      ],
    ],
    ['the parts are empty', [[1], [2]]],
    [
      'a part is of no place',
      [
        [7, 0],
        [1, 2],
      ],
    ],
    [
      'two parts are of the same place',
      [
        [1, 2],
        [3, 2],
      ],
    ],
  ])('%s', (problem, shares) => {
    expect(() => combineShares(shares.map((share) => Uint8Array.from(share)))).toThrow(
      `could not get data key from shamir parts: ${problem}`,
    );
  });
});
