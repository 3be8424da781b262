import { getField, goType, goValue, isNumber, isObject, setField, shallowCopy } from '@fluvial/go-text';
import { MergeError } from './errors.ts';
import { PatchMeta } from './patch-meta.ts';
import type { JsonObject, TypeSchema } from './types.ts';

export interface StrategicMergeOptions {
  /** Treat a missing schema entry as a plain map or atomic list instead of failing. Default true (kustomize's way). */
  readonly lenient?: boolean;
}

const directive = '$patch';
const retainKeys = '$retainKeys';
const deleteFromList = '$deleteFromPrimitiveList';
const elementOrder = '$setElementOrder';

/**
 * Applies a strategic merge patch as the API server does. Neither argument is changed; the result may share parts with
 * both. Nulls in newly added parts are dropped, as they are when the server decodes the result.
 *
 * Source of the rules: the strategic merge patch page of the Kubernetes API conventions.
 *
 * @throws {MergeError} `PATCH_INVALID`, `PATCH_FAILED`
 */
export function applyStrategicMergePatch(
  target: JsonObject,
  patch: JsonObject,
  type: TypeSchema | undefined,
  options: StrategicMergeOptions = {},
): JsonObject {
  const meta = PatchMeta.root(type, options.lenient ?? true);
  return mergeMap(target, patch, meta, 0);
}

// Deeper than any object that an API server takes; keeps hostile input off the stack.
const maxDepth = 1000;

function mergeMap(original: JsonObject, patch: JsonObject, meta: PatchMeta, depth: number): JsonObject {
  if (depth > maxDepth) throw new MergeError('PATCH_TOO_LARGE', `a patch is nested deeper than ${maxDepth}`);
  if (Object.hasOwn(patch, directive)) return directedMap(patch);
  const out = retained(original, patch);
  const ordered = new Set<string>();
  for (const key in patch) {
    if (!key.startsWith(elementOrder)) continue;
    const field = fieldAfter(key, elementOrder, 'setElementOrder list');
    ordered.add(field);
    mergeOrdered(out, patch, field, patch[key], meta, depth);
  }
  for (const key in patch) {
    if (key === retainKeys || key.startsWith(elementOrder) || key.startsWith(deleteFromList) || ordered.has(key))
      continue;
    mergeField(out, key, patch[key], meta, depth);
  }
  for (const key in patch) {
    if (!key.startsWith(deleteFromList)) continue;
    const field = fieldAfter(key, deleteFromList, 'primitive list');
    const current = getField(out, field);
    const doomed = patch[key];
    if (!Array.isArray(current) || !Array.isArray(doomed)) continue;
    setField(
      out,
      field,
      current.filter((item) => !doomed.some((other) => sameScalar(item, other))),
    );
  }
  return out;
}

/** A map with `$patch`: `replace` is the map itself, `delete` an empty one. */
function directedMap(patch: JsonObject): JsonObject {
  const { [directive]: action, ...rest } = patch;
  if (action === 'replace') return rest;
  if (action === 'delete') return {};
  throw badDirective(action, patch);
}

function badDirective(action: unknown, patch: JsonObject): MergeError {
  return new MergeError('PATCH_INVALID', `unknown patch type: ${goValue(action)} in map: ${goValue(patch)}`);
}

/** A copy of `original`, without what `$retainKeys` does not name. */
function retained(original: JsonObject, patch: JsonObject): JsonObject {
  const out = shallowCopy(original);
  if (!Object.hasOwn(patch, retainKeys)) return out;
  const list = patch[retainKeys];
  const invalid = new MergeError('PATCH_INVALID', 'invalid patch format of retainKeys');
  if (!Array.isArray(list)) throw invalid;
  const keep = new Set<unknown>(list);
  for (const key in patch) {
    const exempt = key === retainKeys || key.startsWith(deleteFromList) || key.startsWith(elementOrder);
    if (!exempt && patch[key] !== null && !keep.has(key)) throw invalid;
  }
  for (const key in out) if (!keep.has(key)) delete out[key];
  return out;
}

