import { posix } from 'node:path';
import { type FileSystem, FileSystemError } from '@fluvial/kustomize';
import {
  decryptFile,
  detectFormat,
  type Format,
  formatOfPath,
  isEncrypted,
  type Keyring,
  SopsError,
  verifyFile,
} from '@fluvial/sops';
import { parseYamlDocument } from '@fluvial/yaml';
import type { Redactor } from './decrypt-redact.ts';
import { messageOf } from './errors.ts';
import { kustomizationFiles, type RootKustomization } from './root-kustomization.ts';

export interface SourceKeys {
  readonly keyring: Keyring;
  /** Learns what must not be told. */
  readonly redactor: Redactor;
  /** Manifests must be what was encrypted. */
  readonly verifyMac: boolean;
  readonly signal: AbortSignal;
}

type Fields = Record<string, unknown>;

const maxBytes = 5 * 1024 * 1024;
/** No sane tree has more; loops end by themselves, because each directory is visited once. */
const maxDirectories = 10_000;

/**
 * Decrypts the files that generators and patches of the kustomization, and of those that it includes, will read.
 *
 * Encrypted manifests stay: they are decrypted after the build. Their MAC is checked here, where they are as they were
 * written.
 *
 * @returns plain contents by path
 * @throws {Error} a file that cannot be decrypted, or was changed without sops
 */
export async function decryptSources(
  fs: FileSystem,
  dir: string,
  root: RootKustomization,
  keys: SourceKeys,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const plain = new Map<string, Uint8Array>();
  const visited = new Set<string>();
  const open: { dir: string; content: Fields }[] = [{ dir, content: root.content }];
  while (open.length > 0 && visited.size < maxDirectories) {
    const { dir: at, content } = open.pop() as (typeof open)[number];
    if (visited.has(at)) continue;
    visited.add(at);
    for (const [path, format] of filesOf(content)) {
      const file = posix.resolve(at, path);
      const bytes = plain.has(file) ? undefined : read(fs, file);
      if (bytes === undefined || !isEncrypted(bytes, format)) continue;
      plain.set(file, await decrypt(bytes, format, path, keys));
    }
    for (const path of [...texts(content['resources']), ...texts(content['components']), ...texts(content['bases'])]) {
      if (isRemote(path)) continue;
      const target = posix.resolve(at, path);
      const kind = kindOf(fs, target);
      if (kind === 'file' && keys.verifyMac) await verify(fs, target, path, keys);
      const included = kind === 'directory' ? kustomizationIn(fs, target) : undefined;
      if (included !== undefined) open.push({ dir: target, content: included });
    }
  }
  return plain;
}

/** Files of generators and patches, with the format that each is expected in. */
function* filesOf(content: Fields): Generator<[string, Format]> {
  for (const generator of records(content['secretGenerator'])) {
    for (const entry of texts(generator['files'])) {
      const equals = entry.indexOf('=');
      const path = entry.slice(equals + 1);
      yield [path, formatOfPath(equals < 0 ? path : entry.slice(0, equals))];
    }
    for (const path of [...texts(generator['envs']), ...texts([generator['env']])]) {
      const format = formatOfPath(path);
      yield [path, format === 'binary' ? 'dotenv' : format];
    }
  }
  for (const patch of records(content['patches'])) {
    const { path } = patch;
    if (typeof path === 'string' && path !== '' && !isRemote(path)) yield [path, formatOfPath(path)];
  }
}

async function decrypt(bytes: Uint8Array, format: Format, path: string, keys: SourceKeys): Promise<Uint8Array> {
  if (bytes.length > maxBytes)
    throw new Error(`cannot decrypt file with size (${bytes.length} bytes) exceeding limit (${maxBytes})`);
  try {
    const { keyring, redactor, verifyMac, signal } = keys;
    const plain = await decryptFile(bytes, { keyring, verifyMac, signal, input: format });
    redactor.learnFile(bytes, plain, format);
    return plain;
  } catch (error) {
    if (keys.signal.aborted) throw error;
    throw new Error(`failed to decrypt '${path}': ${messageOf(error)}`, { cause: error });
  }
}

/** Only what is there and was changed is refused here; what else is wrong, the decryption of the object says. */
async function verify(fs: FileSystem, file: string, path: string, { keyring, signal }: SourceKeys): Promise<void> {
  const bytes = read(fs, file);
  // Manifests may have any name.
  const format = bytes && detectFormat(bytes);
  if (bytes === undefined || (format !== 'yaml' && format !== 'json')) return;
  try {
    await verifyFile(bytes, { keyring, input: format, signal });
  } catch (error) {
    if (signal.aborted || !(error instanceof SopsError)) throw error;
    if (error.code === 'MAC') throw new Error(`'${path}': ${error.message}`, { cause: error });
  }
}

/** What is not there, or not to be read, the build will complain about. */
function read(fs: FileSystem, path: string): Uint8Array | undefined {
  try {
    return fs.readFile(path);
  } catch (error) {
    if (error instanceof FileSystemError) return undefined;
    throw error;
  }
}

function kindOf(fs: FileSystem, path: string): ReturnType<FileSystem['stat']> {
  try {
    return fs.stat(path);
  } catch (error) {
    if (error instanceof FileSystemError) return undefined;
    throw error;
  }
}

function kustomizationIn(fs: FileSystem, dir: string): Fields | undefined {
  const found = kustomizationFiles.filter((name) => kindOf(fs, `${dir}/${name}`) === 'file');
  const bytes = found.length === 1 ? read(fs, `${dir}/${found[0]}`) : undefined;
  if (bytes === undefined) return undefined;
  try {
    const content = parseYamlDocument(Buffer.from(bytes).toString('utf8'));
    return typeof content === 'object' && content !== null && !Array.isArray(content) ? (content as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function isRemote(path: string): boolean {
  return /^(?:[a-z+]+:\/\/|git::|gh:|git@|github\.com[:/])/.test(path);
}

function texts(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((entry): entry is string => typeof entry === 'string' && entry !== '')
    : [];
}

function records(value: unknown): Fields[] {
  return Array.isArray(value)
    ? value.filter((entry): entry is Fields => typeof entry === 'object' && entry !== null && !Array.isArray(entry))
    : [];
}
