import { goSyntax, goType, goValue, isNumber, isObject } from '@fluvial/go-text';
import { MergeError } from './errors.ts';
import { emptyFieldSet, type FieldSet, makeSet } from './field-set.ts';
import { fieldElement, keyElement, printElement, valueElement } from './path-element.ts';
import type { ListType, ScalarKind, TypeNode } from './type-node.ts';
import type { JsonObject } from './types.ts';

/** How a value is walked: a node that allows several kinds is narrowed by the value; null and misfits do not narrow. */
export type Walk = 'map' | 'scalar' | 'list' | 'open';

export function walkOf(node: TypeNode, value: unknown): Walk {
  if (value !== undefined && value !== null) {
    if (typeof value !== 'object') {
      if (node.scalar !== undefined) return 'scalar';
    } else if (Array.isArray(value)) {
      if (node.list !== undefined) return 'list';
    } else if (node.map !== undefined) return 'map';
  }
  if (!node.single) return 'open';
  return node.map !== undefined ? 'map' : node.list !== undefined ? 'list' : 'scalar';
}

/** The walk to take where nothing narrows: a map before a scalar before a list. */
export function walkOrMap(walk: Walk): 'map' | 'scalar' | 'list' {
  return walk === 'open' ? 'map' : walk;
}

/** Element of a list item. Returns an Error when the item has none. */
export function itemElement(list: ListType, item: unknown): string | Error {
  if (list.keys.length === 0) {
    if (isObject(item)) return new Error("associative list without keys has an element that's a map type");
    if (Array.isArray(item)) return new Error('not supported: associative list with lists as elements');
    if (item === null || item === undefined) {
      return new Error("associative list without keys has an element that's an explicit null");
    }
    return valueElement(item);
  }
  if (item === null || item === undefined) {
    return new Error('associative list with keys may not have a null element');
  }
  if (!isObject(item)) return new Error('associative list with keys may not have non-map elements');
  const values: unknown[] = [];
  let names = list.keys;
  for (let i = 0; i < list.keys.length; i++) {
    const name = list.keys[i] as string;
    const value = item[name] ?? (Object.hasOwn(item, name) ? null : list.keyDefault(name));
    if (value !== undefined) {
      if (names !== list.keys) (names as string[]).push(name);
      values.push(value);
    } else if (names === list.keys) {
      names = list.keys.slice(0, i);
    }
  }
  if (values.length === 0) {
    const keys = list.keys.map((key) => JSON.stringify(key)).join(' ');
    return new Error(
      `associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`,
    );
  }
  return keyElement(names, values);
}

interface Problem {
  readonly path: string;
  readonly message: string;
}

/**
 * Checks that a value fits its type.
 *
 * @returns undefined when it does, else the text that an API server gives after `failed to create typed …: `.
 */
export function checkTyped(node: TypeNode, value: unknown, allowDuplicates: boolean): string | undefined {
  const problems: Problem[] = [];
  check(node, value, allowDuplicates, [], problems);
  if (problems.length === 0) return undefined;
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return lines.length === 1 ? lines[0] : ['errors:', ...lines.map((line) => `  ${line}`)].join('\n');
}

function check(node: TypeNode, value: unknown, allowDuplicates: boolean, path: string[], problems: Problem[]): void {
  switch (walkOrMap(walkOf(node, value))) {
    case 'scalar': {
      const message = scalarProblem(node.scalar ?? 'untyped', value);
      if (message !== undefined) problems.push({ path: printOf(path), message });
      return;
    }
    case 'list':
      if (value !== null) checkList(node.list as ListType, value, allowDuplicates, path, problems);
      return;
    default:
      if (value !== null) checkMap(node, value, allowDuplicates, path, problems);
  }
}

function printOf(path: readonly string[]): string {
  return path.map(printElement).join('');
}

