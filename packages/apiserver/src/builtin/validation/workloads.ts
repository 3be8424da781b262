import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkLabel } from '../../rest/names.ts';
import { matchesLabelSelector } from '../../rest/selectors.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { checkPodTemplate } from './pod-spec.ts';
import {
  checkAtMostAll,
  checkCountOrPercent,
  checkSelector,
  each,
  IMMUTABLE,
  notNegative,
  type Validation,
} from './rules.ts';

/** How the kinds with pod templates look at a selector. */
function checkWorkloadSelector(object: KubeObject, path: string): FieldError[] {
  const selector = asObject(object['spec'])['selector'];
  if (selector === undefined || selector === null) return object.kind === 'DaemonSet' ? [] : [required(path)];
  const errors = checkSelector(selector, path);
  const { matchLabels, matchExpressions } = asObject(selector);
  if (Object.keys(asObject(matchLabels)).length + asArray(matchExpressions).length === 0)
    errors.push(invalidValue(path, selector, `empty selector is invalid for ${object.kind.toLowerCase()}`));
  return errors;
}

function labelsOf(template: JsonObject): { [key: string]: string } {
  return asObject(asObject(template['metadata'])['labels']) as { [key: string]: string };
}

function shownLabels(labels: { [key: string]: string }): unknown {
  return Object.keys(labels).length === 0 ? null : labels;
}

/** Whether the pods of a template are those that the selector finds, and the rules of the template itself. */
function checkTemplate(object: KubeObject, selectorWorks: boolean, owner: string): FieldError[] {
  const spec = asObject(object['spec']);
  const template = asObject(spec['template']);
  const labels = labelsOf(template);
  const { matchLabels, matchExpressions } = asObject(spec['selector']);
  // A selector that is empty is already told about; one that is missing finds nothing.
  const isEmpty =
    isObject(spec['selector']) && Object.keys(asObject(matchLabels)).length + asArray(matchExpressions).length === 0;
  const errors: FieldError[] = [];
  if (!selectorWorks) return [invalidValue('spec.selector', spec['selector'], 'invalid label selector')];
  if (!isEmpty && (!isObject(spec['selector']) || !matchesLabelSelector(spec['selector'], labels)))
    errors.push(
      invalidValue('spec.template.metadata.labels', shownLabels(labels), '`selector` does not match template `labels`'),
    );
  const claimed = asArray(spec['volumeClaimTemplates']).map((claim) =>
    asString(asObject(asObject(claim)['metadata'])['name']),
  );
  errors.push(...checkPodTemplate(template, 'spec.template', claimed));
  const podSpec = asObject(template['spec']);
  const policy = podSpec['restartPolicy'];
  const known = errors.some(({ field }) => field === 'spec.template.spec.restartPolicy');
  if (policy !== 'Always' && (known || policy !== ''))
    errors.push(notSupported('spec.template.spec.restartPolicy', policy ?? '', ['Always']));
  if (podSpec['activeDeadlineSeconds'] !== undefined)
    errors.push(
      forbiddenField('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${owner} is not Supported`),
    );
  return errors;
}

/** As Go prints it: labels are a map. */
function sortedSelector(selector: unknown): unknown {
  if (!isObject(selector)) return selector ?? null;
  const { matchLabels } = selector;
  if (!isObject(matchLabels)) return selector;
  const sorted = Object.entries(matchLabels).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...selector, matchLabels: Object.fromEntries(sorted) };
}

function checkSelectorChange(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const selector = asObject(object['spec'])['selector'];
  return old !== undefined && !equalJson(selector, asObject(old['spec'])['selector'])
    ? [invalidValue('spec.selector', sortedSelector(selector), IMMUTABLE)]
    : [];
}

export const deployments: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const selector = checkWorkloadSelector(object, 'spec.selector');
  const works = selector.every(({ field }) => field === 'spec.selector');
  return [
    ...notNegative(spec, 'spec', ['replicas']),
    ...selector,
    ...checkTemplate(object, works, 'ReplicaSet'),
    ...checkStrategy(asObject(spec['strategy'])),
    ...notNegative(spec, 'spec', ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']),
    ...checkDeadline(spec),
    ...checkSelectorChange(object, old),
  ];
};

