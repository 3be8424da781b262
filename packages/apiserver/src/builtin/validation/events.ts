import type { FieldError } from '@fluvial/schema';
import { invalid } from '../../errors.ts';
import { invalidValue, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkQualifiedName } from '../../rest/names.ts';
import type { KubeObject } from '../../types.ts';
import { each, IMMUTABLE, type Validation } from './rules.ts';

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
  const errors = checkAny(object, 'regarding', 'note', 'reportingController');
  const series = object['series'];
  if (isObject(series) && asNumber(series['count']) < 2)
    errors.push(invalidValue('series.count', '', 'should be at least 2'));
  if (!hasTime(object)) errors.push(required('eventTime'));
  // The original shows nothing of what it measures here and below.
  const type = asString(object['type']);
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalidValue('type', '', `has invalid value: ${type}`));
  return errors;
}

/** `v1` Events. */
export const coreEvents: Validation = (object) => checkAny(object, 'involvedObject', 'message', 'reportingComponent');

function hasTime(object: KubeObject): boolean {
  return object['eventTime'] !== undefined && object['eventTime'] !== null;
}

/** Rules of both versions: Events of the new kind, which have a time of their own, must say more than the others. */
function checkAny(object: KubeObject, about: string, note: string, reporter: string): FieldError[] {
  const { namespace = '' } = object.metadata;
  const of = asString(asObject(object[about])['namespace']);
  const elsewhere = invalidValue('involvedObject.namespace', of, 'does not match event.namespace');
  if (!hasTime(object)) return of === namespace || (of === '' && namespace === 'default') ? [] : [elsewhere];
  const errors: FieldError[] = [];
  if (of === '' && namespace !== 'default' && namespace !== 'kube-system') errors.push(elsewhere);
  const controller = asString(object[reporter]);
  if (controller === '') errors.push(required(reporter));
  errors.push(...each(reporter, controller, checkQualifiedName(controller)));
  for (const field of ['reportingInstance', 'action', 'reason']) {
    const value = asString(object[field]);
    if (value === '') errors.push(required(field));
    else if (value.length > MAX_WORD) errors.push(invalidValue(field, '', `can have at most ${MAX_WORD} characters`));
  }
  if (asString(object[note]).length > MAX_NOTE)
    errors.push(invalidValue('message', '', `can have at most ${MAX_NOTE} characters`));
  return errors;
}

function checkFrozen(object: KubeObject, old: KubeObject): FieldError[] {
  return FROZEN.filter(([field]) => !equalJson(object[field] ?? null, old[field] ?? null)).map(([field, name]) =>
    invalidValue(name, object[field] ?? (asArray(old[field]).length > 0 ? null : ''), IMMUTABLE),
  );
}
