import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@fluvial/control-plane';
import { createKubeClient, type KubeClient, parseKubeConfig } from '@fluvial/kube';
import { type Sandbox, startSandbox } from '@fluvial/sandbox';
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configMap, pushFiles } from './lib/push-files.ts';
import { type RunningApp, spawnApp } from './lib/spawn-app.ts';
import { kustomizations, ociRepositories, waitFor, waitForReady } from './lib/wait-for.ts';

const apps = 5;
const namespace = 'default';

let dir: string;
let sandbox: Sandbox;
let kube: KubeClient;
let controllers: RunningApp[] = [];

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'fluvial-steady-'));
  sandbox = await startSandbox({ dir });
  const kubeconfig = path.join(dir, 'kubeconfig');
  writeFileSync(kubeconfig, sandbox.apiserver.kubeconfig(), { mode: 0o600 });
  kube = createKubeClient(await parseKubeConfig(sandbox.apiserver.kubeconfig()), { userAgent: 'e2e' });
  const address = `127.0.0.1:${await freePort()}`;
  mkdirSync(path.join(dir, 'store'));
  controllers = await Promise.all([
    spawnApp('source-controller', kubeconfig, [
      `--storage-path=${path.join(dir, 'store')}`,
      `--storage-addr=${address}`,
      `--storage-adv-addr=${address}`,
    ]),
    spawnApp('kustomize-controller', kubeconfig, []),
  ]);
});
afterAll(async () => {
  await Promise.all(controllers.map((controller) => controller.stop()));
  await kube.close();
  await sandbox.close();
  rmSync(dir, { recursive: true, force: true });
});

test('intervals in which nothing changes send no request for an object', async () => {
  await pushFiles(`${sandbox.registry.address}/e2e/steady:latest`, {
    'a.yaml': configMap('a', '1'),
    'b.yaml': configMap('b', '2'),
  });
  const names = Array.from({ length: apps }, (_, index) => `steady-${index}`);
  for (const name of names) {
    await kube.apply(
      {
        ...ociRepositories,
        metadata: { name, namespace },
        spec: { interval: '1s', url: `oci://${sandbox.registry.address}/e2e/steady`, ref: { tag: 'latest' } },
      },
      { fieldManager: 'e2e' },
    );
    await kube.apply(
      {
        ...kustomizations,
        metadata: { name, namespace },
        spec: {
          interval: '1s',
          prune: true,
          path: './',
          namePrefix: `${name}-`,
          targetNamespace: namespace,
          sourceRef: { kind: 'OCIRepository', name },
        },
      },
      { fieldManager: 'e2e' },
    );
  }
  for (const name of names) await waitForReady(kube, kustomizations, namespace, name);

  const intervals = async (count: number) => {
    const from = await finishedRuns(names);
    await waitFor(`${count} intervals`, async () => ((await finishedRuns(names)) >= from + count ? true : undefined));
  };
  // Events are written behind the runs that they tell of.
  await intervals(2);
  // Ten intervals go by: the registry sees the sources' own checks, the API server nothing but its watches.
  sandbox.apiserver.resetRequestCounts();
  await intervals(10);
  const requests = [...sandbox.apiserver.requestCounts].filter(([what]) => !what.startsWith('WATCH '));
  expect(requests).toEqual([]);
});

/** How often the controllers say that they were through, the least of all objects. Asks them, not the API server. */
async function finishedRuns(names: readonly string[]): Promise<number> {
  const runs = await Promise.all(
    controllers.map(async ({ metricsUrl }) => {
      const text = await (await request(metricsUrl)).body.text();
      return names.map((name) => {
        const line = new RegExp(
          `^gotk_reconcile_duration_seconds_count\\{[^}]*name="${name}"[^}]*\\} (\\d+)`,
          'm',
        ).exec(text);
        return Number(line?.[1] ?? 0);
      });
    }),
  );
  return Math.min(...runs.flat());
}
