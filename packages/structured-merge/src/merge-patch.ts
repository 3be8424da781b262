import { cloneJson, getField, isObject, jsonEqual, setField, shallowCopy } from '@fluvial/go-text';
import { MergeError } from './errors.ts';
import type { JsonObject } from './types.ts';

// Deeper than any object that an API server takes; keeps hostile input off the stack.
const maxDepth = 1000;

/**
 * Applies an RFC 7396 merge patch. Neither argument is changed; the result may share parts with both.
 *
 * Null fields of objects inside the patch's arrays are left out, which the RFC would keep: so does the API server.
 *
 * @throws {MergeError} `PATCH_TOO_LARGE` for a patch nested deeper than 1000
 */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  return merge(target, patch, 0);
}

function merge(target: unknown, patch: unknown, depth: number): unknown {
  if (Array.isArray(patch)) return withoutNullFields(patch);
  if (!isObject(patch)) return patch;
  if (depth > maxDepth) throw new MergeError('PATCH_TOO_LARGE', `a merge patch is nested deeper than ${maxDepth}`);
  const out = isObject(target) ? shallowCopy(target) : {};
  for (const key in patch) {
    const value = patch[key];
    if (value === null) delete out[key];
    else if (value !== undefined) setField(out, key, merge(getField(out, key), value, depth + 1));
  }
  return out;
}

/** A value without the null fields of its objects; itself when there are none. */
function withoutNullFields(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutNullFields);
    return items.every((item, i) => item === value[i]) ? value : items;
  }
  if (!isObject(value)) return value;
  let changed = false;
  const out: JsonObject = {};
  for (const key in value) {
    const item = withoutNullFields(value[key]);
    if (item !== value[key] || item === null) changed = true;
    if (item !== null) setField(out, key, item);
  }
  return changed ? out : value;
}

/**
 * The merge patch that turns `from` into `to`; `{}` when they are equal objects. A null inside `to` cannot be expressed.
 */
export function createMergePatch(from: unknown, to: unknown): unknown {
  if (!isObject(from) || !isObject(to)) return cloneJson(to);
  return difference(from, to);
}

/** What turns one object into another. */
function difference(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key in to) {
    const after = to[key];
    if (after === undefined) continue;
    const before = getField(from, key);
    if (isObject(before) && isObject(after)) {
      const below = difference(before, after);
      if (Object.keys(below).length > 0) setField(patch, key, below);
    } else if (!jsonEqual(before, after)) {
      setField(patch, key, cloneJson(after));
    }
  }
  for (const key in from) {
    if (from[key] !== undefined && getField(to, key) === undefined) setField(patch, key, null);
  }
  return patch;
}

/**
 * The merge patch that `kubectl apply` sends for kinds without a strategic merge: additions and changes come from
 * `current` -> `modified`, deletions from `original` -> `modified`.
 */
export function createThreeWayMergePatch(original: unknown, modified: unknown, current: unknown): unknown {
  const from = isObject(original) ? original : {};
  const to = isObject(modified) ? modified : {};
  const now = isObject(current) ? current : {};
  return combine(withNulls(difference(now, to), false), withNulls(difference(from, to), true));
}

/** The deletions of a patch (`only`), or all the rest of it. */
function withNulls(patch: JsonObject, only: boolean): JsonObject {
  const out: JsonObject = {};
  for (const key in patch) {
    const value = patch[key];
    if (value === null) {
      if (only) setField(out, key, null);
    } else if (isObject(value)) {
      const below = withNulls(value, only);
      if (!only || Object.keys(below).length > 0) setField(out, key, below);
    } else if (!only) {
      setField(out, key, withoutNullFields(value));
    }
  }
  return out;
}

/** Adds deletions to a patch of changes. */
function combine(changes: JsonObject, deletions: JsonObject): JsonObject {
  const out = shallowCopy(changes);
  for (const key in deletions) {
    const deletion = deletions[key];
    const change = getField(out, key);
    if (isObject(deletion)) setField(out, key, combine(isObject(change) ? change : {}, deletion));
    else setField(out, key, deletion);
  }
  return out;
}
