import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from './digest.ts';
import { createFetchCache, type FetchCache, type FetchCacheOptions } from './fetch-cache.ts';
import { sharedPath, shareStorage } from './local-stores.ts';
import { createStorage } from './storage.ts';
import { rawTgz } from './testing/tar-bytes.ts';

let scratch: string;
let server: Server;
let base: string;
let answer: RequestListener;
let requests: number;
let waits: number[];
const caches: FetchCache[] = [];

beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'fetch-test-'));
  requests = 0;
  waits = [];
  server = createServer((request, response) => {
    requests += 1;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const cache of caches.splice(0)) await cache.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(scratch, { recursive: true, force: true });
});

function open(options: Partial<FetchCacheOptions> = {}): FetchCache {
  const cache = createFetchCache({
    dir: join(scratch, `cache-${caches.length}`),
    sleep: async (ms) => {
      waits.push(ms);
    },
    ...options,
  });
  caches.push(cache);
  return cache;
}

const archive = (text: string): { bytes: Buffer; digest: string } => {
  const bytes = rawTgz([{ name: 'a.yaml', content: text }]);
  return { bytes, digest: digestOf(bytes) };
};

describe('createFetchCache', () => {
  test('downloads once for all who ask, at the same time or later', async () => {
    const { bytes, digest } = archive('one');
    answer = (_, response) => response.end(bytes);
    const cache = open();
    const trees = await Promise.all(Array.from({ length: 50 }, () => cache.acquire({ url: `${base}/a`, digest })));
    trees.push(await cache.acquire({ url: `${base}/elsewhere`, digest }));
    expect(new Set(trees.map((tree) => tree.dir)).size).toBe(1);
    expect(readFileSync(join(trees[0]!.dir, 'a.yaml'), 'utf8')).toBe('one');
    expect([requests, cache.stats.downloads, cache.stats.hits]).toEqual([1, 1, 50]);
    for (const tree of trees) tree.release();
  });

  test('removes the tree unused for longest when there are too many bytes, never one in use', async () => {
    const archives = ['a', 'b', 'c'].map((text) => archive(text.repeat(1000)));
    answer = (request, response) => response.end(archives[Number(request.url!.slice(1))]!.bytes);
    const cache = open({ maxBytes: 1500 });
    const first = await cache.acquire({ url: `${base}/0`, digest: archives[0]!.digest });
    const second = await cache.acquire({ url: `${base}/1`, digest: archives[1]!.digest });
    expect([cache.stats.trees, cache.stats.bytes]).toEqual([2, 2000]);
    second.release();
    second.release();
    expect([cache.stats.trees, cache.stats.bytes]).toEqual([1, 1000]);
    expect(existsSync(join(first.dir, 'a.yaml'))).toBe(true);
    first.release();
    const third = await cache.acquire({ url: `${base}/2`, digest: archives[2]!.digest });
    expect(cache.stats.trees).toBe(1);
    third.release();
  });

  test('retries what may pass, with growing waits', async () => {
    const { bytes, digest } = archive('one');
    const statuses = [500, 429, 503, 502, 504];
    answer = (_, response) => {
      const status = statuses.shift();
      if (status === undefined) response.end(bytes);
      else response.writeHead(status).end('no');
    };
    (await open().acquire({ url: `${base}/a`, digest })).release();
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
  });

  test('gives up after the last try', async () => {
    const { digest } = archive('one');
    answer = (_, response) => response.writeHead(500).end('no');
    await expect(open({ retries: 2 }).acquire({ url: `${base}/a`, digest })).rejects.toThrow(
      `failed to download archive: GET ${base}/a giving up after 3 attempt(s)`,
    );
    expect(requests).toBe(3);
    const port = new URL(base).port;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(open({ retries: 0 }).acquire({ url: `${base}/a`, digest })).rejects.toThrow(
      `failed to download archive: GET ${base}/a giving up after 1 attempt(s): Get "${base}/a": dial tcp 127.0.0.1:${port}: connect: connection refused`,
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  test('starts over when the connection breaks inside the body', async () => {
    const { bytes, digest } = archive('one');
    answer = (_, response) => {
      response.writeHead(200, { 'Content-Length': bytes.length });
      if (requests === 1) {
        response.write(bytes.subarray(0, 30));
        setTimeout(() => response.destroy(), 20);
      } else response.end(bytes);
    };
    (await open().acquire({ url: `${base}/a`, digest })).release();
    expect(requests).toBe(2);
  });

  test.each([
    [404, 'NOT_FOUND', 'file not found'],
    [403, 'HTTP_STATUS', '(status: 403 Forbidden)'],
    [302, 'HTTP_STATUS', '(status: 302 Found)'],
  ])('does not retry %i', async (status, code, message) => {
    answer = (_, response) => response.writeHead(status, { Location: '/elsewhere' }).end('no');
    await expect(open().acquire({ url: `${base}/a`, digest: archive('x').digest })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(requests).toBe(1);
  });

  test('verifies before it unpacks, and does not keep a failure', async () => {
    const good = archive('good');
    const bad = archive('bad');
    answer = (_, response) => response.end(requests === 1 ? bad.bytes : good.bytes);
    const cache = open();
    await expect(cache.acquire({ url: `${base}/a`, digest: good.digest })).rejects.toThrow(
      `failed to verify archive: computed digest doesn't match provided '${good.digest}' (check whether file size exceeds max download size)`,
    );
    (await cache.acquire({ url: `${base}/a`, digest: good.digest })).release();
    await expect(cache.acquire({ url: `${base}/a`, digest: '' })).rejects.toThrow(
      'failed to verify archive: empty digest',
    );
    await expect(cache.acquire({ url: `${base}/a`, digest: 'sha256:x' })).rejects.toThrow(
      "failed to verify archive: failed to parse digest 'sha256:x': invalid checksum digest length",
    );
  });

  test('refuses hostile archives and leaves nothing behind', async () => {
    const bytes = rawTgz([
      { name: 'ok', content: 'x' },
      { name: '../../evil', content: 'x' },
    ]);
    answer = (_, response) => response.end(bytes);
    const cache = open();
    await expect(cache.acquire({ url: `${base}/a`, digest: digestOf(bytes) })).rejects.toThrow(
      'failed to extract archive (check whether file size exceeds max download size): tar contained invalid name error "../../evil"',
    );
    expect(readdirSync(join(scratch, 'cache-0'))).toEqual([]);
    expect(readdirSync(scratch)).toEqual(['cache-0']);
  });

  test('bounds the download', async () => {
    const { bytes, digest } = archive('one');
    answer = (_, response) => response.end(bytes);
    await expect(open({ maxDownloadBytes: 10 }).acquire({ url: `${base}/a`, digest })).rejects.toThrow(
      'failed to verify archive',
    );
  });

  test('keeps a large archive in a file on the way', async () => {
    const noise = Buffer.alloc(12 * 1024 * 1024);
    let seed = 1;
    for (let at = 0; at < noise.length; at += 4) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      noise.writeUInt32LE(seed, at);
    }
    const bytes = rawTgz([{ name: 'big', content: noise }]);
    answer = (_, response) => response.end(bytes);
    const tree = await open().acquire({ url: `${base}/a`, digest: digestOf(bytes) });
    expect(readFileSync(join(tree.dir, 'big')).equals(noise)).toBe(true);
    expect(readdirSync(join(scratch, 'cache-0'))).toHaveLength(1);
    tree.release();
  });

  test('one who gives up does not disturb the others; the last one ends the download', async () => {
    const { bytes, digest } = archive('one');
    let finish = (): void => {};
    answer = (_, response) => {
      finish = () => response.end(bytes);
    };
    const cache = open();
    const impatient = new AbortController();
    const given = cache.acquire({ url: `${base}/a`, digest }, { signal: impatient.signal });
    const kept = cache.acquire({ url: `${base}/a`, digest });
    impatient.abort();
    await expect(given).rejects.toMatchObject({ code: 'ABORTED' });
    while (requests === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    finish();
    (await kept).release();

    const other = archive('two');
    const alone = new AbortController();
    const lonely = cache.acquire({ url: `${base}/b`, digest: other.digest }, { signal: alone.signal });
    while (requests === 1) await new Promise((resolve) => setTimeout(resolve, 5));
    alone.abort();
    await expect(lonely).rejects.toMatchObject({ code: 'ABORTED' });
    expect(cache.stats.trees).toBe(1);
  });

  test('reads a store in the same process directly, digest checked all the same', async () => {
    const { bytes, digest } = archive('local');
    mkdirSync(join(scratch, 'store'));
    writeFileSync(join(scratch, 'store/a'), bytes);
    const localPath = (url: string): string | undefined =>
      url.startsWith('http://store/') ? join(scratch, 'store', url.slice(13)) : undefined;
    const cache = open({ localPath });
    const tree = await cache.acquire({ url: 'http://store/a', digest });
    expect(readFileSync(join(tree.dir, 'a.yaml'), 'utf8')).toBe('local');
    tree.release();
    await expect(cache.acquire({ url: 'http://store/b', digest: archive('x').digest })).rejects.toThrow(
      'file not found',
    );
    await expect(cache.acquire({ url: 'http://store/a', digest: archive('x').digest })).rejects.toThrow(
      "doesn't match",
    );
    expect(requests).toBe(0);
  });

  test('finds a store that the process shares', async () => {
    const { bytes, digest } = archive('shared');
    mkdirSync(join(scratch, 'shared'));
    const storage = createStorage({ path: join(scratch, 'shared'), advertisedAddress: 'store.test.' });
    const artifact = await storage.write(storage.locate({ kind: 'K', namespace: 'n', name: 'x' }, 'r', 'a'), bytes);
    expect(artifact.digest).toBe(digest);
    const unshare = shareStorage(storage);
    const cache = open({ retries: 0 });
    (await cache.acquire(artifact)).release();
    unshare();
    expect(sharedPath(artifact.url)).toBeUndefined();
    expect(requests).toBe(0);
  });

  test('rewrites the host for local runs', async () => {
    const { bytes, digest } = archive('one');
    answer = (_, response) => response.end(bytes);
    const cache = open({
      rewriteUrl: (url) => url.replace('source-controller.flux-system.', base.slice('http://'.length)),
    });
    (await cache.acquire({ url: 'http://source-controller.flux-system./a', digest })).release();
  });
});
