import { setOwn } from '@fluvial/yaml';
import { isMap, isScalar, nodeKind, Scalar, SharedText, textOf, UntypedScalar } from '../scalar.ts';
import { KustomizeError } from '../types.ts';
import { cloneWritten, copyWritten, isQuoted, nullText } from '../written.ts';
import { wrongKindText } from '../wrong-kind.ts';
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
  const copy = cloneWritten(patch);
  delete copy.$patch;
  return copy;
}

function mergeMap(target: unknown, patch: Record<string, unknown>, schema: MergeSchema | undefined): unknown {
  const directive = takeDirective(patch);
  if (directive === 'delete') return GONE;
  // Nulls vanish from what replaces, too.
  if (directive === 'replace') return mergeMap(undefined, withoutDirective(patch), schema);
  const result: Record<string, unknown> = isMap(target) ? target : {};
  for (const key of Object.keys(patch)) {
    if (key === '$patch') continue;
    const next = mergeValue(
      Object.hasOwn(result, key) ? result[key] : undefined,
      patch[key],
      schema?.fields?.[key] ?? schema?.values,
      target === undefined,
    );
    const old = Object.hasOwn(result, key) ? result[key] : undefined;
    if (next === GONE) {
      delete result[key];
      copyWritten(result, key);
    } else if (old instanceof SharedText && isScalar(next)) {
      old.change(textOf(next), next instanceof Scalar ? next.value : next);
    } else if (isScalar(old) && isScalar(next) && isQuoted(result, key)) {
      setOwn(result, key, textOf(next)); // the quotes stay
    } else {
      setOwn(result, key, next);
      if (!isScalar(old)) copyWritten(result, key, old === undefined ? patch : undefined);
    }
  }
  passThrough(result, patch, schema);
  return result;
}

/**
 * What a patch passes through without naming it changes, too: members without any text vanish, what a
 * replacement has made becomes text, and of list elements
 * with the same keys the last one stays, in the place of the first.
 */
function passThrough(
  target: Record<string, unknown>,
  patch: Record<string, unknown> | undefined,
  schema: MergeSchema | undefined,
): void {
  for (const key of Object.keys(target)) {
    if (patch !== undefined && Object.hasOwn(patch, key)) continue;
    const member = target[key];
    if (typeof member !== 'object') continue;
    if (member === null) {
      if (nullText(target, key) === '') delete target[key];
      continue;
    }
    if (member instanceof UntypedScalar && member.text !== '') {
      target[key] = member.text;
      continue;
    }
    const inner = schema?.fields?.[key] ?? schema?.values;
    if (!Array.isArray(member)) {
      if (isMap(member)) passThrough(member, undefined, inner);
    } else if (inner?.mergeKeys !== undefined && inner.mergeKeys.length > 0 && member.every(isMap)) {
      const kept = lastOfEach(member, inner.mergeKeys);
      if (kept.length < member.length) target[key] = kept;
      for (const item of kept) passThrough(item, undefined, inner.items);
    }
  }
}

function lastOfEach(
  items: readonly Record<string, unknown>[],
  keys: readonly string[],
): readonly Record<string, unknown>[] {
  if (items.length < 2) return items;
  const known = new Map<string, Record<string, unknown>>();
  for (const item of items) {
    const values = keys.map((key) => keyValue(item, key));
    if (values.every((value) => value === undefined)) return items;
    known.set(values.map((value) => value ?? '\0').join('\n'), item);
  }
  return [...known.values()];
}

/** `fresh`: the map around is new, too. */
function mergeValue(target: unknown, patch: unknown, schema: MergeSchema | undefined, fresh: boolean): unknown {
  if (patch === null || patch === undefined) return GONE;
  const present = target !== undefined && target !== null;
  if (present && nodeKind(target) !== nodeKind(patch)) {
    throw new KustomizeError('TRANSFORM_FAILED', wrongKindText(nodeKind(target), patch));
  }
  if (isMap(patch)) return mergeMap(target, patch, schema);
  if (Array.isArray(patch)) return mergeList(present ? (target as unknown[]) : undefined, patch, schema, fresh);
  return patch;
}

