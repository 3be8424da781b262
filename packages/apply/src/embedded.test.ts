import { type ApiServer, startApiServer } from '@fluvial/apiserver';
import {
  bearerToken,
  createInformerCache,
  createKubeClient,
  type InformerCache,
  type KubeClient,
  type KubeObject,
} from '@fluvial/kube';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Applier } from './applier.ts';
import { formatChanges, formatFailure } from './change-set.ts';
import { createApplier } from './create-applier.ts';
import type { ApplyError } from './errors.ts';
import { diffInventory, inventoryOf } from './inventory.ts';
import { createObservedState } from './observed-state.ts';
import { prepareObjects } from './prepare-objects.ts';
import { refOf } from './types.ts';

const owner = { name: 'app', namespace: 'flux-system' };
const group = 'kustomize.toolkit.fluxcd.io';

let server: ApiServer;
let client: KubeClient;
let informers: InformerCache;

beforeEach(async () => {
  server = await startApiServer({ token: 'test-token' });
  client = createKubeClient({ server: server.plainUrl, authorize: bearerToken('test-token') });
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'apps' } });
  informers = createInformerCache(client);
});

afterEach(async () => {
  informers.stop();
  await client.close();
  await server.close();
});

function configMap(name: string, data: Record<string, string>, annotations?: Record<string, string>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'apps', ...(annotations && { annotations }) },
    data,
  };
}

const prepared = (...objects: KubeObject[]) => prepareObjects(objects, { owner });
const live = (name: string) => client.get({ apiVersion: 'v1', kind: 'ConfigMap' }, name, 'apps');
const managers = (object: KubeObject) =>
  object.metadata.managedFields?.map((m) => `${m.manager} ${m.operation}`).sort();

