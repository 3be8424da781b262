import { asArray, asNumber, asObject } from '../../json.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { keepPods } from './pods.ts';
import { failureOf, type WorkloadHost } from './workload-host.ts';

/** Runs Jobs to their end at once: pods that succeeded, or one that failed where the job is told to. */
export function startJobs(workloads: WorkloadHost): void {
  const queue = workloads.each('batch', 'jobs', (job, key) => {
    const spec = asObject(job['spec']);
    const status = asObject(job['status']);
    if (spec['suspend'] === true) {
      workloads.setStatus('batch', 'jobs', job, suspended(workloads.now()));
      return;
    }
    const end = isOver(status) ? status['completionTime'] : undefined;
    if (isOver(status)) {
      removeWhenDue(job, key, end ?? finishedAt(status));
      return;
    }
    const completions = asNumber(spec['completions'], asNumber(spec['parallelism'], 1));
    keepPods(workloads, job, { wanted: completions });
    workloads.setStatus('batch', 'jobs', job, finished(workloads.now(), completions, failureOf(job)));
  });

  function removeWhenDue(job: KubeObject, key: string, end: unknown): void {
    const ttl = asObject(job['spec'])['ttlSecondsAfterFinished'];
    if (typeof ttl !== 'number' || typeof end !== 'string') return;
    const left = Date.parse(end) + ttl * 1000 - workloads.host.api.clock().getTime();
    if (left <= 0) workloads.remove('batch', 'jobs', job);
    else queue.addLater(key, Math.min(left, 2 ** 31 - 1));
  }
}

function isOver(status: JsonObject): boolean {
  return asArray(status['conditions'])
    .map(asObject)
    .some(({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True');
}

function finishedAt(status: JsonObject): unknown {
  return asArray(status['conditions'])
    .map(asObject)
    .find(({ type }) => type === 'Failed')?.['lastTransitionTime'];
}

function finished(now: string, completions: number, failure: string | undefined): JsonObject {
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    lastProbeTime: now,
    lastTransitionTime: now,
    reason,
    message,
  });
  const common = { startTime: now, ready: 0, terminating: 0, uncountedTerminatedPods: {} };
  if (failure !== undefined) {
    const message = `Job has reached the specified backoff limit: ${failure}`;
    return {
      ...common,
      failed: 1,
      conditions: [
        condition('FailureTarget', 'BackoffLimitExceeded', message),
        condition('Failed', 'BackoffLimitExceeded', message),
      ],
    };
  }
  const message = 'Reached expected number of succeeded pods';
  return {
    ...common,
    completionTime: now,
    succeeded: completions,
    conditions: [
      condition('SuccessCriteriaMet', 'CompletionsReached', message),
      condition('Complete', 'CompletionsReached', message),
    ],
  };
}

function suspended(now: string): JsonObject {
  return {
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
    conditions: [
      {
        type: 'Suspended',
        status: 'True',
        lastProbeTime: now,
        lastTransitionTime: now,
        reason: 'JobSuspended',
        message: 'Job suspended',
      },
    ],
  };
}
