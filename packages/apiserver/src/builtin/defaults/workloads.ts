import { asObject, isObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { defaultPodSpec, defaultTemplate, templateLabels } from './pod-spec.ts';
import { type Defaults, objectAt, objectsOf, set, setZero, specOf } from './set.ts';

export const pods: Defaults = (object) => {
  const spec = specOf(object);
  defaultPodSpec(spec, true);
};

export const podTemplates: Defaults = (object) => {
  defaultTemplate(object);
};

export const deployments: Defaults = (object) => {
  const spec = specOf(object);
  defaultTemplate(spec);
  set(spec, 'replicas', 1);
  const strategy = objectAt(spec, 'strategy');
  setZero(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') {
    const rolling = objectAt(strategy, 'rollingUpdate');
    set(rolling, 'maxUnavailable', '25%');
    set(rolling, 'maxSurge', '25%');
  }
  set(spec, 'revisionHistoryLimit', 10);
  set(spec, 'progressDeadlineSeconds', 600);
};

export const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

export const statefulSets: Defaults = (object) => {
  const spec = specOf(object);
  defaultTemplate(spec);
  set(spec, 'podManagementPolicy', 'OrderedReady');
  const strategy = objectAt(spec, 'updateStrategy');
  if (strategy['type'] === undefined || strategy['type'] === '') {
    strategy['type'] = 'RollingUpdate';
    objectAt(strategy, 'rollingUpdate');
  }
  if (isObject(strategy['rollingUpdate'])) set(strategy['rollingUpdate'], 'partition', 0);
  const retention = objectAt(spec, 'persistentVolumeClaimRetentionPolicy');
  set(retention, 'whenDeleted', 'Retain');
  set(retention, 'whenScaled', 'Retain');
  set(spec, 'replicas', 1);
  set(spec, 'revisionHistoryLimit', 10);
  for (const claim of objectsOf(spec['volumeClaimTemplates'])) {
    claim['kind'] = 'PersistentVolumeClaim';
    claim['apiVersion'] = 'v1';
    if (isObject(claim['spec'])) set(claim['spec'], 'volumeMode', 'Filesystem');
    const status = isObject(claim['status']) ? claim['status'] : {};
    set(status, 'phase', 'Pending');
    claim['status'] = status;
  }
};

export const daemonSets: Defaults = (object) => {
  object.metadata.annotations ??= {};
  object.metadata.annotations[TEMPLATE_GENERATION] ??= '1';
  const spec = specOf(object);
  defaultTemplate(spec);
  const strategy = objectAt(spec, 'updateStrategy');
  setZero(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') {
    const rolling = objectAt(strategy, 'rollingUpdate');
    set(rolling, 'maxUnavailable', 1);
    set(rolling, 'maxSurge', 0);
  } else if (isObject(strategy['rollingUpdate'])) {
    // Without defaults what is left out is nothing.
    set(strategy['rollingUpdate'], 'maxUnavailable', 0);
    set(strategy['rollingUpdate'], 'maxSurge', 0);
  }
  set(spec, 'revisionHistoryLimit', 10);
};

export const replicaSets: Defaults = (object) => {
  const spec = specOf(object);
  if (isObject(spec['template'])) defaultTemplate(spec);
  set(spec, 'replicas', 1);
};

export const replicationControllers: Defaults = (object) => {
  const spec = specOf(object);
  if (isObject(spec['template'])) defaultTemplate(spec);
  const labels = templateLabels(spec);
  if (Object.keys(labels).length > 0) {
    if (spec['selector'] === undefined) spec['selector'] = { ...labels };
    if (object.metadata.labels === undefined) object.metadata.labels = { ...labels } as { [key: string]: string };
  }
  set(spec, 'replicas', 1);
};

function defaultConditions(spec: JsonObject): void {
  for (const rule of objectsOf(asObject(spec['podFailurePolicy'])['rules']))
    for (const condition of objectsOf(rule['onPodConditions'])) setZero(condition, 'status', 'True');
}

function defaultJobSpec(spec: JsonObject): void {
  defaultTemplate(spec);
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) {
    spec['completions'] = 1;
    spec['parallelism'] = 1;
  }
  set(spec, 'parallelism', 1);
  if (spec['backoffLimitPerIndex'] === undefined) set(spec, 'backoffLimit', 6);
  else set(spec, 'backoffLimit', 2147483647);
  set(spec, 'completionMode', 'NonIndexed');
  set(spec, 'suspend', false);
  defaultConditions(spec);
  set(spec, 'podReplacementPolicy', spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed');
}

export const jobs: Defaults = (object) => {
  const spec = specOf(object);
  defaultJobSpec(spec);
  set(spec, 'manualSelector', false);
  const labels = templateLabels(spec);
  if (object.metadata.labels === undefined && Object.keys(labels).length > 0) {
    object.metadata.labels = { ...labels } as { [key: string]: string };
  }
};

export const cronJobs: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'concurrencyPolicy', 'Allow');
  set(spec, 'suspend', false);
  set(spec, 'successfulJobsHistoryLimit', 3);
  set(spec, 'failedJobsHistoryLimit', 1);
  const template = asObject(spec['jobTemplate']);
  if (isObject(template['spec'])) {
    // A CronJob's template gets the pod defaults only; the rest comes when the Job is made.
    defaultTemplate(template['spec']);
    defaultConditions(template['spec']);
  }
};
