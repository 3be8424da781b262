/**
 * What a build may see of the world. All paths are absolute, with `/` between segments.
 *
 * Every method that meets a path outside of its root throws {@link FileSystemError} with code `OUTSIDE`; `stat` and
 * `realpath` of something absent give `undefined`.
 */
export interface FileSystem {
  /** The directory that nothing leaves; absolute, symlinks resolved. */
  readonly root: string;
  /** The bytes of a regular file. @throws {FileSystemError} `NOT_FOUND`, `OUTSIDE`, `LIMIT`, `NOT_A_FILE`. */
  readFile(path: string): Uint8Array;
  /** What is there, symlinks followed. */
  stat(path: string): 'file' | 'directory' | undefined;
  /** Names in a directory, sorted by bytes. @throws {FileSystemError} as `readFile`. */
  readdir(path: string): readonly string[];
  /** The path with every symlink resolved; `undefined` if absent. @throws {FileSystemError} `OUTSIDE`. */
  realpath(path: string): string | undefined;
}

export type FileSystemErrorCode = 'NOT_FOUND' | 'OUTSIDE' | 'NOT_A_FILE' | 'LIMIT';

/** Raised by file systems; the message is what the user will read in the build error. */
export class FileSystemError extends Error {
  override readonly name = 'FileSystemError';
  readonly code: FileSystemErrorCode;
  readonly path: string;

  constructor(code: FileSystemErrorCode, path: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.path = path;
  }
}
