import { type CelFunc, type CelList, CelScalar, celFunc, celList, celMethod, listType } from '@bufbuild/cel';
import { strings as libraryStrings } from '@bufbuild/cel/ext';
import { RE2JS } from 're2js';
import { limitText, spend } from '../budget.ts';

const { BYTES, DYN, INT, STRING } = CelScalar;
const LIST = listType(DYN);

const compiled = new Map<string, RE2JS>();

/** Compiles a pattern to a matcher that runs in linear time; results are kept. */
export function compileRegex(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const regex = RE2JS.compile(pattern);
  if (compiled.size >= 1000) compiled.clear();
  compiled.set(pattern, regex);
  return regex;
}

function findAll(text: string, pattern: string, limit: number): string[] {
  spend(1 + Math.ceil(text.length / 100));
  const matcher = compileRegex(pattern).matcher(text);
  const found: string[] = [];
  while (found.length !== limit && matcher.find()) {
    spend(1);
    found.push(matcher.group() ?? '');
  }
  return found;
}

function joinTexts(list: CelList, separator: string): string {
  const parts = [...list].map((part) => {
    if (typeof part !== 'string') throw new Error('no such overload');
    return part;
  });
  limitText(parts.reduce((length, part) => length + part.length + separator.length, 0));
  return parts.join(separator);
}

/** Replaces up to `limit` occurrences; negative replaces all. */
function replaceText(text: string, from: string, to: string, limit: number): string {
  const pieces = from === '' ? ['', ...text, ''] : text.split(from);
  const count = limit < 0 ? pieces.length - 1 : Math.min(limit, pieces.length - 1);
  limitText(text.length + count * to.length);
  const head = pieces.slice(0, count + 1).join(to);
  return count + 1 < pieces.length ? head + from + pieces.slice(count + 1).join(from) : head;
}

const ours = new Set([
  'string.replace(string,string)',
  'string.replace(string,string,int)',
  'list.join()',
  'list.join(string)',
]);

/** CEL's strings extension with bounds on what it makes, and Kubernetes' `find` and `findAll`. */
export const text: CelFunc[] = [
  ...libraryStrings.filter((func) => !ours.has(func.id)),
  celFunc('_+_', [STRING, STRING], STRING, (a, b) => {
    limitText(a.length + b.length);
    return a + b;
  }),
  celMethod('replace', STRING, [STRING, STRING], STRING, function (from, to) {
    return replaceText(this, from, to, -1);
  }),
  celMethod('replace', STRING, [STRING, STRING, INT], STRING, function (from, to, limit) {
    return replaceText(this, from, to, Number(limit));
  }),
  celMethod('join', LIST, [], STRING, function () {
    return joinTexts(this, '');
  }),
  celMethod('join', LIST, [STRING], STRING, function (separator) {
    return joinTexts(this, separator);
  }),
  celMethod('reverse', STRING, [], STRING, function () {
    return [...this].reverse().join('');
  }),
  celMethod('find', STRING, [STRING], STRING, function (pattern) {
    return findAll(this, pattern, 1)[0] ?? '';
  }),
  celMethod('findAll', STRING, [STRING], LIST, function (pattern) {
    return celList(findAll(this, pattern, -1));
  }),
  celMethod('findAll', STRING, [STRING, INT], LIST, function (pattern, limit) {
    return celList(findAll(this, pattern, Number(limit)));
  }),
];

/** `base64.encode` and `base64.decode`. */
export const encoders: CelFunc[] = [
  celFunc('base64.encode', [BYTES], STRING, (bytes) => Buffer.from(bytes).toString('base64')),
  celFunc('base64.decode', [STRING], BYTES, (encoded) => {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) throw new Error('illegal base64 data');
    return new Uint8Array(Buffer.from(encoded, 'base64'));
  }),
];
