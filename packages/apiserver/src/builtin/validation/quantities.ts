import type { FieldError } from '@fluvial/schema';
import { invalidValue, required } from '../../field-errors.ts';
import { asObject, asString } from '../../json.ts';
import { checkQualifiedName } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { each } from './rules.ts';

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

/** Billionths as a canonical quantity, with binary suffixes when the summands had them. */
export function isWhole(quantity: unknown): boolean {
  return nanoOf(quantity) % 10n ** 9n === 0n;
}

const STANDARD = new Set(['cpu', 'memory', 'ephemeral-storage']);

/** Resources that cannot be promised twice. */
function isExclusive(name: string): boolean {
  return name.startsWith('hugepages-') || (name.includes('/') && !/(^|\.)kubernetes\.io\//.test(name));
}

function checkContainerResource(name: string, path: string): FieldError[] {
  const errors = each(path, name, checkQualifiedName(name));
  if (errors.length > 0 || name.includes('/') || STANDARD.has(name) || name.startsWith('hugepages-')) return errors;
  return [
    invalidValue(path, name, 'must be a standard resource type or fully qualified'),
    invalidValue(path, name, 'must be a standard resource for containers'),
  ];
}

/** `resources` of a container or a pod. */
export function checkResources(resources: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const limits = asObject(resources['limits']);
  const requests = asObject(resources['requests']);
  for (const [field, values] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, value] of Object.entries(values).sort(byName)) {
      const at = `${path}.${field}[${name}]`;
      errors.push(...checkContainerResource(name, at));
      if (nanoOf(value) < 0n) errors.push(invalidValue(at, value, 'must be greater than or equal to 0'));
      if (field === 'limits') continue;
      const limit = limits[name];
      if (limit === undefined) {
        if (isExclusive(name))
          errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
      } else if (isExclusive(name) ? nanoOf(value) !== nanoOf(limit) : nanoOf(value) > nanoOf(limit)) {
        const relation = isExclusive(name) ? 'equal to' : 'less than or equal to';
        errors.push(invalidValue(`${path}.requests`, value, `must be ${relation} ${name} limit of ${asString(limit)}`));
      }
    }
  }
  return errors;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
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
