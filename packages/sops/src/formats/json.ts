import { SopsError } from '../error.ts';
import {
  createTreeBudget,
  getEntry,
  isComment,
  isList,
  isMap,
  isTime,
  type TreeBudget,
  type TreeEntry,
  type TreeMap,
  type TreeValue,
  toPlain,
  withoutKey,
} from '../tree.ts';
import type { FormatCodec } from './format.ts';
import { decodeText, fromPlain } from './text.ts';

const marker = '"mac": "ENC[';

/** JSON: one object; keys keep their order, numbers are floats. */
export const json: FormatCodec = {
  label: 'JSON',
  marker,
  load(bytes) {
    const map = parseMap(bytes);
    return { branches: [withoutKey(map, 'sops')], metadata: toPlain(getEntry(map, 'sops')) };
  },
  loadPlain: (bytes) => [parseMap(bytes)],
  emit: (branches) => Buffer.from(`${stringify(single(branches))}\n`),
  emitEncrypted: (branches, metadata) => Buffer.from(stringify(withMetadata(branches, metadata))),
};

/** Any bytes, wrapped in JSON while they are encrypted. */
export const binary: FormatCodec = {
  label: 'binary',
  marker,
  load: json.load,
  loadPlain(bytes) {
    let data: TreeValue = Buffer.from(bytes);
    try {
      data = decodeText(bytes);
    } catch {
      // Not text: stays bytes.
    }
    return [{ type: 'map', items: [{ type: 'entry', key: 'data', value: data }] }];
  },
  emit(branches) {
    const data = getEntry(single(branches), 'data');
    if (typeof data === 'string') return Buffer.from(data);
    if (data instanceof Uint8Array) return data;
    throw new SopsError('EMIT', 'error emitting binary store: no binary data found in tree');
  },
  emitEncrypted: json.emitEncrypted,
};

function single(branches: readonly TreeMap[]): TreeMap {
  const [branch] = branches;
  if (branch === undefined || branches.length > 1) throw new SopsError('EMIT', 'there must be exactly one document');
  return branch;
}

function withMetadata(branches: readonly TreeMap[], metadata: Readonly<Record<string, unknown>>): TreeMap {
  const entry: TreeEntry = { type: 'entry', key: 'sops', value: fromPlain(metadata) };
  return { type: 'map', items: [...single(branches).items, entry] };
}

function parseMap(bytes: Uint8Array): TreeMap {
  const value = parse(decodeText(bytes));
  if (!isMap(value)) throw new SopsError('SYNTAX', 'Error unmarshalling input json: the document is no object');
  return value;
}

const whitespace = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON wants them escaped
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** Reads JSON into a tree. Native parsers reorder keys that look like numbers, and quote the text in their errors. */
function parse(text: string): TreeValue {
  const budget: TreeBudget = createTreeBudget();
  let at = 0;
  const fail = () => new SopsError('SYNTAX', `Error unmarshalling input json: invalid character at offset ${at}`);

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const match = pattern.exec(text)?.[0];
    if (match !== undefined) at += match.length;
    return match;
  }

  function is(char: string): boolean {
    take(whitespace);
    if (text[at] !== char) return false;
    at++;
    return true;
  }

  function word(literal: string): boolean {
    if (!text.startsWith(literal, at)) return false;
    at += literal.length;
    return true;
  }

  function readString(): string {
    const match = take(string);
    if (match === undefined) throw fail();
    return match.includes('\\') ? (JSON.parse(match) as string) : match.slice(1, -1);
  }

  function readValue(depth: number): TreeValue {
    budget.enter(depth);
    if (is('{')) return readMap(depth);
    if (is('[')) return readList(depth);
    budget.leaf();
    if (text[at] === '"') return readString();
    if (word('true')) return true;
    if (word('false')) return false;
    if (word('null')) return null;
    const match = take(number);
    if (match === undefined || match === '') throw fail();
    const value = Number(match);
    if (!Number.isFinite(value)) throw fail();
    return value;
  }

  function readMap(depth: number): TreeMap {
    const items: TreeEntry[] = [];
    if (is('}')) return { type: 'map', items };
    do {
      take(whitespace);
      const key = readString();
      if (!is(':')) throw fail();
      items.push({ type: 'entry', key, value: readValue(depth + 1) });
    } while (is(','));
    if (!is('}')) throw fail();
    return { type: 'map', items };
  }

  function readList(depth: number): TreeValue {
    const items: TreeValue[] = [];
    if (is(']')) return { type: 'list', items };
    do items.push(readValue(depth + 1));
    while (is(','));
    if (!is(']')) throw fail();
    return { type: 'list', items };
  }

  const value = readValue(0);
  take(whitespace);
  if (at < text.length) throw fail();
  return value;
}

/** Indented with tabs, as Go writes it. */
function stringify(value: TreeValue, indent = '\n'): string {
  if (isMap(value)) {
    const inner = `${indent}\t`;
    const parts = value.items
      .filter((item) => item.type === 'entry')
      .map(({ key, value: item }) => `${quote(key)}: ${stringify(item, inner)}`);
    return parts.length === 0 ? '{}' : `{${inner}${parts.join(`,${inner}`)}${indent}}`;
  }
  if (isList(value)) {
    const inner = `${indent}\t`;
    const parts = value.items.filter((item) => !isComment(item)).map((item) => stringify(item, inner));
    return parts.length === 0 ? '[]' : `[${inner}${parts.join(`,${inner}`)}${indent}]`;
  }
  if (typeof value === 'string') return quote(value);
  if (value instanceof Uint8Array) return quote(Buffer.from(value).toString('utf8'));
  if (isTime(value)) return quote(value.text);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new SopsError('EMIT', 'JSON has no infinite numbers');
    return Object.is(value, -0) ? '-0' : String(value);
  }
  return String(value);
}

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
  '\x7f': '\x7f',
};

function quote(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (char) => escapes[char] as string);
}
