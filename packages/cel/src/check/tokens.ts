import type { Issue } from './source.ts';

/**
 * Kinds of tokens, named as error messages print them, in the order in which they list them. Source: the lexer of
 * cel-go's grammar, `parser/gen/CEL.g4`.
 */
export const tokenKinds = [
  ...['<EOF>', "'=='", "'!='", "'in'", "'<'", "'<='", "'>='", "'>'", "'&&'", "'||'", "'['", "']'", "'{'", "'}'", "'('"],
  ...["')'", "'.'", "','", "'-'", "'!'", "'?'", "':'", "'+'", "'*'", "'/'", "'%'", "'true'", "'false'", "'null'"],
  ...['NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'IDENTIFIER', 'ESC_IDENTIFIER'],
] as const;

export interface Token {
  readonly kind: string;
  readonly text: string;
  /** Index of the first code point. */
  readonly at: number;
  /** Index after the last code point. */
  readonly end: number;
}

const words = new Set(['in', 'true', 'false', 'null']);
const doubles = new Set(['==', '!=', '<=', '>=', '&&', '||']);
const singles = new Set([...'<>[]{}().,-!?:+*/%']);

/**
 * Tokens of an expression, with an `<EOF>` at their end. What is no token is an issue and skipped; `kept` is the input
 * without it.
 */
export function tokenize(
  points: readonly string[],
  issues: Issue[],
): { readonly tokens: readonly Token[]; readonly kept: readonly string[] } {
  const tokens: Token[] = [];
  const kept = [...points];
  let at = 0;
  const push = (kind: string, end: number): void => {
    tokens.push({ kind, text: points.slice(at, end).join(''), at, end });
    at = end;
  };
  while (at < points.length) {
    const point = points[at] as string;
    const pair = point + (points[at + 1] ?? '');
    if (/[\t \r\n\f]/.test(point)) at++;
    else if (pair === '//') while (at < points.length && points[at] !== '\n') at++;
    else {
      const found = readText(points, at) ?? readNumber(points, at) ?? readName(points, at);
      if (found !== undefined && 'kind' in found) push(found.kind, found.end);
      else if (doubles.has(pair)) push(`'${pair}'`, at + 2);
      else if (singles.has(point)) push(`'${point}'`, at + 1);
      else {
        // The character on which the last hope of a token failed belongs to what is skipped.
        const end = Math.min(found?.failed ?? ('&|='.includes(point) ? at + 1 : at), points.length - 1) + 1;
        const skipped = points.slice(at, end).join('');
        issues.push({ at, message: `Syntax error: token recognition error at: '${showText(skipped)}'` });
        kept.fill('', at, end);
        at = end;
      }
    }
  }
  tokens.push({ kind: '<EOF>', text: '<EOF>', at, end: at });
  return { tokens, kept };
}

/** As messages show a piece of the input. */
export function showText(text: string): string {
  return text.replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

type Found = { kind: string; end: number } | { failed: number };

function readName(points: readonly string[], start: number): Found | undefined {
  let end = start;
  if (points[start] === '`') {
    end++;
    while (end < points.length && /[A-Za-z0-9_.\-/ ]/.test(points[end] as string)) end++;
    return points[end] === '`' && end > start + 1 ? { kind: 'ESC_IDENTIFIER', end: end + 1 } : { failed: end };
  }
  if (!/[A-Za-z_]/.test(points[start] as string)) return undefined;
  while (end < points.length && /[A-Za-z0-9_]/.test(points[end] as string)) end++;
  const name = points.slice(start, end).join('');
  return { kind: words.has(name) ? `'${name}'` : 'IDENTIFIER', end };
}

function readNumber(points: readonly string[], start: number): Found | undefined {
  if (!/[0-9.]/.test(points[start] as string)) return undefined;
  const rest = points.slice(start, start + 400).join('');
  const double = /^(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/.exec(
    rest,
  );
  if (double !== null) return { kind: 'NUM_FLOAT', end: start + double[0].length };
  const integer = /^(?:0x[0-9a-fA-F]+|[0-9]+)([uU]?)/.exec(rest);
  if (integer === null) return undefined;
  return { kind: integer[1] === '' ? 'NUM_INT' : 'NUM_UINT', end: start + integer[0].length };
}

/** A string or bytes literal. */
function readText(points: readonly string[], start: number): Found | undefined {
  let at = start;
  const isBytes = /[bB]/.test(points[at] as string);
  if (isBytes) at++;
  const isRaw = /[rR]/.test(points[at] ?? '');
  if (isRaw) at++;
  const quote = points[at];
  if (quote !== '"' && quote !== "'") return undefined;
  const kind = isBytes ? 'BYTES' : 'STRING';
  if (points[at + 1] === quote && points[at + 2] === quote) {
    const long = scanText(points, at + 3, quote, 3, isRaw);
    if ('end' in long) return { kind, end: long.end };
    // Without its end the first two quotes are a text of their own.
    return { kind, end: at + 2 };
  }
  const short = scanText(points, at + 1, quote, 1, isRaw);
  if ('end' in short) return { kind, end: short.end };
  // A prefix is a name when no text follows.
  return at > start ? undefined : short;
}

function scanText(
  points: readonly string[],
  from: number,
  quote: string,
  count: 1 | 3,
  isRaw: boolean,
): { end: number } | { failed: number } {
  let at = from;
  while (at < points.length) {
    const point = points[at] as string;
    if (point === quote && (count === 1 || (points[at + 1] === quote && points[at + 2] === quote))) {
      return { end: at + count };
    }
    if (count === 1 && (point === '\n' || point === '\r')) return { failed: at };
    if (point !== '\\' || isRaw) {
      at++;
      continue;
    }
    const length = escapeLength(points, at);
    if (length < 0) return { failed: at - length };
    at += length;
  }
  return { failed: at };
}

/** Length of an escape; negative is the distance to the character that makes it none. */
function escapeLength(points: readonly string[], at: number): number {
  const digits = (from: number, count: number, pattern: RegExp): number => {
    for (let i = 0; i < count; i++) if (!pattern.test(points[at + from + i] ?? '')) return -(from + i);
    return from + count;
  };
  const letter = points[at + 1] ?? '';
  if (letter !== '' && 'abfnrtv"\'\\?`'.includes(letter)) return 2;
  if (/[0-3]/.test(letter)) return digits(2, 2, /[0-7]/);
  const hexadecimal = { x: 2, X: 2, u: 4, U: 8 }[letter];
  return hexadecimal === undefined ? -1 : digits(2, hexadecimal, /[0-9a-fA-F]/);
}

/**
 * The value of a string or bytes literal; bytes are given as their values in a text of characters below 256. Undefined
 * when an escape is no character.
 */
export function literalText(literal: string, isBytes: boolean): string | undefined {
  let text = isBytes ? literal.slice(1) : literal;
  const isRaw = /^[rR]/.test(text);
  if (isRaw) text = text.slice(1);
  const quotes = text.length >= 6 && /^("""|''')/.test(text) ? 3 : 1;
  text = text.slice(quotes, text.length - quotes);
  const bytesOf = (plain: string): string => (isBytes ? Buffer.from(plain).toString('latin1') : plain);
  if (isRaw) return bytesOf(text);
  let out = '';
  const pattern = /\\(?:([abfnrtv"'\\?`])|[xX](..)|u(....)|U(.{8})|([0-3]..))|[^\\]+/gs;
  for (const [whole, plain, byte, short, long, octal] of text.matchAll(pattern)) {
    if (!whole.startsWith('\\')) out += bytesOf(whole);
    else if (plain !== undefined) out += simpleEscapes[plain] ?? plain;
    else {
      if (isBytes && (short ?? long) !== undefined) return undefined;
      const code = octal === undefined ? Number.parseInt(byte ?? short ?? long ?? '', 16) : Number.parseInt(octal, 8);
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
      out += String.fromCodePoint(code);
    }
  }
  return out;
}

const simpleEscapes: { readonly [letter: string]: string } = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
