import type { Condition } from './condition.ts';

/** The six words of kstatus. */
export type KStatus = 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown';

/** What an object has reached, and why one thinks so. */
export interface StatusResult {
  readonly status: KStatus;
  readonly message: string;
}

/** Any object as the API server returns it. */
export interface StatusSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly generation?: number; readonly deletionTimestamp?: string; readonly name?: string };
  readonly [field: string]: unknown;
}

export interface ComputeStatusOptions {
  /** Pods that a ReplicaSet or StatefulSet selects: failed ones make an unfinished parent Failed. */
  readonly pods?: readonly StatusSubject[];
  /** Milliseconds since the epoch; default now. A pod may stay unschedulable for 15 s. */
  readonly nowMs?: number;
}

type Fields = Readonly<Record<string, unknown>>;

const inProgress = (message: string): StatusResult => ({ status: 'InProgress', message });
const failed = (message: string): StatusResult => ({ status: 'Failed', message });
const current = (message: string): StatusResult => ({ status: 'Current', message });

/** A pod that the scheduler could not place counts as failed after this time. */
const scheduleWindowMs = 15_000;
const noProgressDeadline = 2 ** 31 - 1;

/**
 * Tells whether an object has reached what its spec asks for. Pure; undefined means it is not there.
 *
 * Rule: kstatus of cli-utils, with Flux's stricter Job (InProgress while running).
 */
export function computeStatus(object: StatusSubject | undefined, options: ComputeStatusOptions = {}): StatusResult {
  if (object === undefined) return { status: 'NotFound', message: 'Resource not found' };
  const generic = checkGeneric(object);
  if (generic) return generic;
  const rule = ruleOf(object);
  if (rule) return withPods(rule(object, fields(object['status']), options), object, options);
  const ready = conditionOf(object, 'Ready');
  if (ready === undefined) return current('Resource is current');
  return ready.status === 'True' ? current('Resource is Ready') : inProgress(ready.message ?? '');
}

function checkGeneric(object: StatusSubject): StatusResult | undefined {
  if (object.metadata.deletionTimestamp) {
    return { status: 'Terminating', message: 'Resource scheduled for deletion' };
  }
  const observed = fields(object['status'])['observedGeneration'];
  const generation = object.metadata.generation;
  if (typeof observed === 'number' && typeof generation === 'number' && observed !== generation) {
    return inProgress(`${object.kind} generation is ${generation}, but latest observed generation is ${observed}`);
  }
  const reconciling = conditionOf(object, 'Reconciling');
  if (reconciling?.status === 'True') return inProgress(reconciling.message ?? '');
  const stalled = conditionOf(object, 'Stalled');
  if (stalled?.status === 'True') return failed(stalled.message ?? '');
  return undefined;
}

type Rule = (object: StatusSubject, status: Fields, options: ComputeStatusOptions) => StatusResult;

const rules: Readonly<Record<string, Rule>> = {
  '/Service': service,
  '/Pod': pod,
  '/Secret': always,
  '/ConfigMap': always,
  '/PersistentVolumeClaim': persistentVolumeClaim,
  'batch/CronJob': always,
  'batch/Job': job,
  'policy/PodDisruptionBudget': always,
  'apps/Deployment': deployment,
  'extensions/Deployment': deployment,
  'apps/ReplicaSet': replicaSet,
  'extensions/ReplicaSet': replicaSet,
  'apps/StatefulSet': statefulSet,
  'apps/DaemonSet': daemonSet,
  'extensions/DaemonSet': daemonSet,
  'apiextensions.k8s.io/CustomResourceDefinition': customResourceDefinition,
};

function ruleOf(object: StatusSubject): Rule | undefined {
  const slash = object.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : object.apiVersion.slice(0, slash);
  const key = `${group}/${object.kind}`;
  return Object.hasOwn(rules, key) ? rules[key] : undefined;
}

function always(object: StatusSubject): StatusResult {
  return current(`${object.kind} is current`);
}

function service(object: StatusSubject): StatusResult {
  const spec = fields(object['spec']);
  if (spec['type'] === 'LoadBalancer' && !spec['clusterIP'])
    return inProgress('ClusterIP not set. Service type: LoadBalancer');
  return current('Service is ready');
}

