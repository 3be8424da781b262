import { type CelFunc, CelScalar, type CelValue, celFunc, celUint } from '@bufbuild/cel';
import { spend } from '../budget.ts';
import { durationValue, parseDuration } from '../values.ts';
import { compileRegex } from './text.ts';

// Conversions of texts that the library takes more loosely than CEL has them: a text that is no number gave one.

const { BOOL, DOUBLE, DYN, INT, STRING, UINT } = CelScalar;

function conversionError(to: string): Error {
  return new Error(`type conversion error from 'string' to '${to}'`);
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const special: { readonly [text: string]: number } = { inf: Infinity, infinity: Infinity, nan: Number.NaN };

function toDouble(text: string): number {
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (word !== null) return (word[1] === '-' ? -1 : 1) * (special[(word[2] ?? '').toLowerCase()] ?? 0);
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw conversionError('double');
  return value;
}

function toInt(text: string): bigint {
  const value = /^[+-]?\d{1,40}$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined;
  if (value === undefined || BigInt.asIntN(64, value) !== value) throw conversionError('int');
  return value;
}

function toUint(text: string): bigint {
  const value = /^\d{1,40}$/.test(text) ? BigInt(text) : undefined;
  if (value === undefined || BigInt.asUintN(64, value) !== value) throw conversionError('uint');
  return value;
}

/** Conversions, and `matches` as a function. */
export const conversions: CelFunc[] = [
  celFunc('double', [STRING], DOUBLE, toDouble),
  celFunc('int', [STRING], INT, toInt),
  celFunc('uint', [STRING], UINT, (text) => celUint(toUint(text))),
  celFunc('duration', [STRING], DYN, (text): CelValue => {
    const nanos = parseDuration(text);
    if (nanos === undefined) throw conversionError('google.protobuf.Duration');
    return durationValue(nanos);
  }),
  celFunc('matches', [STRING, STRING], BOOL, (text, pattern) => {
    spend(1 + Math.ceil(text.length / 100));
    return compileRegex(pattern).matcher(text).find();
  }),
];
