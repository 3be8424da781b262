import { cloneJson, deepEqual, setOwn } from '@fluvial/yaml';
import { isMap } from '../scalar.ts';
import { KustomizeError } from '../types.ts';

export interface Operation {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
}

function fail(message: string): never {
  throw new KustomizeError('TRANSFORM_FAILED', message);
}

/** Integers as JSON numbers of double precision, as the original's round trip leaves them. */
function toDoubles(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(toDoubles);
  if (!isMap(value)) return value;
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (typeof item === 'bigint' || (typeof item === 'object' && item !== null)) setOwn(value, key, toDoubles(item));
  }
  return value;
}

/**
 * Applies RFC 6902 operations to an object in place and returns it, with the leniencies and the words of the Go
 * library behind kustomize: `replace` may add a key, `copy` of a missing member writes null, negative indexes count
 * from the end. Scalars must be settled before.
 *
 * @throws {KustomizeError} `TRANSFORM_FAILED`
 */
export function applyJsonPatch(target: Record<string, unknown>, operations: readonly Operation[]): unknown {
  const holder = { root: toDoubles(target) };
  for (const operation of operations) apply(holder, operation);
  return holder.root;
}

interface Holder {
  root: unknown;
}

function segmentsOf(pointer: string): string[] {
  return pointer.split('/').map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

interface Place {
  readonly parent: Record<string, unknown> | unknown[];
  readonly key: string;
}

/** The container of a pointer's last segment. */
function locate(holder: Holder, pointer: string): Place | undefined {
  const segments = segmentsOf(pointer);
  if (segments.length < 2 || segments[0] !== '') return undefined;
  let node = holder.root;
  for (const segment of segments.slice(1, -1)) {
    const next = member(node, segment);
    if (next === undefined || next === null) return undefined;
    node = next;
  }
  if (!Array.isArray(node) && !isMap(node)) return undefined;
  return { parent: node, key: segments.at(-1) as string };
}

function member(node: unknown, key: string): unknown {
  if (Array.isArray(node)) {
    if (!/^-?\d+$/.test(key)) return undefined;
    const index = Number(key);
    return node[index < 0 ? node.length + index : index];
  }
  return isMap(node) && Object.hasOwn(node, key) ? node[key] : undefined;
}

function apply(holder: Holder, operation: Operation): unknown {
  const kind = typeof operation.op === 'string' ? operation.op : 'unknown';
  const path = operation.path;
  switch (kind) {
    case 'add':
      return add(holder, pointerOf(path, kind), toDoubles(cloneJson(operation.value ?? null)), kind);
    case 'remove':
      remove(holder, pointerOf(path, kind), kind);
      return;
    case 'replace':
      return replace(holder, pointerOf(path, kind), toDoubles(cloneJson(operation.value ?? null)));
    case 'move': {
      const from = pointerOf(operation.from, kind, 'from');
      const place = locate(holder, from);
      if (place === undefined) fail(`move operation does not apply: doc is missing from path: ${from}: missing value`);
      const value = member(place.parent, place.key);
      if (!Array.isArray(place.parent) && !Object.hasOwn(place.parent, place.key)) {
        fail(`error in move for path: '${place.key}': Unable to remove nonexistent key: ${place.key}: missing value`);
      }
      remove(holder, from, kind);
      return add(holder, pointerOf(path, kind), value ?? null, kind);
    }
    case 'copy': {
      const from = pointerOf(operation.from, kind, 'from');
      const place = locate(holder, from);
      if (place === undefined) fail(`copy operation does not apply: doc is missing from path: ${from}: missing value`);
      return add(holder, pointerOf(path, kind), cloneJson(member(place.parent, place.key) ?? null), kind);
    }
    case 'test':
      return testValue(holder, pointerOf(path, kind), operation.value);
    default:
      fail(`Unexpected kind: ${kind}`);
  }
}

function pointerOf(value: unknown, op: string, what = 'path'): string {
  if (typeof value === 'string') return value;
  fail(`${op} operation failed to decode ${what}: missing value`);
}

function add(holder: Holder, pointer: string, value: unknown, op: string): void {
  const place = locate(holder, pointer);
  if (place === undefined) fail(`${op} operation does not apply: doc is missing path: "${pointer}": missing value`);
  const { parent, key } = place;
  if (!Array.isArray(parent)) {
    setOwn(parent, key, value);
    return;
  }
  if (key === '-') {
    parent.push(value);
    return;
  }
  parent.splice(arrayIndex(parent.length + 1, key, op, pointer), 0, value);
}

function arrayIndex(length: number, key: string, op: string, pointer: string): number {
  if (!/^-?\d+$/.test(key)) {
    fail(
      `error in ${op} for path: '${pointer}': value was not a proper array index: '${key}': strconv.Atoi: parsing "${key}": invalid syntax`,
    );
  }
  const index = Number(key);
  if (index >= length || index < -length) {
    fail(`error in ${op} for path: '${pointer}': Unable to access invalid index: ${index}: invalid index referenced`);
  }
  return index < 0 ? index + length : index;
}

function remove(holder: Holder, pointer: string, op: string): void {
  const place = locate(holder, pointer);
  if (place === undefined) fail(`${op} operation does not apply: doc is missing path: "${pointer}": missing value`);
  const { parent, key } = place;
  if (Array.isArray(parent)) {
    parent.splice(arrayIndex(parent.length, key, op, pointer), 1);
    return;
  }
  if (!Object.hasOwn(parent, key)) {
    fail(`error in ${op} for path: '${pointer}': Unable to remove nonexistent key: ${key}: missing value`);
  }
  delete parent[key];
}

function replace(holder: Holder, pointer: string, value: unknown): void {
  if (pointer === '') {
    holder.root = value;
    return;
  }
  const place = locate(holder, pointer);
  if (place === undefined) fail(`replace operation does not apply: doc is missing path: ${pointer}: missing value`);
  const { parent, key } = place;
  if (Array.isArray(parent)) {
    const index = /^-?\d+$/.test(key) ? Number(key) : Number.NaN;
    const at = index < 0 ? parent.length + index : index;
    if (!(at >= 0 && at < parent.length)) {
      fail(`replace operation does not apply: doc is missing key: ${pointer}: missing value`);
    }
    parent[at] = value;
    return;
  }
  setOwn(parent, key, value);
}

function testValue(holder: Holder, pointer: string, expected: unknown): void {
  if (pointer === '') {
    if (deepEqual(holder.root, expected)) return;
    fail(`testing value ${pointer} failed: test failed`);
  }
  const place = locate(holder, pointer);
  if (place === undefined) fail(`test operation does not apply: doc is missing path: ${pointer}: missing value`);
  if (Array.isArray(place.parent)) arrayIndex(place.parent.length, place.key, 'test', pointer);
  const actual = member(place.parent, place.key);
  if (actual === undefined || actual === null) {
    if (expected === null || expected === undefined) return;
    fail(`testing value ${pointer} failed: test failed`);
  }
  if (!deepEqual(actual, expected)) fail(`testing value ${pointer} failed: test failed`);
}