function persistentVolumeClaim(_object: StatusSubject, status: Fields): StatusResult {
  return status['phase'] === 'Bound'
    ? current('PVC is Bound')
    : inProgress(`PVC is not Bound. phase: ${text(status['phase']) || 'unknown'}`);
}

function pod(object: StatusSubject, status: Fields, { nowMs = Date.now() }: ComputeStatusOptions): StatusResult {
  const phase = text(status['phase']);
  switch (phase) {
    case 'Succeeded':
      return current('Pod has completed successfully');
    case 'Failed':
      return current('Pod has completed, but not successfully');
    case 'Running': {
      if (conditionOf(object, 'Ready')?.status === 'True') return current('Pod is Ready');
      const crashing = crashLooping(status);
      if (crashing.length > 0) return failed(`Containers in CrashLoop state: ${crashing.join(',')}`);
      return inProgress('Pod is running but is not Ready');
    }
    case 'Pending': {
      const scheduled = conditionOf(object, 'PodScheduled');
      if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
        const since = Date.parse(scheduled.lastTransitionTime ?? '');
        // Without a time there is nothing to wait for.
        if (!(nowMs - since <= scheduleWindowMs)) return failed('Pod could not be scheduled');
        return inProgress('Pod has not been scheduled');
      }
      return inProgress('Pod is in the Pending phase');
    }
    case '':
      // An object that the kubelet has not touched yet.
      return inProgress('Pod has no phase yet');
    default:
      return { status: 'Unknown', message: `unknown phase ${phase}` };
  }
}

function crashLooping(status: Fields): string[] {
  const names: string[] = [];
  for (const entry of list(status['containerStatuses'])) {
    const waiting = fields(fields(fields(entry)['state'])['waiting']);
    if (waiting['reason'] === 'CrashLoopBackOff') names.push(text(fields(entry)['name']));
  }
  return names;
}

function deployment(object: StatusSubject, status: Fields): StatusResult {
  const spec = fields(object['spec']);
  const deadline = spec['progressDeadlineSeconds'];
  let progressing = deadline === undefined || deadline === null || deadline === noProgressDeadline;
  const progress = conditionOf(object, 'Progressing');
  if (progress?.reason === 'ProgressDeadlineExceeded') return failed('Progress deadline exceeded');
  if (progress?.status === 'True' && progress.reason === 'NewReplicaSetAvailable') progressing = true;
  const wanted = count(spec['replicas'], 1);
  const total = count(status['replicas'], 0);
  const updated = count(status['updatedReplicas'], 0);
  const ready = count(status['readyReplicas'], 0);
  const available = count(status['availableReplicas'], 0);
  if (wanted > total) return inProgress(`replicas: ${total}/${wanted}`);
  if (wanted > updated) return inProgress(`Updated: ${updated}/${wanted}`);
  if (total > wanted) return inProgress(`Pending termination: ${total - wanted}`);
  if (updated > available) return inProgress(`Available: ${available}/${updated}`);
  if (wanted > ready) return inProgress(`Ready: ${ready}/${wanted}`);
  if (!progressing) return inProgress('ReplicaSet not Available');
  if (conditionOf(object, 'Available')?.status !== 'True') return inProgress('Deployment not Available');
  return current(`Deployment is available. Replicas: ${total}`);
}

function replicaSet(object: StatusSubject, status: Fields): StatusResult {
  if (conditionOf(object, 'ReplicaFailure')?.status === 'True')
    return inProgress('Replica Failure condition. Check Pods');
  const wanted = count(fields(object['spec'])['replicas'], 1);
  const total = count(status['replicas'], 0);
  for (const [field, label] of [
    ['fullyLabeledReplicas', 'Labelled'],
    ['availableReplicas', 'Available'],
    ['readyReplicas', 'Ready'],
  ] as const) {
    const reached = count(status[field], 0);
    if (wanted > reached) return inProgress(`${label}: ${reached}/${wanted}`);
  }
  if (total > wanted) return inProgress(`Pending termination: ${total - wanted}`);
  return current(`ReplicaSet is available. Replicas: ${total}`);
}

