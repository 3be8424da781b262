import type { FieldError } from '@fluvial/schema';
import { invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, equalJson, isObject } from '../../json.ts';
import { matchesLabelSelector } from '../../rest/selectors.ts';
import type { JsonObject } from '../../types.ts';
import { internalTemplate } from '../go-print/internal-value.ts';
import { checkSchedule } from './cron-schedule.ts';
import { checkPodTemplate } from './pod-spec.ts';
import { IMMUTABLE, notNegative, type Validation } from './rules.ts';

const POLICIES = ['OnFailure', 'Never'];

function checkJobTemplate(template: JsonObject, path: string): FieldError[] {
  const errors = checkPodTemplate(template, path);
  const policy = asString(asObject(template['spec'])['restartPolicy']);
  if (policy === '' || policy === 'Always')
    errors.push(required(`${path}.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  else if (!POLICIES.includes(policy)) errors.push(notSupported(`${path}.spec.restartPolicy`, policy, POLICIES));
  return errors;
}

function checkNumbers(spec: JsonObject, path: string): FieldError[] {
  const errors = notNegative(spec, path, [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
  ]);
  const mode = spec['completionMode'];
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed')
    errors.push(notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed']));
  if (mode === 'Indexed' && spec['completions'] === undefined)
    errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  const perIndex = spec['backoffLimitPerIndex'];
  if (perIndex !== undefined && mode !== 'Indexed')
    errors.push(invalidValue(`${path}.backoffLimitPerIndex`, perIndex, 'requires indexed completion mode'));
  return errors;
}

/** Go prints the keys of maps in order. */
function inOrder(labels: { [key: string]: string }): unknown {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const GENERATED = 'batch.kubernetes.io/controller-uid';

export const jobs: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const selector = spec['selector'];
  const template = asObject(spec['template']);
  const labels = asObject(asObject(template['metadata'])['labels']) as { [key: string]: string };
  const errors = checkNumbers(spec, 'spec');
  errors.push(...checkJobTemplate(template, 'spec.template'));
  if (selector === undefined || selector === null) errors.push(required('spec.selector'));
  else {
    const generated = { matchLabels: { [GENERATED]: object.metadata.uid } };
    if (spec['manualSelector'] !== true && old === undefined && !equalJson(selector, generated))
      errors.push(invalidValue('spec.selector', selector, '`selector` not auto-generated'));
    if (!matchesLabelSelector(selector, labels))
      errors.push(
        invalidValue('spec.template.metadata.labels', inOrder(labels), '`selector` does not match template `labels`'),
      );
  }
  if (old === undefined) return errors;
  // An update looks at the whole object again, but for the template, and says so.
  errors.push(...checkNumbers(spec, 'spec'));
  const before = asObject(old['spec']);
  if (spec['completionMode'] !== 'Indexed' && !equalJson(spec['completions'], before['completions']))
    errors.push(invalidValue('spec.completions', spec['completions'] ?? null, IMMUTABLE));
  if (!equalJson(selector, before['selector'])) errors.push(invalidValue('spec.selector', selector ?? null, IMMUTABLE));
  const suspended = before['suspend'] === true && asObject(old['status'])['startTime'] === undefined;
  const frozen = suspended ? withoutScheduling(template) : template;
  const frozenBefore = suspended ? withoutScheduling(asObject(before['template'])) : before['template'];
  if (!equalJson(frozen, frozenBefore))
    errors.push(invalidValue('spec.template', internalTemplate(template), IMMUTABLE));
  for (const field of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy']) {
    if (!equalJson(spec[field], before[field]))
      errors.push(invalidValue(`spec.${field}`, spec[field] ?? null, IMMUTABLE));
  }
  return errors;
};

/** Scheduling directives of a suspended Job may still change. */
function withoutScheduling(template: JsonObject): JsonObject {
  const { labels: _labels, annotations: _annotations, ...meta } = asObject(template['metadata']);
  const { nodeSelector: _n, affinity: _a, tolerations: _t, schedulingGates: _g, ...spec } = asObject(template['spec']);
  const withoutResources = (list: unknown) =>
    asArray(list).map((entry) => (isObject(entry) ? { ...entry, resources: {} } : entry));
  return {
    metadata: meta,
    spec: {
      ...spec,
      containers: withoutResources(spec['containers']),
      initContainers: withoutResources(spec['initContainers']),
    },
  };
}

const CONCURRENCY = ['Allow', 'Forbid', 'Replace'];
/** The controller adds eleven characters to make the names of Jobs. */
const MAX_NAME = 52;

export const cronJobs: Validation = (object) => {
  const spec = asObject(object['spec']);
  const errors = checkSchedule(asString(spec['schedule']), 'spec.schedule');
  if (spec['timeZone'] !== undefined) errors.push(...checkTimeZone(asString(spec['timeZone'])));
  errors.push(...notNegative(spec, 'spec', ['startingDeadlineSeconds']));
  const policy = spec['concurrencyPolicy'];
  if (!CONCURRENCY.includes(asString(policy))) errors.push(notSupported('spec.concurrencyPolicy', policy, CONCURRENCY));
  const job = asObject(asObject(spec['jobTemplate'])['spec']);
  errors.push(...checkNumbers(job, 'spec.jobTemplate.spec'));
  errors.push(...checkJobTemplate(asObject(job['template']), 'spec.jobTemplate.spec.template'));
  errors.push(...notNegative(spec, 'spec', ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit']));
  if (asString(object.metadata.name).length > MAX_NAME)
    errors.push(invalidValue('metadata.name', object.metadata.name, `must be no more than ${MAX_NAME} characters`));
  return errors;
};

function checkTimeZone(name: string): FieldError[] {
  const path = 'spec.timeZone';
  if (name === '') return [invalidValue(path, '', 'timeZone must be nil or non-empty string')];
  if (name.toLowerCase() === 'local')
    return [
      invalidValue(path, name, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'),
    ];
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return [];
  } catch {
    return [invalidValue(path, name, `unknown time zone ${name}`)];
  }
}
