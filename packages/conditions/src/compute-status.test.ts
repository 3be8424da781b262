import { describe, expect, test } from 'vitest';
import { computeStatus, type StatusSubject } from './compute-status.ts';

const nowMs = Date.UTC(2026, 0, 1, 0, 1, 0);
const object = (apiVersion: string, kind: string, rest: Record<string, unknown> = {}): StatusSubject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', generation: 1 },
  ...rest,
});
const conditions = (...list: [type: string, status: string, reason?: string, lastTransitionTime?: string][]) =>
  list.map(([type, status, reason, lastTransitionTime]) => ({ type, status, reason, lastTransitionTime }));
const deployment = (status: Record<string, unknown>, spec: Record<string, unknown> = {}) =>
  object('apps/v1', 'Deployment', { spec: { replicas: 2, progressDeadlineSeconds: 600, ...spec }, status });
const full = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
const available = conditions(['Available', 'True'], ['Progressing', 'True', 'NewReplicaSetAvailable']);

describe('computeStatus', () => {
  test.each<[string, StatusSubject | undefined, string]>([
    ['nothing', undefined, 'NotFound'],
    ['being deleted', object('v1', 'ConfigMap', { metadata: { deletionTimestamp: 'x' } }), 'Terminating'],
    ['an older generation observed', object('x/v1', 'X', { status: { observedGeneration: 0 } }), 'InProgress'],
    ['reconciling', object('x/v1', 'X', { status: { conditions: conditions(['Reconciling', 'True']) } }), 'InProgress'],
    ['stalled', object('x/v1', 'X', { status: { conditions: conditions(['Stalled', 'True']) } }), 'Failed'],
    ['ready', object('x/v1', 'X', { status: { conditions: conditions(['Ready', 'True']) } }), 'Current'],
    ['not ready', object('x/v1', 'X', { status: { conditions: conditions(['Ready', 'False']) } }), 'InProgress'],
    ['no Ready condition', object('x/v1', 'X', { status: {} }), 'Current'],
    ['a Service', object('v1', 'Service', { spec: { type: 'ClusterIP' } }), 'Current'],
    ['a LoadBalancer without address', object('v1', 'Service', { spec: { type: 'LoadBalancer' } }), 'InProgress'],
    ['a bound claim', object('v1', 'PersistentVolumeClaim', { status: { phase: 'Bound' } }), 'Current'],
    ['a pending claim', object('v1', 'PersistentVolumeClaim', { status: { phase: 'Pending' } }), 'InProgress'],
    ['a Deployment without status', deployment({}), 'InProgress'],
    ['an available Deployment', deployment({ ...full, conditions: available }), 'Current'],
    [
      'a Deployment whose rollout is not confirmed',
      deployment({ ...full, conditions: conditions(['Available', 'True']) }),
      'InProgress',
    ],
    [
      'no deadline needs no confirmation',
      deployment({ ...full, conditions: conditions(['Available', 'True']) }, { progressDeadlineSeconds: undefined }),
      'Current',
    ],
    [
      'an exceeded deadline',
      deployment({ conditions: conditions(['Progressing', 'False', 'ProgressDeadlineExceeded']) }),
      'Failed',
    ],
    ['old replicas still there', deployment({ ...full, replicas: 3, conditions: available }), 'InProgress'],
    [
      'a StatefulSet on delete',
      object('apps/v1', 'StatefulSet', { spec: { updateStrategy: { type: 'OnDelete' } } }),
      'Current',
    ],
    [
      'a complete partition',
      object('apps/v1', 'StatefulSet', {
        spec: { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } },
        status: { replicas: 2, readyReplicas: 2, updatedReplicas: 1 },
      }),
      'Current',
    ],
    [
      'two revisions',
      object('apps/v1', 'StatefulSet', {
        spec: { replicas: 1 },
        status: { replicas: 1, readyReplicas: 1, currentReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
      }),
      'InProgress',
    ],
    [
      'a scheduled DaemonSet',
      object('apps/v1', 'DaemonSet', {
        status: {
          observedGeneration: 1,
          desiredNumberScheduled: 1,
          currentNumberScheduled: 1,
          updatedNumberScheduled: 1,
          numberAvailable: 1,
          numberReady: 1,
        },
      }),
      'Current',
    ],
    ['a DaemonSet nobody observed', object('apps/v1', 'DaemonSet'), 'InProgress'],
    ['a running Job', object('batch/v1', 'Job', { status: { startTime: 'x', active: 1 } }), 'InProgress'],
    [
      'a complete Job',
      object('batch/v1', 'Job', { status: { conditions: conditions(['Complete', 'True']) } }),
      'Current',
    ],
    ['a failed Job', object('batch/v1', 'Job', { status: { conditions: conditions(['Failed', 'True']) } }), 'Failed'],
    ['a suspended Job', object('batch/v1', 'Job', { spec: { suspend: true } }), 'Current'],
    [
      'an established CRD',
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
        status: { conditions: conditions(['Established', 'True']) },
      }),
      'Current',
    ],
    [
      'a CRD being installed',
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
        status: { conditions: conditions(['Established', 'False', 'Installing']) },
      }),
      'InProgress',
    ],
    [
      'a CRD with taken names',
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
        status: { conditions: conditions(['NamesAccepted', 'False']) },
      }),
      'Failed',
    ],
    [
      'a ready Pod',
      object('v1', 'Pod', { status: { phase: 'Running', conditions: conditions(['Ready', 'True']) } }),
      'Current',
    ],
    [
      'a crashing Pod',
      object('v1', 'Pod', {
        status: {
          phase: 'Running',
          containerStatuses: [{ name: 'c', state: { waiting: { reason: 'CrashLoopBackOff' } } }],
        },
      }),
      'Failed',
    ],
    [
      'just unschedulable',
      object('v1', 'Pod', {
        status: {
          phase: 'Pending',
          conditions: conditions(['PodScheduled', 'False', 'Unschedulable', '2026-01-01T00:00:50Z']),
        },
      }),
      'InProgress',
    ],
    [
      'long unschedulable',
      object('v1', 'Pod', {
        status: {
          phase: 'Pending',
          conditions: conditions(['PodScheduled', 'False', 'Unschedulable', '2026-01-01T00:00:40Z']),
        },
      }),
      'Failed',
    ],
    ['a kind named like a prototype field', object('v1', 'constructor'), 'Current'],
  ])('%s', (_, subject, status) => {
    expect(computeStatus(subject, { nowMs }).status).toBe(status);
  });

  test('failed pods fail an unfinished ReplicaSet', () => {
    const set = object('apps/v1', 'ReplicaSet', { spec: { replicas: 1 }, status: {} });
    const crashing = object('v1', 'Pod', {
      status: {
        phase: 'Running',
        containerStatuses: [{ name: 'c', state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      },
    });
    expect(computeStatus(set, { pods: [crashing] })).toEqual({ status: 'Failed', message: '1 pods have failed' });
    expect(computeStatus(set, { pods: [] }).status).toBe('InProgress');
  });
});
