import type { FieldError } from '@fluvial/schema';
import { invalidValue, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, equalJson } from '../../json.ts';
import type { JsonObject, KubeObject } from '../../types.ts';

/**
 * What a Job's status may become, as far as it changes: whoever manages it, Jobs do not come back from their end.
 *
 * Not checked: which indexes have completed or failed.
 */
export function jobStatus(object: KubeObject, old: KubeObject): FieldError[] {
  const [status, before] = [asObject(object['status']), asObject(old['status'])];
  return [...checkCounts(status), ...checkEnd(status, before), ...checkChange(object, status, before)];
}

const at = (field: string): string => `status.${field}`;
const active = (status: JsonObject): number => asNumber(status['active']);

function has(status: JsonObject, type: string): boolean {
  return asArray(status['conditions'])
    .map(asObject)
    .some((condition) => condition['type'] === type && condition['status'] === 'True');
}

const isFinished = (status: JsonObject): boolean => has(status, 'Complete') || has(status, 'Failed');

/** The conditions are not shown. */
function conditions(detail: string): FieldError {
  return { ...invalidValue(at('conditions'), '', ''), message: `Invalid value: ${detail}` };
}

function checkCounts(status: JsonObject): FieldError[] {
  return ['active', 'succeeded', 'failed', 'ready', 'terminating']
    .filter((field) => asNumber(status[field]) < 0)
    .map((field) => invalidValue(at(field), status[field], 'must be greater than or equal to 0'));
}

/** A Job that has ended has done so in one way, at a time, with nothing left. */
function checkEnd(status: JsonObject, before: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const turned = (type: string): boolean => has(status, type) !== has(before, type);
  const changed = (field: string): boolean => !equalJson(status[field] ?? null, before[field] ?? null);
  const ended = isFinished(status);
  const endedNow = ended !== isFinished(before);
  const [complete, failed] = [has(status, 'Complete'), has(status, 'Failed')];
  const { completionTime, startTime } = status;
  if ((turned('Complete') || turned('Failed')) && complete && failed)
    errors.push(conditions('cannot set Complete=True and Failed=true conditions'));
  if ((turned('Complete') || turned('FailureTarget')) && complete && has(status, 'FailureTarget'))
    errors.push(conditions('cannot set Complete=True and FailureTarget=true conditions'));
  if (turned('Complete') || changed('completionTime')) {
    const detail = 'cannot set completionTime when there is no Complete=True condition';
    if (completionTime !== undefined && !complete)
      errors.push(invalidValue(at('completionTime'), completionTime, detail));
    if (completionTime === undefined && complete)
      errors.push(required(at('completionTime'), 'completionTime is required for Complete jobs'));
  }
  if (
    (changed('startTime') || changed('completionTime')) &&
    asString(completionTime) !== '' &&
    asString(startTime) !== ''
  )
    if (asString(completionTime) < asString(startTime))
      errors.push(invalidValue(at('completionTime'), completionTime, 'must be equal to or after `startTime`'));
  if ((turned('Failed') || changed('failedIndexes')) && failed && !has(status, 'FailureTarget'))
    errors.push(conditions('cannot set Failed=True condition without the FailureTarget=true condition'));
  if ((turned('Complete') || turned('SuccessCriteriaMet')) && complete && !has(status, 'SuccessCriteriaMet'))
    errors.push(conditions('cannot set Complete=True condition without the SuccessCriteriaMet=true condition'));
  if ((endedNow || changed('active')) && ended && active(status) > 0)
    errors.push(invalidValue(at('active'), active(status), 'active>0 is invalid for finished job'));
  if ((endedNow || changed('startTime')) && ended && startTime === undefined)
    errors.push(required(at('startTime'), 'startTime is required for finished job'));
  if ((endedNow || changed('terminating')) && ended && asNumber(status['terminating']) > 0)
    errors.push(invalidValue(at('terminating'), status['terminating'], 'terminating>0 is invalid for finished job'));
  if ((changed('ready') || changed('active')) && asNumber(status['ready']) > active(status))
    errors.push(invalidValue(at('ready'), status['ready'], 'cannot set more ready pods than active'));
  if (has(status, 'SuccessCriteriaMet') && failed)
    errors.push(conditions('cannot set SuccessCriteriaMet=True and Failed=true conditions'));
  if (has(status, 'SuccessCriteriaMet') && has(status, 'FailureTarget'))
    errors.push(conditions('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'));
  return errors;
}

function checkChange(object: KubeObject, status: JsonObject, before: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = asObject(object['spec']);
  for (const type of ['Failed', 'Complete', 'FailureTarget'])
    if (has(before, type) && !has(status, type))
      errors.push(conditions(`cannot disable the terminal ${type}=True condition`));
  const scales = spec['completionMode'] === 'Indexed' && spec['completions'] === spec['parallelism'];
  for (const field of scales ? ['failed'] : ['failed', 'succeeded'])
    if (asNumber(status[field]) < asNumber(before[field]))
      errors.push(invalidValue(at(field), asNumber(status[field]), `cannot decrease the ${field} counter`));
  const { completionTime, startTime } = status;
  if (
    completionTime !== undefined &&
    before['completionTime'] !== undefined &&
    completionTime !== before['completionTime']
  )
    errors.push(invalidValue(at('completionTime'), completionTime, 'field is immutable'));
  if (before['startTime'] !== undefined && startTime !== before['startTime'] && spec['suspend'] !== true) {
    const resumes = has(before, 'Suspended') && !has(status, 'Suspended');
    const detail = 'field is immutable for unsuspended job once set';
    if (!resumes) errors.push(invalidValue(at('startTime'), startTime ?? null, detail));
  }
  if (has(before, 'SuccessCriteriaMet') && !has(status, 'SuccessCriteriaMet'))
    errors.push(conditions('cannot disable the SuccessCriteriaMet=True condition'));
  if (has(before, 'Complete') && !has(before, 'SuccessCriteriaMet') && has(status, 'SuccessCriteriaMet'))
    errors.push(conditions('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'));
  return errors;
}
