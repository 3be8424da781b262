import type { KubeObject, ManagedFieldsEntry, ObjectMeta } from '@fluvial/kube';

/** A field manager whose fields become ours: its name begins with `name`. */
export type TakenManager = { readonly name: string; readonly operation: 'Apply' | 'Update' };

/** Annotations and the label that other deployment tools leave behind. */
const leftAnnotations = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'kustomize.toolkit.fluxcd.io/checksum',
  'fluxcd.io/sync-checksum',
];
const leftLabels = ['fluxcd.io/sync-gc-mark'];

export function takenManagers(fieldManager: string, overrides: readonly string[] = []): TakenManager[] {
  return [
    { name: 'kubectl', operation: 'Apply' },
    { name: 'kubectl', operation: 'Update' },
    { name: 'before-first-apply', operation: 'Update' },
    { name: fieldManager, operation: 'Update' },
    ...overrides.flatMap((name): TakenManager[] => [
      { name, operation: 'Apply' },
      { name, operation: 'Update' },
    ]),
  ];
}

/** Whether the object carries what `takeoverPatch` would remove; enough to know is who manages, not what. */
export function needsTakeover(metadata: ObjectMeta, fieldManager: string, taken: readonly TakenManager[]): boolean {
  return (
    leftAnnotations.some((key) => metadata.annotations?.[key] !== undefined) ||
    leftLabels.some((key) => metadata.labels?.[key] !== undefined) ||
    (metadata.managedFields ?? []).some((entry) => isTaken(entry, fieldManager, taken))
  );
}

type PatchOperation = { op: 'remove' | 'replace'; path: string; value?: unknown };

/**
 * The JSON patch that removes other tools' marks and moves the fields of the taken managers to ours, so that the next
 * apply removes what only they had set. Undefined when there is nothing to do.
 */
export function takeoverPatch(
  live: KubeObject,
  fieldManager: string,
  taken: readonly TakenManager[],
): PatchOperation[] | undefined {
  const { metadata } = live;
  const operations: PatchOperation[] = [];
  for (const key of leftAnnotations) {
    if (metadata.annotations?.[key] !== undefined)
      operations.push({ op: 'remove', path: `/metadata/annotations/${escapeKey(key)}` });
  }
  for (const key of leftLabels) {
    if (metadata.labels?.[key] !== undefined)
      operations.push({ op: 'remove', path: `/metadata/labels/${escapeKey(key)}` });
  }
  const managedFields = takeOver(metadata.managedFields ?? [], fieldManager, taken);
  if (managedFields !== undefined)
    operations.push({ op: 'replace', path: '/metadata/managedFields', value: managedFields });
  if (operations.length === 0) return undefined;
  // Whoever writes in between must not lose the entry that tells of it.
  operations.push({ op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion });
  return operations;
}

/** Rewrites every entry to the API version that is applied; undefined when all have it. */
export function migrationPatch(live: KubeObject): PatchOperation[] | undefined {
  const entries = live.metadata.managedFields ?? [];
  if (entries.every((entry) => entry.apiVersion === live.apiVersion)) return undefined;
  return [
    {
      op: 'replace',
      path: '/metadata/managedFields',
      value: entries.map((entry) => ({ ...entry, apiVersion: live.apiVersion })),
    },
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
  ];
}

function takeOver(
  entries: readonly ManagedFieldsEntry[],
  fieldManager: string,
  taken: readonly TakenManager[],
): ManagedFieldsEntry[] | undefined {
  const moved = entries.filter((entry) => isTaken(entry, fieldManager, taken));
  if (moved.length === 0) return undefined;
  const own = entries.find((entry) => isOwn(entry, fieldManager));
  let merged: ManagedFieldsEntry = own ?? { ...moved[0]!, manager: fieldManager, operation: 'Apply' };
  for (const entry of moved) {
    merged = { ...merged, fieldsV1: unionFields(merged.fieldsV1 ?? {}, entry.fieldsV1 ?? {}) };
  }
  return [...entries.filter((entry) => entry !== own && !moved.includes(entry)), merged];
}

function isOwn(entry: ManagedFieldsEntry, fieldManager: string): boolean {
  return entry.manager === fieldManager && entry.operation === 'Apply' && !entry.subresource;
}

function isTaken(entry: ManagedFieldsEntry, fieldManager: string, taken: readonly TakenManager[]): boolean {
  if (entry.subresource || isOwn(entry, fieldManager)) return false;
  return taken.some(({ name, operation }) => entry.operation === operation && (entry.manager ?? '').startsWith(name));
}

/** Union of two field sets in their wire form: nested maps whose leaves are empty. */
function unionFields(a: Record<string, unknown>, b: Record<string, unknown>): Record<string, unknown> {
  const union: Record<string, unknown> = { ...a };
  for (const key of Object.keys(b)) {
    const left = Object.hasOwn(union, key) ? union[key] : undefined;
    union[key] =
      left === undefined ? b[key] : unionFields(left as Record<string, unknown>, b[key] as Record<string, unknown>);
  }
  return union;
}

const escapeKey = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
