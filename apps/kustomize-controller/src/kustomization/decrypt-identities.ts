import { isNotFound, type KubeClient, type KubeObject } from '@fluvial/kube';
import {
  askAzure,
  askWithFederation,
  assumeRoleWithWebIdentity,
  authorityOf,
  type IdentityPorts,
  type KeySources,
  readAwsEnvironment,
  readAzureEnvironment,
  readGcpEnvironment,
  readGkePool,
  SopsError,
} from '@fluvial/sops';
import type { Options } from '../options.ts';
import { loginPathOf, loginWithToken, readVaultLogins, type VaultLogins, type VaultNetwork } from './decrypt-vault.ts';
import { messageOf } from './errors.ts';
import { type KustomizationObject, namespaceOf } from './kustomization-object.ts';
import { type Account, ownAccount, requestToken } from './service-account-token.ts';
import type { Expiring, TokenCache } from './token-cache.ts';

export interface IdentitiesParts {
  readonly kube: KubeClient;
  readonly options: Pick<Options, 'runtimeNamespace' | 'sopsVaultConfigMap' | 'defaultDecryptionServiceAccount'>;
  readonly tokens: TokenCache;
  readonly cloud: IdentityPorts;
  readonly vault: VaultNetwork;
  readonly signal: AbortSignal;
}

/** How an owner's files are opened for which its Secret has no credentials. */
export interface Identities {
  readonly sources: Required<KeySources>;
  /** The ServiceAccount that key services know the owner by; undefined: the controller's own identity. */
  readonly account: string | undefined;
}

type Service = 'aws' | 'azure' | 'gcp' | 'vault';

