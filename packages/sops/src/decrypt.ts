import { timingSafeEqual } from 'node:crypto';
import { messageOf, SopsError } from './error.ts';
import type { Format, LoadedFile } from './formats/format.ts';
import { codecs } from './formats/index.ts';
import type { Keyring } from './keyring.ts';
import { maxFileBytes } from './limits.ts';
import { readMetadata, type SopsMetadata } from './metadata.ts';
import { compileSelection } from './selection.ts';
import type { TreeMap } from './tree.ts';
import { decryptTree } from './tree-cipher.ts';
import { decryptValue } from './value.ts';

export interface DecryptOptions {
  readonly keyring: Keyring;
  readonly input: Format;
  /** Default: as the input. */
  readonly output?: Format;
  /** Whether the content must be what was encrypted. Default true. */
  readonly verifyMac?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decrypts a file.
 *
 * @throws {SopsError} `SYNTAX`, `METADATA`, `DATA_KEY`, `VALUE`, `MAC`, `EMIT`, `LIMIT`; no message holds plain text
 */
export async function decryptFile(bytes: Uint8Array, options: DecryptOptions): Promise<Uint8Array> {
  const branches = await decryptBranches(bytes, options);
  const output = codecs[options.output ?? options.input];
  try {
    return output.emit(branches);
  } catch (error) {
    throw prefixed(error, `failed to emit encrypted ${codecs[options.input].label} file as decrypted ${output.label}`);
  }
}

/**
 * Checks that a file is what was encrypted, without giving its content.
 *
 * @throws {SopsError} as {@link decryptFile}
 */
export async function verifyFile(
  bytes: Uint8Array,
  options: Omit<DecryptOptions, 'output' | 'verifyMac'>,
): Promise<void> {
  await decryptBranches(bytes, options);
}

async function decryptBranches(bytes: Uint8Array, options: DecryptOptions): Promise<readonly TreeMap[]> {
  const { keyring, input, verifyMac = true, signal } = options;
  const codec = codecs[input];
  let file: LoadedFile;
  let metadata: SopsMetadata;
  try {
    if (bytes.length > maxFileBytes) throw new SopsError('LIMIT', `the file is larger than ${maxFileBytes} bytes`);
    file = codec.load(bytes);
    metadata = readMetadata(file.metadata);
  } catch (error) {
    throw prefixed(error, `failed to load encrypted ${codec.label} data`);
  }
  let key: Uint8Array;
  try {
    key = await keyring.dataKeyOf(metadata, signal);
  } catch (error) {
    throw prefixed(error, 'cannot get sops data key');
  }
  let result: ReturnType<typeof decryptTree>;
  try {
    result = decryptTree(file.branches, {
      key,
      isSelected: compileSelection(metadata.rule),
      macOnlyEncrypted: metadata.macOnlyEncrypted,
    });
  } catch (error) {
    throw prefixed(error, 'error decrypting sops tree: Error walking tree');
  }
  if (verifyMac) assertMac(metadata, key, result.mac);
  return result.branches;
}

/** Neither digest is told: that of a short secret could be guessed. */
function assertMac(metadata: SopsMetadata, key: Uint8Array, actual: string): void {
  const fail = (why: string) => new SopsError('MAC', `failed to verify sops data integrity: ${why}`);
  if (metadata.mac === '') throw fail('the file has no MAC');
  let expected: string;
  try {
    const value = decryptValue(metadata.mac, key, metadata.lastModified);
    expected = typeof value === 'string' ? value : '';
  } catch (error) {
    throw fail(`the MAC cannot be decrypted: ${messageOf(error)}`);
  }
  const a = Buffer.from(expected.toUpperCase());
  const b = Buffer.from(actual);
  if (a.length !== b.length || !timingSafeEqual(a, b))
    throw fail('the MAC does not match: the file was changed without sops');
}

function prefixed(error: unknown, prefix: string): unknown {
  if (!(error instanceof SopsError)) return error;
  return new SopsError(error.code, `${prefix}: ${error.message}`, { cause: error });
}
