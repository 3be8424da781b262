import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { OCIRepository } from '@fluvial/api';
import { isNotFound, type KubeObject } from '@fluvial/kube';
import {
  anonymousKeychain,
  type CredentialTarget,
  type DockerConfig,
  dockerConfigJsonKeychain,
  type Keychain,
  multiKeychain,
  type ProxyOptions,
  parseDockerCfg,
  parseDockerConfig,
} from '@fluvial/oci';
import type { ReconcileContext } from '@fluvial/runtime';

type Context = Pick<ReconcileContext<OCIRepository>, 'kube' | 'signal' | 'event' | 'log'>;

/** A Secret's values; binary ones as latin1 would break, so bytes. */
export type SecretData = ReadonlyMap<string, Buffer>;

/** What a registry asks for, and what tells these credentials from others. */
export interface Pull {
  readonly keychain: Keychain;
  /** Neither Secret nor pull secrets: a provider's own login may step in. */
  readonly isAnonymous: boolean;
  /** Equal for equal credentials, secret itself. */
  readonly fingerprint: string;
}

/** TLS as a Secret holds it. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Collects the credentials of an object: its own Secret, then the pull secrets of its ServiceAccount.
 *
 * Thrown messages are those that follow `failed to get credential: `.
 */
export async function readCredentials(object: OCIRepository, ctx: Context): Promise<Pull> {
  const { spec, metadata } = object;
  const namespace = metadata.namespace ?? '';
  const secrets: KubeObject[] = [];
  if (spec.secretRef) {
    const { name } = spec.secretRef;
    try {
      secrets.push(await ctx.kube.get({ apiVersion: 'v1', kind: 'Secret' }, name, namespace, { signal: ctx.signal }));
    } catch (error) {
      ctx.event({ severity: 'trace', reason: 'AuthenticationFailed', message: `auth secret '${name}' not found` });
      throw new Error(`failed to get secret '${namespace}/${name}': ${(error as Error).message}`, { cause: error });
    }
  }
  if (spec.serviceAccountName) secrets.push(...(await readPullSecrets(spec.serviceAccountName, namespace, ctx)));
  if (secrets.length === 0) return { keychain: anonymousKeychain, isAnonymous: true, fingerprint: '' };
  const keychains: Keychain[] = [];
  const parts: string[] = [];
  for (const secret of secrets) {
    const config = dockerConfigOf(secret);
    if (config === undefined) continue;
    keychains.push(dockerConfigJsonKeychain(config));
    parts.push(
      `${secret.metadata.namespace}/${secret.metadata.name}@${secret.metadata.uid}.${secret.metadata.resourceVersion}`,
    );
  }
  const all = multiKeychain(...keychains);
  return {
    keychain: { resolve: (target: CredentialTarget) => all.resolve(target) },
    isAnonymous: false,
    fingerprint: parts.join(' '),
  };
}

async function readPullSecrets(account: string, namespace: string, ctx: Context): Promise<KubeObject[]> {
  let object: KubeObject & { imagePullSecrets?: { name: string }[] };
  try {
    object = await ctx.kube.get({ apiVersion: 'v1', kind: 'ServiceAccount' }, account, namespace, {
      signal: ctx.signal,
    });
  } catch (error) {
    if (isNotFound(error)) throw new Error(`serviceaccount '${namespace}/${account}' not found`, { cause: error });
    throw new Error(`failed to get serviceaccount '${namespace}/${account}': ${(error as Error).message}`, {
      cause: error,
    });
  }
  const secrets: KubeObject[] = [];
  for (const { name } of object.imagePullSecrets ?? []) {
    try {
      secrets.push(await ctx.kube.get({ apiVersion: 'v1', kind: 'Secret' }, name, namespace, { signal: ctx.signal }));
    } catch (error) {
      const text = `failed to get image pull secret '${namespace}/${name}' for service account '${namespace}/${account}'`;
      throw new Error(`${text}: ${(error as Error).message}`, { cause: error });
    }
  }
  return secrets;
}

