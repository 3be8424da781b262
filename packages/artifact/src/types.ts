/** Artifact as a source object's `status.artifact` records it. */
export interface ArtifactRecord {
  /** `<lowercase kind>/<namespace>/<name>/<file>`, relative to the storage root. */
  path: string;
  /** `http://<advertised address>/<path>`. */
  url: string;
  revision: string;
  /** `<algorithm>:<hex>` of the stored file's bytes. */
  digest: string;
  /** RFC 3339, whole seconds, UTC: when the file was written. */
  lastUpdateTime: string;
  /** Bytes of the stored file. */
  size?: number;
  metadata?: Record<string, string>;
}

/** The part of {@link ArtifactRecord} that is known before the file is written. */
export type ArtifactLocation = Pick<ArtifactRecord, 'path' | 'url' | 'revision'>;

/**
 * Decides what is left out of an archive.
 *
 * `path` is relative to the archived root and split at slashes; true leaves the entry out. The walk still descends into
 * a directory that is left out, so what lies below it can come back.
 */
export type IgnoreFilter = (path: readonly string[], isDirectory: boolean) => boolean;

/** Header rules of an archive: `store` is the controllers' (modes normalised), `push` is `flux push`'s (modes kept). */
export type ArchiveProfile = 'store' | 'push';

/** Options of {@link packTree} and {@link packTreeTo}. */
export interface PackOptions {
  /** Default `store`. */
  readonly profile?: ArchiveProfile;
  /** Default: nothing is left out. */
  readonly ignore?: IgnoreFilter;
  readonly signal?: AbortSignal;
}

/** Bounds of an extraction. */
export interface ExtractLimits {
  /** Unpacked bytes, all entries together. Default 100 MiB. */
  readonly maxBytes: number;
  /** Entries of any type. Default 100,000. */
  readonly maxEntries: number;
  /** Bytes of one entry's name. Default 4096. */
  readonly maxNameBytes: number;
  /** Components of one entry's name. Default 255. */
  readonly maxDepth: number;
}

/** Options of {@link extractArchive}. */
export interface ExtractOptions {
  readonly limits?: Partial<ExtractLimits>;
  /** `refuse` makes a symbolic or hard link an error; `skip` passes over it. Nothing follows or makes one. Default `skip`. */
  readonly links?: 'refuse' | 'skip';
  /** Milliseconds now; later modification times are cut to it. Default `Date.now`. */
  readonly now?: () => number;
  readonly signal?: AbortSignal;
}

/** What an extraction did. */
export interface ExtractResult {
  /** Files and directories written. */
  readonly entries: number;
  /** Sum of the files' sizes. */
  readonly bytes: number;
  /** Links passed over. */
  readonly skippedLinks: number;
}

/** One archive, packed. */
export interface PackedArchive {
  readonly bytes: Uint8Array;
  /** `sha256:<hex>` of the bytes. */
  readonly digest: string;
  readonly size: number;
}
