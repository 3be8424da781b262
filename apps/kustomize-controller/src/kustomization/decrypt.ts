import { readFile } from 'node:fs/promises';
import { isNotFound, type KubeClient, type KubeObject } from '@fluvial/kube';
import type { FileSystem } from '@fluvial/kustomize';
import { createHttp, type IdentityPorts, Keyring, SopsError } from '@fluvial/sops';
import type { Options } from '../options.ts';
import { createIdentities } from './decrypt-identities.ts';
import { decryptObject } from './decrypt-object.ts';
import { createRedactor } from './decrypt-redact.ts';
import { decryptSources } from './decrypt-sources.ts';
import { openVaultHttp } from './decrypt-vault.ts';
import type { Decryption } from './decryption.ts';
import { messageOf } from './errors.ts';
import { type KustomizationObject, namespaceOf } from './kustomization-object.ts';
import type { TokenCache } from './token-cache.ts';

/** What the decryption of all owners shares. */
export interface KeyServices {
  readonly tokens: TokenCache;
  /** Variables of the process. */
  readonly env: IdentityPorts['env'];
  /** Milliseconds of the wall clock. */
  readonly now: () => number;
  /** Default: that of the machine. */
  readonly readFile?: IdentityPorts['readFile'];
  /** Default: the real network. */
  readonly openHttp?: typeof createHttp;
}

export interface DecryptionParts {
  readonly kube: KubeClient;
  readonly options: Pick<
    Options,
    'runtimeNamespace' | 'sopsAgeSecret' | 'sopsVerifyMac' | 'sopsVaultConfigMap' | 'defaultDecryptionServiceAccount'
  >;
  readonly services: KeyServices;
  readonly signal: AbortSignal;
}

/**
 * Opens the keys of `spec.decryption`; undefined when the owner decrypts nothing. The Secret is read with the controller's
 * own identity. What it has no credentials for is opened with a workload identity, when a file asks for it.
 *
 * @throws {Error} the Secret, or a key in it, cannot be read
 */
export async function openDecryption(
  object: KustomizationObject,
  parts: DecryptionParts,
): Promise<Decryption | undefined> {
  const { decryption } = object.spec;
  if (!decryption) return undefined;
  const { kube, options, services, signal } = parts;
  const { env, now, openHttp = createHttp, readFile: readText = readMachineFile } = services;
  const http = openHttp({ env });
  const vault = openVaultHttp({ env, readFile: readText, openHttp });
  const identities = createIdentities(object, {
    kube,
    options,
    tokens: services.tokens,
    cloud: { http, env, readFile: readText, now: () => new Date(now()) },
    vault,
    signal,
  });
  const keyring = new Keyring({
    http,
    env,
    now: () => new Date(now()),
    vaultHttp: vault.http,
    vaultHeaders: vault.headers,
    ...identities.sources,
  });
  const close = async () => {
    keyring.close();
    await Promise.all([http.close(), vault.close()]);
  };
  try {
    const own = decryption.secretRef?.name;
    const version = own
      ? await importKeys(keyring, namespaceOf(object), own, () => true, kube, signal)
      : options.sopsAgeSecret
        ? await importKeys(keyring, options.runtimeNamespace, options.sopsAgeSecret, isAge, kube, signal)
        : 'none';
    const redactor = createRedactor();
    const keys = { keyring, redactor, verifyMac: options.sopsVerifyMac, signal };
    return {
      fingerprint: JSON.stringify([version, identities.account ?? null]),
      decryptSources: (fs: FileSystem, dir, root) => decryptSources(fs, dir, root, keys),
      decryptObject: (resource) => decryptObject(resource, keys),
      redact: redactor.redact,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const readMachineFile = (path: string): Promise<string> => readFile(path, 'utf8');

const isAge = (key: string): boolean => key.endsWith('.agekey');

/** Fills the keyring from a Secret, and answers which version of it that was. */
async function importKeys(
  keyring: Keyring,
  namespace: string,
  name: string,
  isWanted: (key: string) => boolean,
  kube: KubeClient,
  signal: AbortSignal,
): Promise<string> {
  let secret: KubeObject;
  try {
    secret = await kube.get({ apiVersion: 'v1', kind: 'Secret' }, name, namespace, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    const text = messageOf(error);
    throw new Error(isNotFound(error) ? text : `cannot get sops decryption Secret '${namespace}/${name}': ${text}`, {
      cause: error,
    });
  }
  const data = Object.entries((secret['data'] ?? {}) as Record<string, unknown>);
  for (const [key, value] of data.sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (typeof value !== 'string' || !isWanted(key)) continue;
    try {
      await importKey(keyring, key, Buffer.from(value, 'base64'));
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      throw new Error(
        `failed to import '${key}' data from sops decryption Secret '${namespace}/${name}': ${error.message}`,
      );
    }
  }
  return `${secret.metadata.uid ?? ''}/${secret.metadata.resourceVersion ?? ''}`;
}

/** Keys of other names are none of ours. */
async function importKey(keyring: Keyring, key: string, bytes: Buffer): Promise<void> {
  if (key.endsWith('.asc')) await keyring.addPgp(bytes.toString('utf8'));
  else if (isAge(key)) await keyring.addAge(bytes.toString('utf8'));
  else if (key === 'sops.vault-token') keyring.setVaultToken(bytes.toString('utf8'));
  else if (key === 'sops.aws-kms') keyring.setAws(bytes.toString('utf8'));
  else if (key === 'sops.azure-kv') keyring.setAzure(bytes);
  else if (key === 'sops.gcp-kms') keyring.setGcp(bytes.toString('utf8'));
}
