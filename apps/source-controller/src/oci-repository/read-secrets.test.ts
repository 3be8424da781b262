import { generateKeyPairSync } from 'node:crypto';
import type { OCIRepository } from '@fluvial/api';
import { ApiError, type KubeObject } from '@fluvial/kube';
import { silentLogger } from '@fluvial/runtime';
import { describe, expect, test } from 'vitest';
import { readCredentials, readProxy, readTls } from './read-secrets.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A cluster of these objects. */
function context(objects: Record<string, Partial<KubeObject>>) {
  const events: string[] = [];
  return {
    events,
    kube: {
      get: async (kind: { kind: string }, name: string, namespace: string) => {
        const object = objects[`${kind.kind}/${name}`];
        if (object === undefined) {
          throw new ApiError({
            code: 404,
            reason: 'NotFound',
            message: `${kind.kind.toLowerCase()}s "${name}" not found`,
          });
        }
        return { ...object, metadata: { name, namespace, uid: 'u', resourceVersion: '1', ...object.metadata } };
      },
    },
    signal: new AbortController().signal,
    log: silentLogger,
    event: ({ reason, message }: { reason: string; message: string }) => events.push(`${reason} ${message}`),
  } as never as Parameters<typeof readCredentials>[1] & { events: string[] };
}

const object = (spec: Record<string, unknown>): OCIRepository =>
  ({ metadata: { name: 'x', namespace: 'apps' }, spec: { url: 'oci://r.test/app', interval: '1m', ...spec } }) as never;

const dockerConfig = (user: string) => ({
  type: 'kubernetes.io/dockerconfigjson',
  data: { '.dockerconfigjson': base64(JSON.stringify({ auths: { 'r.test': { username: user, password: 'p' } } })) },
});

describe('readCredentials', () => {
  const target = { registry: 'r.test', repository: 'app' };

  test('is anonymous without references', async () => {
    const pull = await readCredentials(object({}), context({}));
    expect([pull.isAnonymous, (await pull.keychain.resolve(target)).kind]).toEqual([true, 'anonymous']);
  });

  test('takes the own Secret before those of the ServiceAccount', async () => {
    const ctx = context({
      'Secret/own': dockerConfig('own'),
      'Secret/pull': dockerConfig('pull'),
      'ServiceAccount/sa': { imagePullSecrets: [{ name: 'pull' }] },
    });
    const both = await readCredentials(object({ secretRef: { name: 'own' }, serviceAccountName: 'sa' }), ctx);
    expect(await both.keychain.resolve(target)).toMatchObject({ username: 'own' });
    const account = await readCredentials(object({ serviceAccountName: 'sa' }), ctx);
    expect(await account.keychain.resolve(target)).toMatchObject({ username: 'pull' });
    expect(account.fingerprint).not.toBe(both.fingerprint);
    expect(account.fingerprint).not.toContain('p:');
  });

  test('a Secret of another type says nothing, but is one', async () => {
    const pull = await readCredentials(
      object({ secretRef: { name: 'o' } }),
      context({ 'Secret/o': { type: 'Opaque', data: { '.dockerconfigjson': base64('{}') } } }),
    );
    expect([pull.isAnonymous, (await pull.keychain.resolve(target)).kind]).toEqual([false, 'anonymous']);
  });

  test('names what is missing, and tells it as an event', async () => {
    const ctx = context({ 'ServiceAccount/sa': { imagePullSecrets: [{ name: 'gone' }] } });
    await expect(readCredentials(object({ secretRef: { name: 'none' } }), ctx)).rejects.toThrow(
      `failed to get secret 'apps/none': secrets "none" not found`,
    );
    expect(ctx.events).toEqual(["AuthenticationFailed auth secret 'none' not found"]);
    await expect(readCredentials(object({ serviceAccountName: 'none' }), ctx)).rejects.toThrow(
      "serviceaccount 'apps/none' not found",
    );
    await expect(readCredentials(object({ serviceAccountName: 'sa' }), ctx)).rejects.toThrow("'apps/gone'");
  });

  test('never quotes a broken config', async () => {
    const secret = {
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': base64('{"auths": hunter2') },
    };
    await expect(
      readCredentials(object({ secretRef: { name: 's' } }), context({ 'Secret/s': secret })),
    ).rejects.toThrow(/^(?!.*hunter2)/);
  });
});

describe('readTls', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  test.each([
    [{}, "secret 'apps/tls' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'"],
    [{ 'tls.crt': 'x' }, "secret 'apps/tls' contains 'tls.crt' but missing 'tls.key'"],
    [{ keyFile: 'x' }, "secret 'apps/tls' contains 'tls.key' but missing 'tls.crt'"],
    [{ 'ca.crt': 'no certificate' }, 'failed to parse CA certificate'],
    [{ 'tls.crt': 'no certificate', 'tls.key': key }, 'failed to parse TLS certificate and key'],
  ])('%j: %s', async (data, message) => {
    const encoded = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, base64(value as string)]));
    await expect(readTls('tls', 'apps', context({ 'Secret/tls': { data: encoded } }))).rejects.toThrow(message);
  });
  test('a Secret that is not there', async () => {
    await expect(readTls('tls', 'apps', context({}))).rejects.toThrow("secret 'apps/tls' not found");
  });
});

describe('readProxy', () => {
  test.each([
    [{}, "secret 'apps/p': key 'address' not found"],
    [{ address: '' }, "secret 'apps/p': proxy address is empty"],
    [{ address: 'ftp://proxy' }, "proxy URL must use one of the supported schemes (http, https, socks5), got 'ftp'"],
    [{ address: 'proxy:3128' }, "proxy URL must use one of the supported schemes (http, https, socks5), got 'proxy'"],
    [{ address: `http://${'a'.repeat(3000)}` }, 'proxy address is too long'],
  ])('%j: %s', async (data, message) => {
    const encoded = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, base64(value as string)]));
    await expect(readProxy('p', 'apps', context({ 'Secret/p': { data: encoded } }))).rejects.toThrow(message);
  });
  test('reads address and login', async () => {
    const data = { address: base64('http://proxy.test:3128'), username: base64('u'), password: base64('p') };
    expect(await readProxy('p', 'apps', context({ 'Secret/p': { data } }))).toEqual({
      url: 'http://proxy.test:3128',
      username: 'u',
      password: 'p',
    });
  });
});
