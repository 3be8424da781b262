import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KubeClient } from '@fluvial/kube';
import { createHttp } from '@fluvial/sops';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loginPathOf, openVaultHttp, readVaultLogins } from './decrypt-vault.ts';

const testdata = (name: string) =>
  readFileSync(new URL(`../../../../packages/sops/testdata/${name}`, import.meta.url), 'utf8');

describe('openVaultHttp', () => {
  // A certificate of nobody known, for fluvial.example.
  const cert = testdata('client.crt');
  let server: Server;
  let url: string;
  beforeAll(async () => {
    const key = testdata('client.key');
    server = createServer({ cert, key, passphrase: 'pass-s3cret' }, (_, response) => response.end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1/x`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const files: Record<string, string> = { '/ca.crt': cert };
  async function ask(env: Record<string, string>): Promise<number> {
    const readFile = async (path: string) => files[path] ?? Promise.reject(new Error('no such file'));
    const vault = openVaultHttp({ env, readFile, openHttp: createHttp });
    try {
      return (await vault.http({ method: 'GET', url, headers: {} })).status;
    } finally {
      await vault.close();
    }
  }

  test.each<[string, Record<string, string>]>([
    ['a file', { VAULT_CACERT: '/ca.crt', VAULT_TLS_SERVER_NAME: 'fluvial.example' }],
    ['a variable', { VAULT_CACERT_BYTES: cert, VAULT_TLS_SERVER_NAME: 'fluvial.example' }],
    ['nothing, as the operator wants it', { VAULT_SKIP_VERIFY: 'true' }],
  ])('trusts a server by %s', async (_, env) => {
    expect(await ask(env)).toBe(200);
  });

  test('trusts nobody else', async () => {
    await expect(ask({})).rejects.toThrow(/self[- ]signed/);
    await expect(ask({ VAULT_CACERT: '/ca.crt' })).rejects.toThrow(/does not match/);
    await expect(ask({ VAULT_CACERT: '/absent' })).rejects.toThrow('the file that VAULT_CACERT names cannot be read');
  });
});

describe('readVaultLogins', () => {
  const id = { namespace: 'flux-system', name: 'vault' };
  const read = (data: Record<string, unknown> | undefined) =>
    readVaultLogins(id, { get: async () => ({ data }) } as unknown as KubeClient, new AbortController().signal);

  test('knows servers with a slash at the end and without', async () => {
    const logins = await read({
      'config.yaml':
        'instances:\n- {address: "https://a.test/", loginPath: auth/a/login}\n- {address: "https://b.test", loginPath: auth/b/login}\n',
    });
    expect(loginPathOf(logins, 'https://a.test', 'x/y')).toBe('auth/a/login');
    expect(loginPathOf(logins, 'https://b.test/', 'x/y')).toBe('auth/b/login');
    expect(() => loginPathOf(logins, 'https://c.test', 'flux-system/vault')).toThrow(
      "no Vault login path configured for address 'https://c.test' in ConfigMap 'flux-system/vault'",
    );
  });

  test.each<[string, Record<string, unknown> | undefined]>([
    ["has no key 'config.yaml'", undefined],
    ["has no key 'config.yaml'", { config: '' }],
    ["'config.yaml' is no YAML", { 'config.yaml': 'a: [' }],
    ["has no list 'instances'", { 'config.yaml': '' }],
    ["has no list 'instances'", { 'config.yaml': 'instances: {}' }],
    ["needs an 'address' and a 'loginPath'", { 'config.yaml': 'instances: [null]' }],
    ["needs an 'address' and a 'loginPath'", { 'config.yaml': 'instances: [{address: "https://a.test"}]' }],
  ])('says that it %s', async (problem, data) => {
    await expect(read(data)).rejects.toThrow(problem);
  });
});
