import { createInformerCache, type InformerCache, type KubeObject } from '@fluvial/kube';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Applier, ApplierOptions } from './applier.ts';
import { formatChange, formatChanges, formatFailure } from './change-set.ts';
import { createApplier } from './create-applier.ts';
import { ApplyError } from './errors.ts';
import { inventoryOf } from './inventory.ts';
import { createObservedState } from './observed-state.ts';
import { prepareObjects } from './prepare-objects.ts';
import { type SmallApiServer, startSmallApiServer } from './testing/small-api-server.ts';

const owner = { name: 'app', namespace: 'flux-system' };
const group = 'kustomize.toolkit.fluxcd.io';

let server: SmallApiServer;
let informers: InformerCache;

beforeEach(async () => {
  server = await startSmallApiServer();
  informers = createInformerCache(server.client);
});

afterEach(async () => {
  informers.stop();
  await server.close();
});

/** `watched`: as a controller with its own identity; otherwise as one that may only act as somebody else. */
function applierFor(watched: boolean, options: Partial<ApplierOptions> = {}): Applier {
  return createApplier({
    client: server.client,
    fieldManager: 'kustomize-controller',
    observed: createObservedState(watched ? { informers, client: server.client } : {}),
    ...options,
  });
}

const meta = (name: string, annotations?: Record<string, string>) => ({
  name,
  namespace: 'apps',
  ...(annotations && { annotations }),
});

function configMap(name: string, data: Record<string, string>, annotations?: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta(name, annotations), data };
}

function deployment(image: string): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta('web'),
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
    },
  };
}

const fourObjects = (image = 'web:1'): KubeObject[] => [
  deployment(image),
  { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: meta('web'), spec: { rules: [] } },
  { apiVersion: 'v1', kind: 'Service', metadata: meta('web'), spec: { ports: [{ port: 80 }] } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta('web') },
];

const prepared = (...objects: KubeObject[]) => prepareObjects(objects, { owner });
const lines = (changes: Awaited<ReturnType<Applier['applySet']>>) => changes.map(formatChange);
/** Requests without the watches' first lists. */
const requests = () => server.requests.splice(0).filter((line) => line.includes('/'));

