import {
  ApplyError,
  type ChangeEntry,
  formatChanges,
  formatFailure,
  type InventoryEntry,
  inventoryOf,
  isChange,
} from '@fluvial/apply';
import { ArtifactError } from '@fluvial/artifact';
import { formatDuration, requestedAtAnnotation } from '@fluvial/runtime';
import { artifactTree } from './artifact-tree.ts';
import { directoryOf } from './build-manifests.ts';
import { buildFor } from './build-step.ts';
import { checkHealth } from './check-health.ts';
import { messageOf, StepError, TargetError, WaitingError } from './errors.ts';
import { isToldAlready, recordRun } from './history.ts';
import { compileIgnoreRules } from './ignore-rules.ts';
import {
  intervalMsOf,
  type KustomizationObject,
  type KustomizationStatus,
  timeoutMsOf,
} from './kustomization-object.ts';
import {
  type CachedBuild,
  type Context,
  originOf,
  type PipelineParts,
  type PipelineRun,
  roundMs,
} from './pipeline-run.ts';
import { prune } from './prune-step.ts';
import type { SourceArtifact } from './resolve-source.ts';
import type { Target } from './targets.ts';
import { isObservedReady } from './watches.ts';

/** `moved`: the revision is new, and nothing in it is about this owner. */
export type Outcome = 'applied' | 'moved';

/**
 * Fetches, builds, applies, prunes and waits for one revision, and leaves the status as each step decides it.
 *
 * @throws {StepError} with the Ready reason; {WaitingError} when the artifact is not served (yet)
 */
export async function runPipeline(
  object: KustomizationObject,
  source: SourceArtifact,
  parts: PipelineParts,
  ctx: Context,
): Promise<Outcome> {
  const startedAt = ctx.clock.monotonic();
  const { revision } = source;
  const timeoutMs = timeoutMsOf(object.spec);
  const suffix = `for revision ${revision} with a timeout of ${formatDuration(timeoutMs)}`;
  object.status ??= {};
  const status = object.status;
  ctx.setCondition('Ready', 'Unknown', 'Progressing', 'Reconciliation in progress');
  ctx.progress(`Fetching manifests ${suffix}`);
  const before = (status.inventory?.entries ?? []) as readonly InventoryEntry[];

  const tree = await fetchTree(source, parts, ctx);
  let build: CachedBuild;
  let target: Target;
  try {
    const { fs } = artifactTree(tree.dir, tree.digest);
    const dir = directoryOf(fs, object.spec.path);
    if (fs.stat(dir) === undefined) {
      throw new StepError('ArtifactFailed', `kustomization path not found: stat ${dir}: no such file or directory`);
    }
    status.lastAttemptedRevision = revision;
    ctx.progress(`Building manifests ${suffix}`);
    target = await targetOf(object, parts, ctx);
    build = await buildFor(object, source, tree, parts, ctx);
  } finally {
    tree.release();
  }

  const ended = (reason: string) =>
    recordHistory(status, {
      digest: build.digest,
      reason,
      source,
      durationMs: ctx.clock.monotonic() - startedAt,
      nowMs: ctx.clock.now(),
    });

  if (isAboutOthers(ctx.before, build, source, parts, ctx)) {
    // What the steps so far have said of a run under way is taken back: there was none.
    status.conditions = ctx.before.status?.conditions?.map((condition) => ({ ...condition })) ?? [];
    settle(object, source, ctx);
    ended('ReconciliationSucceeded');
    return 'moved';
  }

  ctx.progress(`Detecting drift ${suffix}`);
  if (build.encrypted !== undefined) {
    ended('ReconciliationFailed');
    throw new StepError('ReconciliationFailed', build.encrypted);
  }
  // What is applied without the finalizer would stay when the owner goes.
  await ctx.claimed();
  build.appliedAt = undefined;
  const run: PipelineRun = { object, source, target, build, parts, ctx, ended };
  const changes = await applyBuild(run);
  const changed = changes.some(isChange);
  const entries = inventoryOf(changes);
  status.inventory = { entries };
  await prune(run, before, entries);
  await checkHealth(run, changes, { timeoutMs, suffix });

  settle(object, source, ctx);
  build.appliedAt = ctx.clock.monotonic();
  const told = { digest: build.digest, status: 'ReconciliationSucceeded', revision, nowMs: ctx.clock.now() };
  if (changed || !isOfItself(ctx.before) || !isToldAlready(ctx.before.status?.history, told))
    ended('ReconciliationSucceeded');
  return 'applied';
}

