import { applyDefaults, type FieldError, validate } from '@fluvial/schema';
import { schemaOf } from './schema-of.ts';

/** An object of one of our kinds, of whose content nothing is known yet. */
export type UntypedObject = { apiVersion: string; kind: string; [field: string]: unknown };

/**
 * Checks an object against the schema of its version, with the API server's own texts.
 *
 * Empty when the object is fine or its kind is not ours. With `old` the rules that compare with it run, too.
 */
export function validateObject(object: UntypedObject, options: { old?: UntypedObject } = {}): FieldError[] {
  const schema = schemaOf(object.apiVersion, object.kind);
  return schema === undefined ? [] : validate(schema, object, options);
}

/** Fills in the defaults of the object's version, in place, and returns the object. */
export function defaultObject<T extends UntypedObject>(object: T): T {
  const schema = schemaOf(object.apiVersion, object.kind);
  if (schema !== undefined) applyDefaults(schema, object);
  return object;
}
