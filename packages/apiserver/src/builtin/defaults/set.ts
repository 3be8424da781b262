import { asArray, isObject } from '../../json.ts';
import type { JsonObject, KubeObject } from '../../types.ts';

/** Sets what the server sets where a client left something open. Objects are decoded and changed in place. */
export type Defaults = (object: KubeObject) => void;

/** Sets a field that is absent. */
export function set(target: JsonObject, field: string, value: unknown): void {
  if (target[field] === undefined || target[field] === null) target[field] = value;
}

/** Sets a field that is absent, empty or zero: Go cannot tell these apart where it has no pointer. */
export function setZero(target: JsonObject, field: string, value: unknown): void {
  const given = target[field];
  if (given === undefined || given === null || given === '' || given === 0) target[field] = value;
}

/** The objects of a list. */
export function objectsOf(value: unknown): JsonObject[] {
  return asArray(value).filter(isObject);
}

/** An object field, made when it is not there. */
export function objectAt(target: JsonObject, field: string): JsonObject {
  if (!isObject(target[field])) target[field] = {};
  return target[field] as JsonObject;
}

/** `spec`, made when it is not there. */
export function specOf(object: KubeObject): JsonObject {
  return objectAt(object, 'spec');
}