function checkDeadline(spec: JsonObject): FieldError[] {
  const deadline = spec['progressDeadlineSeconds'];
  return typeof deadline === 'number' && deadline <= asNumber(spec['minReadySeconds'])
    ? [invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')]
    : [];
}

/** The zero of a count or a percentage. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === 0 || (typeof value === 'string' && Number.parseInt(value, 10) === 0);
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
    return [
      notSupported(path, { Type: asString(type), RollingUpdate: rollingUpdate ?? null }, ['Recreate', 'RollingUpdate']),
    ];
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
  const selector = checkWorkloadSelector(object, 'spec.selector');
  const works = selector.every(({ field }) => field === 'spec.selector');
  return [
    ...notNegative(spec, 'spec', ['replicas', 'minReadySeconds']),
    ...selector,
    ...checkTemplate(object, works, 'ReplicaSet'),
    ...checkSelectorChange(object, old),
  ];
};

export const daemonSets: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const selector = checkWorkloadSelector(object, 'spec.selector');
  const works = selector.every(({ field }) => field === 'spec.selector');
  return [
    ...checkSelectorChange(object, old),
    ...selector,
    ...checkTemplate(object, works, 'DaemonSet'),
    ...notNegative(spec, 'spec', ['minReadySeconds']),
    ...checkDaemonStrategy(asObject(spec['updateStrategy'])),
    ...notNegative(spec, 'spec', ['revisionHistoryLimit']),
  ];
};

function checkDaemonStrategy({ type, rollingUpdate }: JsonObject): FieldError[] {
  const path = 'spec.updateStrategy';
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate')
    return [
      notSupported(path, { Type: asString(type), RollingUpdate: rollingUpdate ?? null }, ['RollingUpdate', 'OnDelete']),
    ];
  const { maxSurge, maxUnavailable } = asObject(rollingUpdate);
  const at = `${path}.rollingUpdate`;
  const errors = [
    ...checkCountOrPercent(maxUnavailable, `${at}.maxUnavailable`),
    ...checkAtMostAll(maxUnavailable, `${at}.maxUnavailable`),
    ...checkCountOrPercent(maxSurge, `${at}.maxSurge`),
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
  const errors: FieldError[] = [];
  const management = asString(spec['podManagementPolicy']);
  if (management !== 'OrderedReady' && management !== 'Parallel')
    errors.push(invalidValue('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'"));
  errors.push(...checkStatefulStrategy(asObject(spec['updateStrategy'])));
  const selector = checkWorkloadSelector(object, 'spec.selector');
  const works = selector.every(({ field }) => field === 'spec.selector');
  errors.push(
    ...notNegative(spec, 'spec', ['replicas', 'minReadySeconds']),
    ...selector,
    ...checkTemplate(object, works, 'StatefulSet'),
  );
  const service = asString(spec['serviceName']);
  if (service !== '' && service !== asString(asObject(old?.['spec'])['serviceName']))
    errors.push(...each('spec.serviceName', service, checkLabel(service)));
  if (old === undefined) return errors;
  const before = asObject(old['spec']);
  const fields = new Set([...Object.keys(spec), ...Object.keys(before)]);
  if ([...fields].some((field) => !STATEFUL_MUTABLE.includes(field) && !equalJson(spec[field], before[field])))
    errors.push(forbiddenField('spec', STATEFUL_TEXT));
  return errors;
};

function checkStatefulStrategy({ type, rollingUpdate }: JsonObject): FieldError[] {
  const path = 'spec.updateStrategy';
  const rolling = asObject(rollingUpdate);
  const shown = { Partition: rolling['partition'] ?? 0, MaxUnavailable: rolling['maxUnavailable'] ?? null };
  if (type === 'OnDelete')
    return rollingUpdate === undefined
      ? []
      : [invalidValue(`${path}.rollingUpdate`, shown, "only allowed for updateStrategy 'RollingUpdate'")];
  if (type !== 'RollingUpdate')
    return [
      invalidValue(
        path,
        { Type: asString(type), RollingUpdate: rollingUpdate === undefined ? null : shown },
        "must be 'RollingUpdate' or 'OnDelete'",
      ),
    ];
  return notNegative(rolling, `${path}.rollingUpdate`, ['partition']);
}
