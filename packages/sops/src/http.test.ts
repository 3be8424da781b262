import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { askJson, createHttp } from './http.ts';
import { proxyFor } from './proxy.ts';
import { type Loopback, startLoopback } from './testing/index.ts';

describe('proxyFor', () => {
  const env = {
    HTTPS_PROXY: 'proxy.test:3128',
    http_proxy: 'http://plain.test:3128',
    NO_PROXY: '.svc, internal.test,10.0.0.0/8 192.0.2.7,[2001:db8::1]:8200,only.test:8443',
  };
  test.each<[string, string | undefined]>([
    ['https://kms.eu-west-1.amazonaws.com/', 'http://proxy.test:3128'],
    ['http://vault.test:8200/', 'http://plain.test:3128'],
    ['https://vault.vault.svc:8200/', undefined],
    ['https://internal.test/', undefined],
    ['https://a.internal.test/', undefined],
    ['https://notinternal.test/', 'http://proxy.test:3128'],
    ['https://10.1.2.3/', undefined],
    ['https://11.1.2.3/', 'http://proxy.test:3128'],
    ['https://192.0.2.7/', undefined],
    ['https://[2001:db8::1]:8200/', undefined],
    ['https://[2001:db8::1]:8201/', 'http://proxy.test:3128'],
    ['https://only.test:8443/', undefined],
    ['https://only.test/', 'http://proxy.test:3128'],
    ['http://169.254.169.254/latest/', undefined],
    ['http://127.0.0.1:1/', undefined],
    ['http://localhost:1/', undefined],
  ])('%s', (url, proxy) => {
    expect(proxyFor(new URL(url), env)).toBe(proxy);
  });

  test('* excepts everything, and no variable is no proxy', () => {
    expect(proxyFor(new URL('https://a.test/'), { ...env, NO_PROXY: '*' })).toBeUndefined();
    expect(proxyFor(new URL('https://a.test/'), {})).toBeUndefined();
  });
});

describe('createHttp', () => {
  let loopback: Loopback;
  beforeAll(async () => {
    loopback = await startLoopback();
  });
  beforeEach(() => {
    loopback.calls.length = 0;
  });
  afterAll(() => loopback.close());
  const ask = () => askJson(loopback.http, { method: 'POST', url: 'https://kms.test/', headers: {} }, 'failed');

  test.each<[string, number, unknown]>([
    ['that is busy', 503, {}],
    ['that is asked too often', 429, {}],
    ['of AWS that is asked too often', 400, { __type: 'ThrottlingException' }],
  ])('asks a service %s again', async (_, status, body) => {
    loopback.answer = () => (loopback.calls.length < 3 ? [status, body] : [200, { ok: true }]);
    expect(await ask()).toEqual({ ok: true });
    expect(loopback.calls).toHaveLength(3);
  });

  test('gives up after three times, and at once where nothing will change', async () => {
    loopback.answer = () => [500, { message: 'broken' }];
    await expect(ask()).rejects.toThrow('failed: kms.test answered 500: broken');
    expect(loopback.calls).toHaveLength(3);
    loopback.calls.length = 0;
    loopback.answer = () => [403, {}];
    await expect(ask()).rejects.toThrow('answered 403');
    expect(loopback.calls).toHaveLength(1);
  });

  test('goes through a proxy', async () => {
    loopback.answer = () => [200, { ok: true }];
    const { port } = new URL(loopback.address);
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request, client) => {
      asked.push(request.url ?? '');
      const target = connect(Number(port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        target.pipe(client).pipe(target);
      });
      for (const socket of [client, target]) socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const http = createHttp({ env: { HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` } });
    const answer = await http({ method: 'GET', url: 'http://vault.test:8200/v1/x', headers: {} });
    expect(JSON.parse(answer.text)).toEqual({ ok: true });
    expect(asked).toEqual(['vault.test:8200']);
    await http.close();
    await new Promise((resolve) => proxy.close(resolve));
  });
});
