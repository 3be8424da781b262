import { applyDefaults, type FieldError, type JsonSchema, validate } from '@fluvial/schema';
import { schemaOfVersion } from './crd.ts';
import type { KindVersion } from './define-kind.ts';
import { findKind } from './kinds.ts';

/** An object of one of our kinds, of whose content nothing is known yet. */
export type UntypedObject = { apiVersion: string; kind: string; [field: string]: unknown };

const schemas = new WeakMap<KindVersion, JsonSchema>();

/** The schema of an object's kind in its version; undefined when the kind is not ours. */
export function schemaOf(apiVersion: string, kind: string): JsonSchema | undefined {
  const found = findKind(apiVersion, kind);
  if (found === undefined) return undefined;
  let schema = schemas.get(found.version);
  if (schema === undefined) {
    schema = schemaOfVersion(found.kind, found.version);
    schemas.set(found.version, schema);
  }
  return schema;
}

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
