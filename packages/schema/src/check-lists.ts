import { getField, goJson, isObject, type JsonObject } from '@fluvial/go-text';
import { duplicate, invalid } from './field-error.ts';
import { additionalOf, propertyOf } from './schema-walk.ts';
import type { FieldError, JsonSchema } from './types.ts';

/** Checks that sets hold each item once and lists by key each key once (`x-kubernetes-list-type`). */
export function checkLists(schema: JsonSchema | undefined, value: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  walk(schema, value, path, errors);
  return errors;
}

function walk(schema: JsonSchema | undefined, value: unknown, path: string, errors: FieldError[]): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    walkArray(schema, value, path, errors);
  } else if (isObject(value)) {
    const additional = additionalOf(schema);
    for (const key in value) {
      const property = propertyOf(schema, key);
      if (property !== undefined) walk(property, value[key], path === '' ? key : `${path}.${key}`, errors);
      else if (additional !== undefined) walk(additional, value[key], `${path}[${key}]`, errors);
    }
  }
}

function walkArray(schema: JsonSchema, value: readonly unknown[], path: string, errors: FieldError[]): void {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      for (const i of repeated(value.map(goJson))) errors.push(duplicate(`${path}[${i}]`, value[i]));
      break;
    case 'map':
      checkKeys(schema, value, path, errors);
      break;
    default:
  }
  value.forEach((item, i) => {
    walk(schema.items, item, `${path}[${i}]`, errors);
  });
}

function checkKeys(schema: JsonSchema, value: readonly unknown[], path: string, errors: FieldError[]): void {
  const misfit = value.findIndex((item) => item !== null && !isObject(item));
  if (misfit >= 0) {
    errors.push(invalid(`${path}[${misfit}]`, value[misfit], 'must be an object for an array of list-type map'));
    return;
  }
  const keys = value.map((item) => keyOf(item, schema['x-kubernetes-list-map-keys'] ?? []));
  for (const i of repeated(keys.map(goJson))) errors.push(duplicate(`${path}[${i}]`, keys[i]));
}

function keyOf(item: unknown, names: readonly string[]): JsonObject {
  const key: JsonObject = {};
  if (!isObject(item)) return key;
  for (const name of names) {
    const value = getField(item, name);
    if (value !== undefined) key[name] = value;
  }
  return key;
}

/** Indexes at which a text stands for the second time. */
function repeated(texts: readonly string[]): number[] {
  const counts = new Map<string, number>();
  const indexes: number[] = [];
  texts.forEach((text, i) => {
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    if (count === 2) indexes.push(i);
  });
  return indexes;
}
