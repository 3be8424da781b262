import { ApiError, isNoMatch, isNotFound, type KubeClient, type KubeObject } from '@fluvial/kube';
import type { PruneOptions } from './applier.ts';
import { readControls } from './controls.ts';
import { ApplyError } from './errors.ts';
import { parseInventoryEntry } from './inventory.ts';
import type { ObservedState } from './observed-state.ts';
import { ownerLabels } from './prepare-objects.ts';
import { sortRefs } from './sort-objects.ts';
import {
  type Action,
  type ChangeEntry,
  type ChangeSet,
  formatRef,
  type InventoryEntry,
  type ObjectRef,
  type Owner,
} from './types.ts';

export type PruneContext = {
  readonly client: KubeClient;
  readonly observed: ObservedState;
  readonly controlGroup: string;
};

/**
 * Deletes what the entries name, in the reverse of the apply order, one after the other. Only objects that carry the
 * owner's labels, and do not ask to be kept, are deleted; others come back as `skipped`. What is not there counts as
 * deleted.
 */
export async function prune(
  stale: readonly InventoryEntry[],
  options: PruneOptions,
  context: PruneContext,
): Promise<ChangeSet> {
  const refs = stale.flatMap((entry) => parseInventoryEntry(entry) ?? []);
  const entries: ChangeEntry[] = [];
  const errors: string[] = [];
  for (const ref of sortRefs(refs).reverse()) {
    options.signal?.throwIfAborted();
    try {
      const action = await deleteOne(ref, options, context);
      entries.push({ ref, subject: formatRef(ref), action });
    } catch (error) {
      options.signal?.throwIfAborted();
      const step = error instanceof QueryFailed ? 'query' : 'delete';
      const cause = error instanceof QueryFailed ? error.cause : error;
      errors.push(`${formatRef(ref)} ${step} failed: ${cause instanceof Error ? cause.message : String(cause)};`);
    }
  }
  if (errors.length > 0) {
    throw new ApplyError('DELETE', `delete failed, errors: ${errors.join('')}`, { changes: entries });
  }
  return entries;
}

/** Entries that `prune` would try to delete, by what is known without asking. */
export function planPrune(
  stale: readonly InventoryEntry[],
  { owner }: Pick<PruneOptions, 'owner'>,
  { observed, controlGroup }: Pick<PruneContext, 'observed' | 'controlGroup'>,
): InventoryEntry[] {
  return stale.filter((entry) => {
    const ref = parseInventoryEntry(entry);
    if (ref === undefined) return false;
    const known = observed.live(ref);
    if (known.state === 'unknown') return true;
    return known.state === 'present' && !isKept(known.object, owner, controlGroup);
  });
}

class QueryFailed extends Error {}

async function deleteOne(ref: ObjectRef, options: PruneOptions, context: PruneContext): Promise<Action> {
  const { client, observed } = context;
  const { signal, owner } = options;
  const known = observed.live(ref);
  if (known.state === 'absent') return forget(ref, observed, 'deleted');
  if (known.state === 'present' && known.object.metadata.uid && known.object.metadata.resourceVersion) {
    if (isKept(known.object, owner, context.controlGroup)) return forget(ref, observed, 'skipped');
    // What the watch said may be a moment old: the server deletes only what it said it of.
    const { uid, resourceVersion } = known.object.metadata;
    try {
      await client.delete(ref, ref.name, ref.namespace, {
        propagationPolicy: 'Background',
        preconditions: { uid, resourceVersion },
        signal,
      });
      return forget(ref, observed, 'deleted');
    } catch (error) {
      if (isNotFound(error)) return forget(ref, observed, 'deleted');
      if (!(error instanceof ApiError) || error.code !== 409) throw error;
    }
  }
  let live: KubeObject;
  try {
    live = await client.get(ref, ref.name, ref.namespace, { metadataOnly: true, signal });
  } catch (error) {
    // Of a kind that is not served any more nothing can be left.
    if (isNotFound(error) || isNoMatch(error)) return forget(ref, observed, 'deleted');
    throw new QueryFailed('query failed', { cause: error });
  }
  if (isKept(live, owner, context.controlGroup)) return forget(ref, observed, 'skipped');
  try {
    await client.delete(ref, ref.name, ref.namespace, { propagationPolicy: 'Background', signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return forget(ref, observed, 'deleted');
}

function forget(ref: ObjectRef, observed: ObservedState, action: Action): Action {
  observed.forget(ref);
  return action;
}

function isKept(live: KubeObject, owner: Owner, controlGroup: string): boolean {
  const wanted = ownerLabels(owner, controlGroup);
  for (const key of Object.keys(wanted)) if (live.metadata.labels?.[key] !== wanted[key]) return true;
  const controls = readControls(live.metadata, controlGroup);
  return controls.isPruneDisabled || controls.isDisabled || controls.ssa === 'ignore';
}
