import { createHash } from 'node:crypto';
import { ApiError, type KubeClient, type KubeObject } from '@fluvial/kube';
import { type Controls, isLeftAlone, readControls } from './controls.ts';
import { deleteAndWait } from './delete-and-wait.ts';
import { equalMaps, hasDrifted, includesMap } from './drift.ts';
import { ApplyError, applyFailed, cleanupFailed, dryRunError, recreateFailed, withChanges } from './errors.ts';
import { migrationPatch, needsTakeover, type TakenManager, takeoverPatch } from './field-takeover.ts';
import { ignoredPaths, keepIgnored, withoutPaths } from './ignore-rules.ts';
import { type AppliedRecord, type ObservedState, slimMetadata } from './observed-state.ts';
import { retryFreshKind } from './retry-fresh-kind.ts';
import { runLimited } from './run-limited.ts';
import { waveOf } from './sort-objects.ts';
import { type Action, type ChangeEntry, formatRef, groupOf, type IgnoreRule, type ObjectRef, refOf } from './types.ts';

/** What applying the objects of a stage needs to know; one per `applySet`. */
export type StageContext = {
  readonly client: KubeClient;
  readonly fieldManager: string;
  readonly controlGroup: string;
  readonly observed: ObservedState;
  readonly concurrency: number;
  readonly taken: readonly TakenManager[];
  readonly migrateApiVersion: boolean;
  readonly fullCheckAfterMs: number;
  readonly now: () => number;
  readonly force: boolean;
  readonly ignore: readonly IgnoreRule[];
  readonly fullCheck: boolean;
  /** `group/kind` of what this run's own definitions define. */
  readonly freshKinds: ReadonlySet<string>;
  readonly signal: AbortSignal | undefined;
};

/**
 * How an object stands before the stage writes anything.
 *
 * - `done`: nothing to write.
 * - `certain`: it must be written, and what is known proves it (absent, or our own manifest changed): no look needed.
 * - `light`: it is as we left it if the live metadata are; they have to be read.
 * - `look`: live object and dry run decide. `exists` tells what is known of the first.
 * - `write`: the look said so.
 */
type Standing =
  | { readonly is: 'done'; readonly entry: ChangeEntry }
  | { readonly is: 'certain'; readonly exists: boolean; readonly before?: KubeObject }
  | { readonly is: 'light'; readonly record: AppliedRecord }
  | { readonly is: 'look'; readonly exists: boolean | undefined }
  | {
      readonly is: 'write';
      readonly exists: boolean;
      readonly before?: KubeObject;
      readonly payload?: KubeObject;
      readonly patch?: readonly unknown[];
      readonly recreate?: boolean;
    };

type Member = {
  readonly object: KubeObject;
  readonly ref: ObjectRef;
  readonly digest: string;
  readonly controls: Controls;
  standing: Standing;
};

const immutableText = /is\simmutable|immutable\sfield/;

/**
 * Applies one stage: finds out what has to be written, has the server check all of it, and only then writes. The README
 * tells which requests that takes.
 *
 * @throws {ApplyError} whose `changes` are what this stage had done
 */
export async function applyStage(objects: readonly KubeObject[], context: StageContext): Promise<ChangeEntry[]> {
  const { observed, concurrency, signal } = context;
  await resolveKinds(objects, context);
  const members = objects.map((object) => createMember(object, context));
  await Promise.all([...kindsOf(members)].map((ref) => observed.watch(ref, signal)));
  for (const member of members) member.standing = judge(member, context);

  const light = members.filter((member) => member.standing.is === 'light');
  await runLimited(light, concurrency, async (member) => {
    member.standing = await lookLightly(member, context);
  });

  // The first object needs no dry run of its own: its apply comes first, when all the others have passed theirs.
  const open = members.filter((member) => member.standing.is !== 'done');
  const unchecked = open[0]?.standing.is === 'certain' ? open[0] : undefined;
  await runLimited(open, concurrency, async (member) => {
    if (member !== unchecked) member.standing = await check(member, context);
  });

  const entries = new Map<Member, ChangeEntry>();
  try {
    if (unchecked !== undefined) entries.set(unchecked, await write(unchecked, context, true));
    for (const wave of [0, 1, 2]) {
      const writing = members.filter(
        (member) => member !== unchecked && member.standing.is === 'write' && waveOf(member.ref.kind) === wave,
      );
      await runLimited(writing, concurrency, async (member) => {
        entries.set(member, await write(member, context, false));
      });
    }
  } catch (error) {
    const done = members.flatMap((member) => entryOf(member, entries) ?? []);
    throw error instanceof ApplyError ? withChanges(error, done) : error;
  }
  return members.map((member) => entryOf(member, entries)!);
}

