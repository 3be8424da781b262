import {
  type Condition,
  type ConditionedObject,
  type ConditionStatus,
  capMessage,
  compareConditions,
  formatTime,
  readyType,
  reconcilingType,
  stalledType,
} from './condition.ts';

/** What a caller states; time and generation are stamped by {@link setCondition}. */
export interface ConditionInput {
  type: string;
  status: ConditionStatus;
  reason: string;
  message: string;
}

/** The condition of this type, or undefined. */
export function getCondition(object: ConditionedObject, type: string): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

/**
 * Writes one condition into `status.conditions` (created when missing) and keeps the list sorted.
 *
 * The transition time moves when status, reason or message changes; the observed generation is always stamped.
 *
 * @param nowMs milliseconds since the epoch
 */
export function setCondition(object: ConditionedObject, input: ConditionInput, nowMs: number): Condition {
  object.status ??= {};
  const status = object.status;
  const conditions = status.conditions ?? [];
  status.conditions = conditions;
  const message = capMessage(input.message);
  const index = conditions.findIndex((condition) => condition.type === input.type);
  const existing = index < 0 ? undefined : conditions[index];
  const unchanged =
    existing !== undefined &&
    existing.status === input.status &&
    existing.reason === input.reason &&
    existing.message === message;
  const next: Condition = {
    lastTransitionTime: unchanged ? existing.lastTransitionTime : formatTime(nowMs),
    message,
    ...(object.metadata.generation === undefined ? {} : { observedGeneration: object.metadata.generation }),
    reason: input.reason,
    status: input.status,
    type: input.type,
  };
  if (index < 0) conditions.push(next);
  else conditions[index] = next;
  conditions.sort(compareConditions);
  return next;
}

/** Removes a condition; nothing happens when there is none. */
export function deleteCondition(object: ConditionedObject, type: string): void {
  const conditions = object.status?.conditions;
  if (conditions === undefined) return;
  const index = conditions.findIndex((condition) => condition.type === type);
  if (index >= 0) conditions.splice(index, 1);
}

/** Sets `Ready=True`. */
export function markReady(object: ConditionedObject, reason: string, message: string, nowMs: number): void {
  setCondition(object, { type: readyType, status: 'True', reason, message }, nowMs);
}

/** Sets `Ready=False`. */
export function markNotReady(object: ConditionedObject, reason: string, message: string, nowMs: number): void {
  setCondition(object, { type: readyType, status: 'False', reason, message }, nowMs);
}

/** Sets `Reconciling=True` and removes `Stalled`: an object is never both. */
export function markReconciling(object: ConditionedObject, reason: string, message: string, nowMs: number): void {
  deleteCondition(object, stalledType);
  setCondition(object, { type: reconcilingType, status: 'True', reason, message }, nowMs);
}

/** Sets `Stalled=True` and removes `Reconciling`: an object is never both. */
export function markStalled(object: ConditionedObject, reason: string, message: string, nowMs: number): void {
  deleteCondition(object, reconcilingType);
  setCondition(object, { type: stalledType, status: 'True', reason, message }, nowMs);
}

/** True when the condition exists with status `True`. */
export function isTrue(object: ConditionedObject, type: string): boolean {
  return getCondition(object, type)?.status === 'True';
}

/** True when the condition exists with status `False`. */
export function isFalse(object: ConditionedObject, type: string): boolean {
  return getCondition(object, type)?.status === 'False';
}

/** True when the condition is absent or `Unknown`. */
export function isUnknown(object: ConditionedObject, type: string): boolean {
  const status = getCondition(object, type)?.status;
  return status === undefined || status === 'Unknown';
}

/** True when `Ready=True` and the object is neither reconciling nor stalled. */
export function isReady(object: ConditionedObject): boolean {
  return isTrue(object, readyType) && !isTrue(object, reconcilingType) && !isTrue(object, stalledType);
}

export function isReconciling(object: ConditionedObject): boolean {
  return isTrue(object, reconcilingType);
}

export function isStalled(object: ConditionedObject): boolean {
  return isTrue(object, stalledType);
}
