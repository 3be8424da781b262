import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkLabel } from '../../rest/names.ts';
import { matchesLabelSelector } from '../../rest/selectors.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { internalStruct } from '../go-print/internal-value.ts';
import { checkClaimSpec } from './claims.ts';
import { checkPodAnnotations, checkPodTemplate } from './pod-spec.ts';
import {
  checkAnnotations,
  checkAtMostAll,
  checkChoice,
  checkCountOrPercent,
  checkLabels,
  checkName,
  checkSelector,
  IMMUTABLE,
  notNegative,
  type Validation,
} from './rules.ts';

function hasNothing(selector: JsonObject): boolean {
  return Object.keys(asObject(selector['matchLabels'])).length + asArray(selector['matchExpressions']).length === 0;
}

/** Go prints the keys of maps in order. */
export function inOrder(labels: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A selector as errors show it. */
export function shownSelector(selector: unknown): unknown {
  if (!isObject(selector)) return selector ?? null;
  const { matchLabels, matchExpressions } = selector;
  return {
    ...(isObject(matchLabels) ? { matchLabels: inOrder(matchLabels) } : {}),
    ...(matchExpressions === undefined
      ? {}
      : {
          matchExpressions: asArray(matchExpressions).map((entry) => {
            const { key, operator, values } = asObject(entry);
            return { key, operator, ...(values === undefined ? {} : { values }) };
          }),
        }),
  };
}

/** The labels of a template do not satisfy the selector of its owner. */
export function checkMatch(spec: JsonObject, path: string): FieldError[] {
  const labels = asObject(asObject(asObject(spec['template'])['metadata'])['labels']) as { [key: string]: string };
  if (matchesLabelSelector(spec['selector'], labels)) return [];
  const shown = Object.keys(labels).length === 0 ? null : inOrder(labels);
  return [invalidValue(`${path}.template.metadata.labels`, shown, '`selector` does not match template `labels`')];
}

/** Pods of a workload are restarted for ever. */
function checkEndless(template: JsonObject, path: string, owner: string): FieldError[] {
  const { restartPolicy, activeDeadlineSeconds } = asObject(template['spec']);
  const errors: FieldError[] = [];
  if (restartPolicy !== 'Always')
    errors.push(notSupported(`${path}.spec.restartPolicy`, asString(restartPolicy), ['Always']));
  if (activeDeadlineSeconds !== undefined)
    errors.push(
      forbiddenField(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`),
    );
  return errors;
}

/** A selector that has to be there, and the template that it finds. */
function checkSelected(spec: JsonObject, kind: string, wrong: string, checkRest: () => FieldError[]): FieldError[] {
  const selector = spec['selector'];
  const errors: FieldError[] = [];
  let works = true;
  if (isObject(selector)) {
    errors.push(...checkSelector(selector, 'spec.selector'));
    works = errors.length === 0;
    if (hasNothing(selector))
      errors.push(invalidValue('spec.selector', shownSelector(selector), `empty selector is invalid for ${kind}`));
  } else errors.push(required('spec.selector'));
  if (!works) return [...errors, invalidValue('spec.selector', shownSelector(selector), wrong)];
  // One that is empty matches everything.
  if (!isObject(selector) || !hasNothing(selector)) errors.push(...checkMatch(spec, 'spec'));
  return [...errors, ...checkRest()];
}

function checkReplicaTemplate(spec: JsonObject): FieldError[] {
  return checkSelected(spec, 'deployment', 'invalid label selector', () => {
    const template = asObject(spec['template']);
    return [...checkPodTemplate(template, 'spec.template'), ...checkEndless(template, 'spec.template', 'ReplicaSet')];
  });
}

function checkSelectorChange(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const selector = asObject(object['spec'])['selector'];
  return old !== undefined && !equalJson(selector, asObject(old['spec'])['selector'])
    ? [invalidValue('spec.selector', shownSelector(selector), IMMUTABLE)]
    : [];
}

export const deployments: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const deadline = spec['progressDeadlineSeconds'];
  return [
    ...notNegative(spec, 'spec', ['replicas']),
    ...checkReplicaTemplate(spec),
    ...checkStrategy(asObject(spec['strategy'])),
    ...notNegative(spec, 'spec', ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']),
    ...(typeof deadline === 'number' && deadline <= asNumber(spec['minReadySeconds'])
      ? [invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')]
      : []),
    ...checkSelectorChange(object, old),
  ];
};

/** The zero of a count or a percentage; what is neither counts as nothing. */
function isNothing(value: unknown): boolean {
  if (typeof value === 'number') return value === 0;
  return typeof value !== 'string' || !/^[0-9]+%?$/.test(value) || Number.parseInt(value, 10) === 0;
}

function checkStrategy(strategy: JsonObject): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const path = 'spec.strategy';
  if (type === 'Recreate') {
    return rollingUpdate === undefined
      ? []
      : [forbiddenField(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (type !== 'RollingUpdate')
    return [notSupported(path, internalStruct('DeploymentStrategy', strategy), ['Recreate', 'RollingUpdate'])];
  const { maxSurge, maxUnavailable } = asObject(rollingUpdate);
  const at = `${path}.rollingUpdate`;
  const errors = [
    ...checkCountOrPercent(maxUnavailable, `${at}.maxUnavailable`),
    ...checkCountOrPercent(maxSurge, `${at}.maxSurge`),
  ];
  if (isNothing(maxUnavailable) && isNothing(maxSurge))
    errors.push(invalidValue(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  return [...errors, ...checkAtMostAll(maxUnavailable, `${at}.maxUnavailable`)];
}

export const replicaSets: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  return [
    ...notNegative(spec, 'spec', ['replicas', 'minReadySeconds']),
    ...checkReplicaTemplate(spec),
    ...checkSelectorChange(object, old),
  ];
};

/** Their selector is a plain map of labels. */
export const replicationControllers: Validation = (object) => {
  const spec = asObject(object['spec']);
  const selector = asObject(spec['selector']);
  const errors: FieldError[] = notNegative(spec, 'spec', ['minReadySeconds']);
  if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
  errors.push(...notNegative(spec, 'spec', ['replicas']));
  const template = spec['template'];
  if (!isObject(template)) return [...errors, required('spec.template')];
  if (Object.keys(selector).length > 0)
    errors.push(...checkMatch({ selector: { matchLabels: selector }, template }, 'spec'));
  return [
    ...errors,
    ...checkPodTemplate(template, 'spec.template'),
    ...checkEndless(template, 'spec.template', 'ReplicationController'),
  ];
};

export const podTemplates: Validation = (object) => checkPodTemplate(asObject(object['template']), 'template');

/** What a controller kept of the past. */
export const controllerRevisions: Validation = (object, old) => {
  const data = object['data'];
  const errors = notNegative(object, '', ['revision']).map((error) => ({ ...error, field: 'revision' }));
  if (old !== undefined)
    return equalJson(data, old['data']) ? errors : [...errors, invalidValue('data', data ?? null, IMMUTABLE)];
  if (data === undefined || data === null) return [...errors, required('data', 'data is mandatory')];
  return isObject(data) ? errors : [...errors, required('data', 'data must be a valid JSON object')];
};

export const daemonSets: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const template = asObject(spec['template']);
  const selector = spec['selector'];
  const wrong = checkSelector(selector, 'spec.selector');
  return [
    ...checkSelectorChange(object, old),
    ...wrong,
    ...(wrong.length === 0 ? checkMatch(spec, 'spec') : []),
    ...(isObject(selector) && hasNothing(selector)
      ? [invalidValue('spec.selector', shownSelector(selector), 'empty selector is invalid for daemonset')]
      : []),
    ...checkPodTemplate(template, 'spec.template'),
    ...checkEndless(template, 'spec.template', 'DaemonSet'),
    ...notNegative(spec, 'spec', ['minReadySeconds']),
    ...checkDaemonStrategy(asObject(spec['updateStrategy'])),
    ...notNegative(spec, 'spec', ['revisionHistoryLimit']),
  ];
};

function checkDaemonStrategy(strategy: JsonObject): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const path = 'spec.updateStrategy';
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate')
    return [notSupported(path, internalStruct('DaemonSetUpdateStrategy', strategy), ['RollingUpdate', 'OnDelete'])];
  const { maxSurge, maxUnavailable } = asObject(rollingUpdate);
  const at = `${path}.rollingUpdate`;
  const errors = [
    ...checkCountOrPercent(maxUnavailable, `${at}.maxUnavailable`),
    ...checkCountOrPercent(maxSurge, `${at}.maxSurge`),
    ...checkAtMostAll(maxUnavailable, `${at}.maxUnavailable`),
    ...checkAtMostAll(maxSurge, `${at}.maxSurge`),
  ];
  if (isNothing(maxUnavailable) && isNothing(maxSurge))
    errors.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  if (!isNothing(maxUnavailable) && !isNothing(maxSurge))
    errors.push(invalidValue(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  return errors;
}

const STATEFUL_MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];
const STATEFUL_TEXT =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

export const statefulSets: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const template = asObject(spec['template']);
  const management = asString(spec['podManagementPolicy']);
  const errors: FieldError[] = [];
  if (management !== 'OrderedReady' && management !== 'Parallel')
    errors.push(invalidValue('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'"));
  errors.push(...checkStatefulStrategy(asObject(spec['updateStrategy'])));
  const retention = asObject(spec['persistentVolumeClaimRetentionPolicy']);
  for (const field of ['whenDeleted', 'whenScaled'])
    errors.push(
      ...checkChoice(retention[field], `spec.persistentVolumeClaimRetentionPolicy.${field}`, ['Retain', 'Delete']),
    );
  // What cannot change is not looked at again.
  if (old === undefined)
    asArray(spec['volumeClaimTemplates']).forEach((claim, i) => {
      errors.push(...checkClaimSpec(asObject(asObject(claim)['spec']), `spec.volumeClaimTemplates[${i}].spec`));
    });
  errors.push(...notNegative(spec, 'spec', ['replicas', 'minReadySeconds']));
  errors.push(...notNegative(asObject(spec['ordinals']), 'spec.ordinals', ['start']));
  if (old === undefined) errors.push(...checkName(spec['serviceName'], 'spec.serviceName', checkLabel));
  errors.push(
    ...checkSelected(spec, 'statefulset', '', () => {
      const { labels, annotations } = asObject(template['metadata']);
      const at = 'spec.template';
      return [
        ...checkPodTemplate(withClaims(template, spec['volumeClaimTemplates']), at),
        // Upstream looks at these twice.
        ...checkLabels(labels, `${at}.labels`),
        ...checkAnnotations(annotations, `${at}.annotations`),
        ...checkPodAnnotations(annotations, asObject(template['spec']), `${at}.annotations`),
      ];
    }),
    ...checkEndless(template, 'spec.template', 'StatefulSet'),
  );
  if (old === undefined) return errors;
  const before = asObject(old['spec']);
  const fields = new Set([...Object.keys(spec), ...Object.keys(before)]);
  if ([...fields].some((field) => !STATEFUL_MUTABLE.includes(field) && !equalJson(spec[field], before[field])))
    errors.push(forbiddenField('spec', STATEFUL_TEXT));
  return errors;
};

/** A template as it is looked at: claims stand before its own volumes, and its pods get names of their own. */
function withClaims(template: JsonObject, claims: unknown): JsonObject {
  const { hostname: _h, subdomain: _s, ...spec } = asObject(template['spec']);
  const names = new Set(asArray(claims).map((claim) => asString(asObject(asObject(claim)['metadata'])['name'])));
  const own = asArray(spec['volumes']).filter((volume) => !names.has(asString(asObject(volume)['name'])));
  const made = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...template, spec: { ...spec, volumes: [...made, ...own] } };
}

function checkStatefulStrategy(strategy: JsonObject): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const path = 'spec.updateStrategy';
  const at = `${path}.rollingUpdate`;
  const rolling = asObject(rollingUpdate);
  if (type === 'OnDelete')
    return rollingUpdate === undefined
      ? []
      : [
          invalidValue(
            at,
            internalStruct('RollingUpdateStatefulSetStrategy', rolling),
            "only allowed for updateStrategy 'RollingUpdate'",
          ),
        ];
  if (type !== 'RollingUpdate')
    return [
      invalidValue(
        path,
        internalStruct('StatefulSetUpdateStrategy', strategy),
        "must be 'RollingUpdate' or 'OnDelete'",
      ),
    ];
  const errors = notNegative(rolling, at, ['partition']);
  const most = rolling['maxUnavailable'];
  if (most === undefined) return errors;
  errors.push(...checkCountOrPercent(most, `${at}.maxUnavailable`));
  if (isNothing(most)) errors.push(invalidValue(`${at}.maxUnavailable`, most, 'cannot be 0'));
  return [...errors, ...checkAtMostAll(most, `${at}.maxUnavailable`)];
}
