import { posix } from 'node:path';
import { digestOf } from './documents.ts';
import { type FileSystem, FileSystemError } from './file-system.ts';
import { type BuildInput, type BuildOptions, KustomizeError, type RemoteLoader } from './types.ts';

/** What one build shares: its file system, what it read, its limits. */
export class BuildContext {
  readonly fs: FileSystem;
  readonly options: BuildOptions;
  readonly remote: RemoteLoader | undefined;
  readonly warnings: string[] = [];
  readonly maxDepth: number;
  readonly maxResources: number;
  private readonly deadline: number;
  private readonly inputs = new Map<string, string>();

  constructor(fs: FileSystem, options: BuildOptions) {
    this.fs = fs;
    this.options = options;
    this.remote = options.remote;
    this.maxDepth = options.maxDepth ?? 200;
    this.maxResources = options.maxResources ?? 100_000;
    this.deadline = options.maxMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + options.maxMs;
  }

  warn(text: string): void {
    if (this.warnings.length < 1000) this.warnings.push(text);
  }

  /** Throws when the caller gave up, or the time is over. */
  checkAborted(): void {
    if (performance.now() > this.deadline) {
      throw new KustomizeError('ABORTED', `build took longer than ${this.options.maxMs} ms`);
    }
    if (this.options.signal?.aborted === true) {
      throw new KustomizeError('ABORTED', 'build aborted', { cause: this.options.signal.reason });
    }
  }

  record(path: string, digest: string): void {
    this.inputs.set(path, digest);
  }

  listInputs(): BuildInput[] {
    return [...this.inputs].map(([path, digest]) => ({ path, digest })).sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}

export interface LoadedFile {
  readonly bytes: Uint8Array;
  readonly digest: string;
  /** Absolute path, or the URL. */
  readonly path: string;
}

const URL_FILE = /^https?:\/\//;
const URL_REPOSITORY = /^(?:git::|gh:|ssh:\/\/|https?:\/\/|file:\/\/|git@|github\.com[:/]|[\w.-]+@[\w.-]+:)/i;

/** True if an entry names something outside of the file system. */
export function isRemote(entry: string): boolean {
  return URL_REPOSITORY.test(entry);
}

/**
 * Reads files relative to one kustomization's directory and opens the directories that it names, keeping watch over
 * cycles and depth.
 */
export class Loader {
  readonly context: BuildContext;
  readonly fs: FileSystem;
  /** Absolute, symlinks resolved. */
  readonly root: string;
  private readonly parent: Loader | undefined;
  private readonly depth: number;

  constructor(context: BuildContext, fs: FileSystem, root: string, parent?: Loader) {
    this.context = context;
    this.fs = fs;
    this.root = root;
    this.parent = parent;
    this.depth = parent === undefined ? 1 : parent.depth + 1;
  }

  /** @throws {FileSystemError | KustomizeError} */
  readFile(path: string): LoadedFile {
    if (URL_FILE.test(path)) {
      const read = this.context.remote?.readFile;
      if (read === undefined) {
        throw new KustomizeError('REFUSED', `remote resource '${path}' is refused: remote resources are not allowed`);
      }
      const bytes = read(path);
      const digest = digestOf(bytes);
      this.context.record(path, digest);
      return { bytes, digest, path };
    }
    const absolute = posix.isAbsolute(path) ? posix.normalize(path) : posix.join(this.root, path);
    if (this.context.options.loadRestrictions === 'rootOnly') this.checkRestriction(absolute);
    let bytes: Uint8Array;
    try {
      bytes = this.fs.readFile(absolute);
    } catch (error) {
      if (error instanceof FileSystemError && error.code === 'NOT_FOUND') this.context.record(absolute, 'absent');
      throw error;
    }
    const digest = digestOf(bytes);
    this.context.record(absolute, digest);
    return { bytes, digest, path: absolute };
  }

  private checkRestriction(absolute: string): void {
    const real = this.fs.realpath(absolute) ?? absolute;
    if (real === this.root || real.startsWith(this.root === '/' ? '/' : `${this.root}/`)) return;
    throw new KustomizeError('OUTSIDE', `security; file '${real}' is not in or below '${this.root}'`);
  }

  /** Opens a directory that the kustomization names. @throws {KustomizeError | FileSystemError} */
  open(path: string): Loader {
    if (path === '') throw new KustomizeError('RESOURCE_INVALID', 'new root cannot be empty');
    if (isRemote(path)) return this.openRemote(path);
    if (posix.isAbsolute(path)) {
      throw new KustomizeError('RESOURCE_INVALID', `new root '${path}' cannot be absolute`);
    }
    const absolute = posix.join(this.root, path);
    const root = demandDirectory(this.fs, absolute);
    for (let loader: Loader | undefined = this; loader !== undefined; loader = loader.parent) {
      if (loader.fs === this.fs && isSameOrBelow(loader.root, root)) {
        throw new KustomizeError(
          'CYCLE',
          `cycle detected: candidate root '${root}' contains visited root '${loader.root}'`,
        );
      }
    }
    this.checkDepth();
    return new Loader(this.context, this.fs, root, this);
  }

  private openRemote(url: string): Loader {
    const read = this.context.remote?.readRepository;
    if (read === undefined) {
      throw new KustomizeError('REFUSED', `remote resource '${url}' is refused: remote resources are not allowed`);
    }
    this.checkDepth();
    const { fs, dir } = read(url);
    return new Loader(this.context, fs, demandDirectory(fs, dir), this);
  }

  private checkDepth(): void {
    if (this.depth >= this.context.maxDepth) {
      throw new KustomizeError('LIMIT', `kustomizations are nested more than ${this.context.maxDepth} deep`);
    }
  }
}

/** The real path of a directory. @throws {KustomizeError} with the original's words. */
export function demandDirectory(fs: FileSystem, absolute: string): string {
  let real: string | undefined;
  try {
    real = fs.realpath(absolute);
  } catch (error) {
    // Outside of the root there is nothing: whether something is there shall not show.
    if (!(error instanceof FileSystemError) || error.code !== 'OUTSIDE') throw error;
  }
  if (real === undefined) {
    const lstat = firstMissing(fs, absolute);
    throw new KustomizeError(
      'RESOURCE_INVALID',
      `must build at directory: not a valid directory: evalsymlink failure on '${absolute}' : lstat ${lstat}: no such file or directory`,
    );
  }
  if (fs.stat(real) !== 'directory') {
    throw new KustomizeError('RESOURCE_INVALID', `must build at directory: '${absolute}': file is not directory`);
  }
  return real;
}

/** The first part of a path that is absent: what the system call names. */
function firstMissing(fs: FileSystem, absolute: string): string {
  if (absolute !== fs.root && !isSameOrBelow(absolute, fs.root)) return absolute;
  let path = absolute;
  for (;;) {
    const parent = posix.dirname(path);
    if (parent === path || fs.realpath(parent) !== undefined) return path;
    path = parent;
  }
}

function isSameOrBelow(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(ancestor === '/' ? '/' : `${ancestor}/`);
}
