import type { JsonSchema } from './types.ts';

/** Follows `$ref`; only schemas of built-in kinds have any. */
export type ResolveRef = (ref: string) => JsonSchema | undefined;

/** The schema that a `$ref` (also one alone in an `allOf`) names, else the schema itself. */
export function followRef(schema: JsonSchema, resolve: ResolveRef | undefined): JsonSchema | undefined {
  if (resolve === undefined) return schema;
  let target: JsonSchema | undefined = schema;
  for (let hops = 0; target !== undefined && hops < 8; hops++) {
    const ref: string | undefined =
      target.$ref ?? (target.allOf?.length === 1 ? (target.allOf[0]?.$ref ?? undefined) : undefined);
    if (ref === undefined) return target;
    target = resolve(ref);
  }
  return target;
}

/** The schema of a named field. */
export function propertyOf(schema: JsonSchema, name: string): JsonSchema | undefined {
  const { properties } = schema;
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** The schema of further entries; undefined when there is none or `additionalProperties` is a boolean. */
export function additionalOf(schema: JsonSchema): JsonSchema | undefined {
  const { additionalProperties } = schema;
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}
