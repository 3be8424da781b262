import type { FieldError } from '@fluvial/schema';
import { invalid } from '../../errors.ts';
import { invalidValue, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkQualifiedName } from '../../rest/names.ts';
import type { KubeObject } from '../../types.ts';
import { each, IMMUTABLE, type Validation } from './rules.ts';

/** `v1` Events: only the namespaces have to agree. */
export const coreEvents: Validation = (object) => {
  const { namespace = '' } = object.metadata;
  const of = asString(asObject(object['involvedObject'])['namespace']);
  if (of === namespace) return [];
  if (of === '' && (namespace === 'default' || namespace === 'kube-system')) return [];
  return [invalidValue('involvedObject.namespace', of, 'does not match event.namespace')];
};

const MAX_NOTE = 1024;
const MAX_WORD = 128;
/** Fields as the original names them, by those of `events.k8s.io/v1`. */
const FROZEN: readonly (readonly [string, string])[] = [
  ['regarding', 'involvedObject'],
  ['reason', 'reason'],
  ['note', 'message'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
  ['type', 'type'],
  ['eventTime', 'eventTime'],
  ['action', 'action'],
  ['related', 'related'],
  ['reportingController', 'reportingController'],
  ['reportingInstance', 'reportingInstance'],
];

/**
 * `events.k8s.io/v1` Events.
 *
 * @throws {StatusError} 422, with the kind's bare name as the original has it.
 */
export const events: Validation = (object, old) => {
  const errors = old === undefined ? checkNew(object) : checkFrozen(object, old);
  if (errors.length > 0) throw invalid({ group: '', kind: 'Event' }, object.metadata.name ?? '', errors);
  return [];
};

function checkNew(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (object['eventTime'] === undefined || object['eventTime'] === null) errors.push(required('eventTime'));
  const controller = asString(object['reportingController']);
  if (controller === '') errors.push(required('reportingController'));
  errors.push(...each('reportingController', controller, checkQualifiedName(controller)));
  for (const field of ['reportingInstance', 'action', 'reason']) {
    const value = asString(object[field]);
    if (value === '') errors.push(required(field));
    // The original shows nothing of what it measures here and below.
    else if (value.length > MAX_WORD) errors.push(invalidValue(field, '', `can have at most ${MAX_WORD} characters`));
  }
  if (asString(object['note']).length > MAX_NOTE)
    errors.push(invalidValue('message', '', `can have at most ${MAX_NOTE} characters`));
  const type = asString(object['type']);
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalidValue('type', '', `has invalid value: ${type}`));
  const series = object['series'];
  if (isObject(series) && asNumber(series['count']) < 2)
    errors.push(invalidValue('series.count', '', 'should be at least 2'));
  return errors;
}

function checkFrozen(object: KubeObject, old: KubeObject): FieldError[] {
  return FROZEN.filter(([field]) => !equalJson(object[field] ?? null, old[field] ?? null)).map(([field, name]) =>
    invalidValue(name, object[field] ?? (asArray(old[field]).length > 0 ? null : ''), IMMUTABLE),
  );
}
