/**
 * Mean time to production: how long N apps take from their manifests to Ready, and what that costs.
 *
 * Pushes one artifact of four objects, applies N OCIRepositories and N Kustomizations, waits until all are Ready, pushes
 * the next version and waits again. The controllers run as processes of their own, as in a cluster. Beside it `raw`: a
 * bare loop that server-side-applies the same objects at the same concurrency in the same run.
 *
 * `npm run bench -- mttp --n 100 [--control-plane | --kubeconfig FILE] [--concurrent 4] [--json]`
 *
 * It starts the embedded API server, in a process of its own too; with `--control-plane` a real kube-apiserver with etcd
 * and its controller manager. The cluster of `--kubeconfig` must be one to throw away: the CRDs are applied, and two
 * namespaces are made and deleted.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { allCrds } from '@fluvial/api';
import { freePort } from '@fluvial/control-plane';
import {
  createInformer,
  createKubeClient,
  isAlreadyExists,
  type KubeClient,
  type KubeObject,
  loadKubeConfig,
} from '@fluvial/kube';
import { startRegistry } from '@fluvial/registry';
import { type RunningApp, requestsByVerb, spawnApp } from '../e2e/lib/spawn-app.ts';
import { forEach } from './lib/for-each.ts';
import { processUsage } from './lib/process-usage.ts';
import { appObjects, pushApp } from './lib/push-app.ts';
import { startCluster } from './lib/start-cluster.ts';

// A run that was killed leaves its namespaces to a cluster that lives on; the next run has others.
const namespace = `mttp-${randomBytes(3).toString('hex')}`;
const rawNamespace = `${namespace}-raw`;
const sources = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' };
const kustomizations = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' };
const timeoutMs = 600_000;

const { values } = parseArgs({
  options: {
    n: { type: 'string', default: '100' },
    concurrent: { type: 'string', default: '4' },
    kubeconfig: { type: 'string' },
    'control-plane': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const n = wholeNumber('n', values.n);
const concurrent = wholeNumber('concurrent', values.concurrent);

const scratch = mkdtempSync(path.join(tmpdir(), 'fluvial-mttp-'));
const cluster = await startCluster({
  scratch,
  kubeconfig: values.kubeconfig,
  controlPlane: values['control-plane'],
});
const registry = await startRegistry({});
const kube = createKubeClient(await loadKubeConfig({ kubeconfig: cluster.kubeconfig }), { userAgent: 'mttp' });
const apps: RunningApp[] = [];
try {
  await prepare(kube);
  const rawSeconds = await timed(() => applyRaw(kube));
  apps.push(...(await startControllers(cluster.kubeconfig)));
  const before = await costs(apps);

  await pushApp(registry.address, 'latest', '1.0.0');
  const ready = await watchReady(kube);
  const seconds = await timed(async () => {
    await forEach(manifests(registry.address), 16, (object) =>
      kube.apply(object, { fieldManager: 'mttp', force: true }),
    );
    await ready.all('1.0.0');
  });
  const created = await costs(apps);

  await pushApp(registry.address, 'latest', '2.0.0');
  const upgradeSeconds = await timed(async () => {
    const annotations = { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() };
    await forEach(names(), 16, (name) =>
      kube.patch(sources, name, namespace, {
        type: 'merge',
        body: { metadata: { annotations } },
        fieldManager: 'mttp',
      }),
    );
    await ready.all('2.0.0');
  });
  const after = await costs(apps);
  ready.stop();
  await verify(kube);

  const createCost = difference(before, created);
  const upgradeCost = difference(created, after);
  report({
    n,
    objects: n * 6,
    concurrent,
    cluster: cluster.name,
    seconds,
    upgradeSeconds,
    rawSeconds,
    ratio: seconds / rawSeconds,
    upgradeRatio: upgradeSeconds / rawSeconds,
    cpuSeconds: createCost.cpuSeconds,
    upgradeCpuSeconds: upgradeCost.cpuSeconds,
    cpuMsPerApp: (createCost.cpuSeconds * 1000) / n,
    upgradeCpuMsPerApp: (upgradeCost.cpuSeconds * 1000) / n,
    peakRssMiB: after.peakRssMiB,
    sharedMiB: after.sharedMiB,
    requests: createCost.requests,
    upgradeRequests: upgradeCost.requests,
    requestsPerApp: total(createCost.requests) / n,
    upgradeRequestsPerApp: total(upgradeCost.requests) / n,
  });
} finally {
  await Promise.all(apps.map((app) => app.stop()));
  if (values.kubeconfig !== undefined)
    await Promise.all([namespace, rawNamespace].map((name) => removeNamespace(kube, name)));
  await kube.close();
  await registry.close();
  await cluster.stop();
  rmSync(scratch, { recursive: true, force: true });
}

/** The kinds, and two namespaces: one for the apps, one for the bare loop. */
async function prepare(kube: KubeClient): Promise<void> {
  for (const crd of allCrds()) await kube.apply(crd as KubeObject, { fieldManager: 'mttp', force: true });
  for (const name of [namespace, rawNamespace]) {
    await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  }
  for (let attempt = 0; ; attempt++) {
    try {
      await kube.list(kustomizations, { namespace });
      await kube.list(sources, { namespace });
      return;
    } catch (error) {
      if (attempt > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function startControllers(kubeconfig: string): Promise<RunningApp[]> {
  const store = path.join(scratch, 'artifacts');
  mkdirSync(store);
  const address = `127.0.0.1:${await freePort()}`;
  // The API server is the limit to be measured, not the client's own brake.
  const common = [`--concurrent=${concurrent}`, '--kube-api-qps=10000', '--kube-api-burst=10000'];
  return Promise.all([
    spawnApp('source-controller', kubeconfig, [
      ...common,
      `--storage-path=${store}`,
      `--storage-addr=${address}`,
      `--storage-adv-addr=${address}`,
    ]),
    spawnApp('kustomize-controller', kubeconfig, common),
  ]);
}

function* names(): Generator<string> {
  for (let index = 0; index < n; index++) yield `app-${String(index).padStart(4, '0')}`;
}

function* manifests(address: string): Generator<KubeObject> {
  for (const name of names()) {
    yield {
      ...sources,
      metadata: { name, namespace },
      spec: { interval: '60m', url: `oci://${address}/bench/app`, insecure: true, ref: { tag: 'latest' } },
    };
    yield {
      ...kustomizations,
      metadata: { name, namespace },
      spec: {
        interval: '60m',
        prune: true,
        path: './',
        namePrefix: `${name}-`,
        targetNamespace: namespace,
        sourceRef: { kind: 'OCIRepository', name },
      },
    };
  }
}

/** The bare loop: the same objects, one server-side apply each. */
async function applyRaw(kube: KubeClient): Promise<void> {
  function* objects(): Generator<KubeObject> {
    for (const name of names()) {
      for (const object of appObjects('1.0.0')) {
        yield { ...object, metadata: { name: `${name}-${object.metadata.name}`, namespace: rawNamespace } };
      }
    }
  }
  await forEach(objects(), concurrent, (object) => kube.apply(object, { fieldManager: 'raw', force: true }));
}

/** Follows all Kustomizations and tells when each has applied a version. */
async function watchReady(kube: KubeClient): Promise<{ all(version: string): Promise<void>; stop(): void }> {
  const stop = new AbortController();
  const informer = createInformer(kube, kustomizations, { namespace });
  const done = new Map<string, Set<string>>();
  let wake = () => {};
  informer.onChange(({ object }) => {
    const { lastAppliedOriginRevision = '', conditions = [] } = (object['status'] ?? {}) as {
      lastAppliedOriginRevision?: string;
      conditions?: { type: string; status: string }[];
    };
    if (!conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return;
    const version = lastAppliedOriginRevision.split('@')[0] ?? '';
    if (!done.has(version)) done.set(version, new Set());
    done.get(version)?.add(object.metadata.name);
    wake();
  });
  informer.start(stop.signal);
  await informer.synced;
  return {
    async all(version) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`only ${done.get(version)?.size ?? 0} of ${n} apps were Ready at ${version} in time`)),
          timeoutMs,
        );
        wake = () => {
          if (done.get(version)?.size !== n) return;
          clearTimeout(timer);
          resolve();
        };
        wake();
      });
    },
    stop: () => stop.abort(),
  };
}