function statefulSet(object: StatusSubject, status: Fields): StatusResult {
  const spec = fields(object['spec']);
  const strategy = fields(spec['updateStrategy']);
  if (strategy['type'] === 'OnDelete') return current('StatefulSet is using the ondelete update strategy');
  const wanted = count(spec['replicas'], 1);
  const total = count(status['replicas'], 0);
  const ready = count(status['readyReplicas'], 0);
  if (wanted > total) return inProgress(`Replicas: ${total}/${wanted}`);
  if (wanted > ready) return inProgress(`Ready: ${ready}/${wanted}`);
  if (total > wanted) return inProgress(`Pending termination: ${total - wanted}`);
  const partition = fields(strategy['rollingUpdate'])['partition'];
  if (typeof partition === 'number') {
    const updated = count(status['updatedReplicas'], 0);
    if (updated < wanted - partition) return inProgress(`updated: ${updated}/${wanted - partition}`);
    return current(`Partition rollout complete. updated: ${updated}`);
  }
  const reached = count(status['currentReplicas'], 0);
  if (wanted > reached) return inProgress(`current: ${reached}/${wanted}`);
  if (status['currentRevision'] !== status['updateRevision'])
    return inProgress('Waiting for updated revision to match current');
  return current(`All replicas scheduled as expected. Replicas: ${total}`);
}

function daemonSet(object: StatusSubject, status: Fields): StatusResult {
  if (typeof status['observedGeneration'] !== 'number') return inProgress('Missing .status.observedGeneration');
  if (typeof object.metadata.generation !== 'number') return failed('Missing .metadata.generation');
  const desired = status['desiredNumberScheduled'];
  if (typeof desired !== 'number') return inProgress('Missing .status.desiredNumberScheduled');
  for (const [field, label] of [
    ['currentNumberScheduled', 'Current'],
    ['updatedNumberScheduled', 'Updated'],
    ['numberAvailable', 'Available'],
    ['numberReady', 'Ready'],
  ] as const) {
    const reached = count(status[field], 0);
    if (desired > reached) return inProgress(`${label}: ${reached}/${desired}`);
  }
  return current(`All replicas scheduled as expected. Replicas: ${desired}`);
}

function job(object: StatusSubject, status: Fields): StatusResult {
  if (fields(object['spec'])['suspend'] === true) return current('Job is suspended');
  const failure = conditionOf(object, 'Failed');
  if (failure?.status === 'True') return failed(`Job failed: ${failure.message ?? failure.reason ?? ''}`);
  if (conditionOf(object, 'Complete')?.status === 'True') {
    return current(`Job completed. succeeded: ${count(status['succeeded'], 0)}`);
  }
  if (typeof status['startTime'] !== 'string') return inProgress('Job not started');
  return inProgress(
    `Job in progress. success: ${count(status['succeeded'], 0)}, active: ${count(status['active'], 0)}, failed: ${count(status['failed'], 0)}`,
  );
}

function customResourceDefinition(object: StatusSubject): StatusResult {
  const names = conditionOf(object, 'NamesAccepted');
  if (names?.status === 'False') return failed(names.message ?? 'names are not accepted');
  const established = conditionOf(object, 'Established');
  if (established?.status === 'True') return current('CRD is established');
  if (established?.status === 'False' && established.reason !== 'Installing')
    return failed(established.message ?? 'CRD is not established');
  return inProgress('Install in progress');
}

const podParents = new Set(['ReplicaSet', 'StatefulSet']);

/** An unfinished ReplicaSet or StatefulSet with failed pods has failed. */
function withPods(result: StatusResult, object: StatusSubject, options: ComputeStatusOptions): StatusResult {
  if (result.status !== 'InProgress' || options.pods === undefined || !podParents.has(object.kind)) return result;
  let broken = 0;
  for (const child of options.pods) {
    if (child.metadata.deletionTimestamp) continue;
    const scheduled = conditionOf(child, 'PodScheduled');
    // Another node may come any minute; only the pod itself is failed by that, not its parent.
    if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') continue;
    if (computeStatus(child, options).status === 'Failed') broken += 1;
  }
  return broken === 0 ? result : failed(`${broken} pods have failed`);
}

function conditionOf(object: StatusSubject, type: string): Partial<Condition> | undefined {
  for (const entry of list(fields(object['status'])['conditions'])) {
    const condition = fields(entry);
    if (condition['type'] === type) return condition as Partial<Condition>;
  }
  return undefined;
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function count(value: unknown, missing: number): number {
  return typeof value === 'number' ? value : missing;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
