import { asNumber, asObject, asString } from '../../json.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { keepPods } from './pods.ts';
import { controllerReference, failureOf, safeHash, type WorkloadHost } from './workload-host.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const HASH_LABEL = 'pod-template-hash';
const DEFAULT_HISTORY = 10;

/** Rolls Deployments out at once: a new ReplicaSet per template, the old ones scaled down, the status of a finished rollout. */
export function startDeployments(workloads: WorkloadHost): void {
  workloads.each('apps', 'deployments', (deployment) => {
    const spec = asObject(deployment['spec']);
    if (spec['paused'] === true) return;
    const sets = workloads.owned('apps', 'replicasets', deployment);
    const current = currentSet(workloads, deployment, sets);
    if (current === undefined) return;
    const replicas = asNumber(spec['replicas'], 1);
    scale(workloads, current, replicas);
    const old = sets.filter(({ metadata }) => metadata.uid !== current.metadata.uid);
    for (const set of old) scale(workloads, set, 0);
    dropHistory(workloads, old, asNumber(spec['revisionHistoryLimit'], DEFAULT_HISTORY));
    // With the status, as upstream: an annotation of its own would make a new generation.
    workloads.setStatus('apps', 'deployments', deployment, deploymentStatus(workloads, deployment, current, replicas), {
      [REVISION]: asString(current.metadata.annotations?.[REVISION]),
    });
  });
}

/** Gives ReplicaSets their pods and status, those of Deployments as well as those that stand alone. */
export function startReplicaSets(workloads: WorkloadHost): void {
  workloads.each('apps', 'replicasets', (set) => {
    const replicas = asNumber(asObject(set['spec'])['replicas'], 1);
    keepPods(workloads, set, { wanted: replicas });
    const ready = failureOf(set) === undefined ? replicas : 0;
    workloads.setStatus('apps', 'replicasets', set, {
      replicas,
      ...(replicas > 0 ? { fullyLabeledReplicas: replicas } : {}),
      ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
      observedGeneration: set.metadata.generation,
    });
  });
}

/** The ReplicaSet of the present template: found by its hash, or made. */
function currentSet(
  workloads: WorkloadHost,
  deployment: KubeObject,
  sets: readonly KubeObject[],
): KubeObject | undefined {
  const spec = asObject(deployment['spec']);
  const template = asObject(spec['template']);
  const hash = safeHash(template, 10);
  const found = sets.find(({ metadata }) => metadata.labels?.[HASH_LABEL] === hash);
  const newest = Math.max(0, ...sets.map(({ metadata }) => Number(metadata.annotations?.[REVISION] ?? 0)));
  if (found !== undefined) {
    if (Number(found.metadata.annotations?.[REVISION]) === newest) return found;
    // A roll-back makes the old set the newest revision.
    workloads.change('apps', 'replicasets', found, (current) => withAnnotation(current, REVISION, String(newest + 1)));
    return workloads.find('apps', 'replicasets', found.metadata.namespace ?? '', found.metadata.name ?? '');
  }
  const { namespace = '', name = '' } = deployment.metadata;
  const meta = asObject(template['metadata']);
  const labels = { ...(asObject(meta['labels']) as Record<string, string>), [HASH_LABEL]: hash };
  const selector = asObject(spec['selector']);
  return workloads.create('apps', 'replicasets', {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: {
        'deployment.kubernetes.io/desired-replicas': String(asNumber(spec['replicas'], 1)),
        [REVISION]: String(newest + 1),
      },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: asNumber(spec['replicas'], 1),
      selector: { ...selector, matchLabels: { ...asObject(selector['matchLabels']), [HASH_LABEL]: hash } },
      template: { ...JSON.parse(JSON.stringify(template)), metadata: { ...meta, labels } },
    },
  });
}

function scale(workloads: WorkloadHost, set: KubeObject, replicas: number): void {
  if (asNumber(asObject(set['spec'])['replicas'], 1) === replicas) return;
  workloads.change('apps', 'replicasets', set, (current) => ({
    ...current,
    metadata: { ...current.metadata },
    spec: { ...asObject(current['spec']), replicas },
  }));
}

function dropHistory(workloads: WorkloadHost, old: readonly KubeObject[], limit: number): void {
  const revision = (set: KubeObject) => Number(set.metadata.annotations?.[REVISION] ?? 0);
  const byAge = [...old].sort((a, b) => revision(b) - revision(a));
  for (const set of byAge.slice(limit)) workloads.remove('apps', 'replicasets', set);
}

function withAnnotation(object: KubeObject, key: string, value: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [key]: value } } };
}

function deploymentStatus(
  workloads: WorkloadHost,
  deployment: KubeObject,
  set: KubeObject,
  replicas: number,
): JsonObject {
  const failure = failureOf(deployment);
  const now = workloads.now();
  const isAvailable = failure === undefined || replicas === 0;
  const name = set.metadata.name ?? '';
  const available = isAvailable
    ? { status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
  const progressing = isAvailable
    ? { status: 'True', reason: 'NewReplicaSetAvailable', message: `ReplicaSet "${name}" has successfully progressed.` }
    : {
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: `ReplicaSet "${name}" has timed out progressing: ${failure}`,
      };
  const counts = {
    replicas,
    updatedReplicas: replicas,
    ...(isAvailable ? { readyReplicas: replicas, availableReplicas: replicas } : { unavailableReplicas: replicas }),
  };
  const { generation } =
    workloads.find('apps', 'deployments', deployment.metadata.namespace ?? '', deployment.metadata.name ?? '')
      ?.metadata ?? deployment.metadata;
  return {
    observedGeneration: generation,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    conditions: [
      { type: 'Available', ...available, lastUpdateTime: now, lastTransitionTime: now },
      { type: 'Progressing', ...progressing, lastUpdateTime: now, lastTransitionTime: now },
    ],
    ...keptCount(deployment),
  };
}

function keptCount(deployment: KubeObject): JsonObject {
  const { collisionCount } = asObject(deployment['status']);
  return collisionCount === undefined ? {} : { collisionCount };
}
