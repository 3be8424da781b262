import { type FieldSet, isEmptySet, makeSet } from './field-set.ts';
import type { TypeNode } from './type-node.ts';

const upToDate = new WeakMap<TypeNode, WeakMap<FieldSet, FieldSet>>();

/**
 * Fits a stored set to today's schema: where a list or map has become atomic since, who owned something inside owns the
 * whole. (The other direction needs nothing.) Results are remembered by identity of type and set.
 */
export function migrateFieldSet(node: TypeNode, set: FieldSet): FieldSet {
  let known = upToDate.get(node);
  if (known === undefined) {
    known = new WeakMap();
    upToDate.set(node, known);
  }
  const before = known.get(set);
  if (before !== undefined) return before;
  const after = migrateLevel(node, set);
  known.set(set, after);
  return after;
}

function migrateLevel(node: TypeNode, set: FieldSet): FieldSet {
  let members: Set<string> | undefined;
  let children: Map<string, FieldSet> | undefined;
  for (const [element, child] of set.children) {
    const below = nodeBelow(node, element);
    if (below === undefined) continue;
    if (becameAtomic(below)) {
      children ??= new Map(set.children);
      children.delete(element);
      members ??= new Set(set.members);
      members.add(element);
      continue;
    }
    const migrated = migrateLevel(below, child);
    if (migrated === child) continue;
    children ??= new Map(set.children);
    if (isEmptySet(migrated)) children.delete(element);
    else children.set(element, migrated);
  }
  if (members === undefined && children === undefined) return set;
  return makeSet(members ?? set.members, children ?? set.children);
}

function nodeBelow(node: TypeNode, element: string): TypeNode | undefined {
  // A place that may be anything is taken for a map, as everywhere.
  if (node.map !== undefined) return node.map.entry(element.startsWith('f:') ? element.slice(2) : '');
  return node.list?.item;
}

function becameAtomic(node: TypeNode): boolean {
  if (node.map !== undefined) return !node.map.deduced && node.map.atomic;
  return node.scalar === undefined && node.list?.atomic === true;
}