function entryOf(member: Member, written: ReadonlyMap<Member, ChangeEntry>): ChangeEntry | undefined {
  return member.standing.is === 'done' ? member.standing.entry : written.get(member);
}

async function resolveKinds(objects: readonly KubeObject[], context: StageContext): Promise<void> {
  const { mapper } = context.client;
  const missing = objects.filter((object) => mapper.known(object) === undefined);
  // One after the other: the first answer usually brings the kinds of all the others.
  for (const object of missing) {
    if (mapper.known(object) !== undefined) continue;
    try {
      const resolve = () => mapper.resolve(object.apiVersion, object.kind, { signal: context.signal });
      await (isFresh(object, context) ? retryFreshKind(resolve, context.signal) : resolve());
    } catch (error) {
      context.signal?.throwIfAborted();
      throw dryRunError({ ref: refOf(object), object }, error);
    }
  }
}

function createMember(object: KubeObject, context: StageContext): Member {
  const namespaced = context.client.mapper.known(object)?.namespaced;
  const ref: ObjectRef = namespaced === false ? { ...refOf(object), namespace: '' } : refOf(object);
  return {
    object,
    ref,
    digest: createHash('sha256').update(digestText(object)).digest('base64'),
    controls: readControls(object.metadata, context.controlGroup),
    standing: { is: 'look', exists: undefined },
  };
}

