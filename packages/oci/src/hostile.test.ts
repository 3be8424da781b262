import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { startRegistry } from '@fluvial/registry';
import { afterEach, describe, expect, test } from 'vitest';
import { createOciClient } from './client.ts';
import type { OciClientOptions } from './client.types.ts';
import { staticKeychain } from './credentials.ts';
import { sha256 } from './digest.ts';
import type { OciError } from './errors.ts';
import { mediaTypes } from './media-types.ts';
import { endless, type ScriptedAnswer, scriptedHttp } from './testing/scripted-http.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const listen = async (handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> => {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
};

const makeClient = (options: OciClientOptions = {}) => {
  const slept: number[] = [];
  const client = createOciClient({
    sleep: async (ms) => void slept.push(Math.round(ms)),
    random: () => 0,
    ...options,
  });
  closers.push(() => client.close());
  return { client, slept };
};

/** A registry of one function, at `https://registry.test`. */
const scripted = (
  script: (path: string, headers: Readonly<Record<string, string>>) => ScriptedAnswer,
  options: OciClientOptions = {},
) => {
  const http = scriptedHttp(({ url, headers }) => {
    if (url === 'https://registry.test/v2/') return { status: 200 };
    return script(url.replace('https://registry.test/v2', ''), headers);
  });
  return { http, ...makeClient({ http, ...options }) };
};

const manifest = (layers: unknown[] = []) =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.fluxConfig, size: 2, digest: sha256(new TextEncoder().encode('{}')) },
    layers,
  });
const asManifest = { 'content-type': mediaTypes.ociManifest };
const digest = sha256(new TextEncoder().encode('hello'));

