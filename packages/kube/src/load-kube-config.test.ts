import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadKubeConfig, parseKubeConfig, tokenFileAuthorizer } from './load-kube-config.ts';
import { proxyFromEnvironment } from './proxy.ts';

const dir = mkdtempSync(join(tmpdir(), 'kube-config-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const main = write(
  'main',
  `
apiVersion: v1
kind: Config
current-context: one
clusters:
- name: c1
  cluster: {server: "https://one.example:6443", certificate-authority-data: Q0E=, tls-server-name: inner}
- name: c2
  cluster: {server: "http://127.0.0.1:1"}
contexts:
- name: one
  context: {cluster: c1, user: u1, namespace: apps}
- name: two
  context: {cluster: c2, user: u2}
users:
- name: u1
  user: {token: t1, as: somebody, as-groups: [g]}
- name: u2
  user: {tokenFile: token}
`,
);
write('token', 'from-file\n');

const headers = async (config: Awaited<ReturnType<typeof loadKubeConfig>>) =>
  (await config.authorize?.({ refresh: false }))?.headers;

describe('loadKubeConfig', () => {
  test('the current context', async () => {
    const config = await loadKubeConfig({ kubeconfig: main, env: {} });
    expect(config).toMatchObject({
      server: 'https://one.example:6443',
      namespace: 'apps',
      context: 'one',
      impersonate: { user: 'somebody', groups: ['g'] },
      tls: { serverName: 'inner', ca: Buffer.from('CA') },
    });
    expect(await headers(config)).toEqual({ authorization: 'Bearer t1' });
  });

  test('another context, with a token file beside the kubeconfig', async () => {
    const config = await loadKubeConfig({ kubeconfig: main, context: 'two', env: {} });
    expect(config.namespace).toBe('default');
    expect(await headers(config)).toEqual({ authorization: 'Bearer from-file' });
  });

  test('several files: the first to name a thing wins', async () => {
    const extra = write('extra', 'current-context: two\nusers: [{name: u2, user: {username: u, password: p}}]\n');
    const config = await loadKubeConfig({ env: { KUBECONFIG: `${extra}:${join(dir, 'missing')}:${main}` } });
    expect(config.context).toBe('two');
    expect(await headers(config)).toEqual({ authorization: 'Basic dTpw' });
  });

  test('overrides', async () => {
    const config = await loadKubeConfig({
      kubeconfig: main,
      server: 'http://x',
      token: 'mine',
      namespace: 'n',
      env: {},
    });
    expect(config).toMatchObject({ server: 'http://x', namespace: 'n' });
    expect(await headers(config)).toEqual({ authorization: 'Bearer mine' });
  });

  test('in a pod', async () => {
    write('ca.crt', 'CA');
    write('namespace', 'flux-system\n');
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    const config = await loadKubeConfig({ env, serviceAccountDir: dir });
    expect(config).toMatchObject({ server: 'https://[fd00::1]:443', namespace: 'flux-system' });
  });

  test('an exec plugin', async () => {
    const script =
      'console.log(JSON.stringify({apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: {token: "plugged"}}))';
    const path = write(
      'exec',
      JSON.stringify({
        'current-context': 'x',
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
        users: [
          {
            name: 'u',
            user: {
              exec: { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: ['-e', script] },
            },
          },
        ],
      }),
    );
    const config = await loadKubeConfig({ kubeconfig: path, env: {} });
    expect(await headers(config)).toMatchObject({ authorization: 'Bearer plugged' });
  });

  test.each([
    ['a missing file', { kubeconfig: join(dir, 'nowhere') }, /cannot read kubeconfig/],
    ['a missing context', { kubeconfig: main, context: 'nine' }, /context "nine" does not exist/],
    ['no configuration at all', { env: { HOME: dir } }, /no kubeconfig found/],
    ['text that is no YAML', { kubeconfig: write('bad', 'a: [secret') }, /is not valid YAML$/],
  ])('%s', async (_, options, text) => {
    await expect(loadKubeConfig({ env: {}, ...options })).rejects.toThrow(text);
  });
});

describe('parseKubeConfig', () => {
  const wrap = (cluster: object, user: object) =>
    JSON.stringify({
      'current-context': 'x',
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: 'https://10.0.0.1', ...cluster } }],
      users: [{ name: 'u', user }],
    });

  test.each([
    ['exec', {}, { exec: { command: 'id' } }],
    ['auth-provider', {}, { 'auth-provider': { name: 'gcp' } }],
    ['tokenFile', {}, { tokenFile: '/etc/passwd' }],
    ['client-certificate', {}, { 'client-certificate': '/etc/passwd' }],
    ['certificate-authority', { 'certificate-authority': '/etc/passwd' }, {}],
    ['insecure-skip-tls-verify', { 'insecure-skip-tls-verify': true }, {}],
    ['proxy-url', { 'proxy-url': 'http://169.254.169.254' }, {}],
  ])('refuses %s unless allowed', async (field, cluster, user) => {
    await expect(parseKubeConfig(wrap(cluster, user))).rejects.toThrow(`uses ${field}`);
  });

  test('takes data', async () => {
    const config = await parseKubeConfig(wrap({}, { token: 't' }));
    expect(await headers(config)).toEqual({ authorization: 'Bearer t' });
  });
});

describe('tokenFileAuthorizer', () => {
  test('reads again after a minute or a refusal', () => {
    const path = write('rotating', 'one');
    let now = 0;
    const authorize = tokenFileAuthorizer(path, () => now);
    const token = (refresh: boolean) =>
      (authorize({ refresh }) as { headers: Record<string, string> }).headers.authorization;
    expect(token(false)).toBe('Bearer one');
    writeFileSync(path, 'two');
    expect(token(false)).toBe('Bearer one');
    expect(token(true)).toBe('Bearer two');
    writeFileSync(path, 'three');
    now = 61_000;
    expect(token(false)).toBe('Bearer three');
  });
});

describe('proxyFromEnvironment', () => {
  const env = { HTTPS_PROXY: 'proxy:3128', NO_PROXY: '.corp,exact.example,10.0.0.0/8,with.port:8443' };
  test.each([
    ['https://api.example', 'http://proxy:3128'],
    ['http://api.example', undefined],
    ['https://127.0.0.1:6443', undefined],
    ['https://a.corp', undefined],
    ['https://sub.exact.example', undefined],
    ['https://10.1.2.3', undefined],
    ['https://11.1.2.3', 'http://proxy:3128'],
    ['https://with.port:8443', undefined],
    ['https://with.port', 'http://proxy:3128'],
  ])('%s → %s', (server, proxy) => {
    expect(proxyFromEnvironment(server, env)).toBe(proxy);
  });
});
