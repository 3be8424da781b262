import { readFileSync } from 'node:fs';
import { getCondition } from '@fluvial/conditions';
import { bearerToken, createKubeClient, type KubeClient, type KubeObject } from '@fluvial/kube';
import { createLogger } from '@fluvial/runtime';
import {
  encryptFile,
  type Loopback,
  type LoopbackAnswer,
  type LoopbackCall,
  startLoopback,
} from '@fluvial/sops/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type KeyServices, openDecryption } from './kustomization/decrypt.ts';
import { type KustomizationObject, kustomizationKind } from './kustomization/kustomization-object.ts';
import { requestToken } from './kustomization/service-account-token.ts';
import { createTokenCache } from './kustomization/token-cache.ts';
import { startWorld, type World } from './testing/world.ts';

const ageKey = readFileSync(new URL('../../../packages/sops/testdata/a.agekey', import.meta.url), 'utf8');
const log: string[] = [];
const systemNamespace = 'flux-test';
let loopback: Loopback;
let world: World;
beforeAll(async () => {
  loopback = await startLoopback();
  world = await startWorld({
    simulator: false,
    argv: [
      '--feature-gates=ObjectLevelWorkloadIdentity=true',
      '--sops-vault-configmap=vault',
      '--sops-age-secret=age-keys',
    ],
    env: { RUNTIME_NAMESPACE: systemNamespace, AWS_ENDPOINT_URL: loopback.address },
    log: createLogger({ level: 'trace', destination: { write: (line: string) => void log.push(line) } }),
  });
  await world.kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } });
  await world.kube.create({
    ...secretKind,
    metadata: { name: 'age-keys', namespace: systemNamespace },
    stringData: { 'a.agekey': ageKey, 'sops.vault-token': 'wrong-s3cret' },
  } as KubeObject);
  await world.kube.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'vault', namespace: systemNamespace },
    data: { 'config.yaml': `instances:\n- address: ${loopback.address}\n  loginPath: auth/kubernetes/login\n` },
  } as KubeObject);
});
beforeEach(() => {
  loopback.calls.length = 0;
});
afterAll(async () => {
  await world.close();
  await loopback.close();
});

const dataKey = Buffer.alloc(32, 5);
const wrapped = dataKey.toString('base64');
const created = { created_at: '2026-01-01T00:00:00Z' };
const arn = 'arn:aws:kms:eu-west-1:123456789012:key/abc';
const keys = {
  aws: { kms: [{ arn, ...created, enc: 'ZW5j' }] },
  azure: { azure_kv: [{ vault_url: 'https://v.vault.azure.net', name: 'k', version: '1', ...created, enc: 'ZW5j' }] },
  gcp: {
    gcp_kms: [{ resource_id: 'projects/p/locations/global/keyRings/r/cryptoKeys/k', ...created, enc: 'ZW5j' }],
  },
};
const vaultKey = () => ({
  hc_vault: [{ vault_address: loopback.address, engine_path: 'sops', key_name: 'k', ...created, enc: 'vault:v1:abc' }],
});

const secretKind = { apiVersion: 'v1', kind: 'Secret' };
const rule = { by: 'encrypted_regex', regex: '^stringData$' } as const;
const plain = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: hunter22\n';
const seal = async (by: Record<string, unknown>) =>
  Buffer.from(await encryptFile(plain, { format: 'yaml', dataKey, keys: by, rule })).toString('utf8');

/** The data key, encrypted for the operator's age key. */
async function wrapForAge(): Promise<Record<string, unknown>> {
  const [, recipient = ''] = /public key: (age1\w+)/.exec(ageKey) ?? [];
  const file = await encryptFile('{}', { format: 'json', dataKey, age: [recipient] });
  return (JSON.parse(Buffer.from(file).toString()) as { sops: Record<string, unknown> }).sops;
}

async function account(namespace: string, name: string, annotations: Record<string, string> = {}): Promise<void> {
  await world.kube.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, annotations } });
}

const formOf = (call: LoopbackCall | undefined) => Object.fromEntries(new URLSearchParams(call?.body));
const claimsOf = (jwt: string | undefined) =>
  JSON.parse(Buffer.from(jwt?.split('.')[1] ?? '', 'base64url').toString()) as { aud: string[]; sub: string };