const audiences = { aws: 'sts.amazonaws.com', azure: 'api://AzureADTokenExchange' } as const;
const gcpProvider = /^projects\/[0-9]+\/locations\/global\/workloadIdentityPools\/[^/?#]+\/providers\/[^/?#]+$/;
const emailPattern = /^[^@/?#\s]+@[^@/?#\s]+$/;

/**
 * Identities of one owner for one run: that of `spec.decryption.serviceAccountName`, of the operator's default account,
 * or of the controller. Nothing is asked before a file needs it. Tokens are cached over owners and runs, by all that
 * shapes them.
 */
export function createIdentities(object: KustomizationObject, parts: IdentitiesParts): Identities {
  const { kube, options, tokens, cloud, vault, signal } = parts;
  const namespace = namespaceOf(object);
  const own = object.spec.decryption?.serviceAccountName;
  const name = own || options.defaultDecryptionServiceAccount || undefined;
  const account: Account | undefined = name ? { namespace, name } : undefined;

  let found: Promise<KubeObject> | undefined;
  const annotationsOf = async (who: Account): Promise<Readonly<Record<string, string>>> => {
    found ??= readAccount(who, { kube, isDefault: !own, signal });
    return (await found).metadata.annotations ?? {};
  };

  /** One that is fetched for several at once must not end with the run of one of them. */
  function cached<T extends Expiring>(
    service: Service,
    parts: readonly unknown[],
    fetch: () => Promise<T>,
  ): Promise<T> {
    const use = { kind: 'Kustomization', name: object.metadata.name, namespace, operation: `decrypt_with_${service}` };
    return tokens.get(JSON.stringify([service, ...parts]), fetch, { use });
  }

  /** What an issuer of the cluster says of an account, for a service that trusts it. */
  const assertionOf = async (who: Account, audience: string): Promise<string> =>
    (await requestToken(who, [audience], { kube, now: () => cloud.now().getTime() })).token;

  async function aws(region: string) {
    if (!account) return cached('aws', ['controller', region], () => readAwsEnvironment(cloud, region));
    const role = required(await annotationsOf(account), 'eks.amazonaws.com/role-arn', account);
    return cached('aws', [account, role, region], async () => {
      const token = await assertionOf(account, audiences.aws);
      const sessionName = `${account.name}.${account.namespace}.${region}.fluxcd.io`;
      return assumeRoleWithWebIdentity({ role, sessionName, token, region }, cloud);
    });
  }

  async function azure(scope: string): Promise<string> {
    if (!account) {
      const ask = async () => askAzure(await readAzureEnvironment(cloud), scope, cloud);
      return (await cached('azure', ['controller', scope], ask)).token;
    }
    const annotations = await annotationsOf(account);
    const client = required(annotations, 'azure.workload.identity/client-id', account);
    const tenant = required(annotations, 'azure.workload.identity/tenant-id', account);
    const { token } = await cached('azure', [account, client, tenant, scope], async () => {
      const assertion = await assertionOf(account, audiences.azure);
      const authority = authorityOf(cloud.env['AZURE_AUTHORITY_HOST'] ?? '');
      return askAzure({ by: 'federation', tenant, client, assertion, authority }, scope, cloud);
    });
    return token;
  }

  async function gcp(): Promise<string> {
    if (!account) return (await cached('gcp', ['controller'], () => readGcpEnvironment(cloud))).token;
    const annotations = await annotationsOf(account);
    const provider = annotations['gcp.auth.fluxcd.io/workload-identity-provider'];
    if (provider && !gcpProvider.test(provider))
      throw new SopsError('KEY_INVALID', `'${provider}' is no workload identity provider of GCP`);
    const serviceAccount = annotations['iam.gke.io/gcp-service-account'] || undefined;
    if (serviceAccount && !emailPattern.test(serviceAccount))
      throw new SopsError('KEY_INVALID', `'${serviceAccount}' is no e-mail of a GCP service account`);
    const { token } = await cached('gcp', [account, provider ?? null, serviceAccount ?? null], async () => {
      const named = `//iam.googleapis.com/${provider}`;
      // Without a provider the cluster is one of GKE, which knows its own pool.
      const { pool, audience } = provider ? { pool: named, audience: named } : await readGkePool(cloud);
      const assertion = await assertionOf(account, pool);
      return askWithFederation({ audience, token: assertion, serviceAccount }, cloud);
    });
    return token;
  }

  let logins: Promise<VaultLogins> | undefined;
  const vaultTokens = new Map<string, Promise<string>>();

  async function logIn(address: string): Promise<string> {
    const configMap = { namespace: options.runtimeNamespace, name: options.sopsVaultConfigMap };
    logins ??= readVaultLogins(configMap, kube, signal);
    const loginPath = loginPathOf(await logins, address, `${configMap.namespace}/${configMap.name}`);
    if (account) await annotationsOf(account);
    const remedy = 'spec.decryption.serviceAccountName has to name one';
    const who = account ?? (await ownAccount(kube, signal, remedy));
    const { token: jwt } = await cached('vault', [who, address], () =>
      requestToken(who, [address], { kube, now: () => cloud.now().getTime() }),
    );
    return loginWithToken({ address, loginPath, jwt }, vault, signal);
  }

  async function vaultToken(address: string): Promise<string | undefined> {
    if (!options.sopsVaultConfigMap) return environmentToken(cloud.env, address);
    let known = vaultTokens.get(address);
    if (known === undefined) {
      known = logIn(address);
      vaultTokens.set(address, known);
    }
    return known;
  }

  return {
    account: name,
    sources: {
      aws: (region) => told(aws(region), signal),
      azure: (scope) => told(azure(scope), signal),
      gcp: () => told(gcp(), signal),
      vault: (address) => told(vaultToken(address), signal),
    },
  };
}

/** The operator's token goes to the operator's server, where it is known which that is: files name any they like. */
function environmentToken(env: IdentityPorts['env'], address: string): string | undefined {
  const server = env['VAULT_ADDR'];
  if (server && server.replace(/\/+$/, '') !== address.replace(/\/+$/, '')) return undefined;
  return env['VAULT_TOKEN'] || undefined;
}

async function readAccount(
  { namespace, name }: Account,
  { kube, isDefault, signal }: { readonly kube: KubeClient; readonly isDefault: boolean; readonly signal: AbortSignal },
): Promise<KubeObject> {
  try {
    return await kube.get({ apiVersion: 'v1', kind: 'ServiceAccount' }, name, namespace, { signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    const hint =
      isDefault && isNotFound(cause)
        ? ' (multi-tenant workload identity lockdown: owners that name no ServiceAccount use this one)'
        : '';
    const message = `failed to get service account '${namespace}/${name}': ${messageOf(cause)}${hint}`;
    throw new SopsError('SERVICE', message, { cause });
  }
}

function required(annotations: Readonly<Record<string, string>>, key: string, { namespace, name }: Account): string {
  const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  if (!value) throw new SopsError('KEY_INVALID', `service account '${namespace}/${name}' has no annotation '${key}'`);
  return value;
}

/** What goes wrong with one key is told of that key, and others are tried. */
async function told<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted || error instanceof SopsError) throw error;
    throw new SopsError('SERVICE', messageOf(error), { cause: error });
  }
}