describe.each([true, false])('on the embedded API server (watched: %s)', (watched) => {
  let applier: Applier;
  beforeEach(() => {
    const observed = createObservedState(watched ? { informers, client } : {});
    applier = createApplier({ client, fieldManager: 'kustomize-controller', observed });
  });

  test('an object that the server refuses stops its stage; after a correction all come', async () => {
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'ns:r' },
      rules: [],
    };
    const service = (port: number) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'svc', namespace: 'apps' },
      spec: { ports: [{ port }], selektor: { a: 'b' } },
    });
    const error = await applier.applySet(prepared(configMap('good', { x: '1' }), service(99_999), role)).then(
      () => undefined,
      (e: unknown) => e as ApplyError,
    );
    expect(formatFailure(error?.message ?? '', error?.changes ?? [])).toBe(
      'Service/apps/svc dry-run failed (Invalid): Service "svc" is invalid: [spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 99999: must be between 1 and 65535, inclusive]\nClusterRole/ns:r created\n',
    );
    await expect(live('good')).rejects.toMatchObject({ code: 404 });
    const changes = await applier.applySet(prepared(configMap('good', { x: '1' }), service(99), role));
    expect(formatChanges(changes)).toBe('ConfigMap/apps/good created\nService/apps/svc created');
  });

  test('an immutable object fails, and is made anew with force', async () => {
    const set = (x: string) => prepared({ ...configMap('fixed', { x }), immutable: true }, configMap('rest', { x }));
    await applier.applySet(set('1'));
    await expect(applier.applySet(set('2'))).rejects.toThrow(
      'ConfigMap/apps/fixed dry-run failed (Invalid): ConfigMap "fixed" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    );
    expect((await live('rest')).data).toEqual({ x: '1' });
    expect(formatChanges(await applier.applySet(set('2'), { force: true }))).toBe(
      'ConfigMap/apps/fixed created\nConfigMap/apps/rest configured',
    );
  });

  test('drift: edited and deleted objects come back, foreign fields stay', async () => {
    const objects = prepared(configMap('add', { x: '1' }), configMap('del', { x: '1' }), configMap('edit', { x: '1' }));
    await applier.applySet(objects);
    const edit = (name: string, data: Record<string, string>) =>
      client.patch(configMap(name, {}), name, 'apps', { type: 'merge', body: { data }, fieldManager: 'editor' });
    const edited = await edit('edit', { x: '9' });
    await edit('add', { y: '9' });
    await client.delete(configMap('del', {}), 'del', 'apps');
    if (watched) {
      const cache = informers.informer(configMap('edit', {}), { metadataOnly: true });
      while (
        cache.get('apps', 'edit')?.metadata.resourceVersion !== edited.metadata.resourceVersion ||
        cache.get('apps', 'del')
      ) {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
    expect(formatChanges(await applier.applySet(objects))).toBe(
      'ConfigMap/apps/del created\nConfigMap/apps/edit configured',
    );
    expect((await live('add')).data).toEqual({ x: '1', y: '9' });
    expect(formatChanges(await applier.applySet(objects))).toBe('');
  });

  test('fields of kubectl are taken over and removed, those of others stay', async () => {
    await client.create(
      configMap('one', { x: '0', old: '1' }, { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }),
      {
        fieldManager: 'kubectl-client-side-apply',
      },
    );
    await client.create(configMap('two', { x: '0', old: '1' }), { fieldManager: 'someone' });
    await applier.applySet(prepared(configMap('one', { x: '1' }), configMap('two', { x: '1' })));
    const [one, two] = await Promise.all([live('one'), live('two')]);
    expect([one.data, managers(one)]).toEqual([{ x: '1' }, ['kustomize-controller Apply']]);
    expect(one.metadata.annotations).toBeUndefined();
    expect([two.data, managers(two)]).toEqual([{ x: '1', old: '1' }, ['kustomize-controller Apply', 'someone Update']]);
  });

  test('a definition, its object and a plain object: order, ids, removal', async () => {
    const objects = prepared(
      configMap('a', { x: '1' }),
      {
        apiVersion: 'staged.example.com/v1',
        kind: 'Thing',
        metadata: { name: 'one', namespace: 'apps' },
        spec: { size: 1 },
      },
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'things.staged.example.com' },
        spec: {
          group: 'staged.example.com',
          scope: 'Namespaced',
          names: { kind: 'Thing', plural: 'things', singular: 'thing', listKind: 'ThingList' },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              schema: {
                openAPIV3Schema: {
                  type: 'object',
                  properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
                },
              },
            },
          ],
        },
      },
    );
    const changes = await applier.applySet(objects);
    expect(formatChanges(changes)).toBe(
      'CustomResourceDefinition/things.staged.example.com created\nConfigMap/apps/a created\nThing/apps/one created',
    );
    expect(await applier.applySet(objects).then(formatChanges)).toBe('');
    const pruned = await applier.prune(diffInventory(inventoryOf(changes), []), { owner });
    expect(formatChanges(pruned)).toBe(
      'Thing/apps/one deleted\nConfigMap/apps/a deleted\nCustomResourceDefinition/things.staged.example.com deleted',
    );
    await applier.waitForTermination(objects.map(refOf), { timeoutMs: 10_000 });
  });

  test('controls on manifests over objects that were there', async () => {
    for (const name of ['ifnot', 'ignore', 'merge', 'left']) {
      await client.apply(configMap(name, { was: 'here', x: '0' }), { fieldManager: 'journal' });
    }
    const changes = await applier.applySet(
      prepared(
        configMap('ifnot', { x: '1' }, { [`${group}/ssa`]: 'IfNotPresent' }),
        configMap('ifnot-new', { x: '1' }, { [`${group}/ssa`]: 'IfNotPresent' }),
        configMap('ignore', { x: '1' }, { [`${group}/ssa`]: 'Ignore' }),
        configMap('merge', { x: '1' }, { [`${group}/ssa`]: 'Merge' }),
        configMap('left', { x: '1' }, { [`${group}/reconcile`]: 'disabled' }),
      ),
    );
    expect(formatChanges(changes)).toBe('ConfigMap/apps/ifnot-new created\nConfigMap/apps/merge configured');
    expect((await live('merge')).data).toEqual({ was: 'here', x: '1' });
    expect((await live('ifnot')).data).toEqual({ was: 'here', x: '0' });
  });
});
