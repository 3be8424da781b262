import type { FileSystem } from './file-system.ts';

/** A Kubernetes object as plain JSON values (integers beyond 2^53 as BigInt). */
export type KObject = Record<string, unknown>;

/** Where a resource came from. */
export interface Origin {
  /** Path relative to the file system's root, or `''` if no file holds it. */
  readonly file: string;
  /** Zero-based place among the documents of that file (items of a List count on). */
  readonly index: number;
  /** One-based line where the document starts; 0 when unknown (generated). */
  readonly line: number;
  /** The kustomization file that configured the generator, for generated objects. */
  readonly configuredIn?: string;
  /** Kind of that generator, such as `ConfigMapGenerator`. */
  readonly generator?: string;
  /** Its own name and namespace, for one that is an object itself. */
  readonly generatorName?: string;
  readonly generatorNamespace?: string;
}

export interface BuiltResource {
  /** The finished object. Owned by the caller: changing it changes what `text()` prints from then on. */
  readonly object: KObject;
  readonly origin: Origin;
  /** YAML exactly as kustomize prints it, ending with a line break. */
  text(): string;
}

/** A file that the result depends on. */
export interface BuildInput {
  /** Absolute path in the file system. */
  readonly path: string;
  /** `sha256:` and hex of the content; `absent` for a file that was looked for and not there. */
  readonly digest: string;
}

export interface BuildResult {
  readonly resources: readonly BuiltResource[];
  /** All documents joined by `---`, as `kustomize build` prints them. */
  yaml(): string;
  readonly inputs: readonly BuildInput[];
  /** Deprecations and the like, as the original prints to stderr. */
  readonly warnings: readonly string[];
}

/** Fetches what lies outside of the file system. */
export interface RemoteLoader {
  /** The content of a plain `http(s)` file. */
  readFile?(url: string): Uint8Array;
  /** A checked-out repository: a file system and the directory in it that the URL names. */
  readRepository?(url: string): { readonly fs: FileSystem; readonly dir: string };
}

export interface BuildOptions {
  /**
   * Stands for the kustomization file of the root directory: it is not read, and need not exist. The decoded content
   * (field names as in the file). `file` is the name that messages and origins use.
   */
  readonly rootKustomization?: { readonly content: Record<string, unknown>; readonly file?: string };
  /** Default: remote resources are refused. */
  readonly remote?: RemoteLoader;
  /** `none` (default, as Flux) lets files outside a kustomization's directory be read, inside of the root. */
  readonly loadRestrictions?: 'none' | 'rootOnly';
  /** Order without `sortOptions` in the root file: as loaded (default) or `legacy`. */
  readonly order?: 'none' | 'legacy';
  /**
   * What a schema of `openapi: {path}` does to the built-in one: adds to it (default, as in Flux), or, as with the
   * kustomize command, stands `instead` of it unless a patch has needed the built-in one before.
   */
  readonly customSchema?: 'add' | 'instead';
  /** Text for the `managedByLabel`. Default `v5.8.1`. */
  readonly version?: string;
  /** Deepest include chain. Default 200. */
  readonly maxDepth?: number;
  /** Most objects in one build. Default 100 000. */
  readonly maxResources?: number;
  /** Longest time that the build may take, in milliseconds; looked at between its steps. Default: none. */
  readonly maxMs?: number;
  readonly signal?: AbortSignal;
}

export type KustomizeErrorCode =
  /** The kustomization file is absent, ambiguous, empty or malformed. */
  | 'KUSTOMIZATION_INVALID'
  /** A listed resource cannot be loaded or is not a Kubernetes object. */
  | 'RESOURCE_INVALID'
  /** Two resources share an id, or a reference is ambiguous. */
  | 'CONFLICT'
  /** Directories include each other. */
  | 'CYCLE'
  /** A transformer, patch, replacement or generator failed. */
  | 'TRANSFORM_FAILED'
  /** A path leads outside of the root. */
  | 'OUTSIDE'
  /** Helm, functions, external plugins, remote resources. */
  | 'REFUSED'
  /** Too deep or too many. */
  | 'LIMIT'
  | 'ABORTED';

/** Where something is wrong, as far as it is known. */
export interface Place {
  /** Kustomization or resource file, relative to the root. */
  readonly file?: string | undefined;
  /** Field of a kustomization, such as `namePrefix` or `patches[0]`. */
  readonly field?: string | undefined;
  /** One-based. */
  readonly line?: number | undefined;
}

/** The error of a failed build; the message is the original's. */
export class KustomizeError extends Error implements Place {
  override readonly name = 'KustomizeError';
  readonly code: KustomizeErrorCode;
  readonly file: string | undefined;
  readonly field: string | undefined;
  readonly line: number | undefined;

  constructor(code: KustomizeErrorCode, message: string, options: Place & { readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.file = options.file || undefined;
    this.field = options.field;
    this.line = options.line || undefined;
  }
}
