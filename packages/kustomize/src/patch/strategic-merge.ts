import { cloneJson, stringifyYaml } from '@fluvial/yaml';
import { isMap, nodeKind, settleScalars, textOf } from '../scalar.ts';
import { KustomizeError } from '../types.ts';
import type { MergeSchema } from './merge-schema.ts';

/** Stands for "remove this". */
const GONE = Symbol('gone');

type Directive = 'merge' | 'replace' | 'delete' | undefined;

/**
 * Merges a patch into an object in place and returns what the object is now; `undefined` if the patch deletes it.
 * The patch is not changed and not shared.
 *
 * Lists merge by the schema's keys, the patch's elements first (in its order, each merged with its match), then what
 * the object had besides. Lists without keys are replaced.
 */
export function strategicMerge(
  target: Record<string, unknown>,
  patch: Record<string, unknown>,
  schema: MergeSchema | undefined,
): Record<string, unknown> | undefined {
  // On the whole object the original's `$patch: replace` changes nothing.
  if (takeDirective(patch) === 'replace') return target;
  const result = mergeMap(target, patch, schema);
  return result === GONE ? undefined : (result as Record<string, unknown>);
}

function takeDirective(patch: Record<string, unknown>): Directive {
  if (!Object.hasOwn(patch, '$patch')) return undefined;
  const value = textOf(patch.$patch);
  if (value === 'delete' || value === 'replace' || value === 'merge') return value;
  throw new KustomizeError('TRANSFORM_FAILED', `unknown patch strategy '${value}'`);
}

function withoutDirective(patch: Record<string, unknown>): Record<string, unknown> {
  const copy = cloneJson(patch);
  delete copy.$patch;
  return copy;
}

function mergeMap(target: unknown, patch: Record<string, unknown>, schema: MergeSchema | undefined): unknown {
  const directive = takeDirective(patch);
  if (directive === 'delete') return GONE;
  if (directive === 'replace') return withoutDirective(patch);
  const result: Record<string, unknown> = isMap(target) ? target : {};
  for (const key of Object.keys(patch)) {
    if (key === '$patch') continue;
    const next = mergeValue(
      Object.hasOwn(result, key) ? result[key] : undefined,
      patch[key],
      schema?.fields?.[key] ?? schema?.values,
    );
    if (next === GONE) delete result[key];
    else if (key === '__proto__')
      Object.defineProperty(result, key, { value: next, enumerable: true, writable: true, configurable: true });
    else result[key] = next;
  }
  return result;
}

function mergeValue(target: unknown, patch: unknown, schema: MergeSchema | undefined): unknown {
  if (patch === null || patch === undefined) return GONE;
  const present = target !== undefined && target !== null;
  if (present && nodeKind(target) !== nodeKind(patch)) {
    const contents = stringifyYaml(settleScalars(cloneJson(patch)), { sortKeys: false });
    throw new KustomizeError(
      'TRANSFORM_FAILED',
      `wrong node kind: expected ${nodeKind(target)} but got ${nodeKind(patch)}: node contents:\n${contents}`,
    );
  }
  if (isMap(patch)) return mergeMap(target, patch, schema);
  if (Array.isArray(patch)) return mergeList(present ? (target as unknown[]) : undefined, patch, schema);
  return patch;
}

function mergeList(target: unknown[] | undefined, patch: readonly unknown[], schema: MergeSchema | undefined): unknown {
  const keys = schema?.mergeKeys;
  if (keys === undefined) return cloneJson(patch);
  const whole = listDirective(patch);
  const elements = whole === undefined ? patch : patch.filter((element) => !isBareDirective(element));
  if (whole === 'delete') return GONE;
  if (whole === 'replace') return cloneJson(elements);
  if (keys.length === 0) return union(elements, target ?? []);
  return mergeByKeys(target ?? [], elements, keys, schema?.items);
}

/** An element that is nothing but `$patch` speaks for the list. */
function isBareDirective(element: unknown): boolean {
  return isMap(element) && Object.keys(element).length === 1 && Object.hasOwn(element, '$patch');
}

function listDirective(patch: readonly unknown[]): Directive {
  for (const element of patch) {
    if (isBareDirective(element)) return takeDirective(element as Record<string, unknown>);
  }
  return undefined;
}

function union(patch: readonly unknown[], target: readonly unknown[]): unknown[] {
  const seen = new Set<string>();
  const result: unknown[] = [];
  for (const element of [...patch, ...target]) {
    const text = textOf(element);
    if (seen.has(text)) continue;
    seen.add(text);
    result.push(element);
  }
  return result;
}

function mergeByKeys(
  target: readonly unknown[],
  patch: readonly unknown[],
  keys: readonly string[],
  items: MergeSchema | undefined,
): unknown {
  const rest = [...target];
  const result: unknown[] = [];
  for (const element of patch) {
    if (!isMap(element)) {
      result.push(cloneJson(element));
      continue;
    }
    const at = rest.findIndex((other) => isMap(other) && sameKeys(other, element, keys));
    const match = at === -1 ? undefined : rest[at];
    if (at !== -1) rest.splice(at, 1);
    const earlier =
      match === undefined ? result.findIndex((other) => isMap(other) && sameKeys(other, element, keys)) : -1;
    const base = earlier === -1 ? match : result[earlier];
    const merged = mergeMap(base, element, items);
    if (merged === GONE) {
      if (earlier !== -1) result.splice(earlier, 1);
    } else if (earlier !== -1) result[earlier] = merged;
    else result.push(merged);
  }
  result.push(...rest);
  return result;
}

// A key that one side lacks does not part what the others join; without any key in common nothing matches.
function sameKeys(a: Record<string, unknown>, b: Record<string, unknown>, keys: readonly string[]): boolean {
  let common = 0;
  for (const key of keys) {
    const left = Object.hasOwn(a, key) ? a[key] : undefined;
    const right = Object.hasOwn(b, key) ? b[key] : undefined;
    if (left === undefined || left === null || right === undefined || right === null) continue;
    if (textOf(left) !== textOf(right)) return false;
    common++;
  }
  return common > 0;
}
