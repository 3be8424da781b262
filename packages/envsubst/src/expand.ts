import { EnvsubstError } from './error.ts';
import { type Expression, type Part, parse } from './parse.ts';
import { matchPrefix, parsePattern } from './pattern.ts';

/** Gives a variable's value, or `undefined` if it is not set. */
export type Lookup = (name: string) => string | undefined;

export interface ExpandOptions {
  /** An unset variable without a default operator is an error. Default false: it is empty. */
  readonly strict?: boolean;
  /** Deepest nesting of `${…${…}…}`. Default 100. */
  readonly maxDepth?: number;
  /** Longest result in UTF-16 units. Default 64 Mi. */
  readonly maxLength?: number;
}

const DEFAULT_MAX_DEPTH = 100;
const DEFAULT_MAX_LENGTH = 64 * 1024 * 1024;

interface Context {
  readonly lookup: Lookup;
  readonly strict: boolean;
  readonly maxLength: number;
  length: number;
}

/**
 * Replaces `${…}` in a text by the values of variables.
 *
 * Knows defaults (`${v:=d}`, also `:-`, `:+`, `:?` and `=`), `${#v}`, case (`^`, `^^`, `,`, `,,`), substrings
 * (`${v:2:3}`), trimming by patterns (`#`, `##`, `%`, `%%`) and literal replacement (`/`, `//`, `/#`, `/%`). Only `${`
 * opens an expression; `$$` is a `$`. Lengths and positions count UTF-8 bytes. Every lookup that the text names is
 * made, also inside of an unused default.
 *
 * @throws {EnvsubstError} `PARSE` for a malformed expression anywhere in the text, `UNSET` in strict mode, `LIMIT`.
 */
export function expand(text: string, lookup: Lookup, options: ExpandOptions = {}): string {
  if (!text.includes('$')) {
    const end = text.indexOf('\0');
    return end === -1 ? text : text.slice(0, end);
  }
  const parts = parse(text, options.maxDepth ?? DEFAULT_MAX_DEPTH);
  const context: Context = {
    lookup,
    strict: options.strict ?? false,
    maxLength: options.maxLength ?? DEFAULT_MAX_LENGTH,
    length: 0,
  };
  let result = '';
  for (const part of parts) result += evaluate(context, part);
  return result;
}

function evaluate(context: Context, part: Part): string {
  const text = typeof part === 'string' ? part : apply(context, part);
  context.length += text.length;
  if (context.length > context.maxLength) {
    throw new EnvsubstError('LIMIT', `the result is longer than ${context.maxLength} characters`);
  }
  return text;
}

function apply(context: Context, { name, operation }: Expression): string {
  const found = context.lookup(name);
  const value = found ?? '';
  if (operation.kind === 'default') {
    let fallback = '';
    for (const part of operation.parts) fallback += evaluate(context, part);
    return value === '' ? fallback : value;
  }
  if (found === undefined && context.strict) {
    throw new EnvsubstError('UNSET', `variable not set (strict mode): ${JSON.stringify(name)}`, name);
  }
  switch (operation.kind) {
    case 'value':
      return value;
    case 'length':
      return String(Buffer.byteLength(value));
    case 'case':
      return changeCase(value, operation.upper, operation.all);
    case 'substring':
      return substring(
        value,
        operation.args.map((arg) => evaluate(context, arg)),
      );
    case 'trim': {
      const pattern = evaluate(context, operation.pattern);
      return operation.prefix
        ? trimPrefix(value, pattern, operation.longest)
        : reverse(trimPrefix(reverse(value), reverse(pattern), operation.longest));
    }
    case 'replace': {
      const from = evaluate(context, operation.from);
      const to = operation.to === undefined ? undefined : evaluate(context, operation.to);
      switch (operation.mode) {
        case 'first':
          return value.replace(from, () => to ?? '');
        case 'all':
          return replaceAll(context, value, from, to ?? '');
        case 'prefix':
          return to !== undefined && value.startsWith(from) ? to + value.slice(from.length) : value;
        case 'suffix':
          return to !== undefined && value.endsWith(from) ? value.slice(0, value.length - from.length) + to : value;
      }
    }
  }
}

function replaceAll(context: Context, value: string, from: string, to: string): string {
  if (from === '') return to + Array.from(value, (char) => char + to).join('');
  const parts = value.split(from);
  if (value.length + (parts.length - 1) * to.length > context.maxLength) {
    throw new EnvsubstError('LIMIT', `the result is longer than ${context.maxLength} characters`);
  }
  return parts.join(to);
}

function changeCase(value: string, upper: boolean, all: boolean): string {
  if (all) return Array.from(value, upper ? upperChar : lowerChar).join('');
  const first = value.codePointAt(0);
  if (first === undefined) return value;
  const char = String.fromCodePoint(first);
  return (upper ? upperChar(char) : lowerChar(char)) + value.slice(char.length);
}

// Go maps one character to one character: what JavaScript would spell out ("ß" to "SS") stays.
function upperChar(char: string): string {
  const mapped = char.toUpperCase();
  return isOneChar(mapped) ? mapped : char;
}

function lowerChar(char: string): string {
  const mapped = char.toLowerCase();
  return isOneChar(mapped) ? mapped : mapped.charAt(0);
}

function isOneChar(text: string): boolean {
  return text.length === 1 || (text.length === 2 && (text.codePointAt(0) as number) > 0xffff);
}

const INTEGER = /^[+-]?[0-9]+$/;

function substring(value: string, args: readonly string[]): string {
  if (!args.every((arg) => INTEGER.test(arg))) return value;
  const bytes = Buffer.from(value);
  let start = Number(args[0]);
  if (start < 0) start = Math.max(0, bytes.length + start);
  if (start >= bytes.length) return '';
  if (args[1] === undefined) return bytes.toString('utf8', start);
  const count = Number(args[1]);
  // A negative length counts from the end.
  const end = count < 0 ? bytes.length + count : start + count;
  return end <= start ? '' : bytes.toString('utf8', start, Math.min(end, bytes.length));
}

function trimPrefix(value: string, pattern: string, longest: boolean): string {
  const parsed = parsePattern(pattern);
  if (parsed === undefined) return value;
  const length = matchPrefix(parsed, value, longest);
  return length === 0 ? value : Buffer.from(value).toString('utf8', length);
}

function reverse(text: string): string {
  return Array.from(text).reverse().join('');
}
