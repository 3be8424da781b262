import { type OpenApiSchema, resolveBuiltinRef } from '@fluvial/openapi';

/** A schema with its reference followed. */
export interface Definition {
  readonly schema: OpenApiSchema;
  /** Last part of the definition's name, like `Quantity`; empty where the schema stands by itself. */
  readonly name: string;
}

/** Follows the reference of a built-in schema, plain or the only one of an `allOf`. */
export function definitionOf(schema: OpenApiSchema): Definition {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  const found = ref === undefined ? undefined : resolveBuiltinRef(ref);
  if (ref === undefined || found === undefined) return { schema, name: '' };
  return { schema: found, name: ref.slice(ref.lastIndexOf('.') + 1) };
}

/** The schema of a map's values; undefined when it is no map, or one of anything. */
export function valuesOf({ additionalProperties }: OpenApiSchema): OpenApiSchema | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
