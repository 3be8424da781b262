import { checkConditions } from '@fluvial/conditions';
import { ApiError, type KubeObject } from '@fluvial/kube';
import { afterEach, describe, expect, test } from 'vitest';
import type { Controller } from './controller.ts';
import { StallingError, TransientError } from './errors.ts';
import { createManager, type Manager } from './manager.ts';
import { createFakeKube, type FakeKube } from './testing/fake-kube.ts';

const kind = { apiVersion: 'test.dev/v1', kind: 'Thing' };
const other = { apiVersion: 'v1', kind: 'ConfigMap' };
type Thing = KubeObject & { spec?: { suspend?: boolean; from?: string }; status?: Record<string, unknown> };

const thing = (name: string, spec: Record<string, unknown> = {}, annotations?: Record<string, string>): Thing => ({
  ...kind,
  metadata: { name, namespace: 'ns', ...(annotations ? { annotations } : {}) },
  spec,
  status: { observedGeneration: -1 },
});

const base: Controller<Thing> = {
  name: 'thing',
  kind,
  conditions: { owned: [] },
  observes: 'ready',
  async reconcile(_object, ctx) {
    ctx.markReady('Succeeded', 'done');
    return { next: 'interval', afterMs: 600_000 };
  },
};

const running: { stop: AbortController; end: Promise<void> }[] = [];
afterEach(async () => {
  for (const { stop, end } of running.splice(0)) {
    stop.abort(new Error('test ends'));
    await end;
  }
});

async function start(kube: FakeKube, ...controllers: Controller<Thing>[]): Promise<Manager> {
  const manager = createManager({ kube: kube.client, freezeCache: true, graceMs: 1000 });
  for (const controller of controllers) {
    manager.add(controller, { controllerName: 'thing-controller', fieldManager: 'gotk-thing', minRetryDelayMs: 5 });
  }
  const stop = new AbortController();
  running.push({ stop, end: manager.start(stop.signal) });
  await until(() => manager.ready);
  return manager;
}

