import { lstatSync, renameSync, rmSync, statSync } from 'node:fs';
import { chmod, copyFile, lstat, open, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, posix, resolve } from 'node:path';
import { createHasher, type DigestAlgorithm, digestOf, digestOfFile, parseDigest } from './digest.ts';
import { ArtifactError } from './errors.ts';
import {
  listFiles,
  makeFolderOf,
  readSmallFile,
  replaceLink,
  smallBytes,
  temporaryBeside,
  writeNewFile,
} from './store-files.ts';
import type { ArtifactLocation, ArtifactRecord } from './types.ts';

/** Options of {@link createStorage}. */
export interface StorageOptions {
  /** Root directory; must exist. */
  readonly path: string;
  /** `host[:port]`, or a URL prefix with its scheme; see {@link advertisedAddress}. May be changed later. */
  readonly advertisedAddress: string;
  /** Algorithm of `artifact.digest`. Default `sha256`. */
  readonly algorithm?: DigestAlgorithm;
  /** A file that is older than this and not current is garbage, in milliseconds. Default 60,000. */
  readonly retentionTtlMs?: number;
  /** Files an object keeps at most, the current one included. Default 2. */
  readonly retentionRecords?: number;
  /** Milliseconds now. Default `Date.now`. */
  readonly now?: () => number;
}

/** What an object's folder is named after. */
export interface StorageOwner {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * The artifact store: `<kind>/<namespace>/<name>/<file>` below one root.
 *
 * Files are written beside their place and renamed into it, so a reader, or a restart after a kill, sees the old file or
 * the new one and nothing between. Writers of one process take turns per file; two processes must not share a root.
 */
export interface ArtifactStorage {
  readonly path: string;
  readonly algorithm: DigestAlgorithm;
  /** Where the server is reached; changing it changes the URLs that are made from then on. */
  advertisedAddress: string;
  /** Where an object's file of this revision lies. */
  locate(owner: StorageOwner, revision: string, file: string): ArtifactLocation;
  /** URL of a storage-relative path. */
  urlOf(path: string): string;
  /** The same URL at the present advertised address; always `http://`, as Flux writes `status.url`. */
  withPresentHost(url: string): string;
  /** Absolute path; whatever the argument holds, it lies below the root. */
  absolute(path: string): string;
  /** Absolute path of the file behind one of this store's own URLs; undefined for any other URL. */
  localPath(url: string): string | undefined;
  /** Whether the artifact's regular file is there. */
  exists(artifact: Pick<ArtifactRecord, 'path'>): Promise<boolean>;
  /**
   * Recomputes the file's digest.
   *
   * @throws {ArtifactError} `DIGEST_EMPTY` (`artifact has no digest`), `DIGEST_INVALID`,
   *   `DIGEST_MISMATCH` (`computed digest doesn't match '…'`), `NOT_FOUND`
   */
  verify(artifact: Pick<ArtifactRecord, 'path' | 'digest'>, signal?: AbortSignal): Promise<void>;
  /**
   * Writes the file and answers its record.
   *
   * @throws {ArtifactError} `STORAGE`; the file of before is untouched then
   */
  write(location: ArtifactLocation, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<ArtifactRecord>;
  /** Writes a copy of another file, byte for byte. */
  writeFileCopy(location: ArtifactLocation, file: string): Promise<ArtifactRecord>;
  /** Points the link beside the artifact (`latest.tar.gz`) at it and answers the link's URL. */
  link(location: Pick<ArtifactLocation, 'path'>, name: string): Promise<string>;
  /** Removes the artifact's file; nothing happens when it is gone. */
  remove(artifact: Pick<ArtifactRecord, 'path'>): Promise<void>;
  /** Removes all that an object has here; tells whether there was anything. */
  removeAll(owner: StorageOwner): Promise<boolean>;
  /** Removes an object's outdated files and answers their names. The current artifact, links and locks stay. */
  collectGarbage(current: Pick<ArtifactRecord, 'path'>, signal?: AbortSignal): Promise<string[]>;
}

/** Files of one object that a garbage collection looks at; a folder with more is looked at again next time. */
const maxInspected = 1000;
const lockSuffix = '.lock';

/**
 * The address that artifact URLs carry: the advertised one when set, else derived from the listen address
 * (no host: `localhost`; `0.0.0.0`: the machine's name).
 */
export function advertisedAddress(options: { advertised?: string; listen: string; hostName?: string }): string {
  if (options.advertised) return options.advertised;
  const colon = options.listen.lastIndexOf(':');
  const host = colon < 0 ? options.listen : options.listen.slice(0, colon);
  const port = colon < 0 ? '' : options.listen.slice(colon);
  if (host === '') return `localhost${port}`;
  if (host === '0.0.0.0') return `${options.hostName || hostname()}${port}`;
  return `${host}${port}`;
}

/**
 * Opens a store.
 *
 * @throws {ArtifactError} `PATH_INVALID`: `invalid dir path: …`
 */
export function createStorage(options: StorageOptions): ArtifactStorage {
  const root = resolve(options.path);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ArtifactError('PATH_INVALID', `invalid dir path: ${options.path}`);
  }
  const algorithm = options.algorithm ?? 'sha256';
  const ttlMs = options.retentionTtlMs ?? 60_000;
  const records = options.retentionRecords ?? 2;
  const now = options.now ?? Date.now;
  const takeTurns = createTurns();
  let address = options.advertisedAddress;

