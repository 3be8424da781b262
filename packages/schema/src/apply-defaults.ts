import { cloneJson, isObject, type JsonObject, setField } from '@fluvial/go-text';
import { additionalOf, followRef, propertyOf, type ResolveRef } from './schema-walk.ts';
import type { JsonSchema } from './types.ts';

export interface DefaultOptions {
  /** Follows `$ref`; needed for built-in kinds only. */
  readonly resolve?: ResolveRef;
  /** Leaves nulls that have no default where they are. Default false. */
  readonly keepNulls?: boolean;
  /** Sets nothing: only nulls go that the schema does not allow. Default false. */
  readonly onlyNulls?: boolean;
}

/**
 * Sets missing fields that have a `default`, in place, also inside arrays, maps and defaults themselves. A null that the
 * schema does not allow (`nullable`) goes first: it is replaced by the default, or removed when there is none (unless
 * `keepNulls`).
 */
export function applyDefaults(schema: JsonSchema, value: unknown, options: DefaultOptions = {}): void {
  fill(followRef(schema, options.resolve), value, options);
}

function fill(schema: JsonSchema | undefined, value: unknown, options: DefaultOptions): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    const items = schema.items === undefined ? undefined : followRef(schema.items, options.resolve);
    if (items === undefined) return;
    const byDefault = schema.items?.default ?? items.default;
    for (let i = 0; i < value.length; i++) {
      if (value[i] === null && items.nullable !== true && isSet(byDefault) && options.onlyNulls !== true)
        value[i] = cloneJson(byDefault);
      fill(items, value[i], options);
    }
  } else if (isObject(value)) {
    fillObject(schema, value, options);
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function fillObject(schema: JsonSchema, value: JsonObject, options: DefaultOptions): void {
  const additional = additionalOf(schema);
  for (const key in value) {
    if (value[key] !== null) continue;
    const field = propertyOf(schema, key) ?? additional;
    if (field === undefined || field.nullable === true) continue;
    if (isSet(field.default)) {
      if (options.onlyNulls !== true) setField(value, key, cloneJson(field.default));
    } else if (options.keepNulls !== true) {
      delete value[key];
    }
  }
  for (const name in options.onlyNulls === true ? {} : schema.properties) {
    const byDefault = propertyOf(schema, name)?.default;
    if (isSet(byDefault) && !Object.hasOwn(value, name)) setField(value, name, cloneJson(byDefault));
  }
  for (const key in value) {
    const field = propertyOf(schema, key) ?? additional;
    if (field !== undefined) fill(followRef(field, options.resolve), value[key], options);
  }
}
