import type { FieldError } from '@fluvial/schema';
import { invalidValue } from '../../field-errors.ts';
import { asNumber, asObject } from '../../json.ts';
import type { KubeObject } from '../../types.ts';
import { jobStatus } from './job-status.ts';
import { notNegative } from './rules.ts';
import { checkSigningStatus } from './signing-request-status.ts';

type StatusRule = (object: KubeObject, old: KubeObject) => FieldError[];

/** Counts of a workload: none below zero, parts not above the whole. */
function counts(parts: readonly string[]): StatusRule {
  return (object) => {
    const status = asObject(object['status']);
    const count = (field: string) => asNumber(status[field]);
    const errors = ['replicas', ...parts]
      .filter((field) => count(field) < 0)
      .map((field) => invalidValue(`status.${field}`, count(field), 'must be greater than or equal to 0'));
    for (const field of parts) {
      if (count(field) > count('replicas'))
        errors.push(invalidValue(`status.${field}`, count(field), 'cannot be greater than status.replicas'));
    }
    if (count('availableReplicas') > count('readyReplicas'))
      errors.push(
        invalidValue('status.availableReplicas', count('availableReplicas'), 'cannot be greater than readyReplicas'),
      );
    return errors;
  };
}

/** Counts that are on their own. */
function notBelowZero(fields: readonly string[]): StatusRule {
  return (object) => notNegative(asObject(object['status']), 'status', fields);
}

const namespaces: StatusRule = (object) => {
  const phase = asObject(object['status'])['phase'];
  const going = object.metadata.deletionTimestamp !== undefined;
  if (going ? phase === 'Terminating' : phase === 'Active') return [];
  // Upstream spells the field with a capital.
  const why = going
    ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
    : "may only be 'Active' if `deletionTimestamp` is empty";
  return [invalidValue('status.Phase', phase ?? '', why)];
};

/** Rules of writes to a status, by `group/plural`. */
export const builtinStatusValidation: ReadonlyMap<string, StatusRule> = new Map<string, StatusRule>([
  ['certificates.k8s.io/certificatesigningrequests', (object, old) => checkSigningStatus(object, old, false)],
  ['/namespaces', namespaces],
  ['/replicationcontrollers', counts(['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'])],
  [
    'apps/daemonsets',
    notBelowZero([
      'currentNumberScheduled',
      'numberMisscheduled',
      'desiredNumberScheduled',
      'numberReady',
      'observedGeneration',
      'updatedNumberScheduled',
      'numberAvailable',
      'numberUnavailable',
    ]),
  ],
  ['apps/deployments', counts(['updatedReplicas', 'readyReplicas', 'availableReplicas'])],
  ['apps/replicasets', counts(['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'])],
  ['apps/statefulsets', counts(['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'])],
  ['autoscaling/horizontalpodautoscalers', notBelowZero(['currentReplicas', 'desiredReplicas'])],
  ['batch/jobs', jobStatus],
  [
    'policy/poddisruptionbudgets',
    notBelowZero(['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']),
  ],
]);
