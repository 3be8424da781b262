import type { Change, ObjectKey } from '@fluvial/runtime';
import { type KustomizationObject, namespaceOf } from './kustomization-object.ts';

/**
 * Owners that keep an object in their inventory until another owner has taken it. Only in memory: after a restart the
 * next run of the interval finds out by itself.
 */
export interface Handovers {
  /** Notes for whom the owner waits; answers whether that is news. */
  wait(owner: ObjectKey, takers: readonly ObjectKey[]): boolean;
  isWaiting(owner: ObjectKey): boolean;
  forget(owner: ObjectKey): void;
  /** Owners that waited for what this change tells of. */
  wokenBy(change: Change<KustomizationObject>): ObjectKey[];
}

const idOf = ({ namespace, name }: ObjectKey) => `${namespace}/${name}`;

export function createHandovers(): Handovers {
  const waiting = new Map<string, { readonly owner: ObjectKey; readonly takers: ReadonlySet<string> }>();
  return {
    wait(owner, takers) {
      const before = waiting.get(idOf(owner))?.takers;
      const now = new Set(takers.map(idOf));
      waiting.set(idOf(owner), { owner, takers: now });
      return [...now].some((taker) => !before?.has(taker));
    },
    isWaiting: (owner) => waiting.has(idOf(owner)),
    forget(owner) {
      waiting.delete(idOf(owner));
    },
    wokenBy({ type, object, old }) {
      if (waiting.size === 0) return [];
      const isNews =
        type === 'deleted' ||
        object.status?.lastAppliedRevision !== old?.status?.lastAppliedRevision ||
        object.metadata.generation !== old?.metadata.generation;
      if (!isNews) return [];
      const taker = idOf({ namespace: namespaceOf(object), name: object.metadata.name });
      return [...waiting.values()].filter(({ takers }) => takers.has(taker)).map(({ owner }) => owner);
    },
  };
}
