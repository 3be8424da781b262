import { type ChangeSet, groupOf, type InventoryEntry, type ObjectRef, versionOf } from './types.ts';

const rbacKinds = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']);
const rbacGroup = 'rbac.authorization.k8s.io';

/**
 * `<namespace>_<name>_<group>_<kind>`. Only names of RBAC objects may hold a colon, which is written as two
 * underscores; no other name holds an underscore.
 */
export function inventoryId(ref: Pick<ObjectRef, 'apiVersion' | 'kind' | 'name' | 'namespace'>): string {
  const group = groupOf(ref.apiVersion);
  const name = group === rbacGroup && rbacKinds.has(ref.kind) ? ref.name.replaceAll(':', '__') : ref.name;
  return `${ref.namespace}_${name}_${group}_${ref.kind}`;
}

export function inventoryEntry(ref: ObjectRef): InventoryEntry {
  return { id: inventoryId(ref), v: versionOf(ref.apiVersion) };
}

/** Reads an entry back; undefined when its id is not one. */
export function parseInventoryEntry(entry: InventoryEntry): ObjectRef | undefined {
  const { id, v } = entry;
  const first = id.indexOf('_');
  const last = id.lastIndexOf('_');
  if (first < 0 || last <= first) return undefined;
  const beforeLast = id.lastIndexOf('_', last - 1);
  if (beforeLast < 0 || beforeLast < first) return undefined;
  const kind = id.slice(last + 1);
  const group = id.slice(beforeLast + 1, last);
  const name = id.slice(first + 1, beforeLast).replaceAll('__', ':');
  if (kind === '' || name === '') return undefined;
  return { apiVersion: group === '' ? v : `${group}/${v}`, kind, name, namespace: id.slice(0, first) };
}

/** The inventory that a successful apply leaves: every entry, also of what was skipped. */
export function inventoryOf(changes: ChangeSet): InventoryEntry[] {
  return changes.map((change) => inventoryEntry(change.ref));
}

/** Entries of `old` that are not in `next`; the version does not matter. */
export function diffInventory(old: readonly InventoryEntry[], next: readonly InventoryEntry[]): InventoryEntry[] {
  const kept = new Set(next.map((entry) => entry.id));
  return old.filter((entry) => !kept.has(entry.id));
}
