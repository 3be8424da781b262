import { asObject, asString } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { canonicalQuantity } from '../decode/quantity.ts';

const NANO: { readonly [suffix: string]: bigint } = {
  n: 1n,
  u: 1_000n,
  m: 1_000_000n,
  '': 10n ** 9n,
  k: 10n ** 12n,
  M: 10n ** 15n,
  G: 10n ** 18n,
  T: 10n ** 21n,
  P: 10n ** 24n,
  E: 10n ** 27n,
  Ki: 2n ** 10n * 10n ** 9n,
  Mi: 2n ** 20n * 10n ** 9n,
  Gi: 2n ** 30n * 10n ** 9n,
  Ti: 2n ** 40n * 10n ** 9n,
  Pi: 2n ** 50n * 10n ** 9n,
  Ei: 2n ** 60n * 10n ** 9n,
};

/** A canonical quantity in billionths, exact. */
export function nanoOf(quantity: unknown): bigint {
  const match = /^(-?)(\d+)(?:([a-zA-Z]{0,2})|e(\d+))$/.exec(asString(quantity));
  if (match === null) return 0n;
  const [, sign, digits = '0', suffix = '', exponent] = match;
  const unit = exponent === undefined ? (NANO[suffix] ?? 10n ** 9n) : 10n ** (9n + BigInt(exponent));
  return BigInt(`${sign}${digits}`) * unit;
}

/** Whether it is a whole number. */
export function isWhole(quantity: unknown): boolean {
  return nanoOf(quantity) % 10n ** 9n === 0n;
}

/** Billionths as a quantity in decimal suffixes. */
export function textOfNano(nano: bigint): string {
  return canonicalQuantity(`${nano}n`);
}

/** Warnings about bytes that are no whole number. */
export function fractionWarnings(resources: JsonObject, path: string): string[] {
  const warnings: string[] = [];
  for (const field of ['limits', 'requests']) {
    for (const name of ['memory', 'ephemeral-storage']) {
      const value = asObject(resources[field])[name];
      if (value !== undefined && !isWhole(value))
        warnings.push(
          `${path}.${field}[${name}]: fractional byte value ${JSON.stringify(value)} is invalid, must be an integer`,
        );
    }
  }
  return warnings;
}
