import type { TreeMap } from '../tree.ts';

/** How a file is written. */
export type Format = 'yaml' | 'json' | 'dotenv' | 'ini' | 'binary';

/** Documents of a file, `sops` block left out, and that block. */
export interface LoadedFile {
  readonly branches: readonly TreeMap[];
  /** As plain data without prototypes; undefined when there is none. */
  readonly metadata: unknown;
}

export interface FormatCodec {
  /** How the format is called in messages. */
  readonly label: string;
  /** Text of every encrypted file of this format. */
  readonly marker: string;
  /** @throws {SopsError} `SYNTAX`, `METADATA`, `LIMIT` */
  load(bytes: Uint8Array): LoadedFile;
  /** @throws {SopsError} `SYNTAX`, `LIMIT` */
  loadPlain(bytes: Uint8Array): readonly TreeMap[];
  /** @throws {SopsError} `EMIT` for what the format cannot hold */
  emit(branches: readonly TreeMap[]): Uint8Array;
  /** @throws {SopsError} as {@link emit} */
  emitEncrypted(branches: readonly TreeMap[], metadata: Readonly<Record<string, unknown>>): Uint8Array;
}
