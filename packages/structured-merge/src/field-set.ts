import { compareElements, parseElement, printElement } from './path-element.ts';

/**
 * A set of field paths as a tree. Path elements are their fieldsV1 texts: `f:name`, `k:{"name":"x"}`, `v:"x"`, `i:0`.
 * Treat as immutable: sets share subtrees.
 */
export interface FieldSet {
  /** Elements that belong to the set themselves. */
  readonly members: ReadonlySet<string>;
  /** Elements below which something belongs to the set. Never holds an empty set. */
  readonly children: ReadonlyMap<string, FieldSet>;
}

/** A path: its elements from the root. */
export type FieldPath = readonly string[];

const noMembers: ReadonlySet<string> = new Set();
const noChildren: ReadonlyMap<string, FieldSet> = new Map();

export const emptyFieldSet: FieldSet = { members: noMembers, children: noChildren };

export function isEmptySet(set: FieldSet): boolean {
  return set.members.size === 0 && set.children.size === 0;
}

/** Collects paths. Give it up once `build` is called. */
export interface FieldSetBuilder {
  members: Set<string> | undefined;
  children: Map<string, FieldSetBuilder> | undefined;
}

export function newBuilder(): FieldSetBuilder {
  return { members: undefined, children: undefined };
}

/** Adds the path `path[0..length)`; the empty path is nobody's. */
export function insertPath(builder: FieldSetBuilder, path: FieldPath, length = path.length): void {
  if (length === 0) return;
  let node = builder;
  for (let i = 0; i < length - 1; i++) {
    const element = path[i] as string;
    node.children ??= new Map();
    let child = node.children.get(element);
    if (child === undefined) {
      child = newBuilder();
      node.children.set(element, child);
    }
    node = child;
  }
  node.members ??= new Set();
  node.members.add(path[length - 1] as string);
}

export function buildSet(builder: FieldSetBuilder): FieldSet {
  if (builder.members === undefined && builder.children === undefined) return emptyFieldSet;
  let children: Map<string, FieldSet> | undefined;
  if (builder.children !== undefined) {
    children = new Map();
    for (const [element, child] of builder.children) children.set(element, buildSet(child));
  }
  return makeSet(builder.members, children);
}

export function makeSet(
  members: ReadonlySet<string> | undefined,
  children: ReadonlyMap<string, FieldSet> | undefined,
): FieldSet {
  if ((members === undefined || members.size === 0) && (children === undefined || children.size === 0)) {
    return emptyFieldSet;
  }
  return { members: members ?? noMembers, children: children ?? noChildren };
}

/** A set from paths whose elements are fieldsV1 texts. */
export function fieldSetOfPaths(paths: Iterable<FieldPath>): FieldSet {
  const builder = newBuilder();
  for (const path of paths) insertPath(builder, path.map(parseElement));
  return buildSet(builder);
}

export function unionSets(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  let members: Set<string> | undefined;
  for (const member of b.members) {
    if (a.members.has(member)) continue;
    members ??= new Set(a.members);
    members.add(member);
  }
  let children: Map<string, FieldSet> | undefined;
  for (const [element, right] of b.children) {
    const left = a.children.get(element);
    const merged = left === undefined ? right : unionSets(left, right);
    if (merged === left) continue;
    children ??= new Map(a.children);
    children.set(element, merged);
  }
  if (members === undefined && children === undefined) return a;
  return makeSet(members ?? a.members, children ?? a.children);
}

/** Paths in both. */
export function intersectSets(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmptySet(a) || isEmptySet(b)) return emptyFieldSet;
  let members: Set<string> | undefined;
  for (const member of a.members) {
    if (!b.members.has(member)) continue;
    members ??= new Set();
    members.add(member);
  }
  let children: Map<string, FieldSet> | undefined;
  for (const [element, left] of a.children) {
    const right = b.children.get(element);
    if (right === undefined) continue;
    const both = intersectSets(left, right);
    if (isEmptySet(both)) continue;
    children ??= new Map();
    children.set(element, both);
  }
  return makeSet(members, children);
}

/** Paths of `a` that are not in `b`. A path below one of `b` stays. */
export function subtractSet(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, false);
}

/** Paths of `a` that are neither in `b` nor below a path of `b`. */
export function subtractSetDeep(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, true);
}

function subtract(a: FieldSet, b: FieldSet, deep: boolean): FieldSet {
  if (isEmptySet(a) || isEmptySet(b)) return a;
  if (a === b) return emptyFieldSet;
  let members: Set<string> | undefined;
  for (const member of a.members) {
    if (!b.members.has(member)) continue;
    members ??= new Set(a.members);
    members.delete(member);
  }
  let children: Map<string, FieldSet> | undefined;
  for (const [element, left] of a.children) {
    const right = b.children.get(element);
    let rest: FieldSet = left;
    if (deep && b.members.has(element)) rest = emptyFieldSet;
    else if (right !== undefined) rest = subtract(left, right, deep);
    if (rest === left) continue;
    children ??= new Map(a.children);
    if (isEmptySet(rest)) children.delete(element);
    else children.set(element, rest);
  }
  if (members === undefined && children === undefined) return a;
  return makeSet(members ?? a.members, children ?? a.children);
}

/** Paths without another path below them. */
export function leavesOf(set: FieldSet): FieldSet {
  const members = new Set<string>();
  for (const member of set.members) if (!set.children.has(member)) members.add(member);
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    const leaves = leavesOf(child);
    if (!isEmptySet(leaves)) children.set(element, leaves);
  }
  return makeSet(members, children);
}

export function setsEqual(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  if (a.members.size !== b.members.size || a.children.size !== b.children.size) return false;
  for (const member of a.members) if (!b.members.has(member)) return false;
  for (const [element, left] of a.children) {
    const right = b.children.get(element);
    if (right === undefined || !setsEqual(left, right)) return false;
  }
  return true;
}

export function hasPath(set: FieldSet, path: FieldPath): boolean {
  let node = set;
  for (let i = 0; i < path.length - 1; i++) {
    const child = node.children.get(path[i] as string);
    if (child === undefined) return false;
    node = child;
  }
  return path.length > 0 && node.members.has(path[path.length - 1] as string);
}

/** Number of paths. */
export function sizeOfSet(set: FieldSet): number {
  let size = set.members.size;
  for (const child of set.children.values()) size += sizeOfSet(child);
  return size;
}

/** All paths, a level's own before those below it, each level in the order of {@link compareElements}. */
export function pathsOf(set: FieldSet): FieldPath[] {
  const paths: FieldPath[] = [];
  collectPaths(set, [], paths);
  return paths;
}

function collectPaths(set: FieldSet, prefix: FieldPath, into: FieldPath[]): void {
  for (const member of [...set.members].sort(compareElements)) into.push([...prefix, member]);
  for (const element of [...set.children.keys()].sort(compareElements)) {
    collectPaths(set.children.get(element) ?? emptyFieldSet, [...prefix, element], into);
  }
}

/** A path as messages show it, `.spec.containers[name="app"].image`. */
export function printPath(path: FieldPath): string {
  return path.map(printElement).join('');
}
