import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ArtifactServer, startArtifactServer } from './server.ts';

let root: string;
let server: ArtifactServer;
let base: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'server-test-'));
  mkdirSync(join(root, 'store/kind/ns/name'), { recursive: true });
  writeFileSync(join(root, 'secret'), 'secret');
  writeFileSync(join(root, 'store/kind/ns/name/sha256:ab.tar.gz'), '0123456789');
  writeFileSync(join(root, 'store/kind/ns/name/empty'), '');
  symlinkSync(join(root, 'store/kind/ns/name/sha256:ab.tar.gz'), join(root, 'store/kind/ns/name/latest.tar.gz'));
  symlinkSync(join(root, 'secret'), join(root, 'store/kind/out'));
  server = await startArtifactServer({ path: join(root, 'store') });
  base = `http://${server.address}`;
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

const archive = 'kind/ns/name/sha256:ab.tar.gz';

describe('startArtifactServer', () => {
  test('serves the bytes as they are', async () => {
    for (const path of [
      archive,
      'kind/ns/name/sha256%3Aab.tar.gz',
      'kind/ns/name/latest.tar.gz',
      `//kind/./x/../ns/name/latest.tar.gz`,
    ]) {
      const response = await fetch(`${base}/${path}`);
      expect([response.status, await response.text()]).toEqual([200, '0123456789']);
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(response.headers.get('content-type')).toBe('application/gzip');
      expect(response.headers.get('content-length')).toBe('10');
    }
    expect(await (await fetch(`${base}/kind/ns/name/empty`)).text()).toBe('');
  });

  test('answers HEAD without a body', async () => {
    const response = await fetch(`${base}/${archive}`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '10', '']);
  });

  test.each([
    ['bytes=2-4', 206, 'bytes 2-4/10', '234'],
    ['bytes=8-', 206, 'bytes 8-9/10', '89'],
    ['bytes=-3', 206, 'bytes 7-9/10', '789'],
    ['bytes=0-99', 206, 'bytes 0-9/10', '0123456789'],
    ['bytes=10-', 416, 'bytes */10', 'invalid range: failed to overlap\n'],
    ['bytes=4-2', 200, null, '0123456789'],
    ['bytes=0-1,3-4', 200, null, '0123456789'],
    ['lines=1-2', 200, null, '0123456789'],
  ])('range %s', async (range, status, contentRange, body) => {
    const response = await fetch(`${base}/${archive}`, { headers: { range } });
    expect([response.status, response.headers.get('content-range'), await response.text()]).toEqual([
      status,
      contentRange,
      body,
    ]);
  });

  test('knows what a client has already', async () => {
    const first = await fetch(`${base}/${archive}`);
    await first.text();
    const etag = first.headers.get('etag')!;
    const modified = first.headers.get('last-modified')!;
    const status = async (headers: Record<string, string>) => {
      const response = await fetch(`${base}/${archive}`, { headers });
      await response.text();
      return response.status;
    };
    expect(await status({ 'if-none-match': etag })).toBe(304);
    expect(await status({ 'if-none-match': '"other"' })).toBe(200);
    expect(await status({ 'if-modified-since': modified })).toBe(304);
    expect(await status({ 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' })).toBe(200);
    expect(await status({ range: 'bytes=0-1', 'if-range': etag })).toBe(206);
    expect(await status({ range: 'bytes=0-1', 'if-range': '"other"' })).toBe(200);
  });

  test('lists directories', async () => {
    const top = await fetch(`${base}/`);
    expect([top.status, await top.text()]).toEqual([
      200,
      '<!doctype html>\n<pre>\n<a href="./kind/">kind/</a>\n</pre>\n',
    ]);
    const listing = await fetch(`${base}/kind/ns/name`);
    expect(listing.url).toBe(`${base}/kind/ns/name/`);
    expect(await listing.text()).toContain('<a href="./sha256%3Aab.tar.gz">sha256:ab.tar.gz</a>');
  });

  test.each([
    'nothing',
    'kind/ns/name/nothing',
    'kind/out',
    `${archive}/`,
    '..%2fsecret',
    '%2e%2e/%2e%2e/secret',
    '..%5csecret',
    '%00',
    '%',
  ])('does not serve %s', async (path) => {
    const raw = await new Promise<string>((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1', () =>
        socket.write(`GET /${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      );
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(raw).toMatch(/^HTTP\/1\.1 (400|404) /);
    expect(raw).not.toContain('\r\n\r\nsecret');
  });

  test('refuses other methods', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const response = await fetch(`${base}/${archive}`, { method });
      await response.text();
      expect(response.status).toBe(405);
    }
  });
});
