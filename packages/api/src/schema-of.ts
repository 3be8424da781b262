import type { JsonSchema } from '@fluvial/schema';
import { schemaOfVersion } from './crd.ts';
import type { KindVersion } from './define-kind.ts';
import { findKind } from './kinds.ts';

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
