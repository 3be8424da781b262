import type { Readable } from 'node:stream';

/** Bytes by digest. Callers give valid digests and have verified the bytes. */
export interface ContentStore {
  /** Bytes of a content; `undefined` when it is not there. */
  size(digest: string): number | undefined;
  /** Reads `[start, end)`. */
  read(digest: string, start: number, end: number): Readable;
  /** Reads everything; for manifests. */
  readAll(digest: string): Promise<Uint8Array>;
  write(digest: string, bytes: Uint8Array): Promise<void>;
  delete(digest: string): Promise<void>;
  startUpload(id: string): Promise<UploadFile>;
}

/** Content that is still coming in. */
export interface UploadFile {
  append(chunk: Uint8Array): Promise<void>;
  /** Everything so far, from the start. */
  read(): AsyncIterable<Uint8Array>;
  /** Moves the bytes in under their digest; the upload is over. */
  commit(digest: string): Promise<void>;
  /** Drops the bytes; the upload is over. */
  abort(): Promise<void>;
}

/** What the registry knows of a manifest beside its bytes. */
export interface ManifestRecord {
  readonly mediaType: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly subject?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One repository: which contents belong to it. */
export interface RepositoryRecord {
  readonly blobs: Set<string>;
  readonly manifests: Map<string, ManifestRecord>;
  readonly tags: Map<string, string>;
  /** Stays true when the last manifest goes: the name is still known. */
  hadManifest: boolean;
}

/** Remembers repositories. The maps are the truth of the running process; a link store writes each change through. */
export interface LinkStore {
  load(): Promise<Map<string, RepositoryRecord>>;
  putBlob(name: string, digest: string): Promise<void>;
  deleteBlob(name: string, digest: string): Promise<void>;
  putManifest(name: string, digest: string, record: ManifestRecord): Promise<void>;
  deleteManifest(name: string, digest: string): Promise<void>;
  putTag(name: string, tag: string, digest: string): Promise<void>;
  deleteTag(name: string, tag: string): Promise<void>;
}
