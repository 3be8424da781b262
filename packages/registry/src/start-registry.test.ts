import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { RegistryOptions, RunningRegistry } from './options.ts';
import { startRegistry } from './start-registry.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const digestOf = (bytes: string | Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const start = async (options: RegistryOptions = {}): Promise<RunningRegistry> => {
  const registry = await startRegistry(options);
  closers.push(() => registry.close());
  return registry;
};
const makeDir = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'fluvial-registry-'));
  closers.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
};
const pushBlob = async (url: string, repo: string, bytes: string | Uint8Array): Promise<string> => {
  const begun = await fetch(`${url}/v2/${repo}/blobs/uploads/`, { method: 'POST' });
  const digest = digestOf(bytes);
  const done = await fetch(`${begun.headers.get('location')}?digest=${digest}`, { method: 'PUT', body: bytes });
  expect(done.status).toBe(201);
  return digest;
};
const pushManifest = async (url: string, repo: string, reference: string, value: object): Promise<Response> =>
  fetch(`${url}/v2/${repo}/manifests/${reference}`, {
    method: 'PUT',
    body: JSON.stringify(value),
    headers: { 'content-type': ociManifest },
  });
const image = (config: string, extra: object = {}): object => ({
  schemaVersion: 2,
  mediaType: ociManifest,
  config: { mediaType: 'application/vnd.cncf.flux.config.v1+json', size: 2, digest: config },
  layers: [],
  ...extra,
});
const push = async (url: string, repo: string, tag: string, extra: object = {}): Promise<string> => {
  const config = await pushBlob(url, repo, '{}');
  const answer = await pushManifest(url, repo, tag, image(config, extra));
  expect(answer.status).toBe(201);
  return answer.headers.get('docker-content-digest')!;
};
/** Sends a path as it is: fetch would tidy it. */
const rawGet = (port: number, path: string): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      answer.on('end', () => resolve({ status: answer.statusCode!, body }));
    });
    sent.on('error', reject);
    sent.end();
  });

