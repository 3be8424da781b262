import { compareText, goJson, goJsonString, goNumber, goQuote, isObject } from '@fluvial/go-text';
import { MergeError } from './errors.ts';
import type { JsonObject } from './types.ts';

// A path element is kept as its fieldsV1 text, in canonical form so that equal elements are equal strings:
//   f:NAME             a field of a struct or an entry of a map
//   k:{"NAME":VALUE}   an item of a list with keys, key names sorted
//   v:VALUE            an item of a set
//   i:INDEX            an item of an atomic list
// Source of the format: the `FieldsV1` documentation of ManagedFieldsEntry and what API servers write.

export function fieldElement(name: string): string {
  return `f:${name}`;
}

export function valueElement(value: unknown): string {
  return `v:${goJson(value)}`;
}

/** The element of a list item whose present keys are `names` (sorted) with `values`. */
export function keyElement(names: readonly string[], values: readonly unknown[]): string {
  let text = 'k:{';
  for (let i = 0; i < names.length; i++) {
    const value = values[i];
    if (i > 0) text += ',';
    text += `${goJsonString(names[i] ?? '')}:${typeof value === 'string' ? goJsonString(value) : goJson(value)}`;
  }
  return `${text}}`;
}

interface ParsedElement {
  readonly rank: number;
  readonly text: string;
  readonly names: readonly string[];
  readonly values: readonly unknown[];
}

// Elements repeat across thousands of objects; the bound only keeps a hostile stream of keys from growing memory.
const maxCached = 20_000;
const canonical = new Map<string, string>();
const parsed = new Map<string, ParsedElement>();

/**
 * Checks a fieldsV1 key and returns its canonical text.
 *
 * @throws {MergeError} `MANAGED_FIELDS_INVALID`
 */
export function parseElement(text: string): string {
  if (text.charCodeAt(1) === 58 /* : */ && text.charCodeAt(0) === 102 /* f */) return text;
  const known = canonical.get(text);
  if (known !== undefined) return known;
  const element = canonicalElement(text);
  if (canonical.size >= maxCached) canonical.clear();
  canonical.set(text, element);
  return element;
}

function canonicalElement(text: string): string {
  if (text.length < 2) throw invalid('key must be 2 characters long:');
  if (text[1] !== ':') throw invalid(`missing colon: ${text}`);
  const body = text.slice(2);
  switch (text[0]) {
    case 'v':
      return valueElement(parseJsonPart(body));
    case 'k': {
      const value = parseJsonPart(body);
      if (!isObject(value)) throw invalid(`expected an object in ${text}`);
      const names = Object.keys(value).sort(compareText);
      return keyElement(
        names,
        names.map((name) => value[name]),
      );
    }
    case 'i': {
      if (!/^[+-]?\d{1,15}$/.test(body)) throw invalid(`strconv.Atoi: parsing ${goQuote(body)}: invalid syntax`);
      return `i:${Number(body)}`;
    }
    default:
      throw invalid('unknown path element type');
  }
}

function parseJsonPart(text: string): unknown {
  try {
    // Object.create(null)-like safety is not needed: the value is only read back into text.
    return JSON.parse(text);
  } catch (cause) {
    throw new MergeError('MANAGED_FIELDS_INVALID', `invalid JSON in ${text}`, { cause });
  }
}

function invalid(message: string): MergeError {
  return new MergeError('MANAGED_FIELDS_INVALID', message);
}

function parse(element: string): ParsedElement {
  const known = parsed.get(element);
  if (known !== undefined) return known;
  const result = parseUncached(element);
  if (parsed.size >= maxCached) parsed.clear();
  parsed.set(element, result);
  return result;
}

function parseUncached(element: string): ParsedElement {
  const body = element.slice(2);
  switch (element[0]) {
    case 'k': {
      const value = JSON.parse(body) as JsonObject;
      const names = Object.keys(value).sort(compareText);
      return { rank: 1, text: body, names, values: names.map((name) => value[name]) };
    }
    case 'v':
      return { rank: 2, text: body, names: [''], values: [JSON.parse(body)] };
    case 'i':
      return { rank: 3, text: body, names: [''], values: [Number(body)] };
    default:
      return { rank: 0, text: body, names: [], values: [] };
  }
}

/** Order in which API servers write elements: fields, keys, values, indexes. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0;
  if (a.charCodeAt(0) === 102 && b.charCodeAt(0) === 102) return compareText(a, b);
  const left = parse(a);
  const right = parse(b);
  if (left.rank !== right.rank) return left.rank - right.rank;
  if (left.rank === 0) return compareText(left.text, right.text);
  const length = Math.min(left.names.length, right.names.length);
  for (let i = 0; i < length; i++) {
    const byName = compareText(left.names[i] ?? '', right.names[i] ?? '');
    if (byName !== 0) return byName;
    const byValue = compareValues(left.values[i], right.values[i]);
    if (byValue !== 0) return byValue;
  }
  return left.names.length - right.names.length;
}

function compareValues(a: unknown, b: unknown): number {
  const left = valueRank(a);
  const right = valueRank(b);
  if (left !== right) return left - right;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  return compareText(goJson(a), goJson(b));
}

function valueRank(value: unknown): number {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return 0;
    case 'string':
      return 1;
    case 'boolean':
      return 2;
    default:
      return Array.isArray(value) ? 3 : value === null ? 5 : 4;
  }
}

/** The element as messages show it: `.name`, `[name="x"]`, `[="v"]`, `[0]`. */
export function printElement(element: string): string {
  const { rank, text, names, values } = parse(element);
  switch (rank) {
    case 0:
      return `.${text}`;
    case 1:
      return `[${names.map((name, i) => `${name}=${printValue(values[i])}`).join(',')}]`;
    case 2:
      return `[=${printValue(values[0])}]`;
    default:
      return `[${text}]`;
  }
}

function printValue(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'number' || typeof value === 'bigint') return goNumber(value);
  if (Array.isArray(value)) return `[${value.map(printValue).join(',')}]`;
  if (isObject(value)) {
    return Object.keys(value)
      .map((key) => `${key}=${printValue(value[key])}`)
      .join('');
  }
  return String(value);
}
