import { existsSync } from 'node:fs';
import path from 'node:path';
import { allCrds } from '@fluvial/api';
import { findControlPlaneAssets, startControlPlane } from '@fluvial/control-plane';
import { createKubeClient, type KubeClient, type KubeConfig, type KubeObject, loadKubeConfig } from '@fluvial/kube';
import { startSandboxProcess } from './sandbox-process.ts';
import { waitFor } from './wait-for.ts';

/** Where stories run. */
export type Provider = 'embedded' | 'control-plane' | 'kubeconfig';

/** A Kubernetes API to play stories on, with the suite's kinds installed and none of its controllers. */
export interface Cluster {
  readonly provider: Provider;
  /** Path. Its user may do everything. */
  readonly kubeconfig: string;
  readonly config: KubeConfig;
  /** Straight to the API server. */
  readonly kube: KubeClient;
  /** Kills the API server, runs `meanwhile`, and starts it again on the same address and state. Not there: not ours. */
  readonly restart: ((meanwhile?: () => Promise<void>) => Promise<void>) | undefined;
  /** Ends what was started for it. */
  close(): Promise<void>;
}

/** A provider that this run has, or why it has not. */
export interface ProviderState {
  readonly provider: Provider;
  readonly missing?: string;
}

/**
 * Which providers a run uses: `FLUVIAL_E2E_PROVIDER`, a list separated by commas, else the embedded API server and, where
 * its binaries are on this machine, the real control plane.
 *
 * `kubeconfig` must be asked for by name, so that no plain test run ever touches the cluster of a developer's
 * `KUBECONFIG`. What was asked for by name must be there.
 *
 * @throws {Error} for an unknown provider, and for one that was asked for and is not there
 */
export function findProviders(env: NodeJS.ProcessEnv = process.env): readonly ProviderState[] {
  const asked = (env['FLUVIAL_E2E_PROVIDER'] ?? '').split(',').filter((name) => name !== '');
  const names = asked.length > 0 ? asked : ['embedded', 'control-plane'];
  return names.map((name) => {
    if (!isProvider(name)) {
      throw new Error(`FLUVIAL_E2E_PROVIDER: '${name}' is none of embedded, control-plane, kubeconfig`);
    }
    const missing = missingFor(name, env);
    if (missing === undefined) return { provider: name };
    if (asked.length > 0) throw new Error(`FLUVIAL_E2E_PROVIDER=${env['FLUVIAL_E2E_PROVIDER']}: ${missing}`);
    return { provider: name, missing };
  });
}

function isProvider(name: string): name is Provider {
  return name === 'embedded' || name === 'control-plane' || name === 'kubeconfig';
}

function missingFor(provider: Provider, env: NodeJS.ProcessEnv): string | undefined {
  switch (provider) {
    case 'embedded':
      return undefined;
    case 'control-plane':
      return findControlPlaneAssets(env) === undefined
        ? 'no binaries of a control plane: set KUBEBUILDER_ASSETS, or run node e2e/control-plane/build.mjs'
        : undefined;
    case 'kubeconfig':
      return env['KUBECONFIG'] ? undefined : 'KUBECONFIG names no cluster';
  }
}

/** Whether namespaces empty themselves and owners take along what they own: setup-envtest has no controller manager. */
export function hasControllers(provider: Provider): boolean {
  return (
    provider !== 'control-plane' || existsSync(path.join(findControlPlaneAssets() ?? '', 'kube-controller-manager'))
  );
}

// Makers of pods: without a kubelet they write, at their own pace, that nothing gets ready.
const podMakers = ['cronjob', 'daemonset', 'deployment', 'job', 'replicaset', 'replicationcontroller', 'statefulset'];

/**
 * Starts a cluster of its own; for `kubeconfig`, opens the one there is. The suite's kinds are installed.
 *
 * @param options `workloads`: whether a real control plane runs the controllers of Deployments and their like. Default true.
 */
export async function startCluster(
  provider: Provider,
  { workloads = true }: { readonly workloads?: boolean } = {},
): Promise<Cluster> {
  switch (provider) {
    case 'embedded':
      return startEmbedded();
    case 'control-plane':
      return startReal(workloads ? undefined : ['*', ...podMakers.map((name) => `-${name}-controller`)]);
    case 'kubeconfig': {
      const cluster = await openCluster(provider, process.env['KUBECONFIG'] ?? '');
      await installKinds(cluster.kube);
      return cluster;
    }
  }
}

/** A cluster that somebody else started and ends. */
export async function openCluster(provider: Provider, kubeconfig: string): Promise<Cluster> {
  const config = await loadKubeConfig({ env: { ...process.env, KUBECONFIG: kubeconfig }, preferInCluster: false });
  const kube = createKubeClient(config, { userAgent: 'e2e' });
  return { provider, kubeconfig, config, kube, restart: undefined, close: () => kube.close() };
}

// Stories patch the status of workloads themselves, as they must where there is no kubelet.
const sandboxArgs = ['--controllers=', '--skip-workloads=e2e-*'];

async function startEmbedded(): Promise<Cluster> {
  let sandbox = await startSandboxProcess({ args: sandboxArgs });
  const { dir, kubeconfig } = sandbox;
  const cluster = await openCluster('embedded', kubeconfig);
  return {
    ...cluster,
    async restart(meanwhile = async () => {}) {
      await sandbox.stop({ signal: 'SIGKILL', keep: true });
      await meanwhile();
      sandbox = await startSandboxProcess({ dir, args: sandboxArgs });
    },
    async close() {
      await cluster.close();
      await sandbox.stop();
    },
  };
}

async function startReal(controllers: readonly string[] | undefined): Promise<Cluster> {
  const plane = await startControlPlane(
    findControlPlaneAssets() ?? '',
    controllers === undefined ? {} : { controllers },
  );
  try {
    const cluster = await openCluster('control-plane', plane.kubeconfig);
    await installKinds(cluster.kube);
    return {
      ...cluster,
      async restart(meanwhile = async () => {}) {
        const restarted = plane.restartApiServer();
        await Promise.all([restarted, meanwhile()]);
      },
      async close() {
        await cluster.close();
        await plane.stop();
      },
    };
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

const definitions = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };

/** Applies the suite's kinds and waits until all are served. */
export async function installKinds(kube: KubeClient, crds: readonly KubeObject[] = allCrds() as never): Promise<void> {
  for (const crd of crds) await kube.apply(crd, { fieldManager: 'e2e', force: true });
  for (const { metadata } of crds) {
    await waitFor(`${metadata.name} is established`, async () => {
      const { status } = await kube.get(definitions, metadata.name);
      // Null at first.
      const { conditions } = (status ?? {}) as { conditions?: { type: string; status: string }[] | null };
      return conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ? true : undefined;
    });
  }
  // The definition says "established" a moment before the server serves it.
  await waitFor('the kinds are served', async () => {
    try {
      for (const crd of crds) {
        const { group, names, versions } = crd['spec'] as {
          group: string;
          names: { kind: string };
          versions: { name: string; served: boolean }[];
        };
        for (const version of versions.filter(({ served }) => served)) {
          await kube.list(
            { apiVersion: `${group}/${version.name}`, kind: names.kind },
            { limit: 1, metadataOnly: true },
          );
        }
      }
      return true;
    } catch {
      return undefined;
    }
  });
}