async function until(check: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!check()) {
    if (Date.now() > end) throw new Error('not reached');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const ready = (kube: FakeKube, name: string) =>
  (
    kube.read(kind.kind, name)?.['status'] as
      | { conditions?: { type: string; status: string; reason: string; message: string }[] }
      | undefined
  )?.conditions?.find((condition) => condition.type === 'Ready');

const statusOf = (kube: FakeKube, name: string) =>
  (kube.read(kind.kind, name)?.['status'] ?? {}) as Record<string, unknown>;

describe('createManager', () => {
  test('a new object costs one finalizer patch and one status patch', async () => {
    const kube = createFakeKube();
    kube.put(thing('a'));
    await start(kube, base);
    await until(() => ready(kube, 'a')?.status === 'True');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(kube.requests.map(({ verb, kind }) => `${verb} ${kind}`)).toEqual(['patch Thing', 'patch status Thing']);
    const object = kube.read(kind.kind, 'a');
    expect(object?.metadata.finalizers).toEqual(['finalizers.fluxcd.io']);
    expect(object?.['status']).toMatchObject({ observedGeneration: 1 });
    expect(checkConditions(object as never)).toEqual([]);
  });

  test('a run that changes nothing writes nothing', async () => {
    const kube = createFakeKube();
    kube.put(thing('a'));
    let runs = 0;
    const manager = await start(kube, {
      ...base,
      async reconcile(object, ctx) {
        runs += 1;
        ctx.progress('working');
        ctx.setCondition('Ready', 'Unknown', 'Progressing', 'working');
        return base.reconcile(object, ctx);
      },
    });
    await until(() => ready(kube, 'a')?.status === 'True');
    const before = kube.requests.length;
    manager.wake(kind, { namespace: 'ns', name: 'a' });
    await until(() => runs === 2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(kube.requests.length).toBe(before);
    expect(runs).toBe(2);
  });

  test('a new generation and a new request wake, other changes do not', async () => {
    const kube = createFakeKube();
    kube.put(thing('a'));
    let runs = 0;
    await start(kube, {
      ...base,
      async reconcile(object, ctx) {
        runs += 1;
        return base.reconcile(object, ctx);
      },
    });
    await until(() => runs === 1 && ready(kube, 'a') !== undefined);
    const found = kube.read<Thing>(kind.kind, 'a') as Thing;
    await kube.client.patch(kind, 'a', 'ns', { type: 'merge', body: { metadata: { labels: { x: 'y' } } } });
    await kube.client.patch(kind, 'a', 'ns', {
      type: 'merge',
      body: { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 't1' } } },
    });
    await until(() => statusOf(kube, 'a')['lastHandledReconcileAt'] === 't1');
    expect(runs).toBe(2);
    kube.put({ ...(kube.read<Thing>(kind.kind, 'a') as Thing), spec: { ...found.spec, from: 'x' } });
    await until(() => statusOf(kube, 'a')['observedGeneration'] === 2);
    expect(runs).toBe(3);
  });

  test('suspended objects are left alone, but the request is answered', async () => {
    const kube = createFakeKube();
    kube.put(thing('a', { suspend: true }, { 'reconcile.fluxcd.io/requestedAt': 't1' }));
    let runs = 0;
    await start(kube, {
      ...base,
      async reconcile(object, ctx) {
        runs += 1;
        return base.reconcile(object, ctx);
      },
    });
    await until(() => statusOf(kube, 'a')['lastHandledReconcileAt'] === 't1');
    expect(runs).toBe(0);
    expect(ready(kube, 'a')).toBeUndefined();
  });

  test('transient errors back off until they are over, and end in an event', async () => {
    const kube = createFakeKube();
    kube.put(thing('a'));
    let runs = 0;
    const manager = await start(kube, {
      ...base,
      async reconcile(object, ctx) {
        runs += 1;
        if (runs < 3) throw new TransientError('registry away', { reason: 'FetchFailed' });
        return base.reconcile(object, ctx);
      },
    });
    await until(() => runs === 1 && ready(kube, 'a')?.reason === 'FetchFailed');
    await until(() => ready(kube, 'a')?.status === 'True');
    expect(runs).toBe(3);
    await manager.events.flush();
    const event = kube.requests.find((request) => request.verb === 'create' && request.kind === 'Event')?.body;
    expect(event).toMatchObject({
      type: 'Warning',
      reason: 'FetchFailed',
      message: 'registry away',
      source: { component: 'thing-controller' },
      involvedObject: { kind: 'Thing', name: 'a', namespace: 'ns' },
      count: 1,
    });
  });

  test('stalling errors wait for a change', async () => {
    const kube = createFakeKube();
    kube.put(thing('a'));
    let runs = 0;
    await start(kube, {
      ...base,
      async reconcile() {
        runs += 1;
        throw new StallingError('no such scheme', { reason: 'URLInvalid' });
      },
    });
    await until(() => ready(kube, 'a')?.status === 'False');
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(runs).toBe(1);
    const object = kube.read(kind.kind, 'a');
    expect(object?.['status']).toMatchObject({ observedGeneration: 1 });
    expect(checkConditions(object as never)).toEqual([]);
  });

  test('a panic is one failed run', async () => {
    const kube = createFakeKube();
    kube.put(thing('a'));
    let runs = 0;
    await start(kube, {
      ...base,
      async reconcile(object, ctx) {
        runs += 1;
        if (runs === 1) return (undefined as unknown as { x: { y: never } }).x.y;
        return base.reconcile(object, ctx);
      },
    });
    await until(() => ready(kube, 'a')?.status === 'True');
    expect(runs).toBe(2);
  });

  test("somebody else's condition survives, also when it appears meanwhile", async () => {
    const kube = createFakeKube();
    const foreign = {
      type: 'Foreign',
      status: 'True',
      reason: 'R',
      message: 'm',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    kube.put(thing('a'));
    let raced = false;
    kube.before = ({ verb }) => {
      if (verb !== 'patch status' || raced) return;
      raced = true;
      kube.put({ ...(kube.read(kind.kind, 'a') as KubeObject), status: { conditions: [foreign] } });
    };
    await start(kube, base);
    await until(() => ready(kube, 'a')?.status === 'True');
    const { conditions = [] } = statusOf(kube, 'a') as { conditions?: { type: string }[] };
    expect(conditions.map((condition) => condition.type)).toEqual(['Ready', 'Foreign']);
  });

  test('a deleted object is finalized; a failure keeps the finalizer', async () => {
    const kube = createFakeKube();
    kube.put(thing('a'));
    let tries = 0;
    await start(kube, {
      ...base,
      async finalize() {
        tries += 1;
        if (tries === 1) throw new TransientError('busy');
      },
    });
    await until(() => ready(kube, 'a')?.status === 'True');
    kube.remove(kind.kind, 'a');
    await until(() => kube.read(kind.kind, 'a') === undefined);
    expect(tries).toBe(2);
  });

  test('an object that goes before it has its finalizer is finalized all the same', async () => {
    const kube = createFakeKube();
    kube.put(thing('a'));
    const seen: string[] = [];
    kube.before = ({ verb }) => {
      if (verb === 'patch') kube.remove(kind.kind, 'a');
    };
    await start(kube, {
      ...base,
      async reconcile(object, ctx) {
        seen.push('made');
        await ctx.claimed().catch((error: unknown) => {
          seen.push('gone');
          throw error;
        });
        return base.reconcile(object, ctx);
      },
      async finalize() {
        seen.push('finalized');
      },
    });
    await until(() => seen.includes('finalized'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen).toEqual(['made', 'gone', 'finalized']);
    expect(kube.requests.map(({ verb }) => verb)).toEqual(['patch']);
  });

  test('watches wake through an index', async () => {
    const kube = createFakeKube();
    kube.put(thing('a', { from: 'c' }));
    kube.put(thing('b'));
    const runs: string[] = [];
    await start(kube, {
      ...base,
      indexes: { from: (object) => (object.spec?.from ? [object.spec.from] : []) },
      watches: [
        {
          kind: other,
          wakes: (change, own) =>
            own
              .byIndex('from', change.object.metadata.name)
              .map(({ metadata }) => ({ namespace: 'ns', name: metadata.name })),
        },
      ],
      async reconcile(object, ctx) {
        runs.push(object.metadata.name);
        return base.reconcile(object, ctx);
      },
    });
    await until(() => runs.length === 2);
    kube.put({ ...other, metadata: { name: 'c', namespace: 'ns' } });
    await until(() => runs.length === 3);
    expect(runs[2]).toBe('a');
  });

  test('a long step becomes visible, once', async () => {
    const kube = createFakeKube();
    kube.put(thing('a'));
    let release = () => {};
    const wait = new Promise<void>((resolve) => {
      release = resolve;
    });
    await start(kube, {
      ...base,
      async reconcile(object, ctx) {
        ctx.progress('waiting', { delayMs: 1 });
        await wait;
        return base.reconcile(object, ctx);
      },
    });
    const reconciling = () => JSON.stringify(kube.read(kind.kind, 'a')?.['status']).includes('"Reconciling"');
    await until(reconciling);
    release();
    await until(() => ready(kube, 'a')?.status === 'True');
    expect(reconciling()).toBe(false);
    expect(kube.requests.filter((request) => request.verb === 'patch status')).toHaveLength(2);
  });

  test('what only waits holds no worker, and does not hold the process up', async () => {
    const kube = createFakeKube();
    for (const name of ['a', 'b', 'c']) kube.put(thing(name));
    const waiting = new Set<string>();
    const manager = createManager({ kube: kube.client, graceMs: 60_000 });
    const waits: Controller<Thing> = {
      ...base,
      async reconcile(object, ctx) {
        if (object.metadata.name !== 'c') {
          await ctx.wait(
            (signal) =>
              new Promise((_, reject) => {
                waiting.add(object.metadata.name);
                signal.addEventListener('abort', () => reject(signal.reason), { once: true });
              }),
          );
        }
        return base.reconcile(object, ctx);
      },
    };
    manager.add(waits, { controllerName: 'c', concurrent: 1 });
    const stop = new AbortController();
    const end = manager.start(stop.signal);
    await until(() => waiting.size === 2 && ready(kube, 'c')?.status === 'True');
    stop.abort(new Error('enough'));
    await end;
    expect(ready(kube, 'a')).toBeUndefined();
  });

  test('a refused status patch is tried again', async () => {
    const kube = createFakeKube();
    kube.put(thing('a'));
    let refused = 0;
    kube.before = ({ verb }) => {
      if (verb === 'patch status' && refused < 2) {
        refused += 1;
        throw new ApiError({ code: 500, message: 'etcd away' });
      }
    };
    await start(kube, base);
    await until(() => ready(kube, 'a')?.status === 'True');
    expect(refused).toBe(2);
  });
});
