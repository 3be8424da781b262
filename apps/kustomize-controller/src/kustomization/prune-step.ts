import {
  ApplyError,
  diffInventory,
  formatPruned,
  type InventoryEntry,
  inventoryId,
  parseInventoryEntry,
} from '@fluvial/apply';
import { getCondition } from '@fluvial/conditions';
import type { ObjectKey } from '@fluvial/runtime';
import { buildFor } from './build-step.ts';
import { HeldError, messageOf, StepError } from './errors.ts';
import {
  type KustomizationObject,
  type KustomizationStatus,
  kustomizationKind,
  namespaceOf,
  sourceRefOf,
} from './kustomization-object.ts';
import type { PipelineRun } from './pipeline-run.ts';
import { holdPrune } from './prune-guard.ts';
import { isObservedReady } from './watches.ts';

/**
 * Deletes what was in the inventory and is not any more; but what another owner is about to take stays until it has.
 *
 * @throws {StepError} `PruneFailed`; {HeldError} `PruneHeld`
 */
export async function prune(
  run: PipelineRun,
  before: readonly InventoryEntry[],
  entries: InventoryEntry[],
): Promise<void> {
  const { object, source, target, parts, ctx } = run;
  const self = keyOf(object);
  const all = diffInventory(before, entries);
  if (all.length === 0 || !object.spec.prune) {
    parts.handovers.forget(self);
    return;
  }
  const owner = { name: object.metadata.name, namespace: namespaceOf(object) };
  const claims = await findClaims(run, target.applier.planPrune(all, { owner }));
  const stale = all.filter(({ id }) => !claims.has(id));
  const kept = all.filter(({ id }) => claims.has(id));
  const status = object.status as KustomizationStatus;
  status.inventory = { entries: [...entries, ...kept] };

  const held = holdPrune(
    object,
    { stale: target.applier.planPrune(stale, { owner }), before: before.length, after: entries.length },
    parts.options.pruneGuard,
  );
  if (held !== undefined) {
    status.inventory = { entries: [...entries, ...all] };
    throw new HeldError('PruneHeld', held);
  }
  await deleteStale(run, stale, [...entries, ...kept]);

  if (kept.length === 0) {
    parts.handovers.forget(self);
    return;
  }
  const takers = [
    ...new Map([...claims.values()].map((taker) => [`${taker.namespace}/${taker.name}`, taker])).values(),
  ];
  if (!parts.handovers.wait(self, takers)) return;
  const text = kept.map((entry) => handoverLine(entry, claims.get(entry.id) as ObjectKey)).join('\n');
  ctx.log.info('objects are handed over', { output: text.split('\n'), revision: source.revision });
  parts.emit(ctx, object, 'info', text, source);
}

function handoverLine(entry: InventoryEntry, taker: ObjectKey): string {
  const ref = parseInventoryEntry(entry);
  const subject = ref ? [ref.kind, ref.namespace, ref.name].filter((part) => part !== '').join('/') : entry.id;
  return `${subject} handed over to Kustomization/${taker.namespace}/${taker.name}`;
}

async function deleteStale(
  { object, source, target, parts, ctx, ended }: PipelineRun,
  stale: readonly InventoryEntry[],
  others: readonly InventoryEntry[],
): Promise<void> {
  const owner = { name: object.metadata.name, namespace: namespaceOf(object) };
  try {
    const pruned = await target.applier.prune(stale, { owner, signal: ctx.signal });
    const text = formatPruned(pruned);
    if (text === '') return;
    ctx.log.info('garbage collection completed', { output: text.split('\n'), revision: source.revision });
    parts.emit(ctx, object, 'info', text, source);
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    // What is still there stays ours, so that the next run tries again.
    const done = new Set((error instanceof ApplyError ? error.changes : []).map(({ ref }) => inventoryId(ref)));
    (object.status as KustomizationStatus).inventory = {
      entries: [...others, ...stale.filter(({ id }) => !done.has(id))],
    };
    ended('PruneFailed');
    throw new StepError('PruneFailed', messageOf(error), { cause: error });
  }
}

/**
 * Which of the objects another owner of the same source has in its render of this revision, without having applied it
 * yet. What it has applied carries its labels, which a prune respects.
 */
async function findClaims(run: PipelineRun, stale: readonly InventoryEntry[]): Promise<ReadonlyMap<string, ObjectKey>> {
  const { object, source, parts, ctx } = run;
  const claims = new Map<string, ObjectKey>();
  if (stale.length === 0) return claims;
  const { kind, namespace, name } = sourceRefOf(object);
  const others = ctx
    .cached<KustomizationObject>(kustomizationKind)
    .byIndex('source', `${kind}/${namespace}/${name}`)
    .filter((other) => mayTake(other, object, source.revision));
  if (others.length === 0) return claims;
  const wanted = new Set(stale.map(({ id }) => id));
  const tree = await parts.fetchCache.acquire(source.artifact, { signal: ctx.signal });
  try {
    for (const other of others) {
      if (wanted.size === 0) break;
      const ids = await renderedIds(run, other, tree);
      for (const id of ids) if (wanted.delete(id)) claims.set(id, keyOf(other));
    }
  } finally {
    tree.release();
  }
  return claims;
}

function mayTake(other: KustomizationObject, self: KustomizationObject, revision: string): boolean {
  if (other.metadata.uid === self.metadata.uid) return false;
  if (other.spec.suspend || other.metadata.deletionTimestamp !== undefined) return false;
  // An object of another cluster is another object.
  if (clusterOf(other) !== clusterOf(self)) return false;
  return !(isObservedReady(other) && other.status?.lastAppliedRevision === revision);
}

function clusterOf(object: KustomizationObject): string {
  const { kubeConfig } = object.spec;
  return kubeConfig ? `${namespaceOf(object)} ${JSON.stringify(kubeConfig)}` : '';
}

/** Inventory ids of another owner's render; none when it cannot be built: then it takes nothing. */
async function renderedIds(
  { source, target, parts, ctx }: PipelineRun,
  other: KustomizationObject,
  tree: Parameters<typeof buildFor>[2],
): Promise<string[]> {
  try {
    const { prepared } = await buildFor(other, source, tree, parts, ctx);
    return prepared.map(({ apiVersion, kind, metadata }) => {
      const isNamespaced = target.kube.mapper.known({ apiVersion, kind })?.namespaced ?? true;
      const space = isNamespaced ? (metadata.namespace ?? '') : '';
      return inventoryId({ apiVersion, kind, name: metadata.name, namespace: space });
    });
  } catch (error) {
    if (ctx.signal.aborted || !(error instanceof StepError)) throw error;
    return [];
  }
}

/** Whether the owner's status told of this very hold already. */
export function isHeldAlready(before: KustomizationObject, message: string): boolean {
  const ready = getCondition(before as never, 'Ready');
  return ready?.reason === 'PruneHeld' && ready.message === message;
}

function keyOf(object: KustomizationObject): ObjectKey {
  return { namespace: namespaceOf(object), name: object.metadata.name };
}