function settle(object: KustomizationObject, { revision, originRevision }: SourceArtifact, ctx: Context): void {
  const status = object.status as KustomizationStatus;
  status.lastAttemptedRevision = revision;
  status.lastAppliedRevision = revision;
  if (originRevision) status.lastAppliedOriginRevision = originRevision;
  else delete status.lastAppliedOriginRevision;
  ctx.markReady('ReconciliationSucceeded', `Applied revision: ${revision}`);
}

/**
 * Whether the new revision asks nothing of this owner: it gives the build that the last run has brought to the cluster,
 * the owner is well, and nobody asked for this run. The look at the cluster that each interval owes is not put off.
 */
function isAboutOthers(
  before: KustomizationObject,
  build: CachedBuild,
  { revision }: SourceArtifact,
  { handovers }: PipelineParts,
  ctx: Context,
): boolean {
  const { status } = before;
  if (build.appliedAt === undefined || status?.lastAppliedRevision === undefined) return false;
  if (status.lastAppliedRevision === revision || status.lastAttemptedRevision !== status.lastAppliedRevision)
    return false;
  if (!isOfItself(before) || handovers.isWaiting(ctx.key)) return false;
  return ctx.clock.monotonic() - build.appliedAt < intervalMsOf(before.spec);
}

async function applyBuild({ object, source, target, build, parts, ctx, ended }: PipelineRun) {
  const { revision } = source;
  let changes: readonly ChangeEntry[];
  try {
    changes = await target.applier.applySet(build.prepared, {
      force: object.spec.force ?? false,
      ignore: compileIgnoreRules(object.spec.ignore),
      fullCheck: isRequested(ctx.before),
      signal: ctx.signal,
    });
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    ended('ReconciliationFailed');
    const known = error instanceof ApplyError ? error : undefined;
    const isRefused = known !== undefined && known.code !== 'STAGE_WAIT';
    const message = build.redact(isRefused ? formatFailure(known.message, known.changes) : messageOf(error));
    throw new StepError('ReconciliationFailed', message, { cause: error, origin: originOf(build, known?.ref) });
  }
  const changed = changes.filter(isChange);
  if (changed.length > 0) {
    ctx.log.info('server-side apply completed', {
      output: parts.options.gates.GroupChangeLog ? groupByAction(changed) : byAction(changed),
      revision,
    });
    parts.emit(ctx, object, 'info', formatChanges(changes), source);
  }
  return changes;
}

function byAction(changes: readonly ChangeEntry[]): Record<string, string> {
  return Object.fromEntries(changes.map(({ subject, action }) => [subject, action]));
}

function groupByAction(changes: readonly ChangeEntry[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const { subject, action } of changes) {
    groups[action] ??= [];
    groups[action].push(subject);
  }
  return groups;
}

/** Whether a run came by its interval alone, over an object that is well. */
function isOfItself(object: KustomizationObject): boolean {
  return !isRequested(object) && isObservedReady(object);
}

/**
 * Somebody asked for this run. A change of theirs a moment ago may not have reached our watches yet, so nothing is
 * taken for unchanged without asking the server.
 */
function isRequested(object: KustomizationObject): boolean {
  const requested = object.metadata.annotations?.[requestedAtAnnotation];
  return requested !== undefined && requested !== object.status?.lastHandledReconcileAt;
}

async function fetchTree(source: SourceArtifact, { fetchCache, options }: PipelineParts, ctx: Context) {
  const { url, digest } = source.artifact;
  try {
    return await fetchCache.acquire({ url, digest }, { signal: ctx.signal });
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    if (error instanceof ArtifactError && error.code === 'NOT_FOUND') {
      const message = `Source is not ready, artifact not found, retrying in ${formatDuration(options.requeueDependencyMs)}`;
      throw new WaitingError('ArtifactFailed', message, options.requeueDependencyMs);
    }
    throw new StepError('ArtifactFailed', messageOf(error), { cause: error });
  }
}

async function targetOf(object: KustomizationObject, parts: PipelineParts, ctx: Context): Promise<Target> {
  try {
    return await parts.targets.of(object, ctx.signal);
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    throw new StepError('ReconciliationFailed', error.message, {
      cause: error,
      eventMessage: `failed to build kube client: ${error.message}`,
    });
  }
}

function recordHistory(
  status: KustomizationStatus,
  run: { digest: string; reason: string; source: SourceArtifact; durationMs: number; nowMs: number },
): void {
  status.history = recordRun(status.history, {
    digest: run.digest,
    nowMs: run.nowMs,
    duration: formatDuration(roundMs(run.durationMs)),
    status: run.reason,
    revision: run.source.revision,
    originRevision: run.source.originRevision,
  });
}
