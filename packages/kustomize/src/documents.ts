import { createHash } from 'node:crypto';
import { compareBytes, parseYaml, parseYamlNodes, YamlError, type YamlNode } from '@fluvial/yaml';
import { isMap, resolveResourceScalar, Scalar, settleScalars } from './scalar.ts';
import { type KObject, KustomizeError } from './types.ts';
import { cloneWritten, noteWritten, writeNaturally } from './written.ts';

export interface Document {
  readonly object: KObject;
  /** One-based line where the document starts. */
  readonly line: number;
  readonly index: number;
}

/** Says what is wrong with a document, in the original's words, without the file's name. */
export class DocumentError extends Error {
  readonly malformed: boolean;
  /** One-based line of the file; 0 when unknown. */
  readonly line: number;

  constructor(message: string, options: { malformed?: boolean; line?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.malformed = options.malformed === true;
    this.line = options.line ?? 0;
  }
}

const SEPARATOR = /\n---.*\n/g;
const MAX_CACHED_BYTES = 32 * 1024 * 1024;

interface CacheEntry {
  readonly documents: readonly Document[];
  readonly size: number;
}

// Parsing is pure: the same bytes give the same documents. Entries leave in the order of their last use.
const cache = new Map<string, CacheEntry>();
let cachedBytes = 0;

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/**
 * Reads the objects of a resource file. The result is shared between builds: copy before changing.
 *
 * Kustomize splits by the pattern of the separator first and parses every piece alone; documents that are empty are
 * skipped. A single `List` is unwrapped in place; in a file with more documents, lists give their items after the
 * other documents.
 *
 * @throws {DocumentError}
 */
export function parseResources(bytes: Uint8Array, digest: string): readonly Document[] {
  const cached = cache.get(digest);
  if (cached !== undefined) {
    cache.delete(digest);
    cache.set(digest, cached);
    return cached.documents;
  }
  const documents = readResources(decode(bytes));
  const size = bytes.length * 4 + 512;
  if (size < MAX_CACHED_BYTES / 4) {
    cachedBytes += size;
    cache.set(digest, { documents, size });
    for (const [key, entry] of cache) {
      if (cachedBytes <= MAX_CACHED_BYTES) break;
      cache.delete(key);
      cachedBytes -= entry.size;
    }
  }
  return documents;
}

/** Bytes as text: byte order mark dropped, line ends normalised. */
export function decode(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const clean = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  return clean.includes('\r\n') ? clean.replaceAll('\r\n', '\n') : clean;
}

function readResources(text: string): Document[] {
  const documents: Document[] = [];
  const lists: List[] = [];
  const pieces = parseObjects(text);
  const [first] = pieces;
  const unwrapped = pieces.length === 1 && isMap(first?.object) && first.object.kind === 'List';
  for (const { object, line, source } of pieces) {
    const items = itemsOf(object);
    if (items === undefined) documents.push({ object: object as KObject, line, index: documents.length });
    else lists.push({ items, lines: itemLines(source, items.length, line) });
  }
  // Items come after the other documents, those of lists within lists last.
  for (let list = lists.shift(); list !== undefined; list = lists.shift()) {
    for (const [i, item] of list.items.entries()) {
      const line = list.lines[i] as number;
      if (!isMap(item)) throw new DocumentError('missing Resource metadata', { line });
      const inner = itemsOf(item);
      if (inner !== undefined) {
        lists.push({ items: inner, lines: inner.map(() => line) });
        continue;
      }
      // All but a List of its own pass through JSON, which has no other way to write a value.
      if (!unwrapped) writeNaturally(settleScalars(item));
      documents.push({ object: item, line, index: documents.length });
    }
  }
  return documents;
}

interface List {
  readonly items: readonly unknown[];
  /** Where each of them starts. */
  readonly lines: readonly number[];
}

/** The lines on which the items of a list start. */
function itemLines({ text, line }: Piece, count: number, fallback: number): number[] {
  const entries = rootEntries(text);
  const items = entries.find(([key]) => key.type === 'scalar' && key.text === 'items')?.[1];
  const nodes = items?.type === 'list' ? items.items : [];
  return Array.from({ length: count }, (_, i) => {
    const node = nodes[i];
    return node === undefined ? fallback : line + countLines(text.slice(0, node.start));
  });
}

function rootEntries(text: string): readonly (readonly [YamlNode, YamlNode])[] {
  try {
    const root = parseYamlNodes(text, { rules: 'v3' })[0]?.root;
    return root?.type === 'map' ? root.entries : [];
  } catch (error) {
    if (error instanceof YamlError) return []; // there is more behind the document
    throw error;
  }
}

/** What a list holds; a kind such as `AccessList` without `items` is an object of its own. */
function itemsOf(object: unknown): readonly unknown[] | undefined {
  if (!isMap(object) || typeof object.kind !== 'string' || !object.kind.endsWith('List')) return undefined;
  if (Array.isArray(object.items)) return object.items;
  if (Object.hasOwn(object, 'items')) return [];
  if (object.metadata === undefined) object.metadata = {};
  return undefined;
}

/** A part of a text that holds one document, and its first line. */
interface Piece {
  readonly text: string;
  readonly line: number;
}

/** Every non-empty document of a text, with the line where it starts. */
export function parseObjects(text: string): { object: unknown; line: number; source: Piece }[] {
  const result: { object: unknown; line: number; source: Piece }[] = [];
  let line = 1;
  let from = 0;
  const add = (piece: string): void => {
    const value = parsePiece(piece, line);
    if (value === undefined || value === null) return;
    result.push({ object: value, line: line + leadingLines(piece), source: { text: piece, line } });
  };
  SEPARATOR.lastIndex = 0;
  for (let match = SEPARATOR.exec(text); match !== null; match = SEPARATOR.exec(text)) {
    const rest = match[0].slice(4, -1).trim();
    if (rest !== '' && !rest.startsWith('#')) {
      throw new DocumentError(`invalid document separator: ${match[0].trim()}`, {
        line: line + countLines(text.slice(from, match.index + 1)),
      });
    }
    const piece = text.slice(from, match.index + 1);
    add(piece);
    line += countLines(piece) + 1;
    from = match.index + match[0].length;
    // The line break that ends a separator may start the next one.
  }
  add(text.slice(from));
  return result;
}

function countLines(text: string): number {
  let count = 0;
  for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) count++;
  return count;
}