async function settled(kind: string, name: string): Promise<void> {
  const wanted = server.get(kind, name)?.metadata.resourceVersion;
  const apiVersion = server.get(kind, name)?.apiVersion ?? 'v1';
  const informer = informers.informer({ apiVersion, kind }, { metadataOnly: kind !== 'Deployment' });
  while (informer.get('apps', name)?.metadata.resourceVersion !== wanted) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe('applySet, requests', () => {
  test('four new objects of watched kinds: three dry runs, four applies, nothing else', async () => {
    const applier = applierFor(true);
    const changes = await applier.applySet(prepared(...fourObjects()));
    expect(formatChanges(changes)).toBe(
      'ServiceAccount/apps/web created\nService/apps/web created\nDeployment/apps/web created\nIngress/apps/web created',
    );
    expect(requests().sort()).toEqual([
      'PATCH deployments/web',
      'PATCH deployments/web dry',
      'PATCH ingresses/web',
      'PATCH ingresses/web dry',
      'PATCH serviceaccounts/web',
      'PATCH services/web',
      'PATCH services/web dry',
    ]);
  });

  test.each([true, false])('one changed manifest (watched: %s)', async (watched) => {
    const applier = applierFor(watched);
    await applier.applySet(prepared(...fourObjects()));
    await (watched ? settled('Deployment', 'web') : undefined);
    requests();
    const changes = await applier.applySet(prepared(...fourObjects('web:2')));
    expect(lines(changes)).toEqual([
      'ServiceAccount/apps/web unchanged',
      'Service/apps/web unchanged',
      'Deployment/apps/web configured',
      'Ingress/apps/web unchanged',
    ]);
    expect(requests().sort()).toEqual(
      watched
        ? ['PATCH deployments/web']
        : [
            'GET deployments/web',
            'GET ingresses/web',
            'GET serviceaccounts/web',
            'GET services/web',
            'PATCH deployments/web',
            'PATCH deployments/web dry',
          ],
    );
  });

  test('no change: nothing where kinds are watched, one light look an object elsewhere', async () => {
    for (const [watched, count] of [
      [true, 0],
      [false, 4],
    ] as const) {
      const applier = applierFor(watched);
      await applier.applySet(prepared(...fourObjects()));
      requests();
      const changes = await applier.applySet(prepared(...fourObjects()));
      expect(changes.every((change) => change.action === 'unchanged')).toBe(true);
      expect(requests()).toHaveLength(count);
    }
  });

  test('a status that moves is no reason to ask', async () => {
    const applier = applierFor(true);
    await applier.applySet(prepared(deployment('web:1')));
    server.put({ ...server.get('Deployment', 'web')!, status: { replicas: 1 } }, 'kube-controller-manager');
    await settled('Deployment', 'web');
    requests();
    expect(lines(await applier.applySet(prepared(deployment('web:1'))))).toEqual(['Deployment/apps/web unchanged']);
    expect(requests()).toEqual([]);
  });

  test('a full check comes when it is due', async () => {
    let now = 0;
    const applier = applierFor(true, { now: () => now, fullCheckAfterMs: 1000 });
    await applier.applySet(prepared(configMap('a', { x: '1' })));
    requests();
    now = 2000;
    expect(lines(await applier.applySet(prepared(configMap('a', { x: '1' }))))).toEqual(['ConfigMap/apps/a unchanged']);
    expect(requests().sort()).toEqual(['GET configmaps/a', 'PATCH configmaps/a dry']);
    await applier.applySet(prepared(configMap('a', { x: '1' })));
    expect(requests()).toEqual([]);
  });
});

describe.each([true, false])('applySet (watched: %s)', (watched) => {
  test('corrects what was edited, deleted or relabelled; leaves what others added', async () => {
    const objects = prepared(
      configMap('add', { x: '1' }),
      configMap('del', { x: '1' }),
      configMap('edit', { x: '1' }),
      { ...configMap('lab', { x: '1' }), metadata: { ...meta('lab'), labels: { a: 'b' } } },
    );
    const applier = applierFor(watched);
    await applier.applySet(objects);
    const live = (name: string) => server.get('ConfigMap', name)!;
    server.put({ ...live('edit'), data: { x: '9' } });
    server.remove('ConfigMap', 'del');
    server.put({ ...live('add'), data: { x: '1', y: '9' } });
    const relabelled = live('lab').metadata;
    server.put({ ...live('lab'), metadata: { ...relabelled, labels: { ...relabelled.labels, a: 'c' } } });
    if (watched) for (const name of ['add', 'del', 'edit', 'lab']) await settled('ConfigMap', name);
    expect(formatChanges(await applier.applySet(objects))).toBe(
      'ConfigMap/apps/del created\nConfigMap/apps/edit configured\nConfigMap/apps/lab configured',
    );
    expect(live('add').data).toEqual({ x: '1', y: '9' });
    expect(live('lab').metadata.labels?.a).toBe('b');
  });

  test('one refused object stops its stage, not the stages before it', async () => {
    server.refuse = (object) =>
      object.kind === 'Service' ? { code: 422, reason: 'Invalid', message: 'Service "svc" is invalid: no' } : undefined;
    const error = await applierFor(watched)
      .applySet(
        prepared(
          configMap('good', { x: '1' }),
          { apiVersion: 'v1', kind: 'Service', metadata: meta('svc'), spec: {} },
          { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'r' }, rules: [] },
        ),
      )
      .catch((e: unknown) => e as ApplyError);
    expect(error).toBeInstanceOf(ApplyError);
    const { message, changes, code } = error as ApplyError;
    expect(code).toBe('DRY_RUN');
    expect(formatFailure(message, changes)).toBe(
      'Service/apps/svc dry-run failed (Invalid): Service "svc" is invalid: no\nClusterRole/r created\n',
    );
    expect(server.get('ConfigMap', 'good')).toBeUndefined();
  });

  test('the first object refused: nothing else is written', async () => {
    server.refuse = (object) =>
      object.metadata.name === 'a'
        ? { code: 403, reason: 'Forbidden', message: 'configmaps "a" is forbidden' }
        : undefined;
    await expect(applierFor(watched).applySet(prepared(configMap('a', {}), configMap('b', {})))).rejects.toThrow(
      'ConfigMap/apps/a dry-run failed (Forbidden): configmaps "a" is forbidden',
    );
    expect(server.objects.size).toBe(0);
  });

  test('an unknown kind has no reason', async () => {
    const thing = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: meta('one') };
    await expect(applierFor(watched).applySet(prepared(thing))).rejects.toThrow(
      'Thing/apps/one dry-run failed: no matches for kind "Thing" in version "example.com/v1"',
    );
  });

  test('a namespaced object without namespace', async () => {
    const object = { ...configMap('a', {}), metadata: { name: 'a' } };
    await expect(applierFor(watched).applySet(prepared(object))).rejects.toThrow(
      'ConfigMap/a namespace not specified: the server could not find the requested resource',
    );
  });

  describe('objects that cannot be changed', () => {
    const immutable = {
      code: 422,
      reason: 'Invalid',
      message: 'ConfigMap "fixed" is invalid: data: Forbidden: field is immutable',
    };
    beforeEach(() => {
      server.refuse = (next, live) =>
        live && JSON.stringify(live.data) !== JSON.stringify(next.data) && live.metadata.name === 'fixed'
          ? immutable
          : undefined;
    });

    test('fail without force, and nothing else changes', async () => {
      const applier = applierFor(watched);
      await applier.applySet(prepared(configMap('fixed', { x: '1' }), configMap('rest', { x: '1' })));
      await expect(
        applier.applySet(prepared(configMap('fixed', { x: '2' }), configMap('rest', { x: '2' }))),
      ).rejects.toThrow('ConfigMap/apps/fixed dry-run failed (Invalid): ConfigMap "fixed" is invalid');
      expect(server.get('ConfigMap', 'rest')?.data).toEqual({ x: '1' });
    });

    test.each([
      ['force', { force: true }, undefined],
      ['the annotation', {}, { [`${group}/force`]: 'Enabled' }],
    ])('are made anew with %s', async (_, options, annotations) => {
      const applier = applierFor(watched);
      await applier.applySet(prepared(configMap('fixed', { x: '1' }), configMap('rest', { x: '1' })));
      const uid = server.get('ConfigMap', 'fixed')?.metadata.uid;
      const changes = await applier.applySet(
        prepared(configMap('fixed', { x: '2' }, annotations), configMap('rest', { x: '2' })),
        options,
      );
      expect(lines(changes)).toEqual(['ConfigMap/apps/fixed created', 'ConfigMap/apps/rest configured']);
      expect(server.get('ConfigMap', 'fixed')?.metadata.uid).not.toBe(uid);
    });

    test('are not deleted when another object of the stage is refused', async () => {
      const applier = applierFor(watched);
      await applier.applySet(prepared(configMap('fixed', { x: '1' })));
      const refuse = server.refuse;
      server.refuse = (next, live) =>
        next.metadata.name === 'other' ? { code: 403, reason: 'Forbidden', message: 'no' } : refuse(next, live);
      await expect(
        applier.applySet(prepared(configMap('fixed', { x: '2' }), configMap('other', {})), { force: true }),
      ).rejects.toThrow('ConfigMap/apps/other dry-run failed');
      expect(server.get('ConfigMap', 'fixed')?.data).toEqual({ x: '1' });
    });
  });

  test('takes over what kubectl owns, so that fields missing from the manifest go; others keep theirs', async () => {
    server.put(
      configMap('one', { x: '0', old: '1' }, { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }),
      'kubectl-client-side-apply',
    );
    server.put(configMap('two', { x: '0', old: '1' }), 'someone');
    const applier = applierFor(watched);
    const changes = await applier.applySet(prepared(configMap('one', { x: '1' }), configMap('two', { x: '1' })));
    expect(formatChanges(changes)).toBe('ConfigMap/apps/one configured\nConfigMap/apps/two configured');
    const one = server.get('ConfigMap', 'one')!;
    expect(one.data).toEqual({ x: '1' });
    expect(one.metadata.annotations ?? {}).toEqual({});
    expect(one.metadata.managedFields?.map((m) => `${m.manager} ${m.operation}`)).toEqual([
      'kustomize-controller Apply',
    ]);
    expect(server.get('ConfigMap', 'two')?.data).toEqual({ x: '1', old: '1' });
  });

  test('controls on manifest and live object', async () => {
    for (const name of ['ifnot', 'ignore', 'merge', 'left', 'live'])
      server.put(configMap(name, { was: 'here', x: '0' }), 'kubectl');
    server.put(configMap('live', { was: 'here', x: '0' }, { [`${group}/reconcile`]: 'disabled' }));
    const applier = applierFor(watched);
    const set = prepared(
      configMap('ifnot', { x: '1' }, { [`${group}/ssa`]: 'IfNotPresent' }),
      configMap('ifnot-new', { x: '1' }, { [`${group}/ssa`]: 'IfNotPresent' }),
      configMap('ignore', { x: '1' }, { [`${group}/ssa`]: 'Ignore' }),
      configMap('left', { x: '1' }, { [`${group}/reconcile`]: 'Disabled' }),
      configMap('left-new', { x: '1' }, { [`${group}/reconcile`]: 'disabled' }),
      configMap('live', { x: '1' }),
      configMap('merge', { x: '1' }, { [`${group}/ssa`]: 'Merge' }),
    );
    const changes = await applier.applySet(set);
    expect(lines(changes)).toEqual([
      'ConfigMap/apps/ifnot skipped',
      'ConfigMap/apps/ifnot-new created',
      'ConfigMap/apps/ignore skipped',
      'ConfigMap/apps/left skipped',
      'ConfigMap/apps/left-new skipped',
      'ConfigMap/apps/live skipped',
      'ConfigMap/apps/merge configured',
    ]);
    expect(server.get('ConfigMap', 'merge')?.data).toEqual({ was: 'here', x: '1' });
    expect(server.get('ConfigMap', 'left-new')).toBeUndefined();
    expect(inventoryOf(changes)).toHaveLength(7);
  });

  test('ignored fields do not count as drift and keep the live value when the rest is written', async () => {
    const applier = applierFor(watched);
    const ignore = [{ paths: ['/spec/replicas'] }];
    await applier.applySet(prepared(deployment('web:1')), { ignore });
    const scaled = server.get('Deployment', 'web')!;
    server.put({ ...scaled, spec: { ...(scaled.spec as object), replicas: 5 } }, 'scaler');
    await (watched ? settled('Deployment', 'web') : undefined);
    expect(lines(await applier.applySet(prepared(deployment('web:1')), { ignore }))).toEqual([
      'Deployment/apps/web unchanged',
    ]);
    expect(lines(await applier.applySet(prepared(deployment('web:2')), { ignore }))).toEqual([
      'Deployment/apps/web configured',
    ]);
    expect(server.get('Deployment', 'web')?.spec).toMatchObject({ replicas: 5 });
  });

  test('waits for definitions before what they define', async () => {
    server.onStored = (object) => {
      if (object.kind !== 'CustomResourceDefinition' || object.status !== undefined) return;
      setTimeout(() => {
        server.addKind({ group: 'example.com', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true });
        const conditions = [{ type: 'Established', status: 'True' }];
        server.put({ ...server.get('CustomResourceDefinition', 'things.example.com')!, status: { conditions } });
      }, 30);
    };
    const changes = await applierFor(watched).applySet(
      prepared(
        { apiVersion: 'example.com/v1', kind: 'Thing', metadata: meta('one'), spec: { size: 1 } },
        configMap('a', {}),
        {
          apiVersion: 'apiextensions.k8s.io/v1',
          kind: 'CustomResourceDefinition',
          metadata: { name: 'things.example.com' },
          spec: { group: 'example.com' },
        },
        { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'ns:role' } },
      ),
    );
    expect(formatChanges(changes)).toBe(
      'CustomResourceDefinition/things.example.com created\nClusterRole/ns:role created\nConfigMap/apps/a created\nThing/apps/one created',
    );
    expect(inventoryOf(changes).map((entry) => entry.id)).toEqual([
      '_things.example.com_apiextensions.k8s.io_CustomResourceDefinition',
      '_ns__role_rbac.authorization.k8s.io_ClusterRole',
      'apps_a__ConfigMap',
      'apps_one_example.com_Thing',
    ]);
  });

  test('a namespace that was put on a cluster-scoped object does not reach its identity', async () => {
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: meta('r') };
    const changes = await applierFor(watched).applySet(prepared(role));
    expect(lines(changes)).toEqual(['ClusterRole/r created']);
  });

  describe('prune', () => {
    const stale = (...names: string[]) => names.map((name) => ({ id: `apps_${name}__ConfigMap`, v: 'v1' }));

    test('deletes what is ours and not protected', async () => {
      const applier = applierFor(watched);
      await applier.applySet(
        prepared(configMap('a', {}), configMap('b', {}), configMap('kept', {}, { [`${group}/prune`]: 'disabled' })),
      );
      await applier.applySet(prepareObjects([configMap('moved', {})], { owner: { ...owner, name: 'other' } }));
      const pruned = await applier.prune(stale('a', 'b', 'gone', 'kept', 'moved'), { owner });
      expect(lines(pruned)).toEqual([
        'ConfigMap/apps/moved skipped',
        'ConfigMap/apps/kept skipped',
        'ConfigMap/apps/gone deleted',
        'ConfigMap/apps/b deleted',
        'ConfigMap/apps/a deleted',
      ]);
      expect([...server.objects.values()].map((o) => o.metadata.name).sort()).toEqual(['kept', 'moved']);
      await applier.waitForTermination([{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace: 'apps' }], {
        timeoutMs: 100,
      });
    });

    test('does not delete what changed hands a moment ago', async () => {
      const applier = applierFor(watched);
      await applier.applySet(prepared(configMap('a', {})));
      const { metadata, ...rest } = server.get('ConfigMap', 'a')!;
      server.put({
        ...rest,
        metadata: { ...metadata, labels: { [`${group}/name`]: 'other', [`${group}/namespace`]: 'flux-system' } },
      } as KubeObject);
      expect(lines(await applier.prune(stale('a'), { owner }))).toEqual(['ConfigMap/apps/a skipped']);
    });
  });

  describe('waitForReady', () => {
    const ready = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1, observedGeneration: 1 };
    const conditions = [
      { type: 'Available', status: 'True' },
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
    ];

    test('sees what is ready without a request, and the rest as it comes', async () => {
      const applier = applierFor(watched);
      const changes = await applier.applySet(prepared(...fourObjects()));
      requests();
      setTimeout(() => server.put({ ...server.get('Deployment', 'web')!, status: { ...ready, conditions } }), 20);
      await applier.waitForReady(changes, { timeoutMs: 5000, pollMs: 20 });
      const asked = requests();
      if (watched) expect(asked).toEqual([]);
      expect(asked.every((line) => line === 'GET deployments/web')).toBe(true);
    });

    test('timeout names what is not ready', async () => {
      const applier = applierFor(watched);
      const changes = await applier.applySet(prepared(deployment('web:1'), configMap('a', {})));
      await expect(applier.waitForReady(changes, { timeoutMs: 30, pollMs: 10 })).rejects.toThrow(
        "timeout waiting for: [Deployment/apps/web status: 'InProgress']",
      );
    });

    test('fails early, naming what failed', async () => {
      const applier = applierFor(watched);
      const changes = await applier.applySet(prepared(deployment('web:1')));
      const failed = { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] };
      server.put({ ...server.get('Deployment', 'web')!, status: failed });
      await expect(applier.waitForReady(changes, { timeoutMs: 5000, pollMs: 10 })).rejects.toThrow(
        "failed early due to stalled resources: [Deployment/apps/web status: 'Failed']",
      );
    });

    test('a missing object, a Job that cleans up after itself, and a missing namespace', async () => {
      const applier = applierFor(watched);
      const ref = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', namespace: 'apps' };
      await applier.waitForReady([{ ref, subject: 'Job/apps/j', action: 'unchanged', hasTtl: true }], {
        timeoutMs: 1000,
      });
      await expect(applier.waitForReady([ref], { timeoutMs: 20, pollMs: 10 })).rejects.toThrow(
        "timeout waiting for: [Job/apps/j status: 'NotFound']",
      );
      await expect(applier.waitForReady([{ ...ref, namespace: '' }], { timeoutMs: 20 })).rejects.toThrow(
        "can't determine status for Job/j",
      );
    });

    test('says why nothing can be said', async () => {
      const applier = applierFor(watched);
      const changes = await applier.applySet(prepared(configMap('a', {})));
      const readers = [() => ({ status: 'Unknown', message: 'no such key: phase' }) as const];
      await expect(applier.waitForReady(changes, { timeoutMs: 20, pollMs: 10, readers })).rejects.toThrow(
        "timeout waiting for: [ConfigMap/apps/a status: 'Unknown': no such key: phase]",
      );
      const ref = { apiVersion: 'none.example.com/v1', kind: 'None', name: 'n', namespace: 'apps' };
      await expect(applier.waitForReady([ref], { timeoutMs: 20, pollMs: 10 })).rejects.toThrow(
        `timeout waiting for: [None/apps/n status: 'Unknown': no matches for kind "None" in group "none.example.com"]`,
      );
    });

    test('ends with its signal', async () => {
      const applier = applierFor(watched);
      const changes = await applier.applySet(prepared(deployment('web:1')));
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error('new revision')), 10);
      await expect(applier.waitForReady(changes, { timeoutMs: 60_000, signal: stop.signal })).rejects.toThrow(
        'new revision',
      );
    });
  });
});