/** What was measured counts only if it really happened. */
async function verify(kube: KubeClient): Promise<void> {
  const { items } = await kube.list({ apiVersion: 'apps/v1', kind: 'Deployment' }, { namespace });
  const upgraded = items.filter((item) => JSON.stringify(item['spec']).includes('registry.example.com/app:2.0.0'));
  if (upgraded.length !== n) throw new Error(`${upgraded.length} of ${n} Deployments run 2.0.0`);
}

interface Costs {
  readonly cpuSeconds: number;
  /** Of both processes, added up. */
  readonly peakRssMiB: number;
  /** What the sum counts twice: the program text that both map. */
  readonly sharedMiB: number;
  readonly requests: Readonly<Record<string, number>>;
}

/** Events are written behind: what the work has cost is known when no more requests come. */
async function costs(running: readonly RunningApp[]): Promise<Costs> {
  let requests: Record<string, number> = {};
  for (let before = -1; before !== total(requests); ) {
    before = total(requests);
    await new Promise((resolve) => setTimeout(resolve, 500));
    requests = {};
    for (const app of running) {
      for (const [verb, count] of Object.entries(await requestsByVerb(app)))
        requests[verb] = (requests[verb] ?? 0) + count;
    }
  }
  const usages = running.map(({ pid }) => processUsage(pid));
  const sum = (values: number[]) => values.reduce((left, right) => left + right, 0);
  return {
    cpuSeconds: sum(usages.map(({ cpuSeconds }) => cpuSeconds)),
    peakRssMiB: sum(usages.map(({ peakRssMiB }) => peakRssMiB)),
    sharedMiB: Math.min(...usages.map(({ fileRssMiB }) => fileRssMiB)),
    requests,
  };
}

