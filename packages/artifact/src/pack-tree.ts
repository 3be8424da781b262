import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHasher, type DigestAlgorithm, digestOf } from './digest.ts';
import { ArtifactError, throwIfAborted } from './errors.ts';
import { gzipBytes, gzipStream } from './gzip.ts';
import { createIgnoreFilter, type IgnoreRule, ignoreFileName, parseIgnoreRules } from './ignore-rules.ts';
import { isDirectory, type MemoryDirectory, type MemoryFile } from './memory-tree.ts';
import { encodeHeader, endOfArchive, padding } from './tar-header.ts';
import type { ArchiveProfile, IgnoreFilter, PackedArchive, PackOptions } from './types.ts';

/** Above this an archive is compressed as it is written instead of in one piece. Part of the format: it never changes. */
const wholeBytes = 8 * 1024 * 1024;
/** Files read at once, ahead of the writer. */
const readAhead = 16;

interface Item {
  /** Slash-separated; `.` for the root. */
  readonly name: string;
  readonly type: 'file' | 'directory';
  readonly mode: number;
  readonly size: number;
  /** Absolute path, or the content itself. */
  readonly content: string | Uint8Array;
}

/**
 * Packs a directory into a tar.gz in memory: same tree, same bytes.
 *
 * Depth first, entries of a directory in byte order, the root as `.`, directories too, nothing but regular files and
 * directories. Profile `store` writes modes 0750, 0600 and 0700; profile `push` keeps the permission bits.
 *
 * @throws {ArtifactError} `STORAGE` when the tree cannot be read or changes while it is, `ABORTED`
 */
export async function packTree(dir: string, options: PackOptions = {}): Promise<PackedArchive> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of packStream(await walk(dir, options), options.signal)) chunks.push(chunk);
  return packed(Buffer.concat(chunks));
}

/**
 * Packs one file as `flux push` does: the root entry and that one file under its base name.
 *
 * @param file path of the file, or its content
 */
export async function packFile(
  name: string,
  file: string | Uint8Array,
  options: { mode?: number; signal?: AbortSignal } = {},
): Promise<PackedArchive> {
  const content = typeof file === 'string' ? await readFile(file) : file;
  const mode = options.mode ?? (typeof file === 'string' ? (await lstat(file)).mode & 0o777 : 0o644);
  const items: Item[] = [
    { name: '.', type: 'directory', mode: 0o700, size: 0, content: '' },
    { name, type: 'file', mode, size: content.length, content },
  ];
  const chunks: Uint8Array[] = [];
  for await (const chunk of packStream(items, options.signal)) chunks.push(chunk);
  return packed(Buffer.concat(chunks));
}

/**
 * Packs a directory into a tar.gz as a stream, for trees of any size. The bytes are those of {@link packTree}.
 */
export async function* packTreeStream(dir: string, options: PackOptions = {}): AsyncGenerator<Uint8Array> {
  yield* packStream(await walk(dir, options), options.signal);
}

/** Packs a tree in memory by the profile `store`; `ignore` as in {@link packTree}. */
export async function packMemoryTree(root: MemoryDirectory, ignore?: IgnoreFilter): Promise<PackedArchive> {
  const items: Item[] = [];
  const visit = (directory: MemoryDirectory, path: readonly string[]): void => {
    const names = [...directory.entries.keys()];
    for (const name of names.length > 1 ? names.sort(compareBytes) : names) {
      const node = directory.entries.get(name)!;
      const below = [...path, name];
      const isDir = isDirectory(node);
      if (!ignore?.(below, isDir)) items.push(memoryItem(below.join('/'), node));
      if (isDir) visit(node, below);
    }
  };
  items.push(memoryItem('.', root));
  visit(root, []);
  const chunks: Uint8Array[] = [];
  for await (const chunk of packStream(items)) chunks.push(chunk);
  return packed(Buffer.concat(chunks));
}

/**
 * Collects the rules of every `.sourceignore` below a directory, each scoped to its folder; `.git` is not looked into.
 *
 * @throws {ArtifactError} `STORAGE`
 */
export async function readIgnoreRules(dir: string, scope: readonly string[] = []): Promise<IgnoreRule[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const rules: IgnoreRule[] = [];
  if (entries.some((entry) => entry.name === ignoreFileName && entry.isFile())) {
    rules.push(...parseIgnoreRules(await readFile(join(dir, ignoreFileName), 'utf8'), scope));
  }
  for (const { name } of entries.filter((entry) => entry.isDirectory() && entry.name !== '.git').sort(byName)) {
    rules.push(...(await readIgnoreRules(join(dir, name), [...scope, name])));
  }
  return rules;
}

/** As {@link readIgnoreRules}, of a tree in memory. */
export function memoryIgnoreRules(root: MemoryDirectory, scope: readonly string[] = []): IgnoreRule[] {
  const rules: IgnoreRule[] = [];
  const file = root.entries.get(ignoreFileName);
  if (file !== undefined && !isDirectory(file)) {
    rules.push(...parseIgnoreRules(Buffer.from(file.content).toString('utf8'), scope));
  }
  const names: string[] = [];
  for (const [name, node] of root.entries) if (isDirectory(node) && name !== '.git') names.push(name);
  for (const name of names.sort(compareBytes)) {
    rules.push(...memoryIgnoreRules(root.entries.get(name) as MemoryDirectory, [...scope, name]));
  }
  return rules;
}

