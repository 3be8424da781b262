import type { KubeObject, ManagedFieldsEntry } from '@fluvial/kube';
import { cloneJson } from '@fluvial/yaml';
import { equal } from './drift.ts';
import type { IgnoreRule } from './types.ts';

/** The pointers of all rules that are about the object, as lists of keys. */
export function ignoredPaths(rules: readonly IgnoreRule[], object: KubeObject): string[][] {
  const paths = new Set<string>();
  for (const rule of rules) {
    if (rule.matches === undefined || rule.matches(object)) for (const path of rule.paths) paths.add(path);
  }
  return [...paths].map(parsePointer).filter((path) => path.length > 0);
}

/** A copy without what the paths point to; paths that lead nowhere do not matter. */
export function withoutPaths(object: KubeObject, paths: readonly string[][]): KubeObject {
  const copy = cloneJson(object) as KubeObject;
  for (const path of paths) removeAt(copy, path);
  return copy;
}

/**
 * The payload of an apply that leaves ignored fields as they are: where live and dry run differ, a field that another
 * manager applies is left out (so that it keeps it), any other takes the live value.
 */
export function keepIgnored(
  payload: KubeObject,
  live: KubeObject,
  dryRun: KubeObject,
  paths: readonly string[][],
  fieldManager: string,
): KubeObject {
  let copy: KubeObject | undefined;
  for (const path of paths) {
    const current = readAt(live, path);
    if (equal(current, readAt(dryRun, path))) continue;
    copy ??= cloneJson(payload) as KubeObject;
    if (current === undefined || isAppliedByOther(live, path, fieldManager)) removeAt(copy, path);
    else if (readAt(copy, path) !== undefined) writeAt(copy, path, cloneJson(current));
  }
  return copy ?? payload;
}

export function parsePointer(pointer: string): string[] {
  if (!pointer.startsWith('/')) return [];
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function childOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return /^(0|[1-9]\d{0,8})$/.test(key) ? value[Number(key)] : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function readAt(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const key of path) value = childOf(value, key);
  return value;
}

function removeAt(object: unknown, path: readonly string[]): void {
  const parent = readAt(object, path.slice(0, -1));
  const last = path.at(-1) ?? '';
  if (childOf(parent, last) === undefined) return;
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as Record<string, unknown>)[last];
}

function writeAt(object: unknown, path: readonly string[], value: unknown): void {
  const parent = readAt(object, path.slice(0, -1)) as Record<string, unknown>;
  parent[path.at(-1) ?? ''] = value;
}

function isAppliedByOther(live: KubeObject, path: readonly string[], fieldManager: string): boolean {
  return (live.metadata.managedFields ?? []).some(
    (entry) => entry.operation === 'Apply' && entry.manager !== fieldManager && ownsPath(entry, live, path),
  );
}

/** Walks the field set beside the object: an index becomes the key of the list's element. */
function ownsPath(entry: ManagedFieldsEntry, live: KubeObject, path: readonly string[]): boolean {
  let set: unknown = entry.fieldsV1;
  let value: unknown = live;
  for (const key of path) {
    const next = childOf(value, key);
    const element = Array.isArray(value) ? elementOf(set, next, key) : `f:${key}`;
    set = element === undefined ? undefined : childOf(set, element);
    if (set === undefined) return false;
    value = next;
  }
  return true;
}

function elementOf(set: unknown, item: unknown, index: string): string | undefined {
  if (typeof set !== 'object' || set === null) return undefined;
  for (const element of Object.keys(set)) {
    if (element === `i:${index}`) return element;
    if (element.startsWith('v:') && equal(parse(element.slice(2)), item)) return element;
    if (element.startsWith('k:')) {
      const keys = parse(element.slice(2)) as Record<string, unknown> | undefined;
      if (keys && Object.entries(keys).every(([name, value]) => equal(childOf(item, name), value))) return element;
    }
  }
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