function mergeList(
  target: unknown[] | undefined,
  patch: readonly unknown[],
  schema: MergeSchema | undefined,
  fresh: boolean,
): unknown {
  const keys = schema?.mergeKeys;
  if (keys === undefined) return cloneWritten(patch);
  const whole = listDirective(patch);
  const elements = whole === undefined ? patch : patch.filter((element) => !isBareDirective(element));
  // Where a map has no such list yet, the original keeps the directive itself and nothing else.
  if (whole !== undefined && target === undefined && !fresh && keys.length > 0) return [{ $patch: whole }];
  if (whole === 'delete') return GONE;
  if (whole === 'replace') return mergeByKeys([], elements, keys, schema?.items);
  if (keys.length === 0) return union(elements, target ?? []);
  return mergeByKeys(target, elements, keys, schema?.items);
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

/**
 * Associative merge.
 *
 * Of the schema's keys those count that any element has. With one of them, the patch's elements come first, in their
 * order, each merged with its match; then the rest. With two (ports), only new elements come first and matches stay in
 * their place; an element that lacks a key matches only one that lacks it, too, and loses against a base element that
 * differs in nothing but the lack.
 */
function mergeByKeys(
  target: readonly unknown[] | undefined,
  patch: readonly unknown[],
  keys: readonly string[],
  items: MergeSchema | undefined,
): unknown {
  if (target === undefined) return addAll(patch, keys, items);
  const used = keys.filter(
    (key) => patch.some((item) => hasKey(item, key)) || target.some((item) => hasKey(item, key)),
  );
  const [only] = used;
  if (only === undefined) return target;
  return used.length === 1 ? mergeByOneKey(target, patch, only, items) : mergeByTwoKeys(target, patch, used, items);
}

function hasKey(element: unknown, key: string): boolean {
  return isMap(element) && keyValue(element, key) !== undefined;
}

function keyValue(element: Record<string, unknown>, key: string): string | undefined {
  if (!Object.hasOwn(element, key)) return undefined;
  const value = element[key];
  return value === null || value === undefined ? undefined : textOf(value);
}

/** A list where there was none: an element takes the place of an earlier one that has the same keys, as far as it has. */
function addAll(patch: readonly unknown[], keys: readonly string[], items: MergeSchema | undefined): unknown[] {
  const result: unknown[] = [];
  for (const element of patch) {
    if (!isMap(element)) {
      result.push(cloneWritten(element));
      continue;
    }
    const merged = mergeMap(undefined, element, items);
    const at = result.findIndex(
      (other) =>
        isMap(other) && keys.every((key) => !hasKey(element, key) || keyValue(other, key) === keyValue(element, key)),
    );
    if (merged === GONE) continue;
    if (at === -1) result.push(merged);
    else result[at] = merged;
  }
  return result;
}

/** Merges an element with its match; `$patch: replace` leaves a match as it is. */
function mergeElement(match: unknown, element: Record<string, unknown>, items: MergeSchema | undefined): unknown {
  if (match !== undefined && takeDirective(element) === 'replace') return match;
  return mergeMap(match, element, items);
}

function mergeByOneKey(
  target: readonly unknown[],
  patch: readonly unknown[],
  key: string,
  items: MergeSchema | undefined,
): unknown[] {
  const first = new Map<string, unknown>();
  for (const element of target) {
    const value = isMap(element) ? keyValue(element, key) : undefined;
    if (value !== undefined && !first.has(value)) first.set(value, element);
  }
  let result: unknown[] = [];
  let at = new Map<string, number>();
  const merged = new Set<unknown>();
  const deleted = new Set<string>();
  let keyless = false;
  for (const element of patch) {
    const value = isMap(element) ? keyValue(element, key) : undefined;
    if (value === undefined) {
      keyless ||= element === null || isMap(element);
      continue;
    }
    if (at.has(value) || deleted.has(value)) continue; // the first of two in a patch counts
    const next = mergeElement(first.get(value), element as Record<string, unknown>, items);
    merged.add(first.get(value));
    if (next === GONE) deleted.add(value);
    else {
      at.set(value, result.length);
      result.push(next);
    }
  }
  // An element of the patch without the key takes the rest of the base with it, one of the base all before it.
  if (keyless) return result;
  for (const element of target) {
    const value = isMap(element) ? keyValue(element, key) : undefined;
    if (value === undefined) {
      if (element === null) continue;
      result = [element];
      at = new Map();
      continue;
    }
    if (deleted.has(value) || merged.has(element)) continue;
    const known = at.get(value);
    if (known !== undefined)
      result[known] = element; // of two in the base the last one stays
    else {
      at.set(value, result.length);
      result.push(element);
    }
  }
  return result;
}

function mergeByTwoKeys(
  target: readonly unknown[],
  patch: readonly unknown[],
  keys: readonly string[],
  items: MergeSchema | undefined,
): unknown[] {
  const base = [...target];
  const fresh: unknown[] = [];
  const seen = new Set<string>();
  for (const element of patch) {
    if (!isMap(element)) continue;
    const values = keys.map((key) => keyValue(element, key));
    const tuple = values.join('\n');
    if (seen.has(tuple) || values.every((value) => value === undefined)) continue;
    seen.add(tuple);
    const complete = values.every((value) => value !== undefined);
    const at = base.findIndex((other) => isMap(other) && keys.every((key, i) => keyValue(other, key) === values[i]));
    if (at === -1) {
      const shadowed = base.some((other) => isMap(other) && alike(other, keys, values));
      const next = shadowed ? GONE : mergeMap(undefined, element, items);
      if (next !== GONE) fresh.push(next);
      continue;
    }
    if (!complete && takeDirective(element) === 'delete') continue;
    if (!complete && base.some((other, i) => i !== at && isMap(other) && alike(other, keys, values))) continue;
    const next = mergeElement(base[at], element, items);
    if (next === GONE) base.splice(at, 1);
    else base[at] = next;
  }
  // Of base elements with the same keys the last one stays, as it was.
  const tuples = base.map((item) => (isMap(item) ? keys.map((key) => keyValue(item, key) ?? '\0').join('\n') : '\0'));
  return [
    ...fresh,
    ...base.filter((_, i) => tuples[i]?.includes('\0') || tuples.lastIndexOf(tuples[i] as string) === i),
  ];
}

// Equal in the keys that both have, and there is such a key.
function alike(
  other: Record<string, unknown>,
  keys: readonly string[],
  values: readonly (string | undefined)[],
): boolean {
  let common = 0;
  for (let i = 0; i < keys.length; i++) {
    const left = keyValue(other, keys[i] as string);
    const right = values[i];
    if (left === undefined || right === undefined) continue;
    if (left !== right) return false;
    common++;
  }
  return common > 0;
}
