import { type RegistryOptions, type RunningRegistry, startRegistry } from '@fluvial/registry';
import { afterEach, describe, expect, test } from 'vitest';
import { createOciClient } from './client.ts';
import type { OciClient } from './client.types.ts';
import { type Credentials, staticKeychain } from './credentials.ts';
import { OciError } from './errors.ts';
import { mediaTypes } from './media-types.ts';
import { scriptedHttp } from './testing/scripted-http.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const alice: Credentials = { kind: 'basic', username: 'alice', password: 'hunter22' };
const wrong: Credentials = { kind: 'basic', username: 'alice', password: 'hunter23' };

const start = async (options: RegistryOptions): Promise<RunningRegistry> => {
  const registry = await startRegistry(options);
  closers.push(() => registry.close());
  return registry;
};
const connect = (credentials: Credentials, now?: () => number): OciClient => {
  const client = createOciClient({
    keychain: staticKeychain(credentials),
    retry: { attempts: 1 },
    ...(now ? { now } : {}),
  });
  closers.push(() => client.close());
  return client;
};
const push = async (client: OciClient, address: string, tag = '1') => {
  const config = await client.pushBlob(`${address}/app`, new TextEncoder().encode('{}'), {
    mediaType: mediaTypes.ociEmpty,
  });
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [] };
  const bytes = new TextEncoder().encode(JSON.stringify(manifest));
  return client.pushManifest(`${address}/app:${tag}`, bytes, { mediaType: mediaTypes.ociManifest });
};

describe('basic login', () => {
  const auth = { username: 'alice', password: 'hunter22' };

  test('pushes and pulls', async () => {
    const { address } = await start({ auth });
    const client = connect(alice);
    const { digest } = await push(client, address);
    expect((await client.resolve(`${address}/app:1`)).digest).toBe(digest);
  });

  test.each([
    ['a wrong password', wrong],
    ['no credentials', { kind: 'anonymous' }],
    ['a token', { kind: 'registry-token', token: 'hunter24' }],
  ] as const)('is refused with %s', async (_about, credentials) => {
    const { address } = await start({ auth });
    const error = (await connect(credentials)
      .resolve(`${address}/app:1`)
      .catch((e: unknown) => e)) as OciError;
    expect(error.code).toBe('UNAUTHORIZED');
    expect(error.message).toBe(
      `GET http://${address}/v2/app/manifests/1: UNAUTHORIZED: authentication required; [map[Action:pull Class: Name:app Type:repository]]`,
    );
  });
});

