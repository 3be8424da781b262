import { type CelFunc, type CelMap, CelScalar, celFunc, celMethod, mapType } from '@bufbuild/cel';
import { opaque, payload } from '../opaque.ts';

const { BOOL, DYN, INT, STRING } = CelScalar;
const MAP = mapType(DYN, DYN);

/** A semantic version; build metadata does not count. */
interface Version {
  readonly numbers: readonly bigint[];
  readonly pre: readonly string[];
}

const identifier = '(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)';
const grammar = new RegExp(
  `^(0|[1-9]\\d{0,18})\\.(0|[1-9]\\d{0,18})\\.(0|[1-9]\\d{0,18})(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$`,
);

function parseVersion(text: string): Version | undefined {
  const match = text.length > 256 ? null : grammar.exec(text);
  if (match === null) return undefined;
  return { numbers: match.slice(1, 4).map(BigInt), pre: match[4]?.split('.') ?? [] };
}

/** With `normalize`: a leading v, leading zeros and missing parts are forgiven. */
function normalized(text: string): string {
  const [, core = '', rest = ''] = /^v?([^-+]*)(.*)$/.exec(text) ?? [];
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + rest;
}

function make(version: Version): CelMap {
  const text = `${version.numbers.join('.')}-${version.pre.join('.')}`;
  return opaque('semver', new Map([['text', text]]), version);
}

/** In the words of the Go library for the commonest cases. */
function problemOf(text: string): string {
  if (text === '') return 'Version string empty';
  if (text.split('.').length < 3) return 'No Major.Minor.Patch elements found';
  return `Invalid Semantic Version: ${JSON.stringify(text)}`;
}

function parseOrFail(text: string): CelMap {
  const version = parseVersion(text);
  if (version === undefined) throw new Error(problemOf(text));
  return make(version);
}

function versionOf(value: unknown): Version {
  const version = payload<Version>('semver', value);
  if (version === undefined) throw new Error('no such overload');
  return version;
}

/** Precedence of two versions, or undefined when the values are none. */
export function compareVersions(a: unknown, b: unknown): bigint | undefined {
  const left = payload<Version>('semver', a);
  const right = payload<Version>('semver', b);
  if (left === undefined || right === undefined) return undefined;
  for (let i = 0; i < 3; i++) {
    const [x = 0n, y = 0n] = [left.numbers[i], right.numbers[i]];
    if (x !== y) return x < y ? -1n : 1n;
  }
  if (left.pre.length === 0 || right.pre.length === 0) {
    return BigInt(Math.sign(right.pre.length - left.pre.length));
  }
  for (let i = 0; i < Math.min(left.pre.length, right.pre.length); i++) {
    const order = comparePre(left.pre[i] ?? '', right.pre[i] ?? '');
    if (order !== 0n) return order;
  }
  return BigInt(Math.sign(left.pre.length - right.pre.length));
}

function comparePre(a: string, b: string): bigint {
  if (a === b) return 0n;
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA !== isNumberB) return isNumberA ? -1n : 1n;
  if (isNumberA) return BigInt(a) < BigInt(b) ? -1n : 1n;
  return a < b ? -1n : 1n;
}

/** Kubernetes' semantic versions; their comparisons stand with those of quantities. */
export const semver: CelFunc[] = [
  celFunc('semver', [STRING], MAP, parseOrFail),
  celFunc('semver', [STRING, BOOL], MAP, (text, normalize) => parseOrFail(normalize ? normalized(text) : text)),
  celFunc('isSemver', [STRING], BOOL, (text) => parseVersion(text) !== undefined),
  celFunc('isSemver', [STRING, BOOL], BOOL, (text, normalize) => {
    return parseVersion(normalize ? normalized(text) : text) !== undefined;
  }),
  ...['major', 'minor', 'patch'].map((name, i) =>
    celMethod(name, MAP, [], INT, function () {
      return versionOf(this).numbers[i] ?? 0n;
    }),
  ),
];
