import { closeSync, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { type FileSystem, FileSystemError } from './file-system.ts';

export interface DirectoryFsOptions {
  /** Largest file that is read. Default 64 MiB. */
  readonly maxFileBytes?: number;
}

/**
 * The files below a directory of this machine. No path, symlink or parent symlink leads out of it: what resolves
 * outside is refused with the message of Flux's confined file system.
 *
 * Meant for trees that nobody changes during a build (an unpacked artifact). Only regular files are read.
 */
export function createDirectoryFs(directory: string, options: DirectoryFsOptions = {}): FileSystem {
  const maxFileBytes = options.maxFileBytes ?? 64 * 1024 * 1024;
  const root = realpathSync(directory);
  const realpaths = new Map<string, string | undefined>([[root, root]]);

  const isInside = (path: string): boolean => path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`);

  const refuse = (op: string, path: string, resolved: string): FileSystemError =>
    new FileSystemError(
      'OUTSIDE',
      path,
      `fs-security-constraint ${op} ${path}: path '${resolved}' is not in or below '${root}'`,
    );

  /** The real path, or undefined if absent; throws if it, or the nearest existing parent, is outside. */
  const resolve = (op: string, path: string): string | undefined => {
    const absolute = posix.resolve(root, path);
    if (realpaths.has(absolute)) return realpaths.get(absolute);
    if (absolute.includes('\0')) throw refuse(op, absolute, absolute);
    let real: string | undefined;
    try {
      real = realpathSync(absolute);
    } catch (error) {
      if (!isAbsent(error)) throw toError(error, absolute);
    }
    if (real !== undefined) {
      if (!isInside(real)) throw refuse(op, absolute, real);
    } else if (!isInside(absolute)) {
      throw refuse(op, absolute, absolute);
    }
    realpaths.set(absolute, real);
    return real;
  };

  const required = (op: string, path: string): string => {
    const real = resolve(op, path);
    if (real !== undefined) return real;
    const absolute = posix.resolve(root, path);
    throw new FileSystemError('NOT_FOUND', absolute, `open ${absolute}: no such file or directory`);
  };

  return {
    root,
    readFile(path) {
      const real = required('read', path);
      try {
        return readRegularFile(real, maxFileBytes);
      } catch (error) {
        throw toError(error, real);
      }
    },
    stat(path) {
      const real = resolve('open', path);
      if (real === undefined) return undefined;
      const stats = statSync(real, { throwIfNoEntry: false });
      if (stats?.isDirectory() === true) return 'directory';
      return stats?.isFile() === true ? 'file' : undefined;
    },
    readdir(path) {
      const real = required('read', path);
      try {
        return readdirSync(real).sort();
      } catch (error) {
        throw toError(error, real);
      }
    },
    realpath(path) {
      return resolve('abs', path);
    },
  };
}

function readRegularFile(path: string, maxBytes: number): Uint8Array {
  // Through the descriptor, so that what was checked is what is read. O_NONBLOCK: a fifo must not hang the build.
  const fd = openSync(path, 0o4000 /* O_NONBLOCK, O_RDONLY */);
  try {
    const stats = fstatSync(fd);
    if (stats.isDirectory()) throw new FileSystemError('NOT_A_FILE', path, `read ${path}: is a directory`);
    if (!stats.isFile()) throw new FileSystemError('NOT_A_FILE', path, `read ${path}: not a regular file`);
    if (stats.size > maxBytes) {
      throw new FileSystemError('LIMIT', path, `read ${path}: file is larger than ${maxBytes} bytes`);
    }
    const bytes = Buffer.allocUnsafe(stats.size);
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(fd, bytes, filled, bytes.length - filled, filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(fd);
  }
}

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function toError(error: unknown, path: string): FileSystemError {
  if (error instanceof FileSystemError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new FileSystemError('NOT_FOUND', path, `open ${path}: no such file or directory`, error);
  }
  if (code === 'EISDIR') return new FileSystemError('NOT_A_FILE', path, `read ${path}: is a directory`, error);
  if (code === 'ELOOP') {
    return new FileSystemError('NOT_FOUND', path, `lstat ${path}: too many levels of symbolic links`, error);
  }
  return new FileSystemError('NOT_FOUND', path, `open ${path}: ${(error as Error).message}`, error);
}
