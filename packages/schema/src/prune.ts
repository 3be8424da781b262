import { isObject, type JsonObject } from '@fluvial/go-text';
import { additionalOf, followRef, propertyOf, type ResolveRef } from './schema-walk.ts';
import type { JsonSchema } from './types.ts';

export interface PruneOptions {
  /** The value is a whole Kubernetes object: `apiVersion`, `kind` and `metadata` stay. Default true. */
  readonly root?: boolean;
  /** Follows `$ref`; needed for built-in kinds only. With it an object type without fields keeps whatever it holds. */
  readonly resolve?: ResolveRef;
  /** Only report, change nothing. Default false. */
  readonly dryRun?: boolean;
}

interface Run {
  readonly resolve: ResolveRef | undefined;
  readonly dryRun: boolean;
  readonly paths: string[];
}

const objectFields = new Set(['apiVersion', 'kind', 'metadata']);

/** Fields of `ObjectMeta`. */
const metaFields = new Set([
  'annotations',
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generateName',
  'generation',
  'labels',
  'managedFields',
  'name',
  'namespace',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
]);

/**
 * Removes fields that the schema does not name, in place. Returns their paths, sorted, for example `spec.foo`: what a
 * strict request is refused for as `unknown field "spec.foo"`.
 */
export function prune(schema: JsonSchema, value: unknown, options: PruneOptions = {}): string[] {
  const { root = true, resolve, dryRun = false } = options;
  const run: Run = { resolve, dryRun, paths: [] };
  const target = followRef(schema, resolve) ?? {};
  pruneValue(run, root ? { ...target, 'x-kubernetes-embedded-resource': true } : target, value, '');
  return run.paths.sort();
}

function pruneValue(run: Run, schema: JsonSchema | undefined, value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  if (path !== '' && schema?.['x-kubernetes-embedded-resource'] === true) pruneMetadata(run, value as JsonObject, path);
  if (schema !== undefined && (schema['x-kubernetes-preserve-unknown-fields'] === true || isFree(run, schema))) {
    keepUnknown(run, schema, value, path);
  } else if (Array.isArray(value)) {
    const items = schema?.items === undefined ? undefined : followRef(schema.items, run.resolve);
    value.forEach((item: unknown, i) => {
      pruneValue(run, items, item, `${path}[${i}]`);
    });
  } else {
    pruneObject(run, schema, value as JsonObject, path);
  }
}

/** The metadata of an embedded object is metadata, whatever the schema lets through. */
function pruneMetadata(run: Run, value: JsonObject, path: string): void {
  const { metadata } = value;
  if (!isObject(metadata)) return;
  for (const key of Object.keys(metadata)) {
    if (metaFields.has(key)) continue;
    run.paths.push(`${path}.metadata.${key}`);
    if (!run.dryRun) delete metadata[key];
  }
}

/** Schemas of built-in kinds leave out the content of free-form objects. */
function isFree(run: Run, schema: JsonSchema): boolean {
  return (
    run.resolve !== undefined &&
    schema.properties === undefined &&
    schema.additionalProperties === undefined &&
    schema.items === undefined
  );
}

function pruneObject(run: Run, schema: JsonSchema | undefined, value: JsonObject, path: string): void {
  for (const key of Object.keys(value)) {
    if (schema !== undefined && schema['x-kubernetes-embedded-resource'] === true && objectFields.has(key)) continue;
    const property = schema === undefined ? undefined : propertyOf(schema, key);
    const at = path === '' ? key : `${path}.${key}`;
    if (property !== undefined) {
      pruneValue(run, followRef(property, run.resolve), value[key], at);
    } else if (schema !== undefined && isSet(schema.additionalProperties)) {
      const additional = additionalOf(schema);
      pruneValue(run, additional === undefined ? undefined : followRef(additional, run.resolve), value[key], at);
    } else {
      if (!objectFields.has(key) || path !== '') run.paths.push(at);
      if (!run.dryRun) delete value[key];
    }
  }
}

function isSet(additional: JsonSchema | boolean | undefined): boolean {
  return additional !== undefined && additional !== false;
}

/** Below `x-kubernetes-preserve-unknown-fields` only what is named is looked into. */
function keepUnknown(run: Run, schema: JsonSchema | undefined, value: unknown, path: string): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    const items = schema.items === undefined ? undefined : followRef(schema.items, run.resolve);
    value.forEach((item: unknown, i) => {
      keepUnknown(run, items, item, `${path}[${i}]`);
    });
  } else if (isObject(value)) {
    const additional = additionalOf(schema);
    for (const key of Object.keys(value)) {
      if (schema['x-kubernetes-embedded-resource'] === true && objectFields.has(key)) continue;
      const field = propertyOf(schema, key) ?? additional;
      if (field !== undefined)
        pruneValue(run, followRef(field, run.resolve), value[key], path === '' ? key : `${path}.${key}`);
    }
  }
}
