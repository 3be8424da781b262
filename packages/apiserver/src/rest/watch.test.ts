import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../start-api-server.ts';
import { type Answer, configMap, createTestClient, MERGE, TABLE, type TestClient } from '../testing/test-client.ts';

let server: ApiServer;
let api: TestClient;
let count = 0;

beforeAll(async () => {
  server = await startApiServer({ simulator: false, historySize: 50 });
  api = createTestClient(server);
});
afterAll(() => server.close());

async function fresh(): Promise<string> {
  const name = `watch-${count++}`;
  await api.ok('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const path = `/api/v1/namespaces/${name}/configmaps`;
  await api.until(`${path}/kube-root-ca.crt`, (_body, status) => status === 200);
  return path;
}

const shown = (frames: Answer[]) => frames.map((f) => `${f.type} ${f.object.metadata?.name ?? f.object.reason}`);

describe('watch', () => {
  test('goes on from a version, with the version of the deletion on what is gone', async () => {
    const path = await fresh();
    const { metadata } = await api.ok('GET', path);
    await api.ok('POST', path, configMap('a'));
    await api.ok('PATCH', `${path}/a`, { data: { x: 'y' } }, { type: MERGE });
    const frames = api.watch(`${path}?watch=true&resourceVersion=${metadata.resourceVersion}`, (f) => f.length >= 4);
    await api.ok('DELETE', `${path}/a`);
    await api.ok('POST', path, configMap('b'));
    const got = await frames;
    expect(shown(got)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED b']);
    const versions = got.map((f) => Number(f.object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });

  test('objects appear in and vanish from a selector', async () => {
    const path = await fresh();
    const { metadata } = await api.ok('GET', path);
    const frames = api.watch(
      `${path}?watch=1&labelSelector=on%3Dyes&resourceVersion=${metadata.resourceVersion}`,
      (f) => f.length >= 3,
    );
    await api.ok('POST', path, configMap('a'));
    const label = (value: string | null) =>
      api.ok('PATCH', `${path}/a`, { metadata: { labels: { on: value } } }, { type: MERGE });
    await label('yes');
    await label(null);
    await label('yes');
    expect(shown(await frames)).toEqual(['ADDED a', 'DELETED a', 'ADDED a']);
  });

  test('initial events end with a bookmark', async () => {
    const path = await fresh();
    await api.ok('POST', path, configMap('a'));
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const frames = await api.watch(`${path}?${query}`, (f) => f.some((x) => x.type === 'BOOKMARK'));
    expect(frames.map((f) => f.type)).toEqual(['ADDED', 'ADDED', 'BOOKMARK']);
    expect(frames.at(-1).object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
  });

  test('a version that is too old ends with 410 in the stream', async () => {
    const path = await fresh();
    const { metadata } = await api.ok('GET', path);
    await api.ok('POST', path, configMap('a', { n: '0' }));
    for (let i = 1; i < 120; i++) await api.ok('PATCH', `${path}/a`, { data: { n: String(i) } }, { type: MERGE });
    const frames = await api.watch(`${path}?watch=true&resourceVersion=${metadata.resourceVersion}`, () => false);
    expect(frames).toHaveLength(1);
    expect(frames[0]).toMatchObject({
      type: 'ERROR',
      object: {
        code: 410,
        reason: 'Expired',
        message: expect.stringMatching(/^too old resource version: \d+ \(\d+\)$/),
      },
    });
  });

  test('timeoutSeconds ends it, and so does dropWatches', async () => {
    const path = await fresh();
    await api.watch(`${path}?watch=true&timeoutSeconds=1`, () => false);
    const open = api.watch(`${path}?watch=true`, () => false);
    await api.until(path, () => true);
    await new Promise((resolve) => setTimeout(resolve, 30));
    server.dropWatches();
    await open;
  });

  test('as tables', async () => {
    const path = await fresh();
    const { body } = await api.call('GET', `${path}?watch=true&timeoutSeconds=1`, undefined, { accept: TABLE });
    const [frame] = String(typeof body === 'string' ? body : JSON.stringify(body)).split('\n');
    expect(JSON.parse(frame!).object.kind).toBe('Table');
  });
});

describe('list', () => {
  test('pages show one moment', async () => {
    const path = await fresh();
    for (const name of ['a', 'b', 'c', 'd']) await api.ok('POST', path, configMap(name));
    const first = await api.ok('GET', `${path}?limit=2`);
    expect([first.items.length, first.metadata.remainingItemCount]).toEqual([2, 3]);
    await api.ok('DELETE', `${path}/d`);
    await api.ok('POST', path, configMap('ab'));
    const names = (list: Answer) => list.items.map((i: Answer) => i.metadata.name);
    const rest = await api.ok('GET', `${path}?limit=10&continue=${first.metadata.continue}`);
    expect([...names(first), ...names(rest)]).toEqual(['a', 'b', 'c', 'd', 'kube-root-ca.crt']);
    expect(rest.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect(rest.items[0].kind).toBeUndefined();
    const exact = await api.ok(
      'GET',
      `${path}?resourceVersion=${first.metadata.resourceVersion}&resourceVersionMatch=Exact`,
    );
    expect(names(exact)).toContain('d');
  });

  test('selectors', async () => {
    const path = await fresh();
    await api.ok('POST', path, configMap('a', {}, { labels: { p: 'q', x: '1' } }));
    await api.ok('POST', path, configMap('b', {}, { labels: { p: 'r' } }));
    const names = async (query: string) =>
      (await api.ok('GET', `${path}?${query}`)).items.map((i: Answer) => i.metadata.name);
    expect(await names('labelSelector=p')).toEqual(['a', 'b']);
    expect(await names(`labelSelector=${encodeURIComponent('p in (q,r),!x')}`)).toEqual(['b']);
    expect(await names(`labelSelector=${encodeURIComponent('p notin (q)')}`)).toEqual(['b', 'kube-root-ca.crt']);
    expect(await names('fieldSelector=metadata.name%3Da')).toEqual(['a']);
    expect((await api.call('GET', `${path}?fieldSelector=foo%3Da`)).status).toBe(400);
    expect((await api.call('GET', `${path}?labelSelector=a+b`)).status).toBe(400);
  });

  test('a version from the future is refused with a hint to come back', async () => {
    const path = await fresh();
    const { status, body, headers } = await api.call('GET', `${path}?resourceVersion=99999999`);
    expect([status, body.reason, headers['retry-after']]).toEqual([504, 'Timeout', '1']);
  });
});
