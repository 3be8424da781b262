import { ApiError, type KubeObject } from '@fluvial/kube';
import { mayRecreate } from './check-member.ts';
import { deleteAndWait } from './delete-and-wait.ts';
import { equalMaps } from './drift.ts';
import { applyFailed, cleanupFailed, dryRunError, recreateFailed } from './errors.ts';
import { takeoverPatch } from './field-takeover.ts';
import { readLive, realApply } from './server-calls.ts';
import { entry, type Member, remember, type StageContext, type Standing } from './stage-member.ts';
import { type Action, type ChangeEntry, formatRef } from './types.ts';

/**
 * Writes one object: takeover, apply, or delete and apply. `unchecked`: its apply is its dry run, too, and a refusal
 * is told as one.
 */
export async function write(member: Member, context: StageContext, unchecked: boolean): Promise<ChangeEntry> {
  const { standing, ref } = member;
  if (standing.is !== 'certain' && standing.is !== 'write') throw new Error(`nothing to write for ${formatRef(ref)}`);
  if (standing.is === 'write') {
    if (standing.recreate) return recreate(member, context);
    if (standing.patch !== undefined) await takeOver(member, standing.before, standing.patch, context);
  }
  const payload = standing.is === 'write' ? (standing.payload ?? member.object) : member.object;
  let live: KubeObject;
  try {
    live = await realApply(payload, context);
  } catch (error) {
    context.signal?.throwIfAborted();
    if (unchecked && mayRecreate(member, error, standing.before, context)) return recreate(member, context);
    throw unchecked ? dryRunError(member, error) : applyFailed(member, error);
  }
  remember(member, live, context);
  return entry(member, actionOf(standing, live), live);
}

/** Without a look at the live object only the answer tells whether the apply changed anything. */
function actionOf(standing: Standing & { is: 'certain' | 'write' }, live: KubeObject): Action {
  if (!standing.exists) return 'created';
  if (standing.is === 'write' && (standing.payload !== undefined || standing.patch !== undefined)) return 'configured';
  const before = standing.before?.metadata;
  if (before === undefined) return 'configured';
  const after = live.metadata;
  if (before.resourceVersion === after.resourceVersion) return 'unchanged';
  if (after.generation === undefined || before.generation !== after.generation) return 'configured';
  return equalMaps(before.labels, after.labels) && equalMaps(before.annotations, after.annotations)
    ? 'unchanged'
    : 'configured';
}

async function takeOver(
  member: Member,
  before: KubeObject | undefined,
  patch: readonly unknown[],
  context: StageContext,
): Promise<void> {
  const { ref } = member;
  const { client, fieldManager, signal } = context;
  const send = (body: readonly unknown[]) =>
    client.patch(ref, ref.name, ref.namespace, { type: 'json', body, fieldManager, signal });
  try {
    await send(patch);
  } catch (error) {
    signal?.throwIfAborted();
    // Somebody wrote in between: their entry must be seen before the list of entries is replaced.
    const fresh = error instanceof ApiError && error.code === 409 ? await readLive(member, context) : undefined;
    if (fresh === undefined || before === undefined) throw cleanupFailed(member, error);
    const again = takeoverPatch(fresh, fieldManager, context.taken);
    if (again !== undefined) {
      await send(again).catch((second: unknown) => {
        signal?.throwIfAborted();
        throw cleanupFailed(member, second);
      });
    }
  }
}

async function recreate(member: Member, context: StageContext): Promise<ChangeEntry> {
  const { ref, object } = member;
  const { client, observed, signal } = context;
  try {
    observed.forget(ref);
    await deleteAndWait(ref, { client, observed, signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw recreateFailed(member, error);
  }
  try {
    const live = await realApply(object, context);
    remember(member, live, context);
    return entry(member, 'created', live);
  } catch (error) {
    signal?.throwIfAborted();
    throw dryRunError(member, error);
  }
}