function mergeField(out: JsonObject, key: string, value: unknown, meta: PatchMeta, depth: number): void {
  if (value === undefined) return;
  if (value === null) {
    delete out[key];
    return;
  }
  const current = getField(out, key);
  if (isObject(current) && isObject(value)) {
    const field = meta.field(key);
    setField(out, key, field.strategy === 'replace' ? value : mergeMap(current, value, field.meta, depth + 1));
  } else if (Array.isArray(current) && Array.isArray(value)) {
    const field = meta.field(key);
    if (field.strategy !== 'merge') setField(out, key, value);
    else setField(out, key, mergeList(current, value, field.mergeKey, field.meta.item(), depth + 1));
  } else {
    const clean = withoutDirectives(value);
    if (clean === undefined) delete out[key];
    else setField(out, key, clean);
  }
}

/** A value that is added whole: maps with `$patch` vanish, so do nulls and the lists that direct a merge. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutDirectives).filter((item) => item !== undefined);
  }
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, directive)) return undefined;
  const out: JsonObject = {};
  for (const key in value) {
    const item = value[key];
    if (item === null || item === undefined || isDirective(key)) continue;
    const clean = withoutDirectives(item);
    if (clean !== undefined) setField(out, key, clean);
  }
  return out;
}

function isDirective(key: string): boolean {
  return key === retainKeys || key.startsWith(`${elementOrder}/`) || key.startsWith(`${deleteFromList}/`);
}

function fieldAfter(key: string, prefix: string, what: string): string {
  if (key[prefix.length] !== '/') throw new MergeError('PATCH_INVALID', `invalid patch format of ${what}`);
  return key.slice(prefix.length + 1);
}

/** Merges a list field that comes with `$setElementOrder`; the field itself may be missing in the patch. */
function mergeOrdered(
  out: JsonObject,
  patch: JsonObject,
  key: string,
  order: unknown,
  meta: PatchMeta,
  depth: number,
): void {
  if (!Array.isArray(order))
    throw new MergeError('PATCH_INVALID', `expected a []interface {}, but received a ${typeof order}`);
  const original = listOrMissing(getField(out, key));
  const changes = listOrMissing(patch[key]);
  if (original === undefined && changes === undefined) return;
  const field = meta.field(key);
  const { mergeKey } = field;
  if (changes !== undefined) assertOrder(changes, order, mergeKey);
  let merged: readonly unknown[];
  if (changes === undefined) merged = original ?? [];
  else if (original === undefined) merged = withoutDirectives(changes) as unknown[];
  else if (field.strategy === 'merge') merged = mergeList(original, changes, mergeKey, field.meta.item(), depth + 1);
  else merged = changes;
  setField(out, key, interleave(merged, order, serverOrder(original ?? [], changes ?? [], mergeKey), mergeKey));
}

/**
 * The live list's order. Where the patch deletes items, as many of the added ones count as standing at its end: the
 * original overwrites the freed places while it merges, and people know the resulting order.
 */
function serverOrder(original: readonly unknown[], changes: readonly unknown[], mergeKey: string): readonly unknown[] {
  if (mergeKey === '') return original;
  const has = (list: readonly unknown[], item: unknown): boolean =>
    list.some((other) => sameItem(item, other, mergeKey));
  const doomed = changes.filter((item) => isObject(item) && item[directive] === 'delete');
  const kept = original.filter((item) => !has(doomed, item));
  const freed = original.length - kept.length;
  if (freed === 0) return original;
  const added = changes.filter((item) => isObject(item) && !Object.hasOwn(item, directive) && !has(kept, item));
  return [...kept, ...added.slice(0, freed)];
}

function listOrMissing(value: unknown): readonly unknown[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value;
  throw new MergeError(
    'PATCH_INVALID',
    `expected a []interface {}, but received a ${value === null ? '%!s(<nil>)' : goType(value)}`,
  );
}

/** Items of the patch list have to stand in the order list, in its order. */
function assertOrder(changes: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (order.length === 0 || changes.length === 0) return;
  let next = 0;
  for (const item of changes) {
    if (isObject(item) && Object.hasOwn(item, directive)) continue;
    while (next < order.length && !sameItem(item, order[next], mergeKey)) next++;
    if (next >= order.length) {
      throw new MergeError(
        'PATCH_INVALID',
        `The order in patch list:\n${goValue(changes)}\n doesn't match ${elementOrder} list:\n${goValue(order)}\n`,
      );
    }
    next++;
  }
}

function sameItem(a: unknown, b: unknown, mergeKey: string): boolean {
  if (mergeKey === '') return sameScalar(a, b);
  return sameScalar(keyOf(a, mergeKey), keyOf(b, mergeKey));
}

