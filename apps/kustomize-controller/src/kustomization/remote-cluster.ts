import type { Authorization, KubeClient, KubeConfig } from '@fluvial/kube';
import { StallingError, type TokenUse } from '@fluvial/runtime';
import { messageOf, TargetError } from './errors.ts';
import { ownAccount, requestToken } from './service-account-token.ts';
import type { TokenCache } from './token-cache.ts';

/** A cluster as a ConfigMap describes it. */
export interface RemoteCluster {
  /** `https://host:port`. */
  readonly server: string;
  readonly ca: string | undefined;
  /** For whom the tokens are made out. */
  readonly audiences: readonly string[];
  /** Whose tokens open it; undefined: the controller's own. */
  readonly serviceAccount: string | undefined;
}

export interface RemoteClusterPolicy {
  /** Objects may name the ServiceAccount whose identity is used. */
  readonly objectIdentities: boolean;
  readonly defaultServiceAccount: string;
}

const clouds = new Set(['aws', 'azure', 'gcp']);

/**
 * Reads `spec.kubeConfig.configMapRef`'s data.
 *
 * @throws {TargetError} what is wrong with it; {StallingError} `FeatureNotSupported`, `FeatureGateDisabled`
 */
export function readRemoteCluster(
  data: Readonly<Record<string, unknown>>,
  id: string,
  policy: RemoteClusterPolicy,
): RemoteCluster {
  const read = (key: string) =>
    Object.hasOwn(data, key) && typeof data[key] === 'string' ? (data[key] as string).trim() : '';
  const provider = read('provider');
  if (clouds.has(provider)) {
    throw new StallingError(
      `provider '${provider}' of ConfigMap '${id}' is not supported by this version of the controller: use 'generic', or a kubeconfig in a Secret`,
      { reason: 'FeatureNotSupported' },
    );
  }
  if (provider !== 'generic') throw new TargetError(`ConfigMap '${id}' has an unknown provider '${provider}'`);
  const address = read('address');
  if (address === '') throw new TargetError(`ConfigMap '${id}' has no address, which provider 'generic' needs`);
  const own = read('serviceAccountName');
  if (own !== '' && !policy.objectIdentities) {
    throw new StallingError(
      `to use serviceAccountName in ConfigMap '${id}' please enable the ObjectLevelWorkloadIdentity feature gate in the controller`,
      { reason: 'FeatureGateDisabled', observed: false },
    );
  }
  const audiences = read('audiences')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return {
    server: serverOf(address, id),
    ca: read('ca.crt') || undefined,
    audiences: audiences.length > 0 ? audiences : [address],
    serviceAccount: own || policy.defaultServiceAccount || undefined,
  };
}

/** `https://<lower-case host>:<port>`; nothing else is let through: a token is sent there. */
function serverOf(address: string, id: string): string {
  const fail = (why: string) => new TargetError(`ConfigMap '${id}' has an invalid address '${address}': ${why}`);
  let url: URL;
  try {
    url = new URL(address.includes('://') ? address : `https://${address}`);
  } catch {
    throw fail('it is no URL');
  }
  if (url.protocol !== 'https:') throw fail('it must begin with https://');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw fail('only host and port are allowed');
  return `https://${url.hostname.toLowerCase()}:${url.port || '443'}`;
}

export interface IdentityParts {
  /** The cluster that the ServiceAccount lives in. */
  readonly kube: KubeClient;
  readonly tokens: TokenCache;
  /** For whom tokens are counted. */
  readonly use: TokenUse;
  readonly now: () => number;
}

/**
 * The configuration of a client whose every request carries a fresh token of the ServiceAccount.
 *
 * @throws {TokenError} no token is to be had
 */
export async function connectRemote(
  cluster: RemoteCluster,
  namespace: string,
  parts: IdentityParts,
  signal: AbortSignal,
): Promise<KubeConfig> {
  const account = cluster.serviceAccount
    ? { namespace, name: cluster.serviceAccount }
    : await ownAccount(parts.kube, signal, 'the ConfigMap has to name one');
  const key = JSON.stringify([account, cluster.server, cluster.audiences]);
  const authorize = async ({ refresh }: { refresh: boolean }): Promise<Authorization> => {
    const fetch = () => requestToken(account, cluster.audiences, parts);
    const { token } = await parts.tokens.get(key, fetch, { use: parts.use, refresh });
    return { headers: { authorization: `Bearer ${token}` } };
  };
  // What is wrong with the account is said before anything is sent to the cluster.
  await authorize({ refresh: false });
  return { server: cluster.server, ...(cluster.ca ? { tls: { ca: cluster.ca } } : {}), authorize };
}

/** Reads the ConfigMap with the controller's own identity. @throws {TargetError} */
export async function readClusterConfigMap(
  namespace: string,
  name: string,
  kube: KubeClient,
  signal: AbortSignal,
): Promise<{ readonly data: Readonly<Record<string, unknown>>; readonly version: string }> {
  try {
    const map = await kube.get({ apiVersion: 'v1', kind: 'ConfigMap' }, name, namespace, { signal });
    const { uid = '', resourceVersion = '' } = map.metadata;
    return { data: (map['data'] ?? {}) as Record<string, unknown>, version: `${uid}/${resourceVersion}` };
  } catch (error) {
    if (signal.aborted) throw error;
    throw new TargetError(`unable to read KubeConfig ConfigMap '${namespace}/${name}' error: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
