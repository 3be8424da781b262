import { closeSync, constants, fchmodSync, lstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { defaultLimits, type GuardCounts, guardEntries, type TreeSink } from './entry-guard.ts';
import { ArtifactError } from './errors.ts';
import { quote } from './go-text.ts';
import { type ByteSource, gunzipInto } from './gunzip.ts';
import { createTarParser } from './tar-parser.ts';
import type { ExtractOptions, ExtractResult } from './types.ts';

/**
 * Unpacks a tar.gz into an existing directory and nowhere else.
 *
 * Files get at least owner read and write, directories at least owner access. The directory may hold something already:
 * what stands in the way as a link or another type is an error, nothing is ever written through a link. After an error
 * the directory holds a part of the archive, so give it one that can be thrown away.
 * A name that occurs twice keeps its last content.
 *
 * Rule: the untar rules of Flux's archives; the refusal of links that leave the archive is ours.
 *
 * @throws {ArtifactError} `NOT_GZIP`, `ARCHIVE_INVALID`, `ENTRY_NAME`, `ENTRY_TYPE`, `LIMIT`, `STORAGE`, `ABORTED`
 */
export async function extractArchive(
  source: ByteSource,
  dir: string,
  options: ExtractOptions = {},
): Promise<ExtractResult> {
  const counts: GuardCounts = { entries: 0, bytes: 0, skippedLinks: 0 };
  const tree = createDirectorySink(dir);
  const limits = { ...defaultLimits, ...options.limits };
  const parser = createTarParser(guardEntries(tree, limits, options.links ?? 'skip', counts));
  try {
    await gunzipInto(source, (chunk) => parser.write(chunk), options.signal);
    parser.finish();
  } catch (error) {
    tree.abort();
    throw asArtifactError(error);
  }
  return counts;
}

function asArtifactError(error: unknown): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  if (error instanceof ArtifactError || typeof code !== 'string' || typeof path !== 'string') return error;
  return new ArtifactError('STORAGE', (error as Error).message, error);
}

function createDirectorySink(root: string): TreeSink & { abort(): void } {
  // Directories known to be real ones, so each is looked at once.
  const known = new Set<string>(['.']);
  let file: number | undefined;

  const ensureDirectory = (path: string, mode: number): void => {
    if (known.has(path)) return;
    const slash = path.lastIndexOf('/');
    if (slash > 0) ensureDirectory(path.slice(0, slash), 0o750);
    const absolute = join(root, path);
    try {
      mkdirSync(absolute, { mode: (mode & 0o777) | 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (!lstatSync(absolute).isDirectory()) {
        throw new ArtifactError('ENTRY_TYPE', `tar file entry ${quote(path)} needs a directory where there is none`);
      }
    }
    known.add(path);
  };

  return {
    directory(path, mode) {
      ensureDirectory(path, mode);
    },
    beginFile(path, entry) {
      const slash = path.lastIndexOf('/');
      if (slash > 0) ensureDirectory(path.slice(0, slash), 0o750);
      const mode = (entry.mode & 0o777) | 0o600;
      const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
      try {
        file = openSync(join(root, path), O_WRONLY | O_CREAT | O_TRUNC | (O_NOFOLLOW ?? 0), mode);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ELOOP' || code === 'EISDIR' || code === 'ENXIO') {
          throw new ArtifactError('ENTRY_TYPE', `tar file entry ${quote(path)} would replace what is no file`, error);
        }
        throw error;
      }
      // The umask must not decide whether a script stays executable.
      if (entry.mode & 0o111) fchmodSync(file, mode);
    },
    data(chunk) {
      let at = 0;
      while (at < chunk.length) at += writeSync(file!, chunk, at, chunk.length - at);
    },
    endFile() {
      closeSync(file!);
      file = undefined;
    },
    abort() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