function sameScalar(a: unknown, b: unknown): boolean {
  // biome-ignore lint/suspicious/noDoubleEquals: a number and a BigInt of the same value are the same JSON number.
  return a === b || (isNumber(a) && isNumber(b) && a == b);
}

function keyOf(item: unknown, mergeKey: string): unknown {
  if (!isObject(item))
    throw new MergeError('PATCH_INVALID', `expected a map[string]interface {}, but received a ${typeof item}`);
  const key = getField(item, mergeKey);
  if (key === undefined) {
    throw new MergeError('PATCH_INVALID', `map: ${goValue(item)} does not contain declared merge key: ${mergeKey}`);
  }
  return key;
}

function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string,
  meta: PatchMeta,
  depth: number,
): readonly unknown[] {
  if (original.length === 0 && patch.length === 0) return original;
  if (!isListOfMaps(original, patch)) {
    const merged: unknown[] = [];
    for (const item of [...original, ...patch]) {
      if (!merged.some((other) => sameScalar(item, other))) merged.push(item);
    }
    return interleave(merged, patch, original, '');
  }
  if (mergeKey === '') throw new MergeError('PATCH_FAILED', 'cannot merge lists without merge key for list of maps');

  let base: unknown[] = [...original];
  let plain: JsonObject[] = [];
  let replace = false;
  for (const item of patch as readonly JsonObject[]) {
    if (!Object.hasOwn(item, directive)) {
      plain.push(item);
      continue;
    }
    switch (item[directive]) {
      case 'delete': {
        const doomed = keyOf(item, mergeKey);
        base = base.filter((other) => !isObject(other) || !sameScalar(getField(other, mergeKey), doomed));
        break;
      }
      case 'replace':
        replace = true;
        break;
      case 'merge':
        throw new MergeError('PATCH_INVALID', 'merging lists cannot yet be specified in the patch');
      default:
        throw badDirective(item[directive], item);
    }
  }
  if (replace) {
    base = plain;
    plain = [];
  }
  const merged = [...base];
  for (const item of plain) {
    const key = keyOf(item, mergeKey);
    const at = merged.findIndex((other) => isObject(other) && sameScalar(getField(other, mergeKey), key));
    if (at >= 0) merged[at] = mergeMap(merged[at] as JsonObject, item, meta, depth);
    else merged.push(withoutDirectives(item));
  }
  return interleave(merged, plain, base, mergeKey);
}

/** Lists are of maps or of scalars, never mixed and never of lists. */
function isListOfMaps(...lists: (readonly unknown[])[]): boolean {
  let maps: boolean | undefined;
  for (const item of lists.flat()) {
    if (Array.isArray(item)) throw new MergeError('PATCH_INVALID', 'lists of lists are not supported');
    const isMap = isObject(item);
    if (maps !== undefined && maps !== isMap) {
      throw new MergeError('PATCH_INVALID', `list element types are not identical: ${goValue(lists)}`);
    }
    maps = isMap;
  }
  return maps === true;
}

/**
 * Orders a merged list: items that the patch names in the patch's order, the server's own in the server's order, and the
 * two interleaved by where they stood on the server.
 */
function interleave(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  mergeKey: string,
): unknown[] {
  const identity = (item: unknown): unknown => (mergeKey === '' ? item : keyOf(item, mergeKey));
  const inPatch = positions(patchOrder, identity);
  const onServer = positions(serverOrder, identity);
  const named: unknown[] = [];
  const others: unknown[] = [];
  for (const item of merged) (inPatch.has(identity(item)) ? named : others).push(item);
  sortBy(named, inPatch, identity);
  sortBy(others, onServer, identity);
  const out: unknown[] = [];
  let o = 0;
  for (const item of named) {
    const place = onServer.get(identity(item));
    while (place !== undefined && o < others.length) {
      const other = onServer.get(identity(others[o]));
      if (other === undefined || other >= place) break;
      out.push(others[o]);
      o++;
    }
    out.push(item);
  }
  return [...out, ...others.slice(o)];
}

function positions(items: readonly unknown[], identity: (item: unknown) => unknown): Map<unknown, number> {
  const places = new Map<unknown, number>();
  items.forEach((item, index) => {
    const id = identity(item);
    if (!places.has(id)) places.set(id, index);
  });
  return places;
}

function sortBy(items: unknown[], places: Map<unknown, number>, identity: (item: unknown) => unknown): void {
  items.sort((a, b) => (places.get(identity(a)) ?? 0) - (places.get(identity(b)) ?? 0));
}