function scalarProblem(kind: ScalarKind, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (kind) {
    case 'numeric':
      return isNumber(value) ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goValue(value)}}`;
    default:
      return typeof value === 'object' ? `expected any scalar, got &{${goValue(value)}}` : undefined;
  }
}

function checkList(
  list: ListType,
  value: unknown,
  allowDuplicates: boolean,
  path: string[],
  problems: Problem[],
): void {
  if (!Array.isArray(value)) {
    problems.push({ path: printOf(path), message: `expected list, got &{${goValue(value)}}` });
    return;
  }
  const item = list.item;
  let seen: Set<string> | undefined;
  for (let i = 0; i < value.length; i++) {
    let element: string | Error;
    if (list.atomic) {
      element = `i:${i}`;
    } else {
      element = itemElement(list, value[i]);
      if (element instanceof Error) {
        problems.push({ path: printOf(path), message: `element ${i}: ${element.message}` });
        return;
      }
      seen ??= new Set();
      if (seen.has(element) && !allowDuplicates) {
        problems.push({ path: printOf(path), message: `duplicate entries for key ${printElement(element)}` });
      }
      seen.add(element);
    }
    path.push(element);
    check(item, value[i], allowDuplicates, path, problems);
    path.pop();
  }
}

function checkMap(node: TypeNode, value: unknown, allowDuplicates: boolean, path: string[], problems: Problem[]): void {
  const map = node.map;
  if (map === undefined || !isObject(value)) {
    problems.push({ path: printOf(path), message: `expected map, got &{${goValue(value)}}` });
    return;
  }
  for (const key in value) {
    const item = value[key];
    if (item === undefined) continue;
    const entry = map.entry(key);
    path.push(fieldElement(key));
    if (entry === undefined) {
      problems.push({ path: printOf(path), message: 'field not declared in schema' });
      path.pop();
      return;
    }
    check(entry, item, allowDuplicates, path, problems);
    path.pop();
  }
}

/** Every leaf and list item of a value that fits its type. */
export function fieldSetOf(node: TypeNode, value: unknown): FieldSet {
  return below(node, value, walkOrMap(walkOf(node, value))) ?? emptyFieldSet;
}

function isLeaf(node: TypeNode, walk: 'map' | 'scalar' | 'list'): boolean {
  return walk === 'scalar' || (walk === 'map' ? node.map?.atomic === true : node.list?.atomic === true);
}

function below(node: TypeNode, value: unknown, walk: 'map' | 'scalar' | 'list'): FieldSet | undefined {
  if (walk === 'map') return isObject(value) ? belowMap(node, value) : undefined;
  if (walk === 'list' && Array.isArray(value)) return belowList(node.list as ListType, value);
  return undefined;
}

function belowMap(node: TypeNode, value: JsonObject): FieldSet | undefined {
  const map = node.map;
  if (map === undefined) return undefined;
  let members: Set<string> | undefined;
  let children: Map<string, FieldSet> | undefined;
  for (const key in value) {
    const item = value[key];
    if (item === undefined) continue;
    const entry = map.entry(key);
    if (entry === undefined) continue;
    const element = fieldElement(key);
    const walk = walkOrMap(walkOf(entry, item));
    let self = isLeaf(entry, walk);
    if (!self) {
      const set = below(entry, item, walk);
      if (set !== undefined) {
        children ??= new Map();
        children.set(element, set);
      }
      self = item === null || isEmptyMap(item) || !map.isNamed(key);
    }
    if (self) {
      members ??= new Set();
      members.add(element);
    }
  }
  return members === undefined && children === undefined ? undefined : makeSet(members, children);
}

function isEmptyMap(value: unknown): boolean {
  if (!isObject(value)) return false;
  for (const key in value) if (value[key] !== undefined) return false;
  return true;
}

function belowList(list: ListType, value: readonly unknown[]): FieldSet | undefined {
  if (value.length === 0) return undefined;
  const members = new Set<string>();
  const children = new Map<string, FieldSet>();
  const item = list.item;
  for (const entry of value) {
    const element = itemElement(list, entry);
    if (typeof element !== 'string') continue;
    if (members.has(element)) {
      // Of duplicates only the item itself is owned.
      children.delete(element);
      continue;
    }
    members.add(element);
    const walk = walkOrMap(walkOf(item, entry));
    const set = isLeaf(item, walk) ? undefined : below(item, entry, walk);
    if (set !== undefined) children.set(element, set);
  }
  return makeSet(members, children);
}

/** Adds the named fields above each path: a set with `a.b.c` gets `a` where `a` is a field of a struct. */
export function withNamedFields(set: FieldSet, node: TypeNode | undefined): FieldSet {
  if (set.children.size === 0) return set;
  let members: Set<string> | undefined;
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    let below: TypeNode | undefined;
    if (element.startsWith('f:')) {
      const name = element.slice(2);
      below = node?.map?.entry(name);
      if (node?.map?.isNamed(name) && !set.members.has(element)) {
        members ??= new Set(set.members);
        members.add(element);
      }
    } else {
      below = node?.list?.item;
    }
    children.set(element, withNamedFields(child, below));
  }
  return makeSet(members ?? set.members, children);
}

/** @throws {MergeError} `TYPE_MISMATCH` with `prefix` before the problem */
export function assertTyped(node: TypeNode, value: unknown, allowDuplicates: boolean, prefix: string): void {
  const problem = checkTyped(node, value, allowDuplicates);
  if (problem !== undefined) throw new MergeError('TYPE_MISMATCH', `${prefix}: ${problem}`);
}
