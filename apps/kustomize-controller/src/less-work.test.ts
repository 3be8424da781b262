import { getCondition } from '@fluvial/conditions';
import type { KubeObject } from '@fluvial/kube';
import { type Logger, silentLogger } from '@fluvial/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KustomizationObject, kustomizationKind } from './kustomization/kustomization-object.ts';
import { startWorld, type World } from './testing/world.ts';

let world: World;
/** Owners whose manifests were built, in order. */
const built: string[] = [];
beforeAll(async () => {
  world = await startWorld({ simulator: false, log: listening({}), argv: ['--concurrent=20'] });
});
afterAll(() => world.close());

function listening(fields: Record<string, unknown>): Logger {
  return {
    ...silentLogger,
    debug(message) {
      if (message === 'built manifests') built.push(String(fields['name']));
    },
    with: (more) => listening({ ...fields, ...more }),
  };
}

const configMap = (name: string, x = '1') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {x: "${x}"}\n`;
const sourceRef = { kind: 'OCIRepository', name: 'app' };
const isReady = (revision: string) => (object: KustomizationObject) =>
  getCondition(object as never, 'Ready')?.status === 'True' &&
  object.status?.observedGeneration === object.metadata.generation &&
  (object.status?.lastAppliedRevision ?? '').startsWith(`${revision}@`);
/** Requests about applied objects and their owners. */
const requests = () =>
  [...world.server.requestCounts].filter(([key]) => /configmaps|kustomizations|events|secrets/.test(key));
const names = (count: number) => Array.from({ length: count }, (_, index) => `app-${index}`);

async function allReady(ns: string, revision: string): Promise<KustomizationObject[]> {
  const end = Date.now() + 60_000;
  for (;;) {
    const { items } = await world.kube.list<KustomizationObject>(kustomizationKind, { namespace: ns });
    if (items.length > 0 && items.every(isReady(revision))) return items;
    if (Date.now() > end)
      throw new Error(`not all ready: ${JSON.stringify(items.find((item) => !isReady(revision)(item)))}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a revision that is about others', () => {
  test('one commit that touches one app of 200: one build, one apply', async () => {
    const ns = await world.namespace();
    const apps = names(200);
    const repository = (touched: string) =>
      Object.fromEntries(apps.map((name) => [`apps/${name}/a.yaml`, configMap(name, name === touched ? '2' : '1')]));
    await world.source(ns, 'app', '1', repository(''));
    await Promise.all(apps.map((name) => world.kustomization(ns, name, { sourceRef, path: `./apps/${name}` })));
    await allReady(ns, '1');
    await world.manager.events.flush();
    built.length = 0;
    world.server.resetRequestCounts();

    await world.source(ns, 'app', '2', repository('app-7'));
    const owners = await allReady(ns, '2');
    await world.manager.events.flush();
    expect(built).toEqual(['app-7']);
    const counts = Object.fromEntries(requests());
    expect(counts).toMatchObject({ 'PATCH configmaps': 1, 'POST events': 2 });
    const quiet = owners.find(({ metadata }) => metadata.name === 'app-8');
    expect(getCondition(quiet as never, 'Ready')?.message).toBe(
      `Applied revision: ${quiet?.status?.lastAppliedRevision}`,
    );
    expect(quiet?.status?.history).toHaveLength(1);
    expect(quiet?.status?.history?.[0]).toMatchObject({
      totalReconciliations: 2,
      metadata: { revision: quiet?.status?.lastAppliedRevision },
    });
  });

  const overlay = (files: Record<string, string>) => ({ ...files, 'base/c.yaml': configMap('c') });
  test.each<[string, Record<string, string>, Record<string, string>, boolean]>([
    [
      'a change in another folder',
      { 'app/a.yaml': configMap('a') },
      { 'app/a.yaml': configMap('a'), 'x/b.yaml': configMap('b') },
      false,
    ],
    [
      'a new file in a folder that is listed',
      { 'app/a.yaml': configMap('a') },
      { 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b') },
      true,
    ],
    [
      'a file that hides the generated list',
      { 'app/a.yaml': configMap('a') },
      { 'app/a.yaml': configMap('a'), 'app/kustomization.yml': 'resources: [a.yaml]\n' },
      true,
    ],
    [
      'a base',
      { 'app/kustomization.yaml': 'resources: [../base/c.yaml]\n' },
      { 'app/kustomization.yaml': 'resources: [../base/c.yaml]\n', 'base/c.yaml': configMap('c', '2') },
      true,
    ],
    [
      'the same content',
      { 'app/kustomization.yaml': 'resources: [../base/c.yaml]\n' },
      { 'app/kustomization.yaml': 'resources: [../base/c.yaml]\n' },
      false,
    ],
  ])('%s', async (_, before, after, builds) => {
    const ns = await world.namespace();
    await world.source(ns, 'app', '1', overlay(before));
    await world.kustomization(ns, 'app', { sourceRef, path: './app' });
    await world.until(ns, 'app', isReady('1'));
    built.length = 0;
    await world.source(ns, 'app', '2', { ...overlay(before), ...after });
    await world.until(ns, 'app', isReady('2'));
    expect(built).toEqual(builds ? ['app'] : []);
  });

  test('a change of the spec, or of variables, is no such revision', async () => {
    const ns = await world.namespace();
    const files = { 'app/a.yaml': configMap('a', `\${v:=none}`) };
    await world.source(ns, 'app', '1', files);
    await world.kustomization(ns, 'app', { sourceRef, path: './app' });
    await world.until(ns, 'app', isReady('1'));
    built.length = 0;
    await world.kustomization(ns, 'app', { sourceRef, path: './app', postBuild: { substitute: { v: 'x' } } });
    await world.source(ns, 'app', '2', files);
    await world.until(ns, 'app', isReady('2'));
    expect(built[0]).toBe('app');
    const found = await world.kube.get({ apiVersion: 'v1', kind: 'ConfigMap' }, 'a', ns);
    expect(found['data']).toEqual({ x: 'x' });
  });
});

