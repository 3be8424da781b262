import { posix } from 'node:path';
import { type FileSystem, FileSystemError } from './file-system.ts';

/**
 * A file system of texts: keys are paths, relative to the root or absolute below it; directories follow from them.
 * There are no symlinks.
 */
export function createMemoryFs(files: Record<string, string | Uint8Array>, root = '/'): FileSystem {
  const contents = new Map<string, Uint8Array>();
  const directories = new Map<string, Set<string>>([[root, new Set()]]);
  for (const [name, content] of Object.entries(files)) {
    const path = posix.resolve(root, name);
    contents.set(path, typeof content === 'string' ? Buffer.from(content) : content);
    for (let child = path; child !== root && child !== '/'; child = posix.dirname(child)) {
      const parent = posix.dirname(child);
      const names = directories.get(parent) ?? new Set();
      names.add(posix.basename(child));
      directories.set(parent, names);
    }
  }
  const inside = (op: string, path: string): string => {
    const absolute = posix.resolve(root, path);
    if (root !== '/' && absolute !== root && !absolute.startsWith(`${root}/`)) {
      throw new FileSystemError(
        'OUTSIDE',
        absolute,
        `fs-security-constraint ${op} ${absolute}: path '${absolute}' is not in or below '${root}'`,
      );
    }
    return absolute;
  };
  return {
    root,
    readFile(path) {
      const absolute = inside('read', path);
      const content = contents.get(absolute);
      if (content !== undefined) return content;
      if (directories.has(absolute)) {
        throw new FileSystemError('NOT_A_FILE', absolute, `read ${absolute}: is a directory`);
      }
      throw new FileSystemError('NOT_FOUND', absolute, `open ${absolute}: no such file or directory`);
    },
    stat(path) {
      const absolute = inside('open', path);
      if (contents.has(absolute)) return 'file';
      return directories.has(absolute) ? 'directory' : undefined;
    },
    readdir(path) {
      const absolute = inside('read', path);
      const names = directories.get(absolute);
      if (names === undefined) {
        throw new FileSystemError('NOT_FOUND', absolute, `open ${absolute}: no such file or directory`);
      }
      return [...names].sort();
    },
    realpath(path) {
      const absolute = inside('abs', path);
      return contents.has(absolute) || directories.has(absolute) ? absolute : undefined;
    },
  };
}
