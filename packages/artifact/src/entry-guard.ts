import { Buffer } from 'node:buffer';
import { ArtifactError } from './errors.ts';
import { formatMode, quote } from './go-text.ts';
import type { TarEntry, TarSink } from './tar-parser.ts';
import type { ExtractLimits } from './types.ts';

/** Bounds that hold when a caller names none. */
export const defaultLimits: ExtractLimits = {
  // Flux's own default for archives.
  maxBytes: 100 * 1024 * 1024,
  maxEntries: 100_000,
  maxNameBytes: 4096,
  maxDepth: 255,
};

/** Where guarded entries go: names are relative, checked and without a trailing slash; `.` is the root. */
export interface TreeSink {
  directory(path: string, mode: number): void;
  beginFile(path: string, entry: TarEntry): void;
  data(chunk: Uint8Array): void;
  endFile(): void;
}

/** What the guard counted. */
export interface GuardCounts {
  entries: number;
  bytes: number;
  skippedLinks: number;
}

/**
 * Stands between an archive and a tree: what passes is inside the limits, has a harmless name and is a file or a directory.
 *
 * Links are never made. A link that stays inside the archive is skipped (or refused, on demand); one that points out of
 * it is refused always: nobody needs it, and a reader that follows it is the classic way out of a folder.
 */
export function guardEntries(
  tree: TreeSink,
  limits: ExtractLimits,
  links: 'skip' | 'refuse',
  counts: GuardCounts,
): TarSink {
  let inFile = false;
  return {
    begin(entry) {
      counts.entries += 1;
      if (counts.entries > limits.maxEntries) {
        throw new ArtifactError('LIMIT', `tar has more than the allowed number of ${limits.maxEntries} entries`);
      }
      counts.bytes += entry.size;
      // By the header, so a bomb is refused before a byte of it is unpacked.
      if (counts.bytes > limits.maxBytes) {
        throw new ArtifactError(
          'LIMIT',
          `tar ${quote(shorten(entry.name))} is bigger than max archive size of ${limits.maxBytes} bytes`,
        );
      }
      const path = checkName(entry.name, limits);
      switch (entry.type) {
        case 'directory':
          tree.directory(path, entry.mode);
          return;
        case 'file':
          if (path === '.')
            throw new ArtifactError('ENTRY_NAME', `tar contained invalid name error ${quote(entry.name)}`);
          inFile = true;
          tree.beginFile(path, entry);
          return;
        case 'symlink':
        case 'hardlink':
          checkLink(path, entry, links);
          counts.skippedLinks += 1;
          return;
        default: {
          const kind = entry.type === 'other' ? 'other' : entry.type;
          throw new ArtifactError(
            'ENTRY_TYPE',
            `tar file entry ${path} contained unsupported file type ${formatMode(kind, entry.mode)}`,
          );
        }
      }
    },
    data(chunk) {
      if (inFile) tree.data(chunk);
    },
    end() {
      if (inFile) tree.endFile();
      inFile = false;
    },
  };
}

function shorten(name: string): string {
  return name.length > 200 ? `${name.slice(0, 200)}...` : name;
}

function checkName(name: string, limits: ExtractLimits): string {
  const refuse = (): never => {
    throw new ArtifactError('ENTRY_NAME', `tar contained invalid name error ${quote(shorten(name))}`);
  };
  if (name === '' || name.includes('\\') || name.includes('\0') || name.startsWith('/')) refuse();
  // Windows drive letters would be absolute there.
  if (/^[A-Za-z]:\//.test(name)) refuse();
  if (name.length > limits.maxNameBytes || Buffer.byteLength(name) > limits.maxNameBytes) refuse();
  const components = name.split('/');
  if (components.includes('..')) refuse();
  const kept = components.filter((component) => component !== '' && component !== '.');
  if (kept.length > limits.maxDepth || kept.some((component) => Buffer.byteLength(component) > 255)) refuse();
  return kept.length === 0 ? '.' : kept.join('/');
}

function checkLink(path: string, entry: TarEntry, links: 'skip' | 'refuse'): void {
  const kind = entry.type === 'symlink' ? 'symlink' : 'hard link';
  if (links === 'refuse') {
    throw new ArtifactError('ENTRY_TYPE', `tar file entry ${path} is a ${kind}, which is not allowed in this context`);
  }
  const target = entry.linkName;
  // A symbolic link counts from its own folder, a hard link from the root of the archive.
  let depth = entry.type === 'symlink' ? path.split('/').length - 1 : 0;
  let leaves = target === '' || target.startsWith('/') || target.includes('\\') || target.includes('\0');
  for (const component of target.split('/')) {
    if (component === '..') depth -= 1;
    else if (component !== '' && component !== '.') depth += 1;
    if (depth < 0) leaves = true;
  }
  if (leaves) {
    throw new ArtifactError(
      'ENTRY_TYPE',
      `tar file entry ${path} is a ${kind} to ${quote(shorten(target))}, which is outside of the archive`,
    );
  }
}
