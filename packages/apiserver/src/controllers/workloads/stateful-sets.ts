import { asArray, asNumber, asObject, asString } from '../../json.ts';
import type { KubeObject } from '../../types.ts';
import { keepPods } from './pods.ts';
import { failureOf, safeHash, type WorkloadHost } from './workload-host.ts';

/** Gives StatefulSets their pods by ordinal, the claims of their templates, and the status of a finished update. */
export function startStatefulSets(workloads: WorkloadHost): void {
  workloads.each('apps', 'statefulsets', (set) => {
    const spec = asObject(set['spec']);
    const { name = '' } = set.metadata;
    const replicas = asNumber(spec['replicas'], 1);
    const first = asNumber(asObject(spec['ordinals'])['start'], 0);
    for (let index = 0; index < replicas; index++) makeClaims(workloads, set, `${name}-${first + index}`);
    const revision = `${name}-${safeHash(spec['template'], 10)}`;
    keepPods(workloads, set, {
      wanted: replicas,
      names: (index) => `${name}-${first + index}`,
      labels: { 'controller-revision-hash': revision },
    });
    const ready = failureOf(set) === undefined ? replicas : 0;
    workloads.setStatus('apps', 'statefulsets', set, {
      observedGeneration: set.metadata.generation,
      replicas,
      ...(ready > 0 ? { readyReplicas: ready } : {}),
      availableReplicas: ready,
      ...(replicas > 0 ? { currentReplicas: replicas, updatedReplicas: replicas } : {}),
      currentRevision: revision,
      updateRevision: revision,
      collisionCount: 0,
    });
  });
}

function makeClaims(workloads: WorkloadHost, set: KubeObject, pod: string): void {
  const spec = asObject(set['spec']);
  for (const template of asArray(spec['volumeClaimTemplates']).map(asObject)) {
    const meta = asObject(template['metadata']);
    workloads.create('', 'persistentvolumeclaims', {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: `${asString(meta['name'])}-${pod}`,
        namespace: set.metadata.namespace ?? '',
        labels: {
          ...(asObject(asObject(spec['selector'])['matchLabels']) as Record<string, string>),
          ...(asObject(meta['labels']) as Record<string, string>),
        },
      },
      spec: JSON.parse(JSON.stringify(asObject(template['spec']))),
    });
  }
}
