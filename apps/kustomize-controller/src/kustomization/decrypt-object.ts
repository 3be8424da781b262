import { decryptFile, detectFormat, formatOfPath, type Keyring } from '@fluvial/sops';
import { parseJson, stringifyJson } from '@fluvial/yaml';
import type { Redactor } from './decrypt-redact.ts';
import { messageOf } from './errors.ts';

export interface ObjectKeys {
  readonly keyring: Keyring;
  /** Learns what must not be told. */
  readonly redactor: Redactor;
  /** Files in the data of Secrets must be what was encrypted. */
  readonly verifyMac: boolean;
  readonly signal: AbortSignal;
}

type Fields = Record<string, unknown>;

const decryptKey = 'kustomize.toolkit.fluxcd.io/decrypt';

/**
 * Decrypts an object that the build gave: as a whole where it carries `sops` metadata, else what files a Secret holds.
 *
 * A build changes objects (names, labels), so their MAC cannot hold any more: manifests are verified before it. What a
 * Secret's data holds is a file as it was written.
 *
 * @returns undefined when nothing is encrypted, or the object is meant to stay so
 * @throws {Error} what cannot be decrypted; never with plain text
 */
export async function decryptObject(
  object: Fields,
  { keyring, redactor, verifyMac, signal }: ObjectKeys,
): Promise<Fields | undefined> {
  const metadata = (object['metadata'] ?? {}) as { name?: unknown; namespace?: unknown; annotations?: Fields };
  if (String(metadata.annotations?.[decryptKey] ?? '').toLowerCase() === 'disabled') return undefined;
  const failed = (what: string, error: unknown) =>
    new Error(
      `failed to decrypt and format '${String(metadata.namespace ?? '')}/${String(metadata.name)}' ${what}: ${messageOf(error)}`,
      { cause: error },
    );
  const sops = object['sops'] as { mac?: unknown } | null | undefined;
  if (sops?.mac !== undefined) {
    try {
      const bytes = Buffer.from(stringifyJson(object));
      const plain = await decryptFile(bytes, { keyring, input: 'json', output: 'json', verifyMac: false, signal });
      const decrypted = parseJson(Buffer.from(plain).toString('utf8')) as Fields;
      redactor.learnValues(object, decrypted);
      return decrypted;
    } catch (error) {
      if (signal.aborted) throw error;
      throw failed(`${String(object['kind'])} data`, error);
    }
  }
  if (object['kind'] !== 'Secret') return undefined;
  const data = object['data'];
  if (typeof data !== 'object' || data === null) return undefined;
  let next: Fields | undefined;
  for (const [key, value] of Object.entries(data)) {
    if (typeof value !== 'string') continue;
    const bytes = Buffer.from(value, 'base64');
    const input = detectFormat(bytes);
    if (input === undefined) continue;
    try {
      const plain = await decryptFile(bytes, { keyring, input, output: formatOfPath(key), verifyMac, signal });
      next ??= { ...(data as Fields) };
      next[key] = Buffer.from(plain).toString('base64');
      redactor.learnText(Buffer.from(plain).toString('utf8'));
    } catch (error) {
      if (signal.aborted) throw error;
      throw failed(`Secret field '${key}'`, error);
    }
  }
  return next && { ...object, data: next };
}
