import type { KubeClient } from '@fluvial/kube';
import {
  type createHttp,
  type Http,
  type IdentityPorts,
  loginToVault,
  SopsError,
  type TlsOptions,
} from '@fluvial/sops';
import { parseYamlDocument } from '@fluvial/yaml';
import { messageOf } from './errors.ts';

/** The way to Vault servers: their certificates and namespaces are the operator's, by `VAULT_*` variables. */
export interface VaultNetwork {
  readonly http: Http;
  readonly headers: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface VaultNetworkParts extends Pick<IdentityPorts, 'env' | 'readFile'> {
  readonly openHttp: typeof createHttp;
}

/** Files that the variables name are read, and the network opened, with the first request. */
export function openVaultHttp({ env, readFile, openHttp }: VaultNetworkParts): VaultNetwork {
  let opened: Promise<ReturnType<typeof createHttp>> | undefined;
  const open = async () => openHttp({ env, ...(await readTls(env, readFile)) });
  const namespace = env['VAULT_NAMESPACE'];
  return {
    async http(request) {
      opened ??= open();
      return (await opened)(request);
    },
    headers: namespace ? { 'x-vault-namespace': namespace } : {},
    async close() {
      const network = await opened?.catch(() => undefined);
      await network?.close();
    },
  };
}

async function readTls(env: IdentityPorts['env'], readFile: IdentityPorts['readFile']): Promise<TlsOptions> {
  const read = async (variable: string) => {
    const path = env[variable];
    if (!path) return undefined;
    try {
      return await readFile(path);
    } catch (cause) {
      throw new SopsError('SERVICE', `the file that ${variable} names cannot be read`, { cause });
    }
  };
  return {
    ca: env['VAULT_CACERT_BYTES'] || (await read('VAULT_CACERT')),
    cert: await read('VAULT_CLIENT_CERT'),
    key: await read('VAULT_CLIENT_KEY'),
    serverName: env['VAULT_TLS_SERVER_NAME'] || undefined,
    insecure: /^(?:1|t|true)$/i.test(env['VAULT_SKIP_VERIFY'] ?? ''),
  };
}

/** Where accounts log in, by the address of the server: what is not in it is sent no token. */
export type VaultLogins = ReadonlyMap<string, string>;

/**
 * Reads the operator's ConfigMap: `config.yaml` with `instances`, each an `address` and a `loginPath`.
 *
 * @throws {SopsError} `SERVICE`, `KEY_INVALID`
 */
export async function readVaultLogins(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  kube: KubeClient,
  signal: AbortSignal,
): Promise<VaultLogins> {
  const id = `${namespace}/${name}`;
  let text: unknown;
  try {
    const map = await kube.get({ apiVersion: 'v1', kind: 'ConfigMap' }, name, namespace, { signal });
    text = (map['data'] as Record<string, unknown> | undefined)?.['config.yaml'];
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new SopsError('SERVICE', `cannot get Vault ConfigMap '${id}': ${messageOf(cause)}`, { cause });
  }
  const fail = (why: string) => new SopsError('KEY_INVALID', `Vault ConfigMap '${id}': ${why}`);
  if (typeof text !== 'string') throw fail("it has no key 'config.yaml'");
  let content: unknown;
  try {
    content = parseYamlDocument(text);
  } catch (cause) {
    throw fail(`'config.yaml' is no YAML: ${messageOf(cause)}`);
  }
  const instances = (content as { instances?: unknown } | null | undefined)?.instances;
  if (!Array.isArray(instances)) throw fail("'config.yaml' has no list 'instances'");
  const logins = new Map<string, string>();
  for (const instance of instances as ({ address?: unknown; loginPath?: unknown } | null)[]) {
    const { address, loginPath } = instance ?? {};
    if (typeof address !== 'string' || typeof loginPath !== 'string' || address === '' || loginPath === '')
      throw fail("each of 'instances' needs an 'address' and a 'loginPath'");
    logins.set(keyOf(address), loginPath);
  }
  return logins;
}

/** @throws {SopsError} `DATA_KEY` the operator does not know the server */
export function loginPathOf(logins: VaultLogins, address: string, configMap: string): string {
  const path = logins.get(keyOf(address));
  if (path === undefined) {
    const message = `no Vault login path configured for address '${address}' in ConfigMap '${configMap}'`;
    throw new SopsError('DATA_KEY', message);
  }
  return path;
}

function keyOf(address: string): string {
  return address.replace(/\/+$/, '');
}

/**
 * Exchanges an account's token for one of Vault; its role is `<namespace>_<name>` of the account.
 *
 * @throws {SopsError} `SERVICE`
 */
export async function loginWithToken(
  { address, loginPath, jwt }: { readonly address: string; readonly loginPath: string; readonly jwt: string },
  { http, headers }: VaultNetwork,
  signal: AbortSignal,
): Promise<string> {
  return loginToVault({ address, loginPath, role: roleOf(jwt), jwt }, { http, headers, signal });
}

function roleOf(jwt: string): string {
  let subject: unknown;
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'));
    subject = (claims as { sub?: unknown } | null)?.sub;
  } catch {
    // Said below; the token is in no message.
  }
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(String(subject)) ?? [];
  if (!namespace || !name) throw new SopsError('SERVICE', "the ServiceAccount's token does not say whose it is");
  return `${namespace}_${name}`;
}
