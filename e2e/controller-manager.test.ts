import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ApiServer, startApiServer } from '@fluvial/apiserver';
import { findControlPlaneAssets } from '@fluvial/control-plane';
import { createKubeClient, isNotFound, type KubeClient, type KubeObject, loadKubeConfig } from '@fluvial/kube';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deployments, findObject, waitFor } from './lib/wait-for.ts';

const manager = path.join(findControlPlaneAssets() ?? '', 'kube-controller-manager');
const why = existsSync(manager) ? '' : ' (skipped: there is no kube-controller-manager)';
const namespace = 'managed';
const pods = { apiVersion: 'v1', kind: 'Pod' };
const container = { name: 'c', image: 'example.org/app:1' };

/**
 * Kubernetes' own controllers at work in the embedded API server, as a client that knows it inside out: they speak
 * protobuf, watch every kind, and notice whatever is not as they expect it.
 */
describe.skipIf(why !== '')(`kube-controller-manager on the embedded server${why}`, { timeout: 120_000 }, () => {
  let server: ApiServer;
  let kube: KubeClient;
  let home: string;
  let child: ChildProcess;

  beforeAll(async () => {
    server = await startApiServer({ simulator: false });
    home = mkdtempSync(path.join(tmpdir(), 'fluvial-controller-manager-'));
    const kubeconfig = path.join(home, 'kubeconfig');
    writeFileSync(kubeconfig, server.kubeconfig(), { mode: 0o600 });
    kube = createKubeClient(await loadKubeConfig({ kubeconfig }));
    child = spawn(manager, [`--kubeconfig=${kubeconfig}`, '--secure-port=0'], { cwd: home, stdio: 'ignore' });
    await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  });
  afterAll(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await kube.close();
    await server.close();
    rmSync(home, { recursive: true, force: true });
  });

  const podsOf = async (labelSelector: string): Promise<KubeObject[]> =>
    (await kube.list(pods, { namespace, labelSelector })).items;

  /** Says of the pods that are there what a kubelet would. */
  async function report(labelSelector: string, status: object): Promise<void> {
    for (const { metadata } of await podsOf(labelSelector)) {
      const body = { status };
      await kube
        .patch(pods, metadata.name, namespace, { type: 'merge', subresource: 'status', body })
        .catch((error: unknown) => {
          // Its replica set may have been faster.
          if (!isNotFound(error)) throw error;
        });
    }
  }
  const since = '2026-01-02T03:04:05Z';
  const running = {
    phase: 'Running',
    podIP: '10.0.0.9',
    podIPs: [{ ip: '10.0.0.9' }],
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }],
  };

  /** Waits for an object whose status has this in it. */
  function waitForStatus(apiVersion: string, kind: string, name: string, wanted: object): Promise<KubeObject> {
    return waitFor(`${kind}/${name} ${JSON.stringify(wanted)}`, async () => {
      const found = await findObject(kube, { apiVersion, kind }, namespace, name);
      const status = found?.['status'] as Record<string, unknown> | undefined;
      return Object.entries(wanted).every(([field, value]) => status?.[field] === value) ? found : undefined;
    });
  }

  test('a deployment is rolled out, and again with another image', async () => {
    await kube.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
      },
    });
    await waitForStatus('apps/v1', 'Deployment', 'web', { replicas: 2, unavailableReplicas: 2 });
    await report('app=web', running);
    await waitForStatus('apps/v1', 'Deployment', 'web', { availableReplicas: 2, observedGeneration: 1 });

    const template = { spec: { containers: [{ ...container, image: 'example.org/app:2' }] } };
    await kube.patch(deployments, 'web', namespace, { type: 'strategic', body: { spec: { template } } });
    const rolled = await waitFor('web with its new image alone', async () => {
      await report('app=web', running);
      const sets = await kube.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, { namespace });
      const sizes = sets.items.map((set) => (set['spec'] as { replicas: number }).replicas).sort();
      if (sizes.join() !== '0,2') return undefined;
      const found = await findObject(kube, deployments, namespace, 'web');
      const { replicas, updatedReplicas, availableReplicas } = (found?.['status'] ?? {}) as Record<string, unknown>;
      return replicas === 2 && updatedReplicas === 2 && availableReplicas === 2 ? found : undefined;
    });
    expect(rolled.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '2' });
  });

  test('a service gets the endpoints of its pods', async () => {
    await kube.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    });
    const endpoints = await waitFor('endpoints of web', async () => {
      const found = await findObject(kube, { apiVersion: 'v1', kind: 'Endpoints' }, namespace, 'web');
      return (found?.['subsets'] as unknown[] | undefined)?.length ? found : undefined;
    });
    expect(endpoints['subsets']).toMatchObject([{ ports: [{ port: 80, protocol: 'TCP' }] }]);
  });

  test('a job completes with its pod', async () => {
    await kube.create({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once', namespace },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } },
    });
    await waitForStatus('batch/v1', 'Job', 'once', { active: 1 });
    await report('job-name=once', { phase: 'Succeeded' });
    await waitForStatus('batch/v1', 'Job', 'once', { succeeded: 1 });
  });

  test('a stateful set claims its volumes, and a budget counts its pods', async () => {
    await kube.create({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace },
      spec: {
        serviceName: 'db',
        replicas: 1,
        selector: { matchLabels: { app: 'db' } },
        template: { metadata: { labels: { app: 'db' } }, spec: { containers: [container] } },
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    });
    await waitForStatus('v1', 'PersistentVolumeClaim', 'data-db-0', { phase: 'Pending' });
    await kube.create({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web', namespace },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    });
    await waitForStatus('policy/v1', 'PodDisruptionBudget', 'web', { currentHealthy: 2, disruptionsAllowed: 1 });
  });

  test('what hangs on an object goes before it, and a namespace takes all with it', async () => {
    await kube.delete(deployments, 'web', namespace, { propagationPolicy: 'Foreground' });
    await waitFor('the end of web', async () =>
      (await findObject(kube, deployments, namespace, 'web')) === undefined ? true : undefined,
    );
    expect(await podsOf('app=web')).toEqual([]);
    await kube.delete({ apiVersion: 'v1', kind: 'Namespace' }, namespace);
    await waitFor('the end of the namespace', async () =>
      (await findObject(kube, { apiVersion: 'v1', kind: 'Namespace' }, undefined, namespace)) === undefined
        ? true
        : undefined,
    );
  });
});
