import type { KubeObject } from '@fluvial/kube';
import { stringifyYaml } from '@fluvial/yaml';
import { beforeAll, expect, test } from 'vitest';
import { installKinds } from '../lib/cluster.ts';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { useStory } from '../lib/story.ts';
import { waitFor } from '../lib/wait-for.ts';

describeOnClusters('Health', (cluster) => {
  const story = useStory(cluster);
  const group = `${story.id}.example.com`;
  const databases = { apiVersion: `${group}/v1`, kind: 'Database' };
  const database = { ...databases, metadata: { name: 'main' }, spec: { size: 3 } };
  const pods = { apiVersion: 'v1', kind: 'Pod' };

  beforeAll(async () => {
    const definition = await story.apply(databaseKind(group));
    await installKinds(story.kube, [withoutServerFields(definition)]);
  });

  const setPhase = (phase: string) =>
    story.kube.patch(databases, 'main', story.namespace, {
      type: 'merge',
      subresource: 'status',
      fieldManager: 'operator',
      body: { status: { phase } },
    });

  test('of a kind that only its own expressions understand', async () => {
    await story.deploy(
      'database',
      { 'database.yaml': stringifyYaml(database) },
      {
        wait: true,
        timeout: '1m',
        healthCheckExprs: [
          {
            ...databases,
            inProgress: "!has(status.phase) || status.phase == 'Provisioning'",
            failed: "status.phase == 'Broken'",
            current: "status.phase == 'Running'",
          },
        ],
      },
    );
    await waitFor('the database is applied', async () =>
      (await story.kube.find(databases, 'main', story.namespace)) === undefined ? undefined : true,
    );
    await setPhase('Provisioning');
    await story.ready('database', { status: 'Unknown' });
    await setPhase('Running');
    await story.ready('database');
  });

  test('that fails says which object it was, and recovers', async () => {
    await setPhase('Broken');
    await story.requestRun({ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' }, 'database');
    await story.ready('database', { status: 'False', message: /Database\/\S*main/ });
    await setPhase('Running');
    await story.ready('database');
  });

  test('of a workload is waited for, and what depends on it waits, too', async () => {
    await story.deploy('app', { 'app.yaml': stringifyYaml(pod) }, { wait: true, timeout: '1m' });
    await story.applyKustomization('after', {
      namePrefix: 'after-',
      sourceRef: { kind: 'OCIRepository', name: 'database' },
      dependsOn: [{ name: 'app' }],
      healthChecks: [],
    });
    await waitFor('the pod', () => story.kube.find(pods, 'app', story.namespace));
    expect(await story.kube.find(databases, 'after-main', story.namespace)).toBeUndefined();

    await story.kube.patch(pods, 'app', story.namespace, {
      type: 'merge',
      subresource: 'status',
      fieldManager: 'kubelet',
      body: {
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
        },
      },
    });
    await story.ready('app');
    await story.ready('after');
    expect(await story.kube.find(databases, 'after-main', story.namespace)).toBeDefined();
  });
});

// Nobody runs it, neither here nor in a cluster with nodes: its status is the test's.
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'app' },
  spec: { schedulerName: 'nobody', containers: [{ name: 'app', image: 'registry.example.com/app:1' }] },
};

function databaseKind(group: string): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `databases.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Database', listKind: 'DatabaseList', plural: 'databases', singular: 'database' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: { type: 'object', properties: { size: { type: 'integer' } } },
                status: { type: 'object', properties: { phase: { type: 'string' } } },
              },
            },
          },
        },
      ],
    },
  };
}

function withoutServerFields({ apiVersion, kind, metadata, spec }: KubeObject & { spec?: unknown }): KubeObject {
  return { apiVersion, kind, metadata: { name: metadata.name }, spec };
}
