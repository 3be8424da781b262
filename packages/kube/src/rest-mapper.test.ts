import { describe, expect, test } from 'vitest';
import { DiscoveryMapper } from './rest-mapper.ts';
import { coreDiscovery } from './testing/misbehaving-server.ts';

function fakeServer(documents: Record<string, unknown>) {
  const asked: string[] = [];
  const mapper = new DiscoveryMapper(
    async (path) => {
      asked.push(path);
      const body = documents[path];
      return { status: body === undefined ? 404 : 200, body, error: () => new Error(path) };
    },
    () => 0,
  );
  return { mapper, asked, documents };
}

const old = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': {
    kind: 'APIGroupList',
    groups: [
      {
        name: 'apps',
        versions: [{ version: 'v1beta1' }, { version: 'v1' }],
        preferredVersion: { version: 'v1' },
      },
    ],
  },
  '/api/v1': {
    kind: 'APIResourceList',
    resources: [
      { name: 'pods', singularName: 'pod', kind: 'Pod', namespaced: true, verbs: ['get'], shortNames: ['po'] },
      { name: 'pods/log', singularName: '', kind: 'Pod', namespaced: true, verbs: ['get'] },
    ],
  },
  '/apis/apps/v1': {
    kind: 'APIResourceList',
    resources: [{ name: 'deployments', singularName: 'deployment', kind: 'Deployment', namespaced: true, verbs: [] }],
  },
  '/apis/apps/v1beta1': { kind: 'APIResourceList', resources: [] },
};

const things = {
  kind: 'APIResourceList',
  resources: [{ name: 'things', singularName: 'thing', kind: 'Thing', namespaced: false, verbs: ['get'] }],
};

describe('DiscoveryMapper', () => {
  test('reads the aggregated documents once', async () => {
    const { mapper, asked } = fakeServer({ '/api': coreDiscovery, '/apis': { ...coreDiscovery, items: [] } });
    expect(mapper.known({ apiVersion: 'v1', kind: 'ConfigMap' })).toBeUndefined();
    const [found] = await Promise.all([mapper.resolve('v1', 'ConfigMap'), mapper.resolve('v1', 'Node')]);
    expect(found).toMatchObject({ plural: 'configmaps', namespaced: true });
    expect(mapper.known({ apiVersion: 'v1', kind: 'Node' })?.namespaced).toBe(false);
    expect(asked).toEqual(['/api', '/apis']);
  });

  test('falls back to a document per version, each when first needed', async () => {
    const { mapper, asked } = fakeServer(old);
    expect(await mapper.resolve('v1', 'Pod')).toMatchObject({ plural: 'pods', subresources: ['log'] });
    expect(asked).toEqual(['/api', '/apis', '/api/v1']);
    expect((await mapper.resolveGroupKind('apps', 'Deployment')).version).toBe('v1');
    expect(await mapper.resolveName('po')).toMatchObject({ kind: 'Pod' });
    expect(await mapper.resolveName('deployments.v1.apps')).toMatchObject({ kind: 'Deployment' });
  });

  test('asks for the one version when a kind is missing, so a definition installed later is found', async () => {
    const { mapper, asked, documents } = fakeServer({ ...old });
    await expect(mapper.resolve('example.com/v1', 'Thing')).rejects.toThrow(
      'no matches for kind "Thing" in version "example.com/v1"',
    );
    documents['/apis/example.com/v1'] = things;
    asked.length = 0;
    expect(await mapper.resolve('example.com/v1', 'Thing')).toMatchObject({ plural: 'things' });
    expect(asked).toEqual(['/apis/example.com/v1']);
    documents['/apis/example.com'] = {
      name: 'example.com',
      versions: [{ version: 'v1' }],
      preferredVersion: { version: 'v1' },
    };
    expect((await mapper.resolveGroupKind('example.com', 'Thing', 'v0')).version).toBe('v1');
  });

  test('does not flood the server with questions for a kind that is not there', async () => {
    const { mapper, asked } = fakeServer({ ...old });
    for (let i = 0; i < 200; i++) await mapper.resolve('example.com/v1', 'Thing').catch(() => undefined);
    expect(asked.length).toBeLessThan(25);
  });

  test('invalidate reads the version again', async () => {
    const { mapper, documents } = fakeServer({ ...old, '/apis/example.com/v1': things });
    await mapper.resolve('example.com/v1', 'Thing');
    delete documents['/apis/example.com/v1'];
    mapper.invalidate('example.com/v1');
    await expect(mapper.resolve('example.com/v1', 'Thing')).rejects.toThrow('no matches');
  });

  test('a waiter whose signal aborts leaves, the others get their answer', async () => {
    const { mapper } = fakeServer(old);
    const stop = new AbortController();
    const leaving = mapper.resolve('v1', 'Pod', { signal: stop.signal });
    const staying = mapper.resolve('v1', 'Pod');
    stop.abort(new Error('left'));
    await expect(leaving).rejects.toThrow('left');
    expect((await staying).plural).toBe('pods');
  });
});