function leadingLines(text: string): number {
  const match = /^(?:\s*(?:#.*|---.*)?\n)*/.exec(text);
  return match === null ? 0 : countLines(match[0]);
}

function parsePiece(piece: string, first: number): unknown {
  try {
    const [value] = parseYaml(piece, {
      rules: 'v3',
      duplicateKeys: 'error',
      resolve: resolveResourceScalar,
      looseRootKeys: true,
      ignoreRest: true,
      onWritten: noteWritten,
    });
    return value;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const line = error.line > 0 ? first + error.line - 1 : first;
    throw new DocumentError(error.message, { malformed: true, line, cause: error });
  }
}

/** Checks what every resource must have; the messages are the original's. */
export function checkObject(object: unknown): asserts object is KObject {
  if (!isMap(object)) throw new KustomizeError('RESOURCE_INVALID', 'missing Resource metadata');
  const kind = textIn(object, 'kind');
  const apiVersion = textIn(object, 'apiVersion');
  const metadata = isMap(object.metadata) ? object.metadata : {};
  const name = textIn(metadata, 'name');
  const namespace = textIn(metadata, 'namespace');
  if (kind === '') {
    if (Object.keys(object).length === 0) throw new KustomizeError('RESOURCE_INVALID', 'missing Resource metadata');
    throw new KustomizeError(
      'RESOURCE_INVALID',
      `missing kind in object {{${apiVersion} } {{${name} ${namespace}} ${goMap(metadata.labels)} ${goMap(metadata.annotations)}}}`,
    );
  }
  if (name === '' && !kind.endsWith('List')) {
    throw new KustomizeError(
      'RESOURCE_INVALID',
      `missing metadata.name in object {{${apiVersion} ${kind}} {{ ${namespace}} ${goMap(metadata.labels)} ${goMap(metadata.annotations)}}}`,
    );
  }
}

/** A map of texts as Go prints it. */
function goMap(value: unknown): string {
  if (!isMap(value)) return 'map[]';
  const keys = Object.keys(value).sort(compareBytes);
  return `map[${keys.map((key) => `${key}:${textIn(value, key)}`).join(' ')}]`;
}

function textIn(map: Record<string, unknown>, key: string): string {
  const value = Object.hasOwn(map, key) ? map[key] : undefined;
  if (typeof value === 'string') return value;
  if (value instanceof Scalar) return value.text;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** A copy that the caller may change. */
export function copyObject(object: KObject): KObject {
  return cloneWritten(object);
}
