import { isPlainString } from './scalar.ts';

/** How a string is written: as is, `'…'`, `"…"` or `|`. */
export type WriteStyle = 'plain' | 'single' | 'double' | 'literal';

// Not in go-yaml's printable set: control characters, surrogates (the supplementary planes), BOM and non-characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what is looked for
const SPECIAL = /[\0-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]/;
const BREAKS = /[\n\r\u0085\u2028\u2029]/;
const SPACE_BREAK = / [\n\r\u0085\u2028\u2029]/;
const BREAK_SPACE = /[\n\r\u0085\u2028\u2029] /;
const INDICATOR_FIRST = /^(?:[#,[\]{}&*!|>'"%@`]|[-?:](?:[ \t]|$)|---|\.\.\.)/;
const INDICATOR_INSIDE = /:(?:[ \t]|$)|[ \t\n\r\u0085\u2028\u2029]#/;
// A name, path or image: no indicator, no blank; only its first letters need a closer look.
const SAFE = /^[A-Za-z_/][A-Za-z0-9_./-]*$/;

/** Chooses the style of a string as go-yaml v2's emitter does in block context. */
export function scalarStyle(text: string, isKey: boolean): WriteStyle {
  if (SAFE.test(text)) return isPlainString(text) ? 'plain' : 'double';
  if (text === '') return 'double';
  if (text.includes('\n')) {
    // A literal block that ends in U+2028 would run into the next line (it does so in go-yaml).
    if (isKey || /[ \u2028\u2029]$/.test(text) || SPACE_BREAK.test(text) || SPECIAL.test(text)) return 'double';
    return 'literal';
  }
  if (!isPlainString(text)) return 'double';
  const breaks = BREAKS.test(text);
  const plain =
    !breaks &&
    !text.startsWith(' ') &&
    !text.endsWith(' ') &&
    !INDICATOR_FIRST.test(text) &&
    !INDICATOR_INSIDE.test(text);
  if (plain) return SPECIAL.test(text) ? 'double' : 'plain';
  if (SPECIAL.test(text) || (breaks && (BREAK_SPACE.test(text) || SPACE_BREAK.test(text)))) return 'double';
  return 'single';
}

const ESCAPES: Record<string, string> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what is escaped
const ESCAPED = /[\0-\x1f"\\\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g;

function escapeChar(char: string): string {
  const known = ESCAPES[char];
  if (known !== undefined) return known;
  const code = char.codePointAt(0) as number;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  // A lone surrogate has no UTF-8 form; it becomes the replacement character, as everywhere in Go.
  if (code >= 0xd800 && code <= 0xdfff) return '\uFFFD';
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** The best width of go-yaml: a space met beyond this column becomes a line break. */
const WIDTH = 80;

/** Counts characters, not UTF-16 units. */
function width(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--;
  return count;
}

/**
 * Writes a plain scalar from a column on. `indent` is where continuation lines start; -1 forbids folding (keys).
 */
export function writePlain(text: string, column: number, indent: number): string {
  if (indent < 0 || column + text.length <= WIDTH) return text;
  return fold(text, column, indent, 0, false);
}

/** As {@link writePlain}, in single quotes. */
export function writeSingle(text: string, column: number, indent: number): string {
  const body = text.includes("'") ? text.replaceAll("'", "''") : text;
  if (BREAKS.test(body)) return `'${foldBreaks(body, Math.max(indent, 0))}'`;
  if (indent < 0 || column + body.length + 1 <= WIDTH) return `'${body}'`;
  return `'${fold(body, column + 1, indent, 1, false)}'`;
}

/** As {@link writePlain}, in double quotes with escapes. */
export function writeDouble(text: string, column: number, indent: number): string {
  // go-yaml looks for the byte order mark at the start of the text only, and then escapes all that follows.
  const body = text.startsWith('\uFEFF') ? Array.from(text, escapeChar).join('') : text.replace(ESCAPED, escapeChar);
  if (indent < 0 || column + body.length + 1 <= WIDTH) return `"${body}"`;
  return `"${fold(body, column + 1, indent, 1, true)}"`;
}

// A break that is not a line feed stays, and the next line is indented.
function foldBreaks(text: string, indent: number): string {
  return text.replace(/([\r\u0085\u2028\u2029]+)(?=[^\r\u0085\u2028\u2029])/g, `$1${' '.repeat(indent)}`);
}

/**
 * Folds at single spaces beyond the width. `edge` forbids the first and last character (1) or not (0); `double`
 * allows a following space, which is then escaped.
 */
function fold(text: string, column: number, indent: number, edge: 0 | 1, double: boolean): string {
  const pad = `\n${' '.repeat(indent)}`;
  let out = '';
  let from = 0;
  let start = column; // column of text[from]
  let afterSpace = false;
  for (let i = text.indexOf(' '); i !== -1; i = text.indexOf(' ', i + 1)) {
    afterSpace = i > 0 && text.charCodeAt(i - 1) === 32 && !(from === i && out !== '');
    if (from === i && i > 0 && out !== '') afterSpace = true; // right behind a fold
    if (afterSpace || start + width(text.slice(from, i)) <= WIDTH) continue;
    if (edge === 1 && (i === 0 || i === text.length - 1)) continue;
    const next = text.charCodeAt(i + 1);
    if (next === 32 && !double) continue;
    out += text.slice(from, i) + pad;
    if (next === 32) out += '\\';
    from = i + 1;
    start = indent + (next === 32 ? 1 : 0);
  }
  return out + text.slice(from);
}

const LINE_START = /^(?=[^\n\r\u2028\u2029])/gm;

/** Writes a literal block after `key: ` or `- `: header, line break and content, without the last line break. */
export function writeLiteral(text: string, indent: number): string {
  const first = text.charCodeAt(0);
  let header = first === 32 || BREAKS.test(text.charAt(0)) ? '|2' : '|';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  if (body === text) header += '-';
  else if (body === '' || BREAKS.test(body.charAt(body.length - 1))) header += '+';
  const pad = ' '.repeat(indent);
  return `${header}\n${body.replace(LINE_START, pad)}`;
}