function digestText(object: KubeObject): string {
  return JSON.stringify(object, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

function* kindsOf(members: readonly Member[]): Generator<ObjectRef> {
  const seen = new Set<string>();
  for (const { ref } of members) {
    const key = `${ref.apiVersion}/${ref.kind}`;
    if (!seen.has(key)) yield ref;
    seen.add(key);
  }
}

/** What follows from what is known without asking. */
function judge(member: Member, context: StageContext): Standing {
  const { ref, controls, digest, object } = member;
  if (isLeftAlone(controls, undefined)) return done(member, 'skipped');
  if (context.migrateApiVersion || context.fullCheck) return { is: 'look', exists: undefined };
  const live = context.observed.live(ref);
  const record = context.observed.recall(ref);
  if (live.state === 'absent') return { is: 'certain', exists: false };
  if (live.state === 'unknown') {
    return record !== undefined && record.digest === digest && !isStale(record, context)
      ? { is: 'light', record }
      : { is: 'look', exists: undefined };
  }
  const { metadata } = live.object;
  const liveControls = readControls(metadata, context.controlGroup);
  if (isLeftAlone(controls, liveControls)) return done(member, 'skipped');
  if (record === undefined) return { is: 'look', exists: true };
  if (record.digest === digest) {
    return !isStale(record, context) && isUntouched(object, record, live.object)
      ? done(member, 'unchanged')
      : { is: 'look', exists: true };
  }
  const mustLook =
    ignoredPaths(context.ignore, object).length > 0 || needsTakeover(metadata, context.fieldManager, context.taken);
  return mustLook ? { is: 'look', exists: true } : { is: 'certain', exists: true, before: live.object };
}

function isStale(record: AppliedRecord, context: StageContext): boolean {
  return context.now() - record.checkedAt >= context.fullCheckAfterMs;
}

/**
 * Whether the live object still is what our last apply left. The generation counts changes of everything but metadata
 * and status; kinds without one have their resource version, which counts everything.
 */
function isUntouched(manifest: KubeObject, record: AppliedRecord, live: KubeObject): boolean {
  const now = live.metadata;
  const then = record.metadata;
  if (now.uid !== then.uid || now.deletionTimestamp !== undefined) return false;
  if (now.resourceVersion === then.resourceVersion) return true;
  if (now.generation === undefined || now.generation !== then.generation) return false;
  return (
    includesMap(now.labels, manifest.metadata.labels) && includesMap(now.annotations, manifest.metadata.annotations)
  );
}

async function lookLightly(member: Member, context: StageContext): Promise<Standing> {
  const { ref, object, controls, standing } = member;
  if (standing.is !== 'light') return standing;
  const { client, signal } = context;
  let live: KubeObject | undefined;
  try {
    live = await client.find(ref, ref.name, ref.namespace, { metadataOnly: true, signal });
  } catch {
    signal?.throwIfAborted();
    return { is: 'look', exists: undefined };
  }
  if (live === undefined) return { is: 'certain', exists: false };
  if (isLeftAlone(controls, readControls(live.metadata, context.controlGroup))) return done(member, 'skipped');
  return isUntouched(object, standing.record, live) ? done(member, 'unchanged') : { is: 'look', exists: true };
}

/** Has the server check the object in a dry run, and decides from its answer. */
async function check(member: Member, context: StageContext): Promise<Standing> {
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
  // Of an object that may not exist the dry run comes first: its answer tells whether a second request is needed.
  let live: KubeObject | undefined;
  if (standing.is === 'look' && (standing.exists === true || context.migrateApiVersion)) {
    live = await readLive(member, context);
    if (live !== undefined && isLeftAlone(member.controls, readControls(live.metadata, context.controlGroup))) {
      return done(member, 'skipped', live);
    }
    if (live !== undefined && context.migrateApiVersion) live = await migrate(member, live, context);
  }
  let answer: KubeObject;
  try {
    answer = await dryRun(object, context);
  } catch (error) {
    live ??= await readLive(member, context);
    if (live !== undefined && isLeftAlone(member.controls, readControls(live.metadata, context.controlGroup))) {
      return done(member, 'skipped', live);
    }
    return planRecreate(member, error, live, context);
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

/** The live object, or undefined when there is none or it cannot be read: then the dry run has the last word. */
async function readLive(member: Member, context: StageContext): Promise<KubeObject | undefined> {
  const { ref } = member;
  try {
    return await context.client.get(ref, ref.name, ref.namespace, { signal: context.signal });
  } catch {
    context.signal?.throwIfAborted();
    return undefined;
  }
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

function dryRun(object: KubeObject, context: StageContext): Promise<KubeObject> {
  const { client, fieldManager, signal } = context;
  const send = () => client.apply(object, { dryRun: true, force: true, fieldManager, signal });
  return isFresh(object, context) ? retryFreshKind(send, signal) : send();
}

function isFresh(object: KubeObject, context: StageContext): boolean {
  return context.freshKinds.size > 0 && context.freshKinds.has(`${groupOf(object.apiVersion)}/${object.kind}`);
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

function mayRecreate(member: Member, error: unknown, live: KubeObject | undefined, context: StageContext): boolean {
  if (live === undefined || !(error instanceof ApiError)) return false;
  const isForced =
    context.force || member.controls.isForced || readControls(live.metadata, context.controlGroup).isForced;
  if (!isForced) return false;
  return error.reason === 'Conflict' || error.reason === 'Invalid' || immutableText.test(error.message);
}

async function write(member: Member, context: StageContext, unchecked: boolean): Promise<ChangeEntry> {
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

function realApply(object: KubeObject, context: StageContext): Promise<KubeObject> {
  const { client, fieldManager, signal } = context;
  const send = () => client.apply(object, { force: true, fieldManager, signal });
  return isFresh(object, context) ? retryFreshKind(send, signal) : send();
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

function remember(member: Member, live: KubeObject, context: StageContext): void {
  context.observed.record(member.ref, {
    digest: member.digest,
    metadata: slimMetadata(live.metadata),
    checkedAt: context.now(),
    wasCurrent: false,
  });
}

function done(member: Member, action: Action, live?: KubeObject): Standing {
  return { is: 'done', entry: entry(member, action, live) };
}

function entry(member: Member, action: Action, live?: KubeObject): ChangeEntry {
  const { object, ref } = member;
  const spec = object.spec as { ttlSecondsAfterFinished?: unknown } | undefined;
  const hasTtl = object.kind === 'Job' && spec?.ttlSecondsAfterFinished !== undefined;
  return { ref, subject: formatRef(ref), action, ...(live && { live }), ...(hasTtl && { hasTtl }) };
}
