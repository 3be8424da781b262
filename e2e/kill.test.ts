import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@fluvial/control-plane';
import { createInformer, createKubeClient, type KubeClient, parseKubeConfig } from '@fluvial/kube';
import { type Sandbox, startSandbox } from '@fluvial/sandbox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configMap, pushFiles } from './lib/push-files.ts';
import { type RunningApp, spawnApp } from './lib/spawn-app.ts';
import { configMaps, kustomizations, ociRepositories, waitFor, waitForReady } from './lib/wait-for.ts';

const kills = 50;
const namespace = 'default';

let dir: string;
let sandbox: Sandbox;
let kube: KubeClient;
let controllers: RunningApp[] = [];

// The API server lives in this process, and lives on; the controllers are processes of their own.
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'fluvial-kill-'));
  sandbox = await startSandbox({ dir });
  writeFileSync(path.join(dir, 'kubeconfig'), sandbox.apiserver.kubeconfig(), { mode: 0o600 });
  kube = createKubeClient(await parseKubeConfig(sandbox.apiserver.kubeconfig()), { userAgent: 'e2e' });
});
afterAll(async () => {
  await Promise.all(controllers.map((controller) => controller.stop('SIGKILL')));
  await kube.close();
  await sandbox.close();
  rmSync(dir, { recursive: true, force: true });
});

test(`the suite converges after kill -9 at ${kills} random moments, and applies nothing twice`, async () => {
  const store = path.join(dir, 'store');
  mkdirSync(store);
  const address = `127.0.0.1:${await freePort()}`;
  const start = async () => {
    controllers = await Promise.all([
      spawnApp('source-controller', path.join(dir, 'kubeconfig'), [
        `--storage-path=${store}`,
        `--storage-addr=${address}`,
        `--storage-adv-addr=${address}`,
      ]),
      spawnApp('kustomize-controller', path.join(dir, 'kubeconfig'), ['--requeue-dependency=1s']),
    ]);
  };
  const writes = countWrites();
  const random = createRandom(20_260_101);
  const push = (version: number) =>
    pushFiles(`${sandbox.registry.address}/e2e/kill:latest`, {
      'constant.yaml': configMap('constant', 'never changes'),
      'changing.yaml': configMap('changing', String(version)),
      'passing.yaml': configMap(`passing-${version}`, 'here for one version'),
    });

  await push(0);
  await start();
  await apply();
  await waitForReady(kube, kustomizations, namespace, 'kill');

  for (let version = 1; version <= kills; version++) {
    const digest = await push(version);
    await kube.patch(ociRepositories, 'kill', namespace, {
      type: 'merge',
      fieldManager: 'e2e',
      body: { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': String(version) } } },
    });
    // From "before anything" to "long done": the work of one version takes about this long.
    await new Promise((resolve) => setTimeout(resolve, random() * 150));
    await Promise.all(controllers.map((controller) => controller.stop('SIGKILL')));
    await start();
    await waitFor(`version ${version}`, async () => {
      const { status } = await kube.get(kustomizations, 'kill', namespace);
      const { lastAppliedRevision = '', inventory } = status as {
        lastAppliedRevision?: string;
        inventory?: { entries: unknown[] };
      };
      return lastAppliedRevision.endsWith(digest) && inventory?.entries.length === 3 ? true : undefined;
    });
    const { items } = await kube.list(configMaps, { namespace });
    expect(
      items.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt'),
      `objects at version ${version}`,
    ).toEqual(['changing', 'constant', `passing-${version}`]);
  }

  await waitFor('the watch', async () => (writes.get('changing') === kills + 1 ? true : undefined), 5000).catch(
    () => {},
  );
  expect(Object.fromEntries(writes)).toMatchObject({ constant: 1, changing: kills + 1 });
  expect([...writes].filter(([name, count]) => name.startsWith('passing-') && count !== 1)).toEqual([]);
}, 600_000);

async function apply(): Promise<void> {
  await kube.apply(
    {
      ...ociRepositories,
      metadata: { name: 'kill', namespace },
      spec: { interval: '1h', url: `oci://${sandbox.registry.address}/e2e/kill`, ref: { tag: 'latest' } },
    },
    { fieldManager: 'e2e' },
  );
  await kube.apply(
    {
      ...kustomizations,
      metadata: { name: 'kill', namespace },
      spec: {
        interval: '1h',
        retryInterval: '1s',
        prune: true,
        path: './',
        targetNamespace: namespace,
        sourceRef: { kind: 'OCIRepository', name: 'kill' },
      },
    },
    { fieldManager: 'e2e' },
  );
}

/** How often each ConfigMap has been written, its creation included. */
function countWrites(): Map<string, number> {
  const writes = new Map<string, number>();
  const informer = createInformer(kube, configMaps, { namespace });
  informer.onChange(({ type, object }) => {
    if (type !== 'deleted') writes.set(object.metadata.name, (writes.get(object.metadata.name) ?? 0) + 1);
  });
  const stop = new AbortController();
  informer.start(stop.signal);
  afterAll(() => stop.abort());
  return writes;
}

/** Numbers in [0, 1) that are the same in each run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