function difference(from: Costs, to: Costs): Costs {
  const requests = Object.fromEntries(
    Object.entries(to.requests)
      .map(([verb, count]) => [verb, count - (from.requests[verb] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
  return { ...to, cpuSeconds: to.cpuSeconds - from.cpuSeconds, requests };
}

function total(requests: Readonly<Record<string, number>>): number {
  return Object.values(requests).reduce((sum, count) => sum + count, 0);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** The controllers are gone: their finalizers would hold the namespace for ever. */
async function removeNamespace(kube: KubeClient, name: string): Promise<void> {
  for (const kind of [kustomizations, sources]) {
    const { items } = await kube.list(kind, { namespace: name }).catch(() => ({ items: [] as KubeObject[] }));
    await forEach(items, 16, ({ metadata }) =>
      kube
        .patch(kind, metadata.name, name, { type: 'merge', body: { metadata: { finalizers: null } } })
        .catch(() => {}),
    );
    await kube.deleteCollection(kind, { namespace: name }).catch(() => {});
  }
  await kube.delete({ apiVersion: 'v1', kind: 'Namespace' }, name).catch(() => {});
}

function report(
  result: Record<string, unknown> & Pick<Costs, 'peakRssMiB' | 'sharedMiB' | 'requests'> & { upgradeRequests: object },
): void {
  if (values.json) {
    console.log(JSON.stringify(result));
    return;
  }
  const figure = (value: unknown) =>
    typeof value === 'number' ? (Number.isInteger(value) ? String(value) : value.toFixed(2)) : String(value);
  const verbs = (requests: object) =>
    Object.entries(requests)
      .map(([verb, count]) => `${verb} ${count}`)
      .join(', ');
  const rows: [string, string, string][] = [
    ['', 'create', 'upgrade'],
    ['seconds', figure(result['seconds']), figure(result['upgradeSeconds'])],
    ['× raw', figure(result['ratio']), figure(result['upgradeRatio'])],
    ['controllers’ CPU, s', figure(result['cpuSeconds']), figure(result['upgradeCpuSeconds'])],
    ['CPU an app, ms', figure(result['cpuMsPerApp']), figure(result['upgradeCpuMsPerApp'])],
    ['API requests an app', figure(result['requestsPerApp']), figure(result['upgradeRequestsPerApp'])],
    ['API requests', verbs(result.requests), verbs(result.upgradeRequests)],
  ];
  console.log(
    `mttp: ${n} apps, ${figure(result['objects'])} objects with their ${n} sources and ${n} Kustomizations, ${concurrent} at once, on ${String(result['cluster'])}`,
  );
  console.log(`raw: the same ${n * 4} objects by a bare loop in ${figure(result['rawSeconds'])} s`);
  const { peakRssMiB, sharedMiB } = result;
  console.log(
    `peak memory of both controllers: ${figure(peakRssMiB - sharedMiB)} MiB (resident sets added up: ${figure(peakRssMiB)} MiB, of which ${figure(sharedMiB)} MiB of shared program text count twice)`,
  );
  for (const [label, left, right] of rows) console.log(`${label.padEnd(22)}${left.padEnd(40)}${right}`);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} takes a whole number above 0, not '${text}'`);
  return value;
}
