import { goJson } from '@fluvial/go-text';
import { isObject } from '../json.ts';
import type { Patch } from './read-patch.ts';

/** Order of ObjectMeta's fields in Go. */
const metadataFields = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

/**
 * How an error quotes what a patch made: a strategic patch as Go's `%+v` of itself, others as the JSON of the object.
 * What the patch touched has its keys sorted there, the rest is in the order of Go's structs.
 */
export function printPatched(patch: Patch, next: { readonly [key: string]: unknown }, custom: boolean): string {
  if (patch.type === 'strategic') return printGoMap(patch.patch);
  // Custom resources are maps to the server, all the way down.
  if (custom) return goJson(next);
  const touched =
    patch.type === 'merge'
      ? new Set(Object.keys(patch.patch))
      : new Set(patch.operations.map(({ path }) => String(path).split('/')[1]));
  const printed: Record<string, unknown> = {};
  for (const key of Object.keys(next).sort()) {
    const value = next[key];
    if (touched.has(key) || !isObject(value)) printed[key] = sorted(value);
    else printed[key] = key === 'metadata' ? inOrder(value, metadataFields) : value;
  }
  return JSON.stringify(printed);
}

function inOrder(value: { readonly [key: string]: unknown }, fields: readonly string[]): unknown {
  return Object.fromEntries(fields.filter((key) => Object.hasOwn(value, key)).map((key) => [key, value[key]]));
}

/** The same value with the keys of its objects in order, as Go writes maps. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      // Nobody patches these: they keep the order of their structs.
      .map((key) => [key, key === 'managedFields' ? value[key] : sorted(value[key])]),
  );
}

function printGoMap(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printGoMap).join(' ')}]`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort();
    return `map[${keys.map((key) => `${key}:${printGoMap(value[key])}`).join(' ')}]`;
  }
  return value === null ? '<nil>' : String(value);
}
