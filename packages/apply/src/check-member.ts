import { ApiError, type KubeObject } from '@fluvial/kube';
import { isLeftAlone, readControls } from './controls.ts';
import { hasDrifted } from './drift.ts';
import { cleanupFailed, dryRunError } from './errors.ts';
import { migrationPatch, takeoverPatch } from './field-takeover.ts';
import { ignoredPaths, keepIgnored, withoutPaths } from './ignore-rules.ts';
import { dryRun, readLive } from './server-calls.ts';
import { done, type Member, remember, type StageContext, type Standing } from './stage-member.ts';

const immutableText = /is\simmutable|immutable\sfield/;

/** Has the server check the object in a dry run, and decides from its answer. */
export async function check(member: Member, context: StageContext): Promise<Standing> {
  const { standing, object } = member;
  if (standing.is === 'done' || standing.is === 'write') return standing;
  if (standing.is === 'certain') {
    try {
      await dryRun(object, context);
    } catch (error) {
      return planRecreate(member, error, standing.exists ? standing.before : undefined, context);
    }
    return { is: 'write', exists: standing.exists, before: standing.before };
  }
  const isLeft = (live: KubeObject | undefined): live is KubeObject =>
    live !== undefined && isLeftAlone(member.controls, readControls(live.metadata, context.controlGroup));
  let live: KubeObject | undefined;
  if (context.migrateApiVersion) {
    live = await readLive(member, context);
    if (isLeft(live)) return done(member, 'skipped', live);
    if (live !== undefined) live = await migrate(member, live, context);
  }
  // Of an object that may not exist the dry run comes first: its answer tells whether a second request is needed.
  const reading =
    standing.is === 'look' && standing.exists && live === undefined ? readLive(member, context) : undefined;
  let answer: KubeObject;
  try {
    [live, answer] = await Promise.all([reading ?? live, dryRun(object, context)]);
  } catch (error) {
    live ??= await (reading ?? readLive(member, context));
    return isLeft(live) ? done(member, 'skipped', live) : planRecreate(member, error, live, context);
  }
  if (!answer.metadata.resourceVersion) return { is: 'write', exists: false };
  live ??= await readLive(member, context);
  return live === undefined ? { is: 'write', exists: false } : compare(member, live, answer, context);
}

/** The original's test: does the dry run differ from the live object, and is there something to take over? */
function compare(member: Member, live: KubeObject, answer: KubeObject, context: StageContext): Standing {
  const { object, controls } = member;
  const liveControls = readControls(live.metadata, context.controlGroup);
  if (isLeftAlone(controls, liveControls)) return done(member, 'skipped', live);
  const isMerge = controls.ssa === 'merge' || liveControls.ssa === 'merge';
  const patch = isMerge ? undefined : takeoverPatch(live, context.fieldManager, context.taken);
  const paths = ignoredPaths(context.ignore, answer);
  const drifted =
    paths.length === 0 ? hasDrifted(live, answer) : hasDrifted(withoutPaths(live, paths), withoutPaths(answer, paths));
  if (patch === undefined && !drifted) {
    remember(member, live, context);
    return done(member, 'unchanged', live);
  }
  const payload = paths.length === 0 ? object : keepIgnored(object, live, answer, paths, context.fieldManager);
  return { is: 'write', exists: true, before: live, payload, patch };
}

async function migrate(member: Member, live: KubeObject, context: StageContext): Promise<KubeObject> {
  const patch = migrationPatch(live);
  if (patch === undefined) return live;
  const { ref } = member;
  try {
    return await context.client.patch(ref, ref.name, ref.namespace, {
      type: 'json',
      body: patch,
      fieldManager: context.fieldManager,
      signal: context.signal,
    });
  } catch (error) {
    context.signal?.throwIfAborted();
    throw cleanupFailed(member, error);
  }
}

/**
 * A refused dry run: the object is made anew where that is allowed and may help, else it ends the stage. The old one is
 * deleted only when everything else of the stage has passed.
 */
function planRecreate(member: Member, error: unknown, live: KubeObject | undefined, context: StageContext): Standing {
  context.signal?.throwIfAborted();
  if (!mayRecreate(member, error, live, context)) throw dryRunError(member, error);
  return { is: 'write', exists: true, before: live, recreate: true };
}

export function mayRecreate(
  member: Member,
  error: unknown,
  live: KubeObject | undefined,
  context: StageContext,
): boolean {
  if (live === undefined || !(error instanceof ApiError)) return false;
  const isForced =
    context.force || member.controls.isForced || readControls(live.metadata, context.controlGroup).isForced;
  if (!isForced) return false;
  return error.reason === 'Conflict' || error.reason === 'Invalid' || immutableText.test(error.message);
}
