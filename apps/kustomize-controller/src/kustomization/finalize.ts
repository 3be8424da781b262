import {
  ApplyError,
  formatPruned,
  formatRef,
  type InventoryEntry,
  inventoryId,
  type ObjectRef,
  parseInventoryEntry,
} from '@fluvial/apply';
import { type ReconcileContext, TransientError, WaitCutError } from '@fluvial/runtime';
import { messageOf, TargetError } from './errors.ts';
import { type KustomizationObject, namespaceOf, timeoutMsOf } from './kustomization-object.ts';
import type { Target, Targets } from './targets.ts';

export interface FinalizeParts {
  readonly targets: Targets;
  emit(severity: 'info' | 'error', message: string): void;
}

/** Whether the managed objects go with their owner, and whether their end is waited for. */
export function planDeletion(object: KustomizationObject): 'keep' | 'delete' | 'delete-and-wait' {
  const { suspend, prune, deletionPolicy } = object.spec;
  if (suspend || (object.status?.inventory?.entries.length ?? 0) === 0) return 'keep';
  switch (deletionPolicy || 'MirrorPrune') {
    case 'WaitForTermination':
      return 'delete-and-wait';
    case 'Delete':
      return 'delete';
    case 'Orphan':
      return 'keep';
    default:
      return prune ? 'delete' : 'keep';
  }
}

/**
 * Deletes what the owner manages before the owner goes.
 *
 * @throws {TransientError} something could not be deleted: the owner stays and it is tried again
 */
export async function finalizeKustomization(
  object: KustomizationObject,
  parts: FinalizeParts,
  ctx: ReconcileContext<KustomizationObject>,
): Promise<void> {
  const plan = planDeletion(object);
  if (plan === 'keep') return;
  const entries = (object.status?.inventory?.entries ?? []) as readonly InventoryEntry[];
  const target = await targetOf(object, parts, ctx);
  if (target.serviceAccount !== undefined) {
    const account = await ctx.kube.find(
      { apiVersion: 'v1', kind: 'ServiceAccount' },
      target.serviceAccount,
      namespaceOf(object),
      { signal: ctx.signal },
    );
    if (account === undefined) {
      // Nobody is left who may delete them; keeping the owner would block its namespace for ever.
      parts.emit('error', `unable to prune objects: \n${refsOf(entries).map(formatRef).join('\n')}`);
      return;
    }
  }
  const owner = { name: object.metadata.name, namespace: namespaceOf(object) };
  let deleted: readonly ObjectRef[];
  try {
    const changes = await target.applier.prune(entries, { owner, signal: ctx.signal });
    const text = formatPruned(changes);
    if (text !== '') parts.emit('info', text);
    deleted = changes.filter((change) => change.action === 'deleted').map((change) => change.ref);
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    // What is gone need not be tried again.
    const done = new Set((error instanceof ApplyError ? error.changes : []).map(({ ref }) => inventoryId(ref)));
    if (object.status?.inventory) object.status.inventory.entries = entries.filter(({ id }) => !done.has(id));
    throw new TransientError(messageOf(error), {
      reason: 'PruneFailed',
      eventMessage: 'pruning for deleted resource failed',
      cause: error,
    });
  }
  if (plan !== 'delete-and-wait' || deleted.length === 0) return;
  try {
    await ctx.wait((signal) =>
      target.applier.waitForTermination(deleted, { timeoutMs: timeoutMsOf(object.spec), signal }),
    );
  } catch (error) {
    if (ctx.signal.aborted || error instanceof WaitCutError) throw error;
    ctx.log.error(error, 'failed to wait for resources termination');
    parts.emit('error', 'failed to wait for resources termination');
  }
}

async function targetOf(
  object: KustomizationObject,
  parts: FinalizeParts,
  ctx: ReconcileContext<KustomizationObject>,
): Promise<Target> {
  try {
    return await parts.targets.of(object, ctx.signal);
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    throw new TransientError(error.message, {
      reason: 'ReconciliationFailed',
      eventMessage: `failed to build kube client: ${error.message}`,
      cause: error,
    });
  }
}

function refsOf(entries: readonly InventoryEntry[]): ObjectRef[] {
  return entries.map(parseInventoryEntry).filter((ref) => ref !== undefined);
}