// Secrets of other types are no pull secrets, as for the kubelet: they say nothing.
function dockerConfigOf(secret: KubeObject): DockerConfig | undefined {
  const data = dataOf(secret);
  const json = data.get('.dockerconfigjson');
  if (secret['type'] === 'kubernetes.io/dockerconfigjson' && json !== undefined && json.length > 0) {
    return parseDockerConfig(json.toString('utf8'));
  }
  const cfg = data.get('.dockercfg');
  if (secret['type'] === 'kubernetes.io/dockercfg' && cfg !== undefined && cfg.length > 0) {
    return parseDockerCfg(cfg.toString('utf8'));
  }
  return undefined;
}

/** Reads a Secret's values. @throws {Error} `secret 'namespace/name' not found` */
export async function readSecret(name: string, namespace: string, ctx: Context): Promise<SecretData> {
  try {
    return dataOf(await ctx.kube.get({ apiVersion: 'v1', kind: 'Secret' }, name, namespace, { signal: ctx.signal }));
  } catch (error) {
    if (isNotFound(error)) throw new Error(`secret '${namespace}/${name}' not found`, { cause: error });
    throw new Error(`failed to get secret '${namespace}/${name}': ${(error as Error).message}`, { cause: error });
  }
}

/** The decoded values of a Secret object. */
export function dataOf(secret: KubeObject): SecretData {
  const data = (secret['data'] ?? {}) as Record<string, unknown>;
  const found = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(data)) {
    if (typeof value === 'string') found.set(key, Buffer.from(value, 'base64'));
  }
  return found;
}

/** Reads the TLS Secret: `ca.crt`, `tls.crt` and `tls.key`, or their older names. */
export async function readTls(name: string, namespace: string, ctx: Context): Promise<TlsFiles> {
  const data = await readSecret(name, namespace, ctx);
  const where = `secret '${namespace}/${name}'`;
  const pick = (key: string, older: string): string | undefined => {
    const value = data.get(key);
    if (value !== undefined) return value.toString('utf8');
    const legacy = data.get(older);
    if (legacy === undefined) return undefined;
    ctx.log.info(`warning: specifying TLS auth data via '${older}' is deprecated, please use '${key}'`, {
      secret: name,
    });
    return legacy.toString('utf8');
  };
  const ca = pick('ca.crt', 'caFile');
  const cert = pick('tls.crt', 'certFile');
  const key = pick('tls.key', 'keyFile');
  if (cert !== undefined && key === undefined) throw new Error(`${where} contains 'tls.crt' but missing 'tls.key'`);
  if (cert === undefined && key !== undefined) throw new Error(`${where} contains 'tls.key' but missing 'tls.crt'`);
  if (ca === undefined && cert === undefined) {
    throw new Error(`${where} must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'`);
  }
  if (ca !== undefined && !isCertificate(ca)) throw new Error('failed to parse CA certificate');
  if (cert !== undefined && key !== undefined) {
    try {
      if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
        throw new Error('private key does not match public key');
    } catch (error) {
      // OpenSSL's words never quote the key.
      throw new Error(`failed to parse TLS certificate and key: ${(error as Error).message}`, { cause: error });
    }
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

const proxySchemes = ['http', 'https', 'socks5'];
const maxProxyLength = 2048;

/** Reads the proxy Secret: `address`, `username`, `password`. */
export async function readProxy(name: string, namespace: string, ctx: Context): Promise<ProxyOptions> {
  const data = await readSecret(name, namespace, ctx);
  const where = `secret '${namespace}/${name}'`;
  const address = data.get('address')?.toString('utf8');
  if (address === undefined) throw new Error(`${where}: key 'address' not found`);
  if (address === '') throw new Error(`${where}: proxy address is empty`);
  if (address.length > maxProxyLength) throw new Error(`${where}: proxy address is too long`);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(address)?.[1]?.toLowerCase() ?? '';
  if (!proxySchemes.includes(scheme)) {
    throw new Error(`proxy URL must use one of the supported schemes (http, https, socks5), got '${scheme}'`);
  }
  // The address may hold a password: it never gets into a message.
  if (!URL.canParse(address)) throw new Error(`${where}: failed to parse proxy address`);
  const username = data.get('username')?.toString('utf8');
  const password = data.get('password')?.toString('utf8');
  return {
    url: address,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}