describe('a registry that lies', () => {
  test('about a manifest', async () => {
    const { client } = scripted(() => ({ status: 200, headers: asManifest, body: manifest() }));
    await expect(client.getManifest(`registry.test/a@${digest}`)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringMatching(
        /^manifest digest: "sha256:\w+" does not match requested digest: "sha256:\w+" for "registry.test\/a@sha256:\w+"$/,
      ),
    });
  });

  test('about the digest in an answer to HEAD', async () => {
    const headers = { ...asManifest, 'docker-content-digest': sha256(new Uint8Array(1)), 'content-length': '1' };
    const { client } = scripted(() => ({ status: 200, headers }));
    await expect(client.resolve(`registry.test/a@${digest}`)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  test.each([
    ['content', 'hellO', undefined, 'DIGEST_MISMATCH'],
    ['content of a known size', 'hellO', 5, 'DIGEST_MISMATCH'],
    ['the size: too little', 'hell', 5, 'SIZE_MISMATCH'],
    ['the size: too much', 'hello!', 5, 'SIZE_MISMATCH'],
  ])("about a blob's %s", async (_about, body, size, code) => {
    const { client } = scripted(() => ({ status: 200, body }));
    const blob = size === undefined ? { digest } : { digest, size };
    await expect(client.readBlob('registry.test/a', blob)).rejects.toMatchObject({ code, isTransient: false });
  });

  test('in words that users know', async () => {
    const { client } = scripted(() => ({ status: 200, body: 'hellO' }));
    const got = sha256(new TextEncoder().encode('hellO'));
    await expect(client.readBlob('registry.test/a', { digest })).rejects.toThrow(
      `error verifying sha256 checksum after reading 5 bytes; got "${got}", want "${digest}"`,
    );
  });

  test('about the digest of what was pushed', async () => {
    const { client } = scripted(() => ({ status: 201, headers: { 'docker-content-digest': digest } }));
    const bytes = new TextEncoder().encode(manifest());
    await expect(
      client.pushManifest('registry.test/a:1', bytes, { mediaType: mediaTypes.ociManifest }),
    ).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });
});

describe('a registry without measure', () => {
  test.each([
    ['a manifest', (c: ReturnType<typeof scripted>['client']) => c.getManifest('registry.test/a:1')],
    ['a blob of unknown size', (c) => c.readBlob('registry.test/a', { digest })],
    ['a tag list', (c) => c.listTags('registry.test/a')],
    ['referrers', (c) => c.referrers(`registry.test/a@${digest}`)],
  ] satisfies [string, (c: ReturnType<typeof scripted>['client']) => Promise<unknown>][])(
    'is cut off in %s',
    async (_about, call) => {
      const { client } = scripted(
        () => ({ status: 200, headers: { 'content-type': mediaTypes.ociIndex }, body: endless() }),
        {
          limits: { maxManifestBytes: 1_000_000, maxJsonBytes: 1_000_000 },
        },
      );
      await expect(call(client)).rejects.toMatchObject({ code: 'LIMIT' });
    },
  );

  test('is cut off in a blob of known size after the first byte too many', async () => {
    const { client } = scripted(() => ({ status: 200, body: endless() }));
    await expect(client.readBlob('registry.test/a', { digest, size: 5 })).rejects.toMatchObject({
      code: 'SIZE_MISMATCH',
    });
  });

  test('is cut off in an error body', async () => {
    const { client } = scripted(() => ({ status: 404, body: endless() }));
    const error = (await client.getManifest('registry.test/a:1').catch((e: unknown) => e)) as OciError;
    expect(error.status).toBe(404);
    expect(error.message.length).toBeLessThan(5000);
  });

  test('is refused by its Content-Length, unread', async () => {
    const { client } = scripted(() => ({
      status: 200,
      headers: { ...asManifest, 'content-length': '99999999' },
      body: endless(),
    }));
    await expect(client.getManifest('registry.test/a:1')).rejects.toMatchObject({ code: 'LIMIT' });
  });

  test('has too many tags', async () => {
    const { client } = scripted(() => ({ status: 200, body: JSON.stringify({ tags: Array(100).fill('x') }) }), {
      limits: { maxTags: 50 },
    });
    await expect(client.listTags('registry.test/a')).rejects.toMatchObject({ code: 'LIMIT' });
  });

  test('has pages without end, or in circles', async () => {
    let page = 0;
    const { client } = scripted(() => ({
      status: 200,
      headers: { link: `</v2/a/tags/list?last=${page++}>` },
      body: '{"tags":["x"]}',
    }));
    await expect(client.listTags('registry.test/a')).rejects.toMatchObject({ code: 'LIMIT' });
    const circle = scripted(() => ({
      status: 200,
      headers: { link: '</v2/a/tags/list?n=1>' },
      body: '{"tags":["x"]}',
    }));
    await expect(circle.client.listTags('registry.test/a')).rejects.toMatchObject({ code: 'PROTOCOL' });
  });

  test('has an index within an index without end', async () => {
    const entry = { mediaType: mediaTypes.ociIndex, size: 1, digest };
    const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [entry] });
    const { client } = scripted(() => ({ status: 200, headers: { 'content-type': mediaTypes.ociIndex }, body: index }));
    await expect(client.getImage('registry.test/a:1')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });
});

describe('a registry that talks nonsense', () => {
  test.each([
    ['not JSON', 'nonsense', 'MANIFEST_INVALID'],
    ['a list', '[]', 'MANIFEST_INVALID'],
    ['schema 1', '{"schemaVersion":1}', 'MANIFEST_INVALID'],
    ['no config', '{"schemaVersion":2,"layers":[]}', 'MANIFEST_INVALID'],
    ['a layer that is a string', manifest(['x']), 'MANIFEST_INVALID'],
    [
      'a layer with a path for a digest',
      manifest([{ mediaType: 'x', size: 1, digest: 'sha256:../../etc/passwd' }]),
      'MANIFEST_INVALID',
    ],
    ['a negative size', manifest([{ mediaType: 'x', size: -1, digest }]), 'MANIFEST_INVALID'],
    ['a size beyond counting', manifest([{ mediaType: 'x', size: 1e300, digest }]), 'MANIFEST_INVALID'],
    ['broken UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 'MANIFEST_INVALID'],
    [
      'annotations that are no texts',
      manifest().replace('"layers"', '"annotations":{"a":1},"layers"'),
      'MANIFEST_INVALID',
    ],
    ['nested without end', '['.repeat(1_000_000), 'MANIFEST_INVALID'],
  ])('as a manifest: %s', async (_about, body, code) => {
    const { client } = scripted(() => ({ status: 200, headers: asManifest, body }));
    await expect(client.getManifest('registry.test/a:1')).rejects.toMatchObject({ code });
  });

  test('__proto__ in annotations is a key', async () => {
    const body = manifest().replace('"layers"', '"annotations":{"__proto__":"x"},"layers"');
    const { client } = scripted(() => ({ status: 200, headers: asManifest, body }));
    const { manifest: read } = await client.getImage('registry.test/a:1');
    expect(Object.keys(read.annotations!)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test.each([
    ['no JSON', 'nonsense', {}],
    ['numbers', '{"tags":[1]}', {}],
    ['a text', '{"tags":"x"}', {}],
    ['a link that is none', '{"tags":[]}', { link: 'nonsense' }],
    ['a link to another host', '{"tags":[]}', { link: '<https://evil.test/v2/a/tags/list>; rel="next"' }],
    ['a link to plain HTTP', '{"tags":[]}', { link: '<http://registry.test/v2/a/tags/list>; rel="next"' }],
  ])('as a tag list: %s', async (_about, body, headers) => {
    const { client, http } = scripted(() => ({ status: 200, headers, body }));
    await expect(client.listTags('registry.test/a')).rejects.toMatchObject({ code: 'PROTOCOL' });
    expect(http.requests.every(({ url }) => url.startsWith('https://registry.test/'))).toBe(true);
  });

  test('null for no tags is fine', async () => {
    const { client } = scripted(() => ({ status: 200, body: '{"name":"a","tags":null}' }));
    expect(await client.listTags('registry.test/a')).toEqual([]);
  });

  test.each([
    [
      'several errors',
      '{"errors":[{"code":"A","message":"a"},{"code":"B","message":"b","detail":1}]}',
      'multiple errors returned: A: a; B: b; 1',
    ],
    ['an empty list', '{"errors":[]}', 'unexpected status code 418 I\'m a teapot: {"errors":[]}'],
    ['text', 'tea', "unexpected status code 418 I'm a teapot: tea"],
    ['nothing', '', "unexpected status code 418 I'm a teapot"],
  ])('as an error: %s', async (_about, body, words) => {
    const { client } = scripted(() => ({ status: 418, body }));
    await expect(client.getManifest('registry.test/a:1')).rejects.toThrow(
      `GET https://registry.test/v2/a/manifests/1: ${words}`,
    );
  });

  test('HEAD alone says so', async () => {
    const { client } = scripted(() => ({ status: 418 }));
    await expect(client.hasBlob('registry.test/a', digest)).rejects.toThrow(
      "unexpected status code 418 I'm a teapot (HEAD responses have no body, use GET for details)",
    );
  });

  test('an unknown challenge', async () => {
    const http = scriptedHttp(() => ({ status: 401, headers: { 'www-authenticate': 'Digest realm="x"' } }));
    const { client } = makeClient({ http });
    await expect(client.resolve('registry.test/a:1')).rejects.toThrow('unrecognized challenge: digest');
  });
});

describe('redirects', () => {
  test('to another host carry no credentials', async () => {
    const seen: (string | undefined)[] = [];
    const storage = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.end('hello');
    });
    const registry = await listen((request, response) => {
      if (request.url === '/v2/') response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      else response.writeHead(307, { location: `http://${storage}/signed?secret=1` }).end();
      seen.push(request.headers.authorization);
    });
    const { client } = makeClient({ keychain: staticKeychain({ kind: 'basic', username: 'u', password: 'p' }) });
    expect(new TextDecoder().decode(await client.readBlob(`${registry}/a`, { digest, size: 5 }))).toBe('hello');
    expect(seen).toEqual([undefined, 'Basic dTpw', undefined]);
  });

  test.each([
    ['cloud metadata', 'https://169.254.169.254/latest'],
    ['loopback', 'https://127.0.0.1/x'],
    ['a private network', 'https://10.0.0.1/x'],
    ['IPv6 loopback', 'https://[::1]/x'],
    ['IPv4 in IPv6', 'https://[::ffff:127.0.0.1]/x'],
    ['loopback in decimal', 'https://2130706433/x'],
    ['plain HTTP', 'http://registry.test/x'],
    ['a file', 'file:///etc/passwd'],
    ['nothing', 'https://'],
  ])('to %s are refused', async (_about, location) => {
    const { client, http } = scripted(() => ({ status: 302, headers: { location } }));
    await expect(client.readBlob('registry.test/a', { digest })).rejects.toMatchObject({ code: 'PROTOCOL' });
    expect(http.requests.length).toBe(2);
  });

  test('end somewhere', async () => {
    const { client, http } = scripted(() => ({ status: 302, headers: { location: '/v2/again' } }));
    await expect(client.readBlob('registry.test/a', { digest })).rejects.toThrow('stopped after 10 redirects');
    expect(http.requests.length).toBe(12);
  });

  test('of a signed URL show no signature', async () => {
    const { client } = scripted((path) =>
      path.includes('storage')
        ? { status: 403 }
        : { status: 302, headers: { location: 'https://storage.test/b?X-Sig=hunter2' } },
    );
    await expect(client.readBlob('registry.test/a', { digest })).rejects.toThrow(
      'GET https://storage.test/b?X-Sig=REDACTED: unexpected status code 403 Forbidden',
    );
  });

  test('of uploads to a private address are refused', async () => {
    const { client } = scripted((path) =>
      path.endsWith('/uploads/') ? { status: 202, headers: { location: 'https://10.0.0.1/x' } } : { status: 404 },
    );
    await expect(client.pushBlob('registry.test/a', new Uint8Array(1))).rejects.toMatchObject({ code: 'PROTOCOL' });
  });
});

describe('a registry that is busy', () => {
  test('is asked again after the pause that it wants', async () => {
    let tries = 0;
    const { client, slept } = scripted(() =>
      ++tries < 3
        ? { status: 429, headers: { 'retry-after': '7' } }
        : { status: 200, headers: asManifest, body: manifest() },
    );
    await client.getManifest('registry.test/a:1');
    expect(slept).toEqual([7000, 7000]);
  });

  test('may name a date', async () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    let tries = 0;
    const { client, slept } = scripted(
      () =>
        ++tries < 2
          ? { status: 503, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' } }
          : { status: 200, headers: asManifest, body: manifest() },
      { now: () => now },
    );
    await client.getManifest('registry.test/a:1');
    expect(slept).toEqual([9000]);
  });

  test('is left alone when it wants a longer pause than we have', async () => {
    const { client, slept } = scripted(() => ({ status: 429, headers: { 'retry-after': '3600' }, body: 'slow' }));
    await expect(client.getManifest('registry.test/a:1')).rejects.toMatchObject({
      code: 'TOOMANYREQUESTS',
      retryAfterMs: 3_600_000,
      isTransient: true,
      message: 'GET https://registry.test/v2/a/manifests/1: unexpected status code 429 Too Many Requests: slow',
    });
    expect(slept).toEqual([]);
  });

  test('is given up after three tries', async () => {
    const { client, slept, http } = scripted(() => ({ status: 500 }));
    await expect(client.getManifest('registry.test/a:1')).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 500 });
    expect(slept).toEqual([1000, 3000]);
    expect(http.requests.length).toBe(4);
  });

  test.each([400, 401, 403, 404, 405, 410])('is not asked again after %i', async (status) => {
    const { client, slept } = scripted(() => ({ status }));
    await expect(client.getManifest('registry.test/a:1')).rejects.toMatchObject({ status, isTransient: false });
    expect(slept).toEqual([]);
  });

  test('is not waited for when the caller gave up', async () => {
    const { client } = scripted(() => ({ status: 503 }), {
      sleep: (_ms, signal) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    });
    const waiting = client.getManifest('registry.test/a:1', { signal: AbortSignal.timeout(5) });
    await expect(waiting).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('a connection that breaks', () => {
  const content = new Uint8Array(1_000_000).fill(7);

  test('in a blob is taken up where it broke', async () => {
    const registry = await startRegistry();
    closers.push(() => registry.close());
    const { client } = makeClient();
    const blob = await client.pushBlob(`${registry.address}/a`, content);
    registry.inject({ method: 'GET', path: '/blobs/', cutAfterBytes: 300_000 });
    registry.inject({ method: 'GET', path: '/blobs/', cutAfterBytes: 200_000 });
    const read = await client.readBlob(`${registry.address}/a`, blob);
    expect(sha256(read)).toBe(blob.digest);
    registry.inject({ method: 'GET', path: '/blobs/', cutAfterBytes: 10, times: 9 });
    await expect(client.readBlob(`${registry.address}/a`, blob)).rejects.toMatchObject({
      code: 'NETWORK',
      message: 'unexpected EOF',
      isTransient: true,
    });
  });

  test('in a blob of a server that knows no ranges is read over', async () => {
    let tries = 0;
    const address = await listen((request, response) => {
      if (request.url === '/v2/') return void response.end('{}');
      response.writeHead(200, { 'content-length': content.byteLength });
      if (++tries === 1) return void response.write(content.subarray(0, 400_000), () => response.destroy());
      response.end(content);
    });
    const { client } = makeClient();
    const read = await client.readBlob(`${address}/a`, { digest: sha256(content), size: content.byteLength });
    expect(read.byteLength).toBe(content.byteLength);
    expect(tries).toBe(2);
  });

  test('in an upload is begun anew', async () => {
    const registry = await startRegistry();
    closers.push(() => registry.close());
    const { client, slept } = makeClient();
    registry.inject({ method: 'PUT', path: '/blobs/uploads/', cutAfterBytes: 0 });
    registry.inject({ method: 'POST', path: '/blobs/uploads/', status: 429, headers: { 'retry-after': '2' } });
    const { digest: pushed } = await client.pushBlob(`${registry.address}/a`, content);
    expect(await client.hasBlob(`${registry.address}/a`, pushed)).toBe(true);
    expect(slept).toEqual([2000, 3000]);
  });

  test('in the middle of chunks is begun anew', async () => {
    const registry = await startRegistry();
    closers.push(() => registry.close());
    const { client } = makeClient();
    await client.hasBlob(`${registry.address}/a`, digest);
    registry.inject({ method: 'PATCH', status: 502 });
    const { digest: pushed } = await client.pushBlob(`${registry.address}/a`, content, { chunkBytes: 400_000 });
    expect(await client.hasBlob(`${registry.address}/a`, pushed)).toBe(true);
  });

  test('when the caller aborts in a body', async () => {
    const address = await listen((request, response) => {
      if (request.url === '/v2/') return void response.end('{}');
      response.writeHead(200, { 'content-length': '1000' }).write('x');
    });
    const { client } = makeClient();
    const stop = new AbortController();
    const stream = await client.pullBlob(`${address}/a`, { digest, size: 1000 }, { signal: stop.signal });
    const reading = (async () => {
      for await (const _ of stream) stop.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED', message: 'context canceled' });
  });

  test('when nothing comes', async () => {
    const address = await listen(() => {});
    const { client } = makeClient({ headersTimeoutMs: 100 });
    await expect(client.resolve(`${address}/a:1`, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/context deadline exceeded$/),
    });
  });

  test('when a reader leaves early the connection is given up', async () => {
    const registry = await startRegistry();
    closers.push(() => registry.close());
    const { client } = makeClient();
    const blob = await client.pushBlob(`${registry.address}/a`, content);
    for await (const _ of await client.pullBlob(`${registry.address}/a`, blob)) break;
    expect(await client.hasBlob(`${registry.address}/a`, blob.digest)).toBe(true);
  });
});
