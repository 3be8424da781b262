import { YamlError } from './error.ts';
import { formatYamlNumber } from './numbers.ts';
import { sortKeys } from './order.ts';
import { scalarStyle, writeDouble, writeLiteral, writePlain, writeSingle } from './scalar-style.ts';

export interface StringifyYamlOptions {
  /** Print keys in natural order (default), or in the object's own order. */
  readonly sortKeys?: boolean;
  /** Deepest nesting. Default 1000. */
  readonly maxDepth?: number;
}

interface Writer {
  readonly sorted: boolean;
  readonly maxDepth: number;
}

const KEY_CACHE_SIZE = 4096;
// Keys repeat endlessly in manifests; what they look like does not depend on where they stand.
const keyCache = new Map<string, string>();

/**
 * Prints a JSON-like value as `sigs.k8s.io/yaml` does: keys in natural order, block style, indent 2, sequences in
 * their key's column, the quoting, literal blocks and folding of go-yaml v2. Ends with a line break.
 *
 * Members that are `undefined` are left out.
 *
 * @throws {YamlError} `UNSUPPORTED` for functions, symbols and non-finite numbers, `LIMIT` for too deep a value.
 */
export function stringifyYaml(value: unknown, options: StringifyYamlOptions = {}): string {
  const writer: Writer = { sorted: options.sortKeys !== false, maxDepth: options.maxDepth ?? 1000 };
  if (isMap(value) && !isEmptyMap(value)) return writeMap(writer, value, 0, '', 0);
  if (Array.isArray(value) && value.length > 0) return writeList(writer, value, 0, '', 0);
  const text = writeScalar(value, 0, 2);
  return `${text}\n`;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmptyMap(value: Record<string, unknown>): boolean {
  for (const key in value) if (value[key] !== undefined) return false;
  return true;
}

/** `lead` is what the first line starts with (`- ` of an enclosing list is already written: then it is empty). */
function writeMap(writer: Writer, map: Record<string, unknown>, indent: number, lead: string, depth: number): string {
  if (depth > writer.maxDepth) throw new YamlError('LIMIT', 'yaml: nested too deeply');
  const pad = ' '.repeat(indent);
  const keys = Object.keys(map);
  if (writer.sorted) sortKeys(keys);
  let out = '';
  let start = lead;
  for (const key of keys) {
    const value = map[key];
    if (value === undefined) continue;
    const complex = isComplex(key);
    const name = complex ? `? ${writeString(key, indent + 2, indent + 2)}` : writeKey(key);
    out += complex ? `${start}${name}\n${pad}:` : `${start}${name}:`;
    start = pad;
    if (typeof value === 'string') {
      out += ` ${writeString(value, indent + (complex ? 2 : name.length + 2), indent + 2)}\n`;
    } else if (Array.isArray(value) && value.length > 0) {
      // Behind `? key` the value's list starts on the same line.
      if (complex) out += ` ${writeList(writer, value, indent + 2, '', depth + 1)}`;
      else out += `\n${writeList(writer, value, indent, pad, depth + 1)}`;
    } else if (isMap(value) && !isEmptyMap(value)) {
      if (complex) out += ` ${writeMap(writer, value, indent + 2, '', depth + 1)}`;
      else out += `\n${writeMap(writer, value, indent + 2, `${pad}  `, depth + 1)}`;
    } else {
      out += ` ${writeScalar(value, 0, indent + 2)}\n`;
    }
  }
  return out;
}

function writeList(writer: Writer, list: readonly unknown[], indent: number, lead: string, depth: number): string {
  if (depth > writer.maxDepth) throw new YamlError('LIMIT', 'yaml: nested too deeply');
  const pad = ' '.repeat(indent);
  let out = '';
  let start = lead;
  for (const item of list) {
    out += `${start}- `;
    start = pad;
    if (typeof item === 'string') out += `${writeString(item, indent + 2, indent + 2)}\n`;
    else if (Array.isArray(item) && item.length > 0) out += writeList(writer, item, indent + 2, '', depth + 1);
    else if (isMap(item) && !isEmptyMap(item)) out += writeMap(writer, item, indent + 2, '', depth + 1);
    else out += `${writeScalar(item, 0, indent + 2)}\n`;
  }
  return out;
}

const BREAK = /[\n\r\u0085\u2028\u2029]/;

/** Too long, or broken into lines: such a key is written after `? `. */
function isComplex(key: string): boolean {
  return key.length > 42 ? Buffer.byteLength(key) > 128 || BREAK.test(key) : BREAK.test(key);
}

function writeKey(key: string): string {
  const cached = keyCache.get(key);
  if (cached !== undefined) return cached;
  const style = scalarStyle(key, true);
  const text = style === 'plain' ? key : style === 'single' ? writeSingle(key, 0, -1) : writeDouble(key, 0, -1);
  if (keyCache.size >= KEY_CACHE_SIZE) keyCache.clear();
  keyCache.set(key, text);
  return text;
}

function writeString(text: string, column: number, indent: number): string {
  switch (scalarStyle(text, false)) {
    case 'plain':
      return writePlain(text, column, indent);
    case 'single':
      return writeSingle(text, column, indent);
    case 'double':
      return writeDouble(text, column, indent);
    default:
      return writeLiteral(text, indent);
  }
}

function writeScalar(value: unknown, column: number, indent: number): string {
  switch (typeof value) {
    case 'string':
      return writeString(value, column, indent);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return formatYamlNumber(value);
    case 'number':
      if (!Number.isFinite(value)) throw new YamlError('UNSUPPORTED', `json: unsupported value: ${value}`);
      return formatYamlNumber(value);
    case 'undefined':
      return 'null';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? '[]' : '{}';
    default:
      throw new YamlError('UNSUPPORTED', `json: unsupported type: ${typeof value}`);
  }
}