describe('token login', () => {
  const auth = {
    kind: 'token',
    username: 'alice',
    password: 'hunter22',
    identityToken: 'refresh-me',
    anonymousPull: true,
  } as const;

  test('gets one token for many calls', async () => {
    const requests: string[] = [];
    const { address } = await start({
      auth,
      log: ({ method, url }) => requests.push(`${method} ${url.split('?')[0]}`),
    });
    const client = connect(alice);
    await push(client, address);
    await Promise.all([client.resolve(`${address}/app:1`), client.resolve(`${address}/app:1`)]);
    await client.listTags(`${address}/app`);
    expect(requests.filter((line) => line === 'GET /v2/').length).toBe(1);
    expect(requests.filter((line) => line.endsWith('/token')).length).toBeLessThanOrEqual(3);
  });

  test('renews a token that ran out, by the clock or by refusal', async () => {
    let now = 1_000_000;
    let clientNow = 1_000_000;
    const { address } = await start({ auth: { ...auth, expiresInSeconds: 100 }, now: () => now });
    const client = connect(alice, () => clientNow);
    await push(client, address);
    await client.resolve(`${address}/app:1`);
    now += 200_000; // Refused.
    await client.resolve(`${address}/app:1`);
    clientNow += 200_000; // Known to be too old.
    await client.resolve(`${address}/app:1`);
  });

  test('pulls anonymously, and may not push', async () => {
    const { address } = await start({ auth });
    await push(connect(alice), address);
    const anonymous = connect({ kind: 'anonymous' });
    await anonymous.resolve(`${address}/app:1`);
    await expect(push(anonymous, address)).rejects.toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
  });

  test('exchanges an identity token', async () => {
    const { address } = await start({ auth });
    await push(connect({ kind: 'identity-token', token: 'refresh-me' }), address);
    await expect(push(connect({ kind: 'identity-token', token: 'stale-token' }), address)).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: `POST http://${address}/token: UNAUTHORIZED: authentication required`,
    });
  });

  test('tells a wrong password apart from a broken registry', async () => {
    const { address } = await start({ auth });
    const error = (await connect(wrong)
      .login(`${address}/app`, { push: true })
      .catch((e: unknown) => e)) as OciError;
    expect(error.message).toBe(
      `GET http://${address}/token?scope=repository%3Aapp%3Apush%2Cpull&service=fluvial-registry: UNAUTHORIZED: authentication required`,
    );
    expect(error.isTransient).toBe(false);
  });

  test('mounts with the scopes of both repositories', async () => {
    const { address } = await start({ auth });
    const client = connect(alice);
    const { digest, size } = await client.pushBlob(`${address}/from`, new Uint8Array(3));
    const source = {
      size,
      digest,
      open: () => {
        throw new Error('was not mounted');
      },
    };
    await client.pushBlob(`${address}/to`, source, { mountFrom: `${address}/from` });
  });

  test.each([
    ['a private address', 'http://169.254.169.254/token'],
    ['plain HTTP', 'http://registry.test/token'],
    ['a file', 'file:///etc/passwd'],
    ['no URL', 'nonsense://'],
  ])('does not go to %s', async (_about, realm) => {
    const http = scriptedHttp(() => ({ status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}"` } }));
    const client = createOciClient({ http, keychain: staticKeychain(alice) });
    await expect(client.resolve('registry.test/app:1')).rejects.toMatchObject({ code: 'PROTOCOL' });
    expect(http.requests.map(({ url }) => url)).toEqual(['https://registry.test/v2/']);
  });

  test.each([
    ['nothing', '{}', 'no token in bearer response'],
    ['no JSON', 'token=hunter22', 'token answer is not JSON'],
    ['a header smuggled in', '{"token":"a\\r\\nx-evil: 1"}', 'token in bearer response is malformed'],
  ])('does not take %s for a token', async (_about, body, message) => {
    const http = scriptedHttp(({ url }) =>
      url.includes('/token')
        ? { status: 200, body }
        : { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://auth.test/token"' } },
    );
    const client = createOciClient({ http, keychain: staticKeychain(alice) });
    await expect(client.resolve('registry.test/app:1')).rejects.toThrow(message);
  });

  test('stops when a fresh token is refused, too', async () => {
    const http = scriptedHttp(({ url }) =>
      url.includes('/token')
        ? { status: 200, body: '{"token":"abc"}' }
        : { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://auth.test/token",scope="extra:x:y"' } },
    );
    const client = createOciClient({ http, keychain: staticKeychain(alice) });
    await expect(client.getManifest('registry.test/app:1')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    const asked = http.requests
      .filter(({ url }) => url.includes('/token'))
      .map(({ url }) => new URL(url).searchParams.getAll('scope'));
    expect(asked).toEqual([['repository:app:pull'], ['extra:x:y', 'repository:app:pull']]);
  });
});

test('a server that repeats our credentials does not get them into a message', async () => {
  const http = scriptedHttp(({ url, headers }) =>
    url.endsWith('/v2/')
      ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
      : { status: 403, body: `you sent ${headers['authorization']} that is hunter22` },
  );
  const client = createOciClient({ http, keychain: staticKeychain(alice) });
  await expect(client.getManifest('registry.test/app:1')).rejects.toThrow(
    'unexpected status code 403 Forbidden: you sent Basic REDACTED that is REDACTED',
  );
});

test('a registry that asks for a token only where it is needed gets one', async () => {
  const http = scriptedHttp(({ url, headers }) => {
    if (url.endsWith('/v2/')) return { status: 200 };
    if (url.includes('/token')) return { status: 200, body: '{"token":"abc"}' };
    if (headers['authorization'] === 'Bearer abc') return { status: 200, body: '{"tags":["1"]}' };
    return { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://auth.test/token"' } };
  });
  const client = createOciClient({ http, keychain: staticKeychain(alice) });
  expect(await client.listTags('registry.test/app')).toEqual(['1']);
});

test('a keychain that fails is the error', async () => {
  const failure = new OciError('CREDENTIALS_INVALID', 'error getting credentials');
  const http = scriptedHttp(() => ({ status: 200 }));
  const client = createOciClient({ http, keychain: { resolve: async () => Promise.reject(failure) } });
  await expect(client.resolve('registry.test/app:1')).rejects.toBe(failure);
});