describe('through the controller', () => {
  const sts = {
    AssumeRoleWithWebIdentityResponse: {
      AssumeRoleWithWebIdentityResult: {
        Credentials: {
          AccessKeyId: 'ASIAWEB',
          SecretAccessKey: 'web-s3cret',
          SessionToken: 'session-s3cret',
          Expiration: Date.now() / 1000 + 3600,
        },
      },
    },
  };
  const services: Record<string, (call: LoopbackCall) => LoopbackAnswer> = {
    kms: () => [200, { KeyId: arn, Plaintext: wrapped }],
    sts: () => [200, sts],
    login: () => [200, { auth: { client_token: 'vault-s3cret' } }],
    transit: () => [200, { data: { plaintext: wrapped } }],
  };
  const serviceOf = ({ url, headers }: LoopbackCall) =>
    url.endsWith('/v1/auth/kubernetes/login')
      ? 'login'
      : url.includes('/v1/sops/decrypt/')
        ? 'transit'
        : headers['x-amz-target']
          ? 'kms'
          : 'sts';
  const play = (changes: Partial<typeof services> = {}) => {
    loopback.answer = (call) => ({ ...services, ...changes })[serviceOf(call)]?.(call) ?? [500, {}];
  };

  async function run(
    by: Record<string, unknown>,
    spec: { serviceAccountName?: string; secret?: Record<string, string> },
  ) {
    const ns = await world.namespace();
    const { serviceAccountName, secret } = spec;
    if (serviceAccountName) {
      const annotations = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/tenant' };
      await account(ns, serviceAccountName, annotations);
    }
    if (secret)
      await world.kube.create({
        ...secretKind,
        metadata: { name: 'keys', namespace: ns },
        stringData: secret,
      } as KubeObject);
    await world.source(ns, 'app', '1', { 'db.yaml': await seal(by) });
    await world.kustomization(ns, 'app', {
      sourceRef: { kind: 'OCIRepository', name: 'app' },
      decryption: {
        provider: 'sops',
        ...(serviceAccountName ? { serviceAccountName } : {}),
        ...(secret ? { secretRef: { name: 'keys' } } : {}),
      },
    });
    return ns;
  }
  const ready = (object: KustomizationObject) => getCondition(object as never, 'Ready');

  async function applied(ns: string): Promise<void> {
    await world.until(ns, 'app', (object) => {
      if (ready(object)?.status === 'False') throw new Error(ready(object)?.message);
      return ready(object)?.status === 'True';
    });
    const { data } = await world.kube.get<KubeObject & { data: Record<string, string> }>(secretKind, 'db', ns);
    expect(Buffer.from(data['password'] ?? '', 'base64').toString()).toBe('hunter22');
    expect(await told(ns)).toEqual([]);
  }

  async function failed(ns: string): Promise<string> {
    const object = await world.until(ns, 'app', (found) => ready(found)?.reason === 'BuildFailed');
    expect(await told(ns)).toEqual([]);
    return (ready(object)?.message ?? '').replace(/\s+(?:\| )?/g, ' ');
  }

  /** Nothing of tokens, keys or values is in what anybody but the services gets to see. */
  async function told(ns: string): Promise<string[]> {
    await world.manager.events.flush();
    const object = await world.kube.get(kustomizationKind, 'app', ns);
    const { items } = await world.kube.list({ apiVersion: 'v1', kind: 'Event' }, { namespace: ns });
    const secrets = /hunter22|s3cret|eyJ[\w-]+\.eyJ/;
    return [...log, ...[object, ...items].map((item) => JSON.stringify(item))].filter((text) => secrets.test(text));
  }

  const metrics = async () =>
    (await world.manager.metrics.registry.metrics()).split('\n').filter((line) => line.startsWith('gotk_token'));

  test('AWS takes the role of the ServiceAccount, and its credentials are cached', async () => {
    play();
    const ns = await run(keys.aws, { serviceAccountName: 'tenant' });
    await applied(ns);
    expect(loopback.calls.map(serviceOf)).toEqual(['sts', 'kms']);
    const form = formOf(loopback.calls[0]);
    expect(form).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: 'arn:aws:iam::123456789012:role/tenant',
    });
    expect(claimsOf(form['WebIdentityToken'])).toMatchObject({
      aud: ['sts.amazonaws.com'],
      sub: `system:serviceaccount:${ns}:tenant`,
    });
    expect(loopback.calls[1]?.headers['x-amz-security-token']).toBe('session-s3cret');

    await world.source(ns, 'app', '2', { 'db.yaml': await seal(keys.aws), 'more.txt': '' });
    await world.until(ns, 'app', (object) => object.status?.lastAppliedRevision?.startsWith('2@') ?? false);
    expect(loopback.calls.map(serviceOf)).toEqual(['sts', 'kms', 'kms']);
    const series = (event: string) =>
      `gotk_token_cache_events_total{event_type="${event}",kind="Kustomization",name="app",namespace="${ns}",operation="decrypt_with_aws"} 1`;
    expect(await metrics()).toEqual(expect.arrayContaining([series('cache_miss'), series('cache_hit')]));

    await world.kube.delete(kustomizationKind, 'app', ns);
    await expect.poll(() => world.kube.find(kustomizationKind, 'app', ns), { timeout: 20_000 }).toBeUndefined();
    await expect.poll(async () => (await metrics()).join(), { timeout: 20_000 }).not.toContain(`namespace="${ns}"`);
  });

  test('AWS refuses, and the refusal is the condition', async () => {
    play({ sts: () => [403, { Error: { Code: 'AccessDenied', Message: 'Not authorized' } }] });
    const ns = await run(keys.aws, { serviceAccountName: 'tenant' });
    expect(await failed(ns)).toMatch(/failed to assume role .* answered 403: AccessDenied: Not authorized/);
    expect(loopback.calls.map(serviceOf)).not.toContain('kms');
  });

  test('Vault takes the token of the Secret, for any address', async () => {
    play();
    const ns = await run(vaultKey(), { secret: { 'sops.vault-token': 'own-s3cret\n' } });
    await applied(ns);
    expect(loopback.calls.map(serviceOf)).toEqual(['transit']);
    expect(loopback.calls[0]?.headers['x-vault-token']).toBe('own-s3cret');
  });

  test('Vault lets a ServiceAccount log in, in a role of its name', async () => {
    play();
    const ns = await run(vaultKey(), { serviceAccountName: 'tenant' });
    await applied(ns);
    expect(loopback.calls.map(serviceOf)).toEqual(['login', 'transit']);
    const { role, jwt } = JSON.parse(loopback.calls[0]?.body ?? '') as { role: string; jwt: string };
    expect(role).toBe(`${ns}_tenant`);
    expect(claimsOf(jwt)).toMatchObject({ aud: [loopback.address], sub: `system:serviceaccount:${ns}:tenant` });
    expect(loopback.calls[1]?.headers['x-vault-token']).toBe('vault-s3cret');
    expect((await metrics()).join()).toContain('operation="decrypt_with_vault"');
  });

  test('no token goes to a Vault that the operator does not know', async () => {
    play();
    const [entry] = vaultKey().hc_vault;
    const address = loopback.address.replace('127.0.0.1', 'localhost');
    const ns = await run({ hc_vault: [{ ...entry, vault_address: address }] }, { serviceAccountName: 'tenant' });
    expect(await failed(ns)).toContain(
      `no Vault login path configured for address '${address}' in ConfigMap '${systemNamespace}/vault'`,
    );
    expect(loopback.calls).toEqual([]);
  });

  test('Vault refuses the login', async () => {
    play({ login: () => [403, { errors: ['permission denied'] }] });
    const ns = await run(vaultKey(), { serviceAccountName: 'tenant' });
    expect(await failed(ns)).toMatch(/failed to log in to Vault at .* answered 403: permission denied/);
  });

  test("the operator's age key opens files of owners without keys, and nothing else of its Secret is used", async () => {
    play();
    const { age } = (await wrapForAge()) as { age: unknown[] };
    await applied(await run({ age }, {}));
    expect(await failed(await run(vaultKey(), {}))).not.toContain('permission');
    expect(loopback.calls).toEqual([]);
  });

  test('the controller has no account of its own here, and says so', async () => {
    play();
    const ns = await run(vaultKey(), {});
    expect(await failed(ns)).toContain('spec.decryption.serviceAccountName has to name one');
  });
});