  const absolute = (path: string): string => join(root, posix.normalize(`/${path}`));
  const urlOf = (path: string): string => {
    const base = /^https?:\/\//.test(address) ? address.replace(/\/+$/, '') : `http://${address}`;
    return `${base}/${path.replace(/^\/+/, '')}`;
  };
  const folderOf = ({ kind, namespace, name }: StorageOwner): string => {
    const parts = [kind.toLowerCase(), namespace, name];
    // Kubernetes names cannot hold these; an object that came another way must not leave its folder.
    if (parts.some((part) => part === '' || part === '.' || part === '..' || /[/\\\0]/.test(part))) {
      throw new ArtifactError('PATH_INVALID', `invalid artifact folder '${parts.join('/')}'`);
    }
    return parts.join('/');
  };

  const put = async (
    location: ArtifactLocation,
    fill: (temporary: string) => Promise<{ digest: string; size: number }> | { digest: string; size: number },
  ): Promise<ArtifactRecord> => {
    const file = absolute(location.path);
    return takeTurns(file, async () => {
      const temporary = temporaryBeside(file);
      try {
        makeFolderOf(file);
        const { digest, size } = await fill(temporary);
        renameSync(temporary, file);
        return { ...location, digest, size, lastUpdateTime: formatSeconds(now()) };
      } catch (error) {
        rmSync(temporary, { force: true });
        throw storageError(error);
      }
    });
  };