describe.each(['memory', 'disk'])('kept in %s', (kind) => {
  const open = async (options: RegistryOptions = {}) =>
    start(kind === 'disk' ? { ...options, dir: await makeDir() } : options);

  test('takes a blob in one request, in one PUT, and in chunks', async () => {
    const { url } = await open();
    const bytes = randomBytes(100_000);
    const digest = digestOf(bytes);
    const one = await fetch(`${url}/v2/a/blobs/uploads/?digest=${digest}`, { method: 'POST', body: bytes });
    expect(one.status).toBe(201);
    await pushBlob(url, 'b', bytes);
    let location = (await fetch(`${url}/v2/c/blobs/uploads/`, { method: 'POST' })).headers.get('location')!;
    for (const [from, to] of [
      [0, 40_000],
      [40_000, 100_000],
    ] as const) {
      const patch = await fetch(location, {
        method: 'PATCH',
        body: bytes.subarray(from, to),
        headers: { 'content-range': `${from}-${to - 1}` },
      });
      expect([patch.status, patch.headers.get('range')]).toEqual([202, `0-${to - 1}`]);
      location = patch.headers.get('location')!;
    }
    const state = await fetch(location);
    expect([state.status, state.headers.get('range')]).toEqual([204, '0-99999']);
    expect((await fetch(`${location}?digest=${digest}`, { method: 'PUT' })).status).toBe(201);
    for (const repo of ['a', 'b', 'c']) {
      const read = await fetch(`${url}/v2/${repo}/blobs/${digest}`);
      expect(digestOf(new Uint8Array(await read.arrayBuffer()))).toBe(digest);
    }
  });

  test('refuses a chunk out of order and says where it stands', async () => {
    const { url } = await open();
    const location = (await fetch(`${url}/v2/a/blobs/uploads/`, { method: 'POST' })).headers.get('location')!;
    await fetch(location, { method: 'PATCH', body: 'abc' });
    const wrong = await fetch(location, { method: 'PATCH', body: 'xyz', headers: { 'content-range': '7-9' } });
    expect([wrong.status, wrong.headers.get('range')]).toEqual([416, '0-2']);
  });

  test('lists tags and repositories by pages', async () => {
    const { url } = await open();
    for (const tag of ['b', 'a', 'C', '1.10', '1.9']) await push(url, 'app', tag);
    await push(url, 'zoo/app', 'x');
    const pages: unknown[] = [];
    let next: string | undefined = '/v2/app/tags/list?n=2';
    while (next !== undefined) {
      const answer: Response = await fetch(`${url}${next}`);
      pages.push(((await answer.json()) as { tags: unknown }).tags);
      next = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    expect(pages).toEqual([['1.10', '1.9'], ['C', 'a'], ['b']]);
    expect(await (await fetch(`${url}/v2/app/tags/list?n=0`)).json()).toEqual({ name: 'app', tags: [] });
    expect((await fetch(`${url}/v2/app/tags/list?n=-1`)).status).toBe(400);
    expect(await (await fetch(`${url}/v2/_catalog?last=app`)).json()).toEqual({ repositories: ['zoo/app'] });
  });

  test('lists referrers, all or of one type', async () => {
    const { url } = await open();
    const subject = await push(url, 'app', '1');
    const config = digestOf('{}');
    const of = { mediaType: ociManifest, size: 1, digest: subject };
    const signature = await pushManifest(
      url,
      'app',
      'sig',
      image(config, { artifactType: 'a/sig', subject: of, annotations: { k: 'v' } }),
    );
    expect(signature.headers.get('oci-subject')).toBe(subject);
    await pushManifest(url, 'app', 'other', image(config, { subject: of }));
    const all = await fetch(`${url}/v2/app/referrers/${subject}`);
    expect(all.headers.get('content-type')).toBe('application/vnd.oci.image.index.v1+json');
    expect(((await all.json()) as { manifests: unknown[] }).manifests.length).toBe(2);
    const some = await fetch(`${url}/v2/app/referrers/${subject}?artifactType=a/sig`);
    expect(some.headers.get('oci-filters-applied')).toBe('artifactType');
    expect(await some.json()).toMatchObject({
      schemaVersion: 2,
      manifests: [{ artifactType: 'a/sig', annotations: { k: 'v' }, mediaType: ociManifest }],
    });
    const none = await fetch(`${url}/v2/app/referrers/${digestOf('x')}`);
    expect([none.status, ((await none.json()) as { manifests: unknown }).manifests]).toEqual([200, []]);
    expect((await fetch(`${url}/v2/app/referrers/sha256:zz`)).status).toBe(400);
  });

  test('deletes tags and manifests, and content with its last owner', async () => {
    const { url } = await open();
    const digest = await push(url, 'app', '1');
    await pushManifest(url, 'app', '2', image(digestOf('{}')));
    expect((await fetch(`${url}/v2/app/manifests/1`, { method: 'DELETE' })).status).toBe(202);
    expect((await fetch(`${url}/v2/app/manifests/1`)).status).toBe(404);
    expect((await fetch(`${url}/v2/app/manifests/2`)).status).toBe(200);
    expect((await fetch(`${url}/v2/app/manifests/${digest}`, { method: 'DELETE' })).status).toBe(202);
    expect((await fetch(`${url}/v2/app/manifests/2`)).status).toBe(404);
    await pushBlob(url, 'other', '{}');
    expect((await fetch(`${url}/v2/app/blobs/${digestOf('{}')}`, { method: 'DELETE' })).status).toBe(202);
    expect((await fetch(`${url}/v2/app/blobs/${digestOf('{}')}`)).status).toBe(404);
    expect((await fetch(`${url}/v2/other/blobs/${digestOf('{}')}`)).status).toBe(200);
  });

  test('bounds manifests, blobs and open uploads', async () => {
    const { url } = await open({ limits: { maxManifestBytes: 1000, maxBlobBytes: 1000, maxUploads: 2 } });
    const config = await pushBlob(url, 'app', '{}');
    const large = await pushManifest(url, 'app', '1', image(config, { annotations: { a: 'x'.repeat(2000) } }));
    expect(large.status).toBe(413);
    const begun = await fetch(`${url}/v2/app/blobs/uploads/`, { method: 'POST' });
    const blob = await fetch(begun.headers.get('location')!, { method: 'PATCH', body: new Uint8Array(5000) });
    expect(blob.status).toBe(413);
    const locations: string[] = [];
    for (let i = 0; i < 3; i++) {
      locations.push((await fetch(`${url}/v2/app/blobs/uploads/`, { method: 'POST' })).headers.get('location')!);
    }
    expect(await Promise.all(locations.map(async (location) => (await fetch(location)).status))).toEqual([
      404, 204, 204,
    ]);
  });

  test.each([
    ['no object', '[]'],
    ['no config', JSON.stringify({ schemaVersion: 2, layers: [] })],
    ['a path for a digest', JSON.stringify(image('sha256:../../../etc/passwd'))],
    ['another media type inside', JSON.stringify({ ...image(digestOf('{}')), mediaType: 'application/x' })],
    ['no JSON', 'x'.repeat(100)],
  ])('refuses a manifest with %s', async (_about, body) => {
    const { url } = await open();
    await pushBlob(url, 'app', '{}');
    const answer = await fetch(`${url}/v2/app/manifests/1`, {
      method: 'PUT',
      body,
      headers: { 'content-type': ociManifest },
    });
    expect([answer.status, ((await answer.json()) as { errors: { code: string }[] }).errors[0]!.code]).toEqual([
      400,
      'MANIFEST_INVALID',
    ]);
  });

  test.each([
    '/v2/../../etc/passwd',
    '/v2/a/../../../etc/manifests/x',
    '/v2/..%2f..%2fetc/manifests/x',
    '/v2/a%2f..%2f..%2fb/tags/list',
    '/v2/a/manifests/..%2f..%2fx',
    '/v2/a/manifests/..',
    '/v2/a/blobs/sha256:..%2f..%2fx',
    '/v2/a/blobs/uploads/..%2f..%2fx',
    '/v2/.hidden/tags/list',
    '/v2/_blobs/tags/list',
    '/v2/a//b/tags/list',
    '/v2/a%00b/tags/list',
    '/v2/%/tags/list',
    `/v2/${'a/'.repeat(300)}b/tags/list`,
  ])('answers %s with nothing', async (path) => {
    const { port } = await open();
    const { status } = await rawGet(port, path);
    expect([400, 404]).toContain(status);
  });
});

describe('kept on disk', () => {
  test('comes back after a close', async () => {
    const dir = await makeDir();
    const first = await startRegistry({ dir });
    const digest = await push(first.url, 'org/app', '1.0', { annotations: { a: 'b' } });
    const gone = await push(first.url, 'gone', '1');
    await fetch(`${first.url}/v2/gone/manifests/${gone}`, { method: 'DELETE' });
    await fetch(`${first.url}/v2/org/app/blobs/uploads/`, { method: 'POST' });
    await first.close();
    const { url } = await start({ dir });
    const read = await fetch(`${url}/v2/org/app/manifests/1.0`);
    expect([read.headers.get('docker-content-digest'), read.headers.get('content-type')]).toEqual([
      digest,
      ociManifest,
    ]);
    expect(digestOf(new Uint8Array(await read.arrayBuffer()))).toBe(digest);
    expect(await (await fetch(`${url}/v2/org/app/tags/list`)).json()).toEqual({ name: 'org/app', tags: ['1.0'] });
    expect(await (await fetch(`${url}/v2/gone/tags/list`)).json()).toEqual({ name: 'gone', tags: null });
    expect((await fetch(`${url}/v2/org/app/blobs/${digestOf('{}')}`)).status).toBe(200);
    expect(await readdir(join(dir, 'tmp'))).toEqual([]);
  });

  test('passes over what somebody spoiled', async () => {
    const dir = await makeDir();
    const first = await startRegistry({ dir });
    await push(first.url, 'app', '1');
    await push(first.url, 'app', '2', { annotations: { x: 'y' } });
    await first.close();
    const [manifestFile] = (await readdir(join(dir, 'repositories/app/_manifests'))).sort();
    await writeFile(join(dir, 'repositories/app/_manifests', manifestFile!), 'spoiled');
    const { url } = await start({ dir });
    const { tags } = (await (await fetch(`${url}/v2/app/tags/list`)).json()) as { tags: string[] };
    expect(tags.length).toBe(1);
  });

  test('keeps every answered push when it is killed', async () => {
    const dir = await makeDir();
    const answered: string[] = [];
    for (let round = 0; round < 3; round++) {
      const child = await startChild(dir);
      const until = Date.now() + 150;
      for (let i = 0; Date.now() < until; i++) {
        const tag = `r${round}-${i}`;
        await push(child.url, 'app', tag, { annotations: { tag } });
        answered.push(tag);
      }
      // One more is on its way when the process dies.
      const last = push(child.url, 'app', `r${round}-last`, { annotations: { round: String(round) } }).catch(() => {});
      child.process.kill('SIGKILL');
      await last;
      await child.gone;
    }
    const { url } = await start({ dir });
    const { tags } = (await (await fetch(`${url}/v2/app/tags/list`)).json()) as { tags: string[] };
    expect(answered.filter((tag) => !tags.includes(tag))).toEqual([]);
    for (const tag of tags) {
      const read = await fetch(`${url}/v2/app/manifests/${tag}`);
      expect(digestOf(new Uint8Array(await read.arrayBuffer()))).toBe(read.headers.get('docker-content-digest'));
    }
  });
});

describe('faults', () => {
  test('answer, delay and cut what they are told to', async () => {
    const { url, inject } = await start({
      faults: [{ path: '/tags/', status: 503, headers: { 'retry-after': '1' }, times: 2 }],
    });
    await push(url, 'app', '1');
    for (const expected of [503, 503, 200]) expect((await fetch(`${url}/v2/app/tags/list`)).status).toBe(expected);
    inject({ method: 'GET', cutAfterBytes: 3 });
    await expect(fetch(`${url}/v2/app/manifests/1`).then((answer) => answer.text())).rejects.toThrow();
    inject({ cutAfterBytes: 0 });
    await expect(fetch(`${url}/v2/`)).rejects.toThrow();
    inject({ status: 429, delayMs: 1 });
    expect(await (await fetch(`${url}/v2/`)).json()).toEqual({
      errors: [{ code: 'TOOMANYREQUESTS', message: 'too many requests' }],
    });
    expect((await fetch(`${url}/v2/app/manifests/1`)).status).toBe(200);
  });
});

test('a taken port is an error', async () => {
  const { port } = await start();
  await expect(startRegistry({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('login is asked for, by the words of docker-registry', async () => {
  const { url } = await start({ auth: { username: 'u', password: 'p', anonymousPull: true } });
  const answer = await fetch(`${url}/v2/app/blobs/uploads/`, { method: 'POST' });
  expect(answer.headers.get('www-authenticate')).toBe('Basic realm="Registry"');
  expect(await answer.json()).toEqual({
    errors: [
      {
        code: 'UNAUTHORIZED',
        message: 'authentication required',
        detail: [
          { Type: 'repository', Class: '', Name: 'app', Action: 'pull' },
          { Type: 'repository', Class: '', Name: 'app', Action: 'push' },
        ],
      },
    ],
  });
  expect((await fetch(`${url}/v2/app/tags/list`)).status).toBe(404);
});

async function startChild(dir: string): Promise<{ url: string; process: ChildProcess; gone: Promise<unknown> }> {
  const index = fileURLToPath(new URL('./start-registry.ts', import.meta.url));
  const script = `import { startRegistry } from ${JSON.stringify(index)}; console.log((await startRegistry({ dir: ${JSON.stringify(dir)} })).url);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  closers.push(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
  return { url, process: child, gone };
}
