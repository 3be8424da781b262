import { type CelFunc, type CelMap, CelScalar, celFunc, celMethod, mapType } from '@bufbuild/cel';
import { opaque, payload } from '../opaque.ts';
import { compareVersions } from './semver.ts';

const { BOOL, DOUBLE, DYN, INT, STRING } = CelScalar;
const MAP = mapType(DYN, DYN);

/** A quantity in billionths, the finest that Kubernetes keeps. */
interface Quantity {
  readonly nanos: bigint;
}

const decimal: { readonly [suffix: string]: bigint } = {
  n: 1n,
  u: 10n ** 3n,
  m: 10n ** 6n,
  '': 10n ** 9n,
  k: 10n ** 12n,
  M: 10n ** 15n,
  G: 10n ** 18n,
  T: 10n ** 21n,
  P: 10n ** 24n,
  E: 10n ** 27n,
};
const binary: { readonly [suffix: string]: bigint } = {
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
};

/** Billionths of a Kubernetes quantity such as `1.5Gi`, `100m` or `1e3`, rounded up; undefined for other texts. */
export function parseQuantity(text: string): bigint | undefined {
  const match = /^([+-]?)(\d+\.?\d*|\.\d+)(?:(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE])|[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', digits = '0', suffix = '', exponent = '0'] = match;
  const [whole = '', fraction = ''] = digits.split('.');
  let value = BigInt(`${whole}${fraction}` || '0');
  let divisor = 10n ** BigInt(fraction.length);
  value *= Object.hasOwn(binary, suffix) ? (binary[suffix] ?? 1n) * 10n ** 9n : (decimal[suffix] ?? 1n);
  const power = Number(exponent);
  if (power >= 0) value *= 10n ** BigInt(power);
  else divisor *= 10n ** BigInt(-power);
  const nanos = (value + divisor - 1n) / divisor;
  return sign === '-' ? -nanos : nanos;
}

function make(nanos: bigint): CelMap {
  return opaque('quantity', new Map([['nanos', nanos.toString()]]), { nanos } satisfies Quantity);
}

function nanosOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value * 10n ** 9n;
  const quantity = payload<Quantity>('quantity', value);
  if (quantity === undefined) throw new Error('no such overload');
  return quantity.nanos;
}

const max = 2n ** 63n - 1n;

function isWhole(nanos: bigint): boolean {
  const whole = nanos / 10n ** 9n;
  return nanos % 10n ** 9n === 0n && whole <= max && whole >= -max - 1n;
}

/** Order of two quantities or two versions. */
function compare(a: unknown, b: unknown): bigint {
  const versions = compareVersions(a, b);
  if (versions !== undefined) return versions;
  const difference = nanosOf(a) - nanosOf(b);
  return difference > 0n ? 1n : difference < 0n ? -1n : 0n;
}

function signOf(value: unknown): bigint {
  const nanos = nanosOf(value);
  return nanos > 0n ? 1n : nanos < 0n ? -1n : 0n;
}

/** Kubernetes' quantities, and the comparisons that versions share with them. */
export const quantity: CelFunc[] = [
  celFunc('quantity', [STRING], MAP, (text) => {
    const nanos = parseQuantity(text);
    if (nanos === undefined)
      throw new Error(`quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`);
    return make(nanos);
  }),
  celFunc('isQuantity', [STRING], BOOL, (text) => parseQuantity(text) !== undefined),
  celFunc('sign', [MAP], INT, (value) => signOf(value)),
  celMethod('sign', MAP, [], INT, function () {
    return signOf(this);
  }),
  celMethod('isInteger', MAP, [], BOOL, function () {
    return isWhole(nanosOf(this));
  }),
  celMethod('asInteger', MAP, [], INT, function () {
    const nanos = nanosOf(this);
    if (!isWhole(nanos)) throw new Error('cannot convert value to integer');
    return nanos / 10n ** 9n;
  }),
  celMethod('asApproximateFloat', MAP, [], DOUBLE, function () {
    return Number(nanosOf(this)) / 1e9;
  }),
  ...[INT, MAP].flatMap((other) => [
    celMethod('add', MAP, [other], MAP, function (value) {
      return make(nanosOf(this) + nanosOf(value));
    }),
    celMethod('sub', MAP, [other], MAP, function (value) {
      return make(nanosOf(this) - nanosOf(value));
    }),
  ]),
  celMethod('isGreaterThan', MAP, [MAP], BOOL, function (other) {
    return compare(this, other) > 0n;
  }),
  celMethod('isLessThan', MAP, [MAP], BOOL, function (other) {
    return compare(this, other) < 0n;
  }),
  celMethod('compareTo', MAP, [MAP], INT, function (other) {
    return compare(this, other);
  }),
];