test('1000 owners at rest send no request in ten intervals', { timeout: 120_000 }, async () => {
  const ns = await world.namespace();
  const owners = names(1000);
  await world.source(ns, 'app', '1', { 'a.yaml': configMap('a') });
  for (let from = 0; from < owners.length; from += 100) {
    const some = owners.slice(from, from + 100);
    await Promise.all(some.map((name) => world.kustomization(ns, name, { sourceRef, namePrefix: `${name}-` })));
  }
  await allReady(ns, '1');
  await world.manager.events.flush();
  const runs = async () => {
    const metric = await world.manager.metrics.registry.getSingleMetric('controller_runtime_reconcile_total')?.get();
    return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
  };
  const settled = await runs();
  world.server.resetRequestCounts();
  for (let interval = 1; interval <= 10; interval++) {
    for (const name of owners) world.manager.wake(kustomizationKind, { namespace: ns, name });
    while ((await runs()) < settled + interval * owners.length) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(requests()).toEqual([]);
});

test('an owner at rest under an account of its own sends no request either', async () => {
  const ns = await world.namespace();
  await world.kube.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'tenant', namespace: ns } });
  await world.kube.create({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'tenant', namespace: ns },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'tenant', namespace: ns }],
  } as KubeObject);
  await world.source(ns, 'app', '1', { 'a.yaml': configMap('a') });
  await world.kustomization(ns, 'app', { sourceRef, serviceAccountName: 'tenant', wait: true });
  await world.until(ns, 'app', isReady('1'));
  await world.manager.events.flush();
  const runs = async () => {
    const metric = await world.manager.metrics.registry.getSingleMetric('controller_runtime_reconcile_total')?.get();
    return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
  };
  const before = await runs();
  world.server.resetRequestCounts();
  world.manager.wake(kustomizationKind, { namespace: ns, name: 'app' });
  while ((await runs()) === before) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(requests()).toEqual([]);

  // What it may not see, it is not told: the health of an object of others is asked for in its name.
  const other = await world.namespace();
  await world.kube.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs', namespace: other } });
  await world.kustomization(ns, 'spy', {
    sourceRef,
    serviceAccountName: 'tenant',
    namePrefix: 'spy-',
    timeout: '30s',
    healthChecks: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'theirs', namespace: other }],
  });
  const spy = await world.until(ns, 'spy', (object) => getCondition(object as never, 'Healthy')?.status === 'Unknown');
  expect(getCondition(spy as never, 'Ready')?.status).toBe('Unknown');
});
