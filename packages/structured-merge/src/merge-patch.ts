import { MergeError } from './errors.ts';
import { cloneJson, getField, isObject, jsonEqual, setField, shallowCopy } from './json-value.ts';
import type { JsonObject } from './types.ts';

// Deeper than any object that an API server takes; keeps hostile input off the stack.
const maxDepth = 1000;

/**
 * Applies an RFC 7396 merge patch. Neither argument is changed; the result may share parts with both.
 *
 * @throws {MergeError} `PATCH_TOO_LARGE` for a patch nested deeper than 1000
 */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  return merge(target, patch, 0);
}

function merge(target: unknown, patch: unknown, depth: number): unknown {
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

/**
 * The merge patch that turns `from` into `to`; `{}` when they are equal objects. A null inside `to` cannot be expressed.
 */
export function createMergePatch(from: unknown, to: unknown): unknown {
  if (!isObject(from) || !isObject(to)) return cloneJson(to);
  return difference(from, to, true, true);
}

/** Changes and additions (`sets`), deletions (`deletes`), or both, from one object to another. */
function difference(from: JsonObject, to: JsonObject, sets: boolean, deletes: boolean): JsonObject {
  const patch: JsonObject = {};
  for (const key in to) {
    const after = to[key];
    if (after === undefined) continue;
    const before = getField(from, key);
    if (isObject(before) && isObject(after)) {
      const below = difference(before, after, sets, deletes);
      if (Object.keys(below).length > 0) setField(patch, key, below);
    } else if (sets && !jsonEqual(before, after)) {
      setField(patch, key, cloneJson(after));
    }
  }
  if (deletes) {
    for (const key in from) {
      if (from[key] !== undefined && getField(to, key) === undefined) setField(patch, key, null);
    }
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
  return combine(difference(now, to, true, false), difference(from, to, false, true));
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
