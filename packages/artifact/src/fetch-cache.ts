import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createHasher, parseDigest } from './digest.ts';
import { ArtifactError, throwIfAborted } from './errors.ts';
import { extractArchive } from './extract-archive.ts';
import type { ByteSource } from './gunzip.ts';
import { createHttpGet, type HttpGet } from './http-get.ts';
import { sharedPath } from './local-stores.ts';
import type { ExtractLimits } from './types.ts';

/** Options of {@link createFetchCache}. */
export interface FetchCacheOptions {
  /** Folder of the cache's own; what is in it is removed at the start and at the end. */
  readonly dir: string;
  /** Unpacked bytes to keep of trees that nobody uses. Default 256 MiB. Trees in use are never removed. */
  readonly maxBytes?: number;
  /** Largest archive to download, in bytes. Default 1 GiB. */
  readonly maxDownloadBytes?: number;
  /** Bounds of what an archive unpacks to. Default: 1 GiB, 250,000 entries. */
  readonly limits?: Partial<ExtractLimits>;
  /** Tries after the first one, on connection errors, 429 and 5xx. Default 9. */
  readonly retries?: number;
  /** Waits between tries grow from the first to the second, in milliseconds. Default 500 to 30,000. */
  readonly retryWaitMs?: readonly [number, number];
  /** Where an artifact's URL really leads: hosts replaced for a local run. Default: as it is. */
  readonly rewriteUrl?: (url: string) => string;
  /**
   * Absolute path of the file behind a URL when the store is in this process; its digest is verified all the same.
   * Default: stores that were given to `shareStorage`.
   */
  readonly localPath?: (url: string) => string | undefined;
  /** Default: undici with keep-alive and deadlines. */
  readonly http?: HttpGet;
  /** Waits; rejects when aborted. Default: a timer. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** An unpacked artifact in use. Read only: others use the same tree. */
export interface FetchedTree {
  readonly dir: string;
  readonly digest: string;
  /** Says that the tree is no longer used; more calls do nothing. */
  release(): void;
}

/** One download and one unpacked tree per digest, for everybody in the process. */
export interface FetchCache {
  /**
   * Answers the tree of an artifact, downloading it when nobody has yet. Callers at the same time share one download;
   * it is given up when the last of them aborts.
   *
   * @throws {ArtifactError} `NOT_FOUND` (`file not found`: wait for the source), `HTTP_STATUS`, `NETWORK`, `DIGEST_EMPTY`,
   *   `DIGEST_INVALID`, `DIGEST_MISMATCH`, `ABORTED`, and those of `extractArchive` behind `failed to extract archive (…): `
   */
  acquire(
    artifact: { readonly url: string; readonly digest: string },
    options?: { signal?: AbortSignal },
  ): Promise<FetchedTree>;
  /** Downloads and unpackings so far, and what is held. */
  readonly stats: { readonly downloads: number; readonly hits: number; readonly trees: number; readonly bytes: number };
  /** Removes everything; trees in use are gone, too. */
  close(): Promise<void>;
}

interface Entry {
  readonly digest: string;
  readonly ready: Promise<void>;
  readonly abort: AbortController;
  dir: string;
  bytes: number;
  waiting: number;
  users: number;
  isReady: boolean;
}

const MiB = 1024 * 1024;
/** Archives up to this size stay in memory between download and unpacking. */
const memoryBytes = 8 * MiB;

/** Makes a cache. The folder is made on first use. */
export function createFetchCache(options: FetchCacheOptions): FetchCache {
  const maxBytes = options.maxBytes ?? 256 * MiB;
  const limits: Partial<ExtractLimits> = { maxBytes: 1024 * MiB, maxEntries: 250_000, ...options.limits };
  // In order of use: the first one is the one unused for longest.
  const entries = new Map<string, Entry>();
  const removals = new Set<Promise<void>>();
  const http = options.http ?? createHttpGet();
  let prepared: Promise<void> | undefined;
  let downloads = 0;
  let hits = 0;
  let bytes = 0;
  let isClosed = false;

  const prepare = async (): Promise<void> => {
    await mkdir(options.dir, { recursive: true, mode: 0o700 });
    // A tree of an earlier process cannot be trusted to be whole, and is cheap to make again.
    for (const name of await readdir(options.dir)) await rm(join(options.dir, name), { recursive: true, force: true });
  };

  const removeTree = (dir: string): void => {
    const removal = rm(dir, { recursive: true, force: true }).catch(() => {});
    removals.add(removal);
    void removal.finally(() => removals.delete(removal));
  };

  const evict = (): void => {
    for (const [key, entry] of entries) {
      if (bytes <= maxBytes) return;
      if (!entry.isReady || entry.users > 0 || entry.waiting > 0) continue;
      entries.delete(key);
      bytes -= entry.bytes;
      removeTree(entry.dir);
    }
  };

  const load = async (key: string, url: string, digest: string, entry: Entry): Promise<void> => {
    const { signal } = entry.abort;
    prepared ??= prepare();
    await prepared;
    downloads += 1;
    const archive = await download(url, digest, signal, options, http);
    const temporary = join(options.dir, `tmp-${randomBytes(8).toString('hex')}`);
    try {
      await mkdir(temporary, { mode: 0o700 });
      const result = await extractArchive(archive.open(), temporary, { limits, signal });
      await rename(temporary, entry.dir);
      entry.bytes = result.bytes;
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      if (error instanceof ArtifactError && error.code !== 'ABORTED') {
        const text = `failed to extract archive (check whether file size exceeds max download size): ${error.message}`;
        throw new ArtifactError(error.code, text, error);
      }
      throw error;
    } finally {
      await archive.dispose();
    }
    entry.isReady = true;
    if (isClosed) removeTree(entry.dir);
    else bytes += entry.bytes;
    void key;
  };

  const start = (key: string, url: string, digest: string): Entry => {
    const abort = new AbortController();
    const dir = join(options.dir, `${key.replace(':', '-')}-${randomBytes(4).toString('hex')}`);
    let begin = (): void => {};
    const ready = new Promise<void>((resolve, reject) => {
      begin = () => {
        load(key, url, digest, entry).then(resolve, reject);
      };
    });
    const entry: Entry = { digest: key, ready, abort, dir, bytes: 0, waiting: 0, users: 0, isReady: false };
    entries.set(key, entry);
    // A failure is told to those who wait and not kept: the next one tries again.
    ready.catch(() => {
      if (entries.get(key) === entry) entries.delete(key);
    });
    begin();
    return entry;
  };

  return {
    async acquire({ url, digest }, { signal } = {}) {
      if (isClosed) throw new ArtifactError('ABORTED', 'fetch cache is closed');
      const key = verifiableDigest(digest);
      throwIfAborted(signal);
      let entry = entries.get(key);
      if (entry === undefined) entry = start(key, url, digest);
      else {
        hits += 1;
        entries.delete(key);
        entries.set(key, entry);
      }
      entry.waiting += 1;
      try {
        if (!entry.isReady) await orAborted(entry.ready, signal);
      } catch (error) {
        // The last one to lose interest ends the download.
        if (entry.waiting === 1 && !entry.isReady) {
          entry.abort.abort();
          if (entries.get(key) === entry) entries.delete(key);
        }
        throw error;
      } finally {
        entry.waiting -= 1;
      }
      entry.users += 1;
      evict();
      let isReleased = false;
      const used = entry;
      return {
        dir: used.dir,
        digest: key,
        release() {
          if (isReleased) return;
          isReleased = true;
          used.users -= 1;
          evict();
        },
      };
    },
    get stats() {
      return { downloads, hits, trees: entries.size, bytes };
    },
    async close() {
      isClosed = true;
      const running: Promise<void>[] = [];
      for (const entry of entries.values()) {
        entry.abort.abort();
        running.push(entry.ready.catch(() => {}));
      }
      entries.clear();
      await Promise.all(running);
      await Promise.all(removals);
      await http.close?.();
      if (prepared !== undefined) await rm(options.dir, { recursive: true, force: true });
    },
  };
}

function verifiableDigest(digest: string): string {
  try {
    const { algorithm, hex } = parseDigest(digest);
    return `${algorithm}:${hex}`;
  } catch (error) {
    const { code, message } = error as ArtifactError;
    throw new ArtifactError(code, `failed to verify archive: ${message}`, error);
  }
}

async function orAborted(ready: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return ready;
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new ArtifactError('ABORTED', 'context canceled', signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([ready, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** A verified archive, in memory or in a file. */
interface Downloaded {
  open(): ByteSource;
  dispose(): Promise<void>;
}

async function download(
  url: string,
  digest: string,
  signal: AbortSignal,
  options: FetchCacheOptions,
  http: HttpGet,
): Promise<Downloaded> {
  const local = (options.localPath ?? sharedPath)(url);
  if (local !== undefined) {
    try {
      return await keep(createReadStream(local, { signal }), digest, options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        throw new ArtifactError('NOT_FOUND', 'file not found', error);
      if ((error as Error).name === 'AbortError') throw new ArtifactError('ABORTED', 'context canceled', error);
      throw error;
    }
  }
  const target = options.rewriteUrl?.(url) ?? url;
  const retries = options.retries ?? 9;
  // The original begins with 5 s. A store that restarts is back long before.
  const [firstMs, longestMs] = options.retryWaitMs ?? [500, 30_000];
  const sleep = options.sleep ?? defaultSleep;
  for (let attempt = 0; ; attempt++) {
    const outcome = await tryDownload(target, digest, signal, options, http);
    if ('archive' in outcome) return outcome.archive;
    throwIfAborted(signal);
    if (attempt >= retries) {
      const cause = outcome.why instanceof Error ? `: ${outcome.why.message}` : '';
      const text = `failed to download archive: GET ${target} giving up after ${attempt + 1} attempt(s)${cause}`;
      throw new ArtifactError('NETWORK', text, outcome.why);
    }
    const waitMs = Math.min(outcome.retryAfterMs ?? firstMs * 2 ** attempt, longestMs);
    try {
      await sleep(waitMs, signal);
    } catch (error) {
      throw new ArtifactError('ABORTED', 'context canceled', error);
    }
  }
}

type Attempt = { readonly archive: Downloaded } | { readonly why: unknown; readonly retryAfterMs?: number };

async function tryDownload(
  url: string,
  digest: string,
  signal: AbortSignal,
  options: FetchCacheOptions,
  http: HttpGet,
): Promise<Attempt> {
  let response: Awaited<ReturnType<HttpGet['get']>>;
  try {
    response = await http.get(url, signal);
  } catch (error) {
    return { why: error };
  }
  const { status } = response;
  if (status === 200) {
    try {
      return { archive: await keep(response.body, digest, options) };
    } catch (error) {
      if (error instanceof ArtifactError) throw error;
      // The connection broke inside the body.
      return { why: error };
    }
  }
  await response.discard();
  if (status === 404) throw new ArtifactError('NOT_FOUND', 'file not found');
  if (status === 429 || (status >= 500 && status !== 501)) {
    return { why: status, ...(response.retryAfterMs === undefined ? {} : { retryAfterMs: response.retryAfterMs }) };
  }
  const text = response.statusText === '' ? String(status) : `${status} ${response.statusText}`;
  throw new ArtifactError('HTTP_STATUS', `failed to download archive from ${url} (status: ${text})`);
}

async function keep(
  source: AsyncIterable<Uint8Array>,
  digest: string,
  options: FetchCacheOptions,
): Promise<Downloaded> {
  const maxDownloadBytes = options.maxDownloadBytes ?? 1024 * MiB;
  const { algorithm, hex } = parseDigest(digest);
  const hasher = createHasher(algorithm);
  let chunks: Uint8Array[] = [];
  let size = 0;
  let file: { path: string; stream: ReturnType<typeof createWriteStream> } | undefined;
  const dispose = async (): Promise<void> => {
    if (file === undefined) return;
    file.stream.destroy();
    await rm(file.path, { force: true });
  };
  try {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > maxDownloadBytes) break;
      hasher.update(chunk);
      chunks.push(chunk);
      if (file === undefined && size > memoryBytes) {
        const path = join(options.dir, `download-${randomBytes(8).toString('hex')}`);
        file = { path, stream: createWriteStream(path, { mode: 0o600, flags: 'wx' }) };
      }
      if (file !== undefined) {
        const { stream } = file;
        for (const part of chunks)
          await new Promise<void>((done, fail) => stream.write(part, (error) => (error ? fail(error) : done())));
        chunks = [];
      }
    }
    if (size > maxDownloadBytes || hasher.digest() !== `${algorithm}:${hex}`) {
      throw new ArtifactError(
        'DIGEST_MISMATCH',
        `failed to verify archive: computed digest doesn't match provided '${digest}' (check whether file size exceeds max download size)`,
      );
    }
    if (file !== undefined) {
      const { stream } = file;
      await new Promise<void>((done, fail) => stream.end((error?: Error | null) => (error ? fail(error) : done())));
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  const path = file?.path;
  return {
    open: () => (path === undefined ? Buffer.concat(chunks) : createReadStream(path)),
    dispose,
  };
}

function defaultSleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
