import type { KubeObject } from '@fluvial/kube';
import { parseYaml } from '@fluvial/yaml';
import { beforeAll, expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { findKubectl } from '../lib/kubectl.ts';
import { runProgram } from '../lib/program.ts';
import { configMap, pushFiles } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';
import { configMaps, deployments, kustomizations, ociRepositories, waitFor, waitForReady } from '../lib/wait-for.ts';

const kubectl = findKubectl();

describeOnClusters('Manifests of 2022', (cluster) => {
  const story = useStory(cluster);
  const files = {
    'kustomization.yaml': 'resources: [deployment.yaml, settings.yaml]\n',
    'settings.yaml': configMap('settings', 'x'),
    'deployment.yaml': deployment,
  };
  const push = (tag: string, of: Record<string, string>) =>
    pushFiles(`${story.registry}/stefanprodan/manifests/podinfo:${tag}`, of, {
      source: 'https://github.com/stefanprodan/podinfo',
      revision: `${tag}@sha1:b3b00fe35424a45d373bf4c7214178bc36fd7872`,
    });

  beforeAll(async () => {
    for (const tag of ['latest', '1.2.0', '0.9.0']) await push(tag, files);
  });

  /** Through the real kubectl where there is one, else through our own client: the server must take both. */
  async function applyText(text: string): Promise<void> {
    if (kubectl === undefined) {
      for (const object of parseYaml(text) as KubeObject[])
        await story.kube.create(object, { fieldManager: 'kubectl' });
      return;
    }
    const { exitCode, stderr } = await runProgram(kubectl, ['apply', '-f', '-'], {
      env: { KUBECONFIG: story.cluster.kubeconfig },
      stdin: text,
    });
    expect(exitCode, stderr).toBe(0);
  }

  test('an OCIRepository and a Kustomization without prune become Ready', async () => {
    await applyText(manifests(story.id, story.namespace, story.registry));
    await waitForReady(story.kube, ociRepositories, story.namespace, 'podinfo');
    await story.ready('podinfo');
    await story.kube.get(deployments, 'podinfo', story.namespace);
  });

  test('the staging Kustomization waits for health and carries its JSON patch', async () => {
    const target = await story.createNamespace(`${story.id}-staging`);
    await applyText(staging(story.id, story.namespace, target));
    const found = await waitFor('the deployment', () => story.kube.find(deployments, 'podinfo', target));
    expect(found.metadata.annotations?.['env']).toBe('staging');
    await story.kube.patch(deployments, 'podinfo', target, {
      type: 'merge',
      subresource: 'status',
      fieldManager: 'kubelet',
      body: { status: rolledOut(found.metadata.generation ?? 1) },
    });
    await story.ready('podinfo-staging');
  });

  test('a semver range follows the newest tag in it', async () => {
    await story.kube.patch(
      { ...ociRepositories, apiVersion: 'source.toolkit.fluxcd.io/v1beta2' },
      'podinfo',
      story.namespace,
      { type: 'merge', fieldManager: 'e2e', body: { spec: { ref: { tag: null, semver: '>=1.0.0' } } } },
    );
    await waitForReady(story.kube, ociRepositories, story.namespace, 'podinfo', { message: /1\.2\.0@sha256:/ });
  });

  test('what one Kustomization without prune no longer has stays', async () => {
    await push('1.3.0', { 'deployment.yaml': deployment });
    const end = await story.flux('reconcile', 'kustomization', 'podinfo', '--with-source');
    expect(end.exitCode, end.stderr).toBe(0);
    await waitFor('the new revision', async () => {
      const { status } = await story.kube.get(kustomizations, 'podinfo', story.namespace);
      return (status as { lastAppliedRevision: string }).lastAppliedRevision.startsWith('1.3.0@') ? true : undefined;
    });
    await story.kube.get(configMaps, 'settings', story.namespace);
  });
});

function rolledOut(generation: number): Record<string, unknown> {
  const condition = { status: 'True', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' };
  return {
    observedGeneration: generation,
    conditions: [
      { type: 'Available', reason: 'MinimumReplicasAvailable', ...condition },
      { type: 'Progressing', reason: 'NewReplicaSetAvailable', ...condition },
    ],
  };
}

// Without replicas, so that a real deployment controller, where there is one, and the test write the same status.
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: podinfo
spec:
  replicas: 0
  selector:
    matchLabels: {app: podinfo}
  template:
    metadata:
      labels: {app: podinfo}
    spec:
      containers:
      - name: podinfo
        image: ghcr.io/stefanprodan/podinfo:6.1.5
`;

/** As people wrote it; the label keeps the objects to the story. */
function manifests(shard: string, namespace: string, registry: string): string {
  return `apiVersion: source.toolkit.fluxcd.io/v1beta2
kind: OCIRepository
metadata:
  name: podinfo
  namespace: ${namespace}
  labels: {sharding.fluxcd.io/key: ${shard}}
spec:
  interval: 10m
  url: oci://${registry}/stefanprodan/manifests/podinfo
  ref:
    tag: latest
---
apiVersion: kustomize.toolkit.fluxcd.io/v1beta2
kind: Kustomization
metadata:
  name: podinfo
  namespace: ${namespace}
  labels: {sharding.fluxcd.io/key: ${shard}}
spec:
  interval: 10m
  targetNamespace: ${namespace}
  sourceRef:
    kind: OCIRepository
    name: podinfo
  path: ./
`;
}

function staging(shard: string, namespace: string, target: string): string {
  return `apiVersion: kustomize.toolkit.fluxcd.io/v1beta2
kind: Kustomization
metadata:
  name: podinfo-staging
  namespace: ${namespace}
  labels: {sharding.fluxcd.io/key: ${shard}}
spec:
  interval: 10m
  targetNamespace: ${target}
  prune: true
  wait: true
  timeout: 2m
  retryInterval: 5m
  sourceRef:
    kind: OCIRepository
    name: podinfo
  path: ./
  patches:
    - patch: |
        - op: add
          path: /metadata/annotations/env
          value: staging
      target:
        kind: Deployment
        name: podinfo
`;
}
