import type { FieldError } from '@fluvial/schema';
import { invalidValue, notSupported, required, tooLong } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkLabel } from '../../rest/names.ts';
import { matchesLabelSelector } from '../../rest/selectors.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { internalPodSpec, internalStruct, internalTemplate } from '../go-print/internal-value.ts';
import { checkSchedule } from './cron-schedule.ts';
import { checkFailurePolicy, checkReplacement, checkSuccessPolicy } from './job-policies.ts';
import { checkPodTemplate } from './pod-spec.ts';
import { checkDomainPath, checkNeededChoice, checkSelector, IMMUTABLE, notNegative, type Validation } from './rules.ts';
import { checkMatch, inOrder, shownSelector } from './workloads.ts';

const POLICIES = ['OnFailure', 'Never'];
const MOST = 100_000;
/** For Jobs that count failures per index and have more than a hundred thousand of them. */
const MOST_OF_MANY = 10_000;

/** `spec` of a Job or of its template, but for the selector. */
function checkJob(spec: JsonObject, path: string): FieldError[] {
  const errors = [
    ...notNegative(spec, path, ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit']),
    ...notNegative(spec, path, ['ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes']),
  ];
  if (spec['maxFailedIndexes'] !== undefined && spec['backoffLimitPerIndex'] === undefined)
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  errors.push(...checkManager(spec['managedBy'], `${path}.managedBy`), ...checkMode(spec, path));
  if (isObject(spec['podFailurePolicy'])) errors.push(...checkFailurePolicy(spec, `${path}.podFailurePolicy`));
  if (isObject(spec['successPolicy'])) errors.push(...checkSuccessPolicy(spec, `${path}.successPolicy`));
  errors.push(...checkReplacement(spec, `${path}.podReplacementPolicy`));
  const template = asObject(spec['template']);
  errors.push(...checkPodTemplate(template, `${path}.template`));
  const policy = asString(asObject(template['spec'])['restartPolicy']);
  const at = `${path}.template.spec.restartPolicy`;
  if (policy === '' || policy === 'Always') errors.push(required(at, 'valid values: "OnFailure", "Never"'));
  else if (!POLICIES.includes(policy)) errors.push(notSupported(at, policy, POLICIES));
  else if (spec['podFailurePolicy'] !== undefined && policy !== 'Never')
    errors.push(invalidValue(at, policy, 'only "Never" is supported when podFailurePolicy is specified'));
  return errors;
}

/** Who cares for a Job: `example.org/controller`. */
function checkManager(manager: unknown, path: string): FieldError[] {
  if (manager === undefined) return [];
  const errors = checkDomainPath(asString(manager), path);
  return asString(manager).length > 63 ? [...errors, tooLong(path, 63)] : errors;
}

function checkMode(spec: JsonObject, path: string): FieldError[] {
  const { completionMode: mode, completions, parallelism, backoffLimitPerIndex: perIndex, maxFailedIndexes } = spec;
  const errors: FieldError[] = [];
  const most = (field: string, limit: number, when = '') => {
    if (asNumber(spec[field]) > limit)
      errors.push(invalidValue(`${path}.${field}`, spec[field], `must be less than or equal to ${limit}${when}`));
  };
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed')
    errors.push(notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed']));
  if (mode === 'Indexed') {
    if (completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
    if (parallelism !== undefined) most('parallelism', MOST, ' when completion mode is Indexed');
    if (completions !== undefined && asNumber(maxFailedIndexes) > asNumber(completions))
      errors.push(
        invalidValue(`${path}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'),
      );
    most('maxFailedIndexes', MOST);
    if (asNumber(completions) > MOST && perIndex !== undefined) {
      const when = ` when completions are above ${MOST} and used with backoff limit per index`;
      if (maxFailedIndexes === undefined)
        errors.push(required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${MOST}`));
      most('parallelism', MOST_OF_MANY, when);
      most('maxFailedIndexes', MOST_OF_MANY, when);
    }
  }
  if (mode === undefined || mode === 'NonIndexed')
    for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'])
      if (spec[field] !== undefined)
        errors.push(invalidValue(`${path}.${field}`, spec[field], 'requires indexed completion mode'));
  return errors;
}

const GENERATED = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';

/** The labels by which a Job knows its pods, unless it brings its own. */
function checkGenerated(object: KubeObject, spec: JsonObject): FieldError[] {
  const selector = spec['selector'];
  if (spec['manualSelector'] === true || !isObject(selector)) return [];
  const { uid = '', name = '' } = object.metadata;
  const expected = { 'controller-uid': uid, 'job-name': name, [GENERATED]: uid, [JOB_NAME]: name };
  const labels = asObject(asObject(asObject(spec['template'])['metadata'])['labels']);
  const errors = Object.entries(expected).flatMap(([key, value]) => {
    const at = `spec.template.metadata.labels[${key}]`;
    if (labels[key] === undefined) return [required(at, `must be '${value}'`)];
    return labels[key] === value ? [] : [invalidValue(at, inOrder(labels), `must be '${value}'`)];
  });
  if (checkSelector(selector, '').length === 0 && !matchesLabelSelector(selector, expected))
    errors.push(invalidValue('spec.selector', shownSelector(selector), '`selector` not auto-generated'));
  return errors;
}

export const jobs: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const selector = spec['selector'];
  const own = checkJob(spec, 'spec');
  if (isObject(selector)) own.push(...checkSelector(selector, 'spec.selector'));
  else own.push(required('spec.selector'));
  if (checkSelector(selector, '').length === 0) own.push(...checkMatch(spec, 'spec'));
  const errors = [...checkGenerated(object, spec), ...own];
  const last = `${object.metadata.name}-${asNumber(spec['completions']) - 1}`;
  if (spec['completionMode'] === 'Indexed' && asNumber(spec['completions']) > 0 && checkLabel(last).length > 0)
    errors.push(
      invalidValue(
        'metadata.name',
        object.metadata.name,
        `will not able to create pod with invalid DNS label: ${last}`,
      ),
    );
  if (old === undefined) return errors;
  // An update looks at the whole object again, and says so.
  return [...errors, ...own, ...checkJobChange(spec, asObject(old['spec']), asObject(old['status']))];
};

/** How errors show these. */
const SHOWN: { readonly [field: string]: string } = {
  podFailurePolicy: 'PodFailurePolicy',
  successPolicy: 'SuccessPolicy',
};

function checkJobChange(spec: JsonObject, before: JsonObject, status: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const frozen = (field: string, shown = spec[field]) => {
    if (!equalJson(spec[field], before[field])) errors.push(invalidValue(`spec.${field}`, shown ?? null, IMMUTABLE));
  };
  if (spec['completionMode'] !== 'Indexed') frozen('completions');
  else if (spec['completions'] !== undefined && !equalJson(spec['completions'], before['completions'])) {
    if (spec['completions'] !== spec['parallelism'])
      errors.push(
        invalidValue('spec.completions', spec['completions'], 'can only be modified in tandem with spec.parallelism'),
      );
  }
  frozen('selector', shownSelector(spec['selector']));
  errors.push(...checkTemplateChange(spec, before, status));
  for (const field of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy']) {
    const [struct, value] = [SHOWN[field], spec[field]];
    frozen(field, struct !== undefined && isObject(value) ? internalStruct(struct, value) : value);
  }
  return errors;
}

/** Where its pods go, and what they need, may change as long as a Job is suspended and has not started. */
function checkTemplateChange(spec: JsonObject, before: JsonObject, status: JsonObject): FieldError[] {
  const [template, was] = [asObject(spec['template']), asObject(before['template'])];
  if (before['suspend'] !== true || status['startTime'] !== undefined)
    return equalJson(internalTemplate(template), internalTemplate(was))
      ? []
      : [invalidValue('spec.template', internalTemplate(template), IMMUTABLE)];
  const pod = asObject(template['spec']);
  const kept = internalPodSpec(withNew(asObject(was['spec']), pod));
  return equalJson(internalPodSpec(pod), kept)
    ? []
    : [invalidValue('spec.template.spec', internalPodSpec(pod), IMMUTABLE)];
}

/** The old pod with what may change taken from the new one. */
function withNew(old: JsonObject, next: JsonObject): JsonObject {
  const made: JsonObject = { ...old };
  for (const field of ['nodeSelector', 'tolerations', 'schedulingGates']) made[field] = next[field];
  const nodeAffinity = asObject(next['affinity'])['nodeAffinity'];
  const { nodeAffinity: _n, ...others } = asObject(old['affinity']);
  const isGone = next['affinity'] === undefined && Object.keys(others).length === 0;
  made['affinity'] = isGone ? undefined : { ...others, ...(nodeAffinity === undefined ? {} : { nodeAffinity }) };
  if (old['affinity'] === undefined && next['affinity'] === undefined) made['affinity'] = undefined;
  for (const list of ['containers', 'initContainers']) {
    const [olds, news] = [asArray(old[list]).map(asObject), asArray(next[list]).map(asObject)];
    if (olds.length === news.length)
      made[list] = olds.map((container, i) =>
        container['name'] === news[i]?.['name'] ? { ...container, resources: news[i]?.['resources'] } : container,
      );
  }
  return made;
}

const CONCURRENCY = ['Allow', 'Forbid', 'Replace'];
/** The controller adds eleven characters to make the names of Jobs. */
const MAX_NAME = 52;

export const cronJobs: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const errors = checkSchedule(asString(spec['schedule']), 'spec.schedule');
  errors.push(...notNegative(spec, 'spec', ['startingDeadlineSeconds']));
  if (spec['timeZone'] !== undefined && spec['timeZone'] !== asObject(old?.['spec'])['timeZone'])
    errors.push(...checkTimeZone(asString(spec['timeZone'])));
  errors.push(...checkNeededChoice(spec['concurrencyPolicy'], 'spec.concurrencyPolicy', CONCURRENCY));
  const job = asObject(asObject(spec['jobTemplate'])['spec']);
  const path = 'spec.jobTemplate.spec';
  errors.push(...checkJob(job, path));
  if (job['selector'] !== undefined)
    errors.push(invalidValue(`${path}.selector`, shownSelector(job['selector']), '`selector` will be auto-generated'));
  if (job['manualSelector'] === true) errors.push(notSupported(`${path}.manualSelector`, true, ['nil', 'false']));
  errors.push(...notNegative(spec, 'spec', ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit']));
  if (old === undefined && asString(object.metadata.name).length > MAX_NAME)
    errors.push(invalidValue('metadata.name', object.metadata.name, `must be no more than ${MAX_NAME} characters`));
  return errors;
};

function checkTimeZone(name: string): FieldError[] {
  const path = 'spec.timeZone';
  if (name === '') return [invalidValue(path, '', 'timeZone must be nil or non-empty string')];
  const isPart = (part: string) => /^(?!-)[-A-Za-z._0-9+]{1,14}$/.test(part) && part !== '.' && part !== '..';
  if (!name.split('/').every(isPart)) return [invalidValue(path, name, `unknown time zone ${name}`)];
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
