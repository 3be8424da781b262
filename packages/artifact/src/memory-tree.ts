import { Buffer } from 'node:buffer';
import { defaultLimits, type GuardCounts, guardEntries, type TreeSink } from './entry-guard.ts';
import { ArtifactError } from './errors.ts';
import { quote } from './go-text.ts';
import { type ByteSource, gunzipInto } from './gunzip.ts';
import { createTarParser } from './tar-parser.ts';
import type { ExtractLimits } from './types.ts';

/** A file of an unpacked archive. */
export interface MemoryFile {
  readonly content: Uint8Array;
  readonly isExecutable: boolean;
}

/** A directory of an unpacked archive; the root has no name. */
export interface MemoryDirectory {
  readonly entries: Map<string, MemoryFile | MemoryDirectory>;
}

/** Tells the two apart. */
export function isDirectory(node: MemoryFile | MemoryDirectory): node is MemoryDirectory {
  return 'entries' in node;
}

/** Options of {@link readArchive}. */
export interface ReadArchiveOptions {
  readonly limits?: Partial<ExtractLimits>;
  readonly links?: 'skip' | 'refuse';
  readonly signal?: AbortSignal;
}

/**
 * Unpacks a tar.gz into memory: for archives that are small, as most are. The rules are those of `extractArchive`.
 *
 * @throws {ArtifactError} as `extractArchive`; `LIMIT` also when memory is the limit that the caller chose
 */
export async function readArchive(source: ByteSource, options: ReadArchiveOptions = {}): Promise<MemoryDirectory> {
  const root: MemoryDirectory = { entries: new Map() };
  const counts: GuardCounts = { entries: 0, bytes: 0, skippedLinks: 0 };
  const limits = { ...defaultLimits, ...options.limits };
  const parser = createTarParser(guardEntries(createMemorySink(root), limits, options.links ?? 'skip', counts));
  await gunzipInto(source, (chunk) => parser.write(chunk), options.signal);
  parser.finish();
  return root;
}

function createMemorySink(root: MemoryDirectory): TreeSink {
  let content = Buffer.alloc(0);
  let filled = 0;

  const directoryAt = (components: readonly string[], path: string): MemoryDirectory => {
    let here = root;
    for (const component of components) {
      let next = here.entries.get(component);
      if (next === undefined) {
        next = { entries: new Map() };
        here.entries.set(component, next);
      }
      if (!isDirectory(next)) {
        throw new ArtifactError('ENTRY_TYPE', `tar file entry ${quote(path)} needs a directory where there is none`);
      }
      here = next;
    }
    return here;
  };

  return {
    directory(path) {
      directoryAt(path === '.' ? [] : path.split('/'), path);
    },
    beginFile(path, entry) {
      const components = path.split('/');
      const name = components.pop()!;
      const parent = directoryAt(components, path);
      const before = parent.entries.get(name);
      if (before !== undefined && isDirectory(before)) {
        throw new ArtifactError('ENTRY_TYPE', `tar file entry ${quote(path)} would replace what is no file`);
      }
      content = Buffer.alloc(entry.size);
      filled = 0;
      parent.entries.set(name, { content, isExecutable: (entry.mode & 0o111) !== 0 });
    },
    data(chunk) {
      content.set(chunk, filled);
      filled += chunk.length;
    },
    endFile() {
      content = Buffer.alloc(0);
    },
  };
}