/** A filter of plain patterns, such as `flux push --ignore-paths` has. */
export function ignorePatterns(patterns: readonly string[]): IgnoreFilter {
  return createIgnoreFilter(patterns.flatMap((pattern) => parseIgnoreRules(pattern)));
}

function packed(bytes: Buffer, algorithm: DigestAlgorithm = 'sha256'): PackedArchive {
  return { bytes, digest: digestOf(bytes, algorithm), size: bytes.length };
}

/** The digest of a stream, beside passing it on. */
export async function* hashing(
  source: AsyncIterable<Uint8Array>,
  algorithm: DigestAlgorithm,
  done: (digest: string, size: number) => void,
): AsyncGenerator<Uint8Array> {
  const hasher = createHasher(algorithm);
  let size = 0;
  for await (const chunk of source) {
    hasher.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  done(hasher.digest(), size);
}

function memoryItem(name: string, node: MemoryFile | MemoryDirectory): Item {
  if (isDirectory(node)) return { name, type: 'directory', mode: 0o750, size: 0, content: '' };
  const mode = node.isExecutable ? 0o700 : 0o600;
  return { name, type: 'file', mode, size: node.content.length, content: node.content };
}

async function walk(dir: string, options: PackOptions): Promise<Item[]> {
  const { profile = 'store', ignore, signal } = options;
  const items: Item[] = [];
  const visit = async (absolute: string, path: readonly string[]): Promise<void> => {
    throwIfAborted(signal);
    const entries = await readdir(absolute, { withFileTypes: true });
    for (const entry of entries.sort(byName)) {
      const isDir = entry.isDirectory();
      if (!isDir && !entry.isFile()) continue;
      const below = [...path, entry.name];
      const at = join(absolute, entry.name);
      if (!ignore?.(below, isDir)) items.push(await diskItem(below.join('/'), at, isDir, profile));
      if (isDir) await visit(at, below);
    }
  };
  try {
    items.push(await diskItem('.', dir, true, profile));
    await visit(dir, []);
  } catch (error) {
    if (error instanceof ArtifactError) throw error;
    throw new ArtifactError('STORAGE', (error as Error).message, error);
  }
  return items;
}

async function diskItem(name: string, at: string, isDir: boolean, profile: ArchiveProfile): Promise<Item> {
  if (isDir && profile === 'store') return { name, type: 'directory', mode: 0o750, size: 0, content: at };
  const { mode, size } = await lstat(at);
  const kept = profile === 'push' ? mode & 0o777 : mode & 0o111 ? 0o700 : 0o600;
  return { name, type: isDir ? 'directory' : 'file', mode: kept, size: isDir ? 0 : size, content: at };
}

async function* packStream(items: readonly Item[], signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  let total = 0;
  for (const item of items) total += item.size;
  if (total > wholeBytes) {
    yield* gzipStream(tarStream(items, signal));
    return;
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of tarStream(items, signal)) chunks.push(chunk);
  yield await gzipBytes(Buffer.concat(chunks));
}

async function* tarStream(items: readonly Item[], signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const ahead = new Map<number, Promise<Uint8Array>>();
  let next = 0;
  const readSome = (index: number): void => {
    for (; next < items.length && next < index + readAhead; next++) {
      const { content, type, size } = items[next]!;
      if (type === 'file' && typeof content === 'string' && size <= 256 * 1024) {
        const reading = readFile(content);
        // Awaited in its turn; an error before that must not count as unhandled.
        reading.catch(() => {});
        ahead.set(next, reading);
      }
    }
  };
  for (let index = 0; index < items.length; index++) {
    throwIfAborted(signal);
    readSome(index);
    const item = items[index]!;
    yield encodeHeader(item);
    if (item.type === 'directory') continue;
    let written = 0;
    try {
      if (typeof item.content !== 'string') {
        written = item.content.length;
        yield item.content;
      } else if (ahead.has(index)) {
        const content = await ahead.get(index)!;
        ahead.delete(index);
        written = content.length;
        yield content;
      } else if (item.size > 0) {
        for await (const chunk of createReadStream(item.content, { highWaterMark: 256 * 1024 })) {
          written += (chunk as Buffer).length;
          yield chunk as Buffer;
        }
      }
    } catch (error) {
      if (error instanceof ArtifactError) throw error;
      throw new ArtifactError('STORAGE', (error as Error).message, error);
    }
    if (written !== item.size) {
      throw new ArtifactError('STORAGE', `file '${item.name}' changed while it was archived`);
    }
    yield padding(item.size);
  }
  yield endOfArchive;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return compareBytes(a.name, b.name);
}

/** Orders by UTF-8 bytes; UTF-16 order differs above U+FFFF. */
function compareBytes(a: string, b: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII is meant
  if (/^[\x00-\x7f]*$/.test(a + b)) return a < b ? -1 : a > b ? 1 : 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
