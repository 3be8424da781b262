import { asArray, asObject, asString, cloneJson, isObject } from '../../json.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { controllerReference, failureOf, type WorkloadHost } from './workload-host.ts';

/** The one node that everything runs on. */
export const NODE = 'sandbox';

/** A workload may ask for thousands; a sandbox shows so many of them. */
const MOST_PODS = 50;

/** Gives pods the status of ones that run, or have run to their end. */
export function startPods(workloads: WorkloadHost): void {
  let lastAddress = 0;
  workloads.each('', 'pods', (pod) => {
    const status = asObject(pod['status']);
    if (status['phase'] !== undefined && status['phase'] !== 'Pending') return;
    const spec = asObject(pod['spec']);
    if (spec['nodeName'] === undefined) {
      // Binding a pod is the scheduler's write; its spec takes the node only once.
      workloads.change(
        '',
        'pods',
        pod,
        (current) => ({
          ...current,
          metadata: { ...current.metadata },
          spec: { ...asObject(current['spec']), nodeName: NODE },
        }),
        'binding',
      );
    }
    lastAddress = (lastAddress % 65_000) + 1;
    const address = `10.244.${lastAddress >> 8}.${lastAddress & 255}`;
    const isDone = workloads.host.api.registry.get('batch', 'jobs') !== undefined && ownerKind(pod) === 'Job';
    workloads.setStatus(
      '',
      'pods',
      pod,
      podStatus(pod, { now: workloads.now(), address, isDone, failure: failureOf(pod) }),
    );
  });
}

/** Makes as many pods as are wanted and takes the rest away; `names` gives ordinal names instead of random ones. */
export function keepPods(
  workloads: WorkloadHost,
  owner: KubeObject,
  options: { wanted: number; labels?: Record<string, string>; names?: (index: number) => string },
): void {
  const have = workloads.owned('', 'pods', owner).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const wanted = Math.min(options.wanted, MOST_PODS);
  const template = asObject(asObject(owner['spec'])['template']);
  const meta = asObject(template['metadata']);
  const { namespace = '', name = '' } = owner.metadata;
  if (options.names === undefined) {
    for (const pod of have.slice(wanted)) workloads.remove('', 'pods', pod);
    for (let index = have.length; index < wanted; index++) make({ generateName: `${name.slice(0, 57)}-` });
    return;
  }
  const names = new Set(Array.from({ length: wanted }, (_, index) => options.names!(index)));
  for (const pod of have) if (!names.delete(pod.metadata.name ?? '')) workloads.remove('', 'pods', pod);
  for (const each of names) make({ name: each });

  function make(identity: { name: string } | { generateName: string }): void {
    workloads.create('', 'pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...identity,
        namespace,
        labels: { ...(asObject(meta['labels']) as Record<string, string>), ...options.labels },
        ...(isObject(meta['annotations']) ? { annotations: meta['annotations'] as Record<string, string> } : {}),
        ownerReferences: [controllerReference(owner)],
      },
      // Bound from the start: one write less than a scheduler would make.
      spec: { ...cloneJson(asObject(template['spec'])), nodeName: NODE },
    });
  }
}

interface PodView {
  readonly now: string;
  readonly address: string;
  readonly isDone: boolean;
  readonly failure: string | undefined;
}

function podStatus(pod: KubeObject, { now, address, isDone, failure }: PodView): JsonObject {
  const containers = asArray(asObject(pod['spec'])['containers']).map(asObject);
  const isReady = !isDone && failure === undefined;
  const condition = (type: string, status: boolean, reason?: string) => ({
    type,
    status: status ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: now,
    ...(reason === undefined ? {} : { reason }),
  });
  const notReady = isDone ? 'PodCompleted' : isReady ? undefined : 'ContainersNotReady';
  return {
    phase: isDone ? (failure === undefined ? 'Succeeded' : 'Failed') : 'Running',
    conditions: [
      condition('PodReadyToStartContainers', !isDone),
      condition('Initialized', true),
      condition('Ready', isReady, notReady),
      condition('ContainersReady', isReady, notReady),
      condition('PodScheduled', true),
    ],
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    podIP: address,
    podIPs: [{ ip: address }],
    qosClass: 'BestEffort',
    startTime: now,
    containerStatuses: containers.map((container) => ({
      name: container['name'],
      image: container['image'],
      imageID: asString(container['image']),
      ready: isReady,
      started: isReady,
      restartCount: 0,
      lastState: {},
      state: stateOf(now, isDone, failure),
    })),
  };
}

function stateOf(now: string, isDone: boolean, failure: string | undefined): JsonObject {
  if (isDone) {
    const exitCode = failure === undefined ? 0 : 1;
    const reason = failure === undefined ? 'Completed' : 'Error';
    return {
      terminated: { exitCode, reason, startedAt: now, finishedAt: now, ...(failure ? { message: failure } : {}) },
    };
  }
  return failure === undefined
    ? { running: { startedAt: now } }
    : { waiting: { reason: 'CrashLoopBackOff', message: failure } };
}

function ownerKind(pod: KubeObject): string | undefined {
  return pod.metadata.ownerReferences?.find(({ controller }) => controller === true)?.kind;
}