describe('openDecryption', () => {
  let ns: string;
  beforeAll(async () => {
    ns = await world.namespace();
    await account(ns, 'tenant', {
      'azure.workload.identity/client-id': 'client',
      'azure.workload.identity/tenant-id': 'tenant',
      'gcp.auth.fluxcd.io/workload-identity-provider':
        'projects/1/locations/global/workloadIdentityPools/p/providers/x',
      'iam.gke.io/gcp-service-account': 'sops@p.iam.gserviceaccount.com',
    });
    await account(ns, 'gke');
    await account(ns, 'bare');
  });

  interface Setting {
    readonly serviceAccountName?: string;
    readonly defaultAccount?: string;
    readonly env?: Record<string, string>;
    readonly files?: Record<string, string>;
    readonly services?: KeyServices;
    readonly kube?: KubeClient;
    readonly vaultConfigMap?: string;
  }

  function servicesOf({ env = {}, files = {} }: Setting): KeyServices {
    return {
      tokens: createTokenCache({ maxSize: 10, maxAgeMs: 3_600_000, now: Date.now }),
      env,
      now: Date.now,
      readFile: async (path) => files[path] ?? Promise.reject(new Error('no such file')),
      openHttp: () =>
        Object.assign(((request) => loopback.http(request)) as Loopback['http'], { close: async () => {} }),
    };
  }

  async function open(by: Record<string, unknown>, setting: Setting): Promise<unknown> {
    const { serviceAccountName, defaultAccount = '' } = setting;
    const object = {
      ...kustomizationKind,
      metadata: { name: 'app', namespace: ns },
      spec: { decryption: { provider: 'sops', ...(serviceAccountName ? { serviceAccountName } : {}) } },
    } as unknown as KustomizationObject;
    const opened = await openDecryption(object, {
      kube: setting.kube ?? world.kube,
      options: {
        runtimeNamespace: systemNamespace,
        sopsAgeSecret: '',
        sopsVerifyMac: true,
        sopsVaultConfigMap: setting.vaultConfigMap ?? '',
        defaultDecryptionServiceAccount: defaultAccount,
      },
      services: setting.services ?? servicesOf(setting),
      signal: new AbortController().signal,
    });
    const sealed = await encryptFile(JSON.stringify({ kind: 'Secret', stringData: { password: 'hunter22' } }), {
      format: 'json',
      dataKey,
      keys: by,
      rule,
    });
    try {
      return await opened?.decryptObject(JSON.parse(Buffer.from(sealed).toString()) as Record<string, unknown>);
    } finally {
      await opened?.close?.();
    }
  }
  const opened = { kind: 'Secret', stringData: { password: 'hunter22' } };

  const azure = (call: LoopbackCall): LoopbackAnswer =>
    call.url.startsWith('https://login.microsoftonline.com/')
      ? [200, { access_token: 'az-s3cret', expires_in: 3600 }]
      : [200, { value: dataKey.toString('base64url') }];

  test('Azure takes what the cluster says of the ServiceAccount', async () => {
    loopback.answer = azure;
    expect(await open(keys.azure, { serviceAccountName: 'tenant' })).toEqual(opened);
    const [entra, vault] = loopback.calls;
    expect(entra?.url).toBe('https://login.microsoftonline.com/tenant/oauth2/v2.0/token');
    const form = formOf(entra);
    expect(form).toMatchObject({ client_id: 'client', scope: 'https://vault.azure.net/.default' });
    expect(claimsOf(form['client_assertion'])).toMatchObject({
      aud: ['api://AzureADTokenExchange'],
      sub: `system:serviceaccount:${ns}:tenant`,
    });
    expect(vault?.headers['authorization']).toBe('Bearer az-s3cret');
  });

  test("the controller's own identity at Azure, once for all owners", async () => {
    loopback.answer = azure;
    const env = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_FEDERATED_TOKEN_FILE: '/token' };
    const services = servicesOf({ env, files: { '/token': 'j.w.t' } });
    expect(await open(keys.azure, { services })).toEqual(opened);
    expect(await open(keys.azure, { services })).toEqual(opened);
    expect(loopback.calls.map(({ url }) => new URL(url).host)).toEqual([
      'login.microsoftonline.com',
      'v.vault.azure.net',
      'v.vault.azure.net',
    ]);
    expect(formOf(loopback.calls[0])['client_assertion']).toBe('j.w.t');
  });

  const gcp = ({ url }: LoopbackCall): LoopbackAnswer => {
    const { host, pathname } = new URL(url);
    if (host === 'sts.googleapis.com') return [200, { access_token: 'federated-s3cret', expires_in: 3600 }];
    if (host === 'iamcredentials.googleapis.com')
      return [200, { accessToken: 'behind-s3cret', expireTime: new Date(Date.now() + 3_600_000).toISOString() }];
    if (host === '169.254.169.254') return [200, pathname.split('/').at(-1) ?? ''];
    return [200, { plaintext: wrapped }];
  };

  test('GCP takes it for the provider that the account names, and for the service account behind it', async () => {
    loopback.answer = gcp;
    expect(await open(keys.gcp, { serviceAccountName: 'tenant' })).toEqual(opened);
    const [sts, , kms] = loopback.calls;
    const provider = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x';
    expect(formOf(sts)['audience']).toBe(provider);
    expect(claimsOf(formOf(sts)['subject_token']).aud).toEqual([provider]);
    expect(kms?.headers['authorization']).toBe('Bearer behind-s3cret');
  });

  test('GCP takes it for the pool of a GKE cluster', async () => {
    loopback.answer = gcp;
    expect(await open(keys.gcp, { serviceAccountName: 'gke' })).toEqual(opened);
    const sts = loopback.calls.find(({ url }) => url.startsWith('https://sts.googleapis.com/'));
    expect(formOf(sts)['audience']).toMatch(/^identitynamespace:project-id\.svc\.id\.goog:/);
    expect(claimsOf(formOf(sts)['subject_token']).aud).toEqual(['project-id.svc.id.goog']);
    expect(loopback.calls.at(-1)?.headers['authorization']).toBe('Bearer federated-s3cret');
  });

  test("the operator's default account stands in for owners that name none", async () => {
    loopback.answer = azure;
    expect(await open(keys.azure, { defaultAccount: 'tenant' })).toEqual(opened);
    expect(formOf(loopback.calls[0])['client_id']).toBe('client');
    const failure = open(keys.azure, { defaultAccount: 'absent' });
    await expect(failure).rejects.toThrow(/multi-tenant\s+(\| )?workload\s+(\| )?identity\s+(\| )?lockdown/);
  });

  test("Vault's token of the environment goes to the operator's server alone, where one is known", async () => {
    loopback.answer = () => [200, { data: { plaintext: wrapped } }];
    const env = { VAULT_TOKEN: 'env-s3cret', VAULT_NAMESPACE: 'team' };
    expect(await open(vaultKey(), { env })).toEqual(opened);
    expect(loopback.calls[0]?.headers).toMatchObject({ 'x-vault-token': 'env-s3cret', 'x-vault-namespace': 'team' });
    expect(await open(vaultKey(), { env: { ...env, VAULT_ADDR: `${loopback.address}/` } })).toEqual(opened);
    loopback.calls.length = 0;
    await expect(open(vaultKey(), { env: { ...env, VAULT_ADDR: 'https://vault.test' } })).rejects.toThrow(
      /no\s+(\| )?Vault\s+(\| )?token/,
    );
    expect(loopback.calls).toEqual([]);
  });

  test("the controller's own account logs in to Vault for owners that name none", async () => {
    await account(systemNamespace, 'controller');
    const subject = { kind: 'ServiceAccount', name: 'controller', namespace: systemNamespace };
    await world.kube.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'controller' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [subject],
    } as KubeObject);
    const who = { namespace: systemNamespace, name: 'controller' };
    const { token } = await requestToken(who, [], { kube: world.kube, now: Date.now });
    const kube = createKubeClient({ server: world.server.plainUrl, authorize: bearerToken(token) });
    loopback.answer = ({ url }) =>
      url.endsWith('/login')
        ? [200, { auth: { client_token: 'vault-s3cret' } }]
        : [200, { data: { plaintext: wrapped } }];
    expect(await open(vaultKey(), { kube, vaultConfigMap: 'vault' })).toEqual(opened);
    const { role, jwt } = JSON.parse(loopback.calls[0]?.body ?? '') as { role: string; jwt: string };
    expect(role).toBe(`${systemNamespace}_controller`);
    expect(claimsOf(jwt).aud).toEqual([loopback.address]);
    await kube.close();
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['aws', keys.aws, /has no annotation 'eks\.amazonaws\.com\/role-arn'/],
    ['azure', keys.azure, /has no annotation 'azure\.workload\.identity\/client-id'/],
  ])('%s: an account without its annotation is told, and nobody is asked', async (_, by, message) => {
    const failure = open(by, { serviceAccountName: 'bare' }).catch((error: Error) => {
      throw new Error(error.message.replace(/\s+(?:\| )?/g, ' '));
    });
    await expect(failure).rejects.toThrow(message);
    expect(loopback.calls).toEqual([]);
  });
});
