/**
 * Keeps a cluster up with the suite's controllers at work in it, each a process of its own, until it is told to end.
 *
 * For whatever wants the whole suite but starts nothing itself: a debugger, another test runner, a person with kubectl.
 *
 * `node --conditions=@fluvial/source --import tsx e2e/serve.ts [--provider control-plane] [--dir DIR] [--registry-port N |
 * --registry HOST:PORT] [--without-workloads] [--source-flag=FLAG] [--kustomize-flag=FLAG] [-- FLAGS OF BOTH CONTROLLERS]`
 *
 * `--without-workloads` leaves the controllers of Deployments and their like out of a real control plane: no kubelet runs
 * here, and what they write about pods that never start comes at moments of its own.
 *
 * Prints where everything is as one line of JSON, then `ready`. DIR (a new temporary folder by default) gets `kubeconfig`,
 * the logs, and the artifacts; SIGINT or SIGTERM ends the processes and, if it is a temporary one, removes it.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '@fluvial/control-plane';
import { isAlreadyExists } from '@fluvial/kube';
import { startRegistry } from '@fluvial/registry';
import { findProviders, startCluster } from './lib/cluster.ts';
import { type RunningApp, spawnApp } from './lib/spawn-app.ts';

const runtimeNamespace = 'flux-system';

const { values, positionals: controllerFlags } = parseArgs({
  allowPositionals: true,
  options: {
    provider: { type: 'string', default: 'control-plane' },
    dir: { type: 'string' },
    registry: { type: 'string' },
    'registry-port': { type: 'string', default: '0' },
    'without-workloads': { type: 'boolean', default: false },
    'source-flag': { type: 'string', multiple: true, default: [] },
    'kustomize-flag': { type: 'string', multiple: true, default: [] },
  },
});
const [state] = findProviders({ ...process.env, FLUVIAL_E2E_PROVIDER: values.provider });
if (state === undefined) throw new Error(`--provider '${values.provider}' is none`);

const told = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
});
const dir = values.dir ?? mkdtempSync(path.join(tmpdir(), 'fluvial-serve-'));
const store = path.join(dir, 'artifacts');
mkdirSync(store, { recursive: true });

const ending: (() => Promise<void>)[] = [];
try {
  const cluster = await startCluster(state.provider, { workloads: !values['without-workloads'] });
  ending.push(() => cluster.close());
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: runtimeNamespace } };
  await cluster.kube.create(namespace).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  const kubeconfig = path.join(dir, 'kubeconfig');
  copyFileSync(cluster.kubeconfig, kubeconfig);

  let { registry } = values;
  if (registry === undefined) {
    const own = await startRegistry({ port: Number(values['registry-port']) });
    ending.push(() => own.close());
    registry = own.address;
  }

  const artifacts = `127.0.0.1:${await freePort()}`;
  const sourceFlags = [`--storage-path=${store}`, `--storage-addr=${artifacts}`, `--storage-adv-addr=${artifacts}`];
  await start('source-controller', kubeconfig, [...sourceFlags, ...values['source-flag']]);
  await start('kustomize-controller', kubeconfig, values['kustomize-flag']);
  console.log(JSON.stringify({ kubeconfig, registry, artifacts, dir }));
  console.log('ready');
  await told;
} finally {
  for (const end of ending.reverse()) await end();
  if (values.dir === undefined) rmSync(dir, { recursive: true, force: true });
}

async function start(name: string, kubeconfig: string, flags: readonly string[]): Promise<void> {
  const app: RunningApp = await spawnApp(name, kubeconfig, [...flags, ...controllerFlags], {
    env: { RUNTIME_NAMESPACE: runtimeNamespace },
    log: path.join(dir, `${name}.log`),
  });
  ending.push(() => app.stop());
}
