import type { FileSystem } from '@fluvial/kustomize';
import type { RootKustomization } from './root-kustomization.ts';

/** The keys of one owner, and what is done with them. Errors are plain ones: their message is the user's. */
export interface Decryption {
  /** Changes when the key material does. Holds no secret. */
  readonly fingerprint: string;
  /** The contents of the encrypted files that the build will read, by path. The file system stays as it is. */
  decryptSources(fs: FileSystem, dir: string, root: RootKustomization): Promise<ReadonlyMap<string, Uint8Array>>;
  /** The object as it was meant, or undefined when nothing in it is encrypted. The argument is not changed. */
  decryptObject(object: Record<string, unknown>): Promise<Record<string, unknown> | undefined>;
  /** Takes out of a message what was decrypted so far; works after the keys are forgotten, too. */
  redact(message: string): string;
  /** Forgets the keys. */
  close?(): Promise<void>;
}