  return {
    path: root,
    algorithm,
    get advertisedAddress() {
      return address;
    },
    set advertisedAddress(value) {
      address = value;
    },
    absolute,
    urlOf,
    locate(owner, revision, file) {
      const path = `${folderOf(owner)}/${file.replaceAll('/', '_')}`;
      return { path, url: urlOf(path), revision };
    },
    withPresentHost(url) {
      const host = address.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
      return url.replace(/^[a-z]+:\/\/[^/]*/i, `http://${host}`);
    },
    localPath(url) {
      const base = urlOf('');
      if (!url.startsWith(base)) return undefined;
      return absolute(url.slice(base.length));
    },
    async exists(artifact) {
      return lstatSync(absolute(artifact.path), { throwIfNoEntry: false })?.isFile() ?? false;
    },
    async verify(artifact, signal) {
      if (!artifact.digest) throw new ArtifactError('DIGEST_EMPTY', 'artifact has no digest');
      const expected = parseDigest(artifact.digest);
      const file = absolute(artifact.path);
      let actual: string;
      try {
        const bytes = readSmallFile(file);
        actual =
          bytes === undefined
            ? await digestOfFile(file, expected.algorithm, signal)
            : digestOf(bytes, expected.algorithm);
      } catch (error) {
        throw storageError(error);
      }
      if (actual !== `${expected.algorithm}:${expected.hex}`) {
        throw new ArtifactError('DIGEST_MISMATCH', `computed digest doesn't match '${artifact.digest}'`);
      }
    },
    write(location, content) {
      return put(location, async (temporary) => {
        if (content instanceof Uint8Array) {
          if (content.length <= smallBytes) writeNewFile(temporary, content);
          else await writeFile(temporary, content, { mode: 0o600, flag: 'wx' });
          return { digest: digestOf(content, algorithm), size: content.length };
        }
        const handle = await open(temporary, 'wx', 0o600);
        try {
          const hasher = createHasher(algorithm);
          let size = 0;
          for await (const chunk of content) {
            hasher.update(chunk);
            size += chunk.length;
            let at = 0;
            while (at < chunk.length) at += (await handle.write(chunk, at)).bytesWritten;
          }
          return { digest: hasher.digest(), size };
        } finally {
          await handle.close();
        }
      });
    },
    writeFileCopy(location, file) {
      return put(location, async (temporary) => {
        await copyFile(file, temporary);
        await chmod(temporary, 0o600);
        return { digest: await digestOfFile(temporary, algorithm), size: (await lstat(temporary)).size };
      });
    },
    async link(location, name) {
      const target = absolute(location.path);
      const link = join(dirname(target), name);
      const path = `${posix.dirname(location.path)}/${name}`;
      try {
        replaceLink(link, target);
      } catch (error) {
        throw storageError(error);
      }
      return urlOf(path);
    },
    async remove(artifact) {
      try {
        await unlink(absolute(artifact.path));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw storageError(error);
      }
    },
    async removeAll(owner) {
      const folder = absolute(folderOf(owner));
      try {
        await lstat(folder);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw storageError(error);
      }
      try {
        await rm(folder, { recursive: true, force: true });
      } catch (error) {
        throw storageError(error);
      }
      return true;
    },
    async collectGarbage(current, signal) {
      const folder = dirname(absolute(current.path));
      const currentName = posix.basename(current.path);
      const names = listFiles(folder, maxInspected).filter((name) => !name.endsWith(lockSuffix));
      // Nearly always the current file is alone.
      if (names.length === 0 || (names.length === 1 && names[0] === currentName)) return [];
      const found: { name: string; age: number }[] = [];
      for (const name of names) {
        if (signal?.aborted) break;
        const stats = lstatSync(join(folder, name), { throwIfNoEntry: false });
        if (stats !== undefined) found.push({ name, age: now() - stats.mtimeMs });
      }
      const removed: string[] = [];
      for (const name of planGarbage(found, currentName, ttlMs, records)) {
        if (signal?.aborted) break;
        await rm(join(folder, name), { force: true });
        await rm(join(folder, `${name}${lockSuffix}`), { force: true });
        removed.push(name);
      }
      return removed;
    },
  };
}

/** Chooses what is garbage: all that is older than the TTL, then the oldest of what is too many. Pure. */
export function planGarbage(
  files: readonly { readonly name: string; readonly age: number }[],
  current: string,
  ttlMs: number,
  records: number,
): string[] {
  const others = files.filter((file) => file.name !== current).sort((a, b) => b.age - a.age);
  const garbage = others.filter((file) => file.age > ttlMs);
  const young = others.filter((file) => file.age <= ttlMs);
  const excess = Math.max(0, young.length + (files.length > others.length ? 1 : 0) - records);
  return [...garbage, ...young.slice(0, excess)].map((file) => file.name);
}

/** Runs the tasks of one key one after another. */
function createTurns(): <T>(key: string, task: () => Promise<T>) => Promise<T> {
  const tails = new Map<string, Promise<unknown>>();
  return async (key, task) => {
    const before = tails.get(key);
    const mine = (before ?? Promise.resolve()).then(task, task);
    tails.set(key, mine);
    try {
      return await mine;
    } finally {
      if (tails.get(key) === mine) tails.delete(key);
    }
  };
}

function storageError(error: unknown): unknown {
  if (error instanceof ArtifactError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new ArtifactError('NOT_FOUND', (error as Error).message, error);
  return typeof code === 'string' ? new ArtifactError('STORAGE', (error as Error).message, error) : error;
}

/** RFC 3339 in whole seconds, as Kubernetes prints times. */
function formatSeconds(epochMs: number): string {
  return `${new Date(Math.floor(epochMs / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** Reads a stored file whole; for consumers in the same process. */
export async function readStored(
  storage: ArtifactStorage,
  artifact: Pick<ArtifactRecord, 'path'>,
): Promise<Uint8Array> {
  try {
    return await readFile(storage.absolute(artifact.path));
  } catch (error) {
    throw storageError(error);
  }
}
