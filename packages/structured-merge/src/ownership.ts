import { type Comparison, compareTyped, noDifference } from './compare-typed.ts';
import { type Clash, conflictError } from './conflicts.ts';
import {
  emptyFieldSet,
  type FieldSet,
  fieldSetOfPaths,
  intersectSets,
  isEmptySet,
  subtractSet,
  subtractSetDeep,
  unionSets,
} from './field-set.ts';
import { dropEmptyOwners, type Owners, withSet } from './managed-fields.ts';
import { migrateFieldSet } from './migrate-field-set.ts';
import { removeItems } from './remove-items.ts';
import type { TypeNode } from './type-node.ts';
import { fieldSetOf, withNamedFields } from './typed-value.ts';
import type { JsonObject } from './types.ts';

// The rules of ownership, as sigs.k8s.io/structured-merge-diff states them for Apply and Update.

/** What one request knows of the kind. */
export interface OwnershipTypes {
  /** The version of the request. */
  readonly apiVersion: string;
  readonly node: TypeNode;
  /** Types of all versions; undefined when a version is no longer served. */
  nodeOf(apiVersion: string): TypeNode | undefined;
  /** Fields nobody gains by this request. */
  readonly resetFields: FieldSet | undefined;
}

/** Fields that belong to the object rather than to any manager. */
const stripped: FieldSet = fieldSetOfPaths([
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => ['f:metadata', `f:${name}`]),
]);

/** Takes the never-owned fields from one owner; drops it when nothing remains. */
export function stripOwner(owners: Owners, id: string): void {
  const owner = owners.get(id);
  if (owner === undefined) return;
  const rest = withSet(owner, subtractSet(owner.set, stripped));
  if (isEmptySet(rest.set)) owners.delete(id);
  else owners.set(id, rest);
}

/** Fits all sets to today's schemas; owners of versions that are gone lose their entries. */
export function migrateOwners(owners: Owners, types: OwnershipTypes): void {
  for (const [id, owner] of owners) {
    const node = types.nodeOf(owner.apiVersion);
    if (node === undefined) owners.delete(id);
    else owners.set(id, withSet(owner, migrateFieldSet(node, owner.set)));
  }
}

/**
 * Moves ownership for a change from `live` to `next` made by `self`: what changed leaves the other owners, what is gone
 * leaves everybody else.
 *
 * @returns the difference in the request's own version
 * @throws {ConflictError} without `force`, when something changed that others own
 */
export function moveOwnership(
  live: JsonObject,
  next: JsonObject,
  owners: Owners,
  self: string,
  force: boolean,
  types: OwnershipTypes,
): Comparison {
  if (live === next) {
    dropEmptyOwners(owners);
    return noDifference;
  }
  const own = resetComparison(compareTyped(types.node, live, next), types.resetFields);
  const byVersion = new Map([[types.apiVersion, own]]);
  const clashes: Clash[] = [];
  for (const [id, owner] of owners) {
    if (id === self) continue;
    let comparison = byVersion.get(owner.apiVersion);
    if (comparison === undefined) {
      const node = types.nodeOf(owner.apiVersion);
      if (node === undefined) {
        owners.delete(id);
        continue;
      }
      comparison = node === types.node ? own : resetComparison(compareTyped(node, live, next), types.resetFields);
      byVersion.set(owner.apiVersion, comparison);
    }
    const changed = unionSets(comparison.modified, comparison.added);
    const set = intersectSets(owner.set, changed);
    if (!isEmptySet(set)) clashes.push({ id, owner, set });
  }
  if (!force && clashes.length > 0) throw conflictError(clashes);
  for (const { id, owner, set } of clashes) owners.set(id, withSet(owner, subtractSet(owner.set, set)));
  for (const [id, owner] of owners) {
    const removed = byVersion.get(owner.apiVersion)?.removed;
    if (id !== self && removed !== undefined) owners.set(id, withSet(owner, subtractSet(owner.set, removed)));
  }
  dropEmptyOwners(owners);
  return own;
}

function resetComparison(comparison: Comparison, reset: FieldSet | undefined): Comparison {
  if (reset === undefined) return comparison;
  return {
    added: subtractSetDeep(comparison.added, reset),
    modified: subtractSetDeep(comparison.modified, reset),
    removed: subtractSetDeep(comparison.removed, reset),
  };
}

/**
 * Removes from `merged` what an applier applied last time, does not apply now and nobody else owns.
 * `owners` already holds the applier's new set.
 */
export function pruneApplied(
  merged: JsonObject,
  last: { readonly set: FieldSet; readonly apiVersion: string } | undefined,
  owners: Owners,
  types: OwnershipTypes,
): JsonObject {
  if (last === undefined || isEmptySet(last.set)) return merged;
  const node = types.nodeOf(last.apiVersion);
  if (node === undefined) return merged;
  const lastSet = withNamedFields(last.set, node);
  const owned = ownedByVersion(owners);
  if (isCovered(lastSet, owned, types)) return merged;

  let kept = removeItems(node, merged, lastSet) as JsonObject;
  for (const version of versionsFrom(owned, last.apiVersion)) {
    const versionNode = types.nodeOf(version);
    if (versionNode === undefined) continue;
    const all = withNamedFields(fieldSetOf(versionNode, merged), versionNode);
    const present = withNamedFields(fieldSetOf(versionNode, kept), versionNode);
    const wanted = unionSets(present, withNamedFields(owned.get(version) ?? emptyFieldSet, versionNode));
    kept = removeItems(versionNode, merged, subtractSet(all, wanted)) as JsonObject;
  }
  // Whatever went beyond what this applier had applied (a field that nobody owned inside an item) comes back.
  const all = withNamedFields(fieldSetOf(node, merged), node);
  const present = withNamedFields(fieldSetOf(node, kept), node);
  const gone = intersectSets(subtractSet(all, present), lastSet);
  return removeItems(node, merged, gone) as JsonObject;
}

function ownedByVersion(owners: Owners): Map<string, FieldSet> {
  const owned = new Map<string, FieldSet>();
  for (const { apiVersion, set } of owners.values()) {
    const before = owned.get(apiVersion);
    owned.set(apiVersion, before === undefined ? set : unionSets(before, set));
  }
  return owned;
}

function versionsFrom(owned: Map<string, FieldSet>, first: string): string[] {
  const versions = [...owned.keys()].filter((version) => version !== first).sort();
  return owned.has(first) ? [first, ...versions] : versions;
}

/** The usual case: everything applied last time is still owned by somebody, so nothing can go. */
function isCovered(lastSet: FieldSet, owned: Map<string, FieldSet>, types: OwnershipTypes): boolean {
  let rest = lastSet;
  for (const [version, set] of owned) {
    const node = types.nodeOf(version);
    if (node !== undefined) rest = subtractSet(rest, withNamedFields(set, node));
    if (isEmptySet(rest)) return true;
  }
  return false;
}
