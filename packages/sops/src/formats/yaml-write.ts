import { isPlainString } from '@fluvial/yaml';
import { isComment, isList, isMap, isTime, type TreeList, type TreeMap, type TreeValue } from '../tree.ts';

const step = 4;

/**
 * Prints documents as SOPS does: go-yaml v3, indent 4, no folding, comments above what they belong to.
 */
export function stringifyYamlTree(branches: readonly TreeMap[]): string {
  return branches.map(printDocument).join('---\n');
}

function printDocument(map: TreeMap): string {
  if (map.items.length === 0) return '{}\n';
  const hasKeys = map.items.some((item) => item.type === 'entry');
  return hasKeys ? printMap(map, 0, '') : `${map.items.map((item) => comment(item, '')).join('')}{}\n`;
}

/** Where the children of what stands at `indent` begin. */
function deeper(indent: number): number {
  return step * Math.floor((indent + step) / step);
}

/** `first` is what the first line begins with when its indent is written already. */
function printMap(map: TreeMap, indent: number, first: string | undefined): string {
  const pad = ' '.repeat(indent);
  let lead = first ?? pad;
  let out = '';
  for (const item of map.items) {
    if (item.type === 'comment') out += comment(item, pad);
    else {
      out += `${lead}${printKey(item.key)}:${printAfterKey(item.value, indent)}`;
      lead = pad;
    }
  }
  return out;
}

function printAfterKey(value: TreeValue, indent: number): string {
  const inner = deeper(indent);
  if (isMap(value) && value.items.length > 0) {
    return hasEntry(value) ? `\n${printMap(value, inner, undefined)}` : ` {}\n${comments(value, ' '.repeat(inner))}`;
  }
  if (isList(value) && value.items.length > 0) {
    return value.items.some((item) => !isComment(item))
      ? `\n${printList(value, inner, undefined)}`
      : ` []\n${comments(value, ' '.repeat(inner))}`;
  }
  return ` ${printScalar(value, inner, indent)}\n`;
}

function printList(list: TreeList, indent: number, first: string | undefined): string {
  const pad = ' '.repeat(indent);
  let lead = first ?? pad;
  let out = '';
  for (const item of list.items) {
    if (isComment(item)) {
      out += comment(item, pad);
      continue;
    }
    out += printItem(item, indent, pad, lead);
    lead = pad;
  }
  return out;
}

function printItem(item: TreeValue, indent: number, pad: string, lead: string): string {
  const inner = indent + 2;
  if (isMap(item) && hasEntry(item)) {
    // Comments on top of a mapping stand above the dash.
    const start = item.items.findIndex(({ type }) => type === 'entry');
    const above = item.items.slice(0, start).map((entry) => comment(entry, pad));
    return `${above.join('')}${lead}- ${printMap({ type: 'map', items: item.items.slice(start) }, inner, '')}`;
  }
  if (isList(item) && item.items.some((entry) => !isComment(entry))) {
    const start = item.items.findIndex((entry) => !isComment(entry));
    const above = item.items.slice(0, start).map((entry) => comment(entry, pad));
    return `${above.join('')}${lead}- ${printList({ type: 'list', items: item.items.slice(start) }, inner, '')}`;
  }
  return `${lead}- ${printScalar(item, inner, indent)}\n`;
}

function hasEntry(map: TreeMap): boolean {
  return map.items.some((item) => item.type === 'entry');
}

function comments(value: TreeMap | TreeList, pad: string): string {
  return value.items.map((item) => comment(item as TreeValue, pad)).join('');
}

function comment(item: TreeValue | TreeMap['items'][number], pad: string): string {
  return isComment(item) ? `${pad}#${item.text.replaceAll('\n', `\n${pad}#`)}\n` : '';
}

function printKey(key: string): string {
  const style = styleOf(key, true);
  return style === 'plain' ? key : style === 'single' ? single(key) : double(key);
}

function printScalar(value: TreeValue, indent: number, parent: number): string {
  if (typeof value === 'string') return printString(value, indent, parent);
  if (value === null) return 'null';
  if (typeof value === 'number') return float(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `!!binary ${Buffer.from(value).toString('base64')}`;
  if (isTime(value)) return value.text;
  return isMap(value) ? '{}' : '[]';
}

function float(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  if (Object.is(value, -0)) return '-0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e21)) {
    return value.toExponential().replace(/e([-+])(\d)$/, 'e$10$2');
  }
  return String(value);
}

function printString(text: string, indent: number, parent: number): string {
  const style = styleOf(text, false);
  // go-yaml announces four columns in a block that begins with a blank, whatever it then writes; we stay readable.
  const isMisleading = style === 'literal' && blankFirst.test(text) && indent - parent !== step;
  switch (isMisleading ? 'double' : style) {
    case 'plain':
      return text;
    case 'single':
      return single(text);
    case 'double':
      return double(text);
    default:
      return literal(text, indent);
  }
}

type Style = 'plain' | 'single' | 'double' | 'literal';

// biome-ignore lint/suspicious/noControlCharactersInRegex: what go-yaml does not print as it is
const special = /[\0-\x08\x0b-\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]|\r/;
const breaks = /[\n\r\u0085\u2028\u2029]/;
const otherBreaks = /[\u0085\u2028\u2029]/;
const spaceBreak = / [\n\r\u0085\u2028\u2029]/;
const blankFirst = /^[ \n\r\u0085\u2028\u2029]/;
const indicatorFirst = /^(?:[#,[\]{}&*!|>'"%@`]|[-?:](?:[ \t\n]|$)|---|\.\.\.)/;
const indicatorInside = /:(?:[ \t\n]|$)|[ \t\n\r\u0085\u2028\u2029]#/;
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** Rule: the choice of go-yaml v3's emitter in block context. */
function styleOf(text: string, isKey: boolean): Style {
  if (text === '') return 'double';
  // Other line breaks than the line feed are read back in different ways: go-yaml leaves them, we escape them.
  const isSpecial = special.test(text) || otherBreaks.test(text);
  if (text.includes('\n')) {
    if (isKey || isSpecial || spaceBreak.test(text) || text.endsWith(' ')) return 'double';
    return 'literal';
  }
  if (!isPlainString(text) || base60.test(text) || text === '<<') return 'double';
  if (isSpecial || text.includes('\t') || spaceBreak.test(text)) return 'double';
  const edges = /^[ \n\r\u0085\u2028\u2029]|[ \n\r\u0085\u2028\u2029]$/.test(text);
  if (!edges && !breaks.test(text) && !indicatorFirst.test(text) && !indicatorInside.test(text)) return 'plain';
  return 'single';
}

function single(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const escapes: Readonly<Record<string, string>> = {
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
  '\u2028': '\\L',
  '\u2029': '\\P',
};
const escaped =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what go-yaml escapes
  /[\0-\x1f"\\\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g;

function double(text: string): string {
  return `"${text.replace(escaped, (char) => {
    const known = escapes[char];
    if (known !== undefined) return known;
    const code = char.codePointAt(0) as number;
    const hex = code.toString(16).toUpperCase();
    if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
    return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
  })}"`;
}

function literal(text: string, indent: number): string {
  const hint = blankFirst.test(text) ? String(step) : '';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  const chomp = body === text ? '-' : body === '' || breaks.test(body.charAt(body.length - 1)) ? '+' : '';
  const pad = ' '.repeat(indent);
  return `|${hint}${chomp}\n${body.replace(/^(?=[^\n\r\u2028\u2029])/gm, pad)}`;
}
