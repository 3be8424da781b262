import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  ApplyError,
  type ChangeEntry,
  diffInventory,
  formatChanges,
  formatFailure,
  formatPruned,
  type InventoryEntry,
  inventoryId,
  inventoryOf,
  isChange,
  prepareObjects,
} from '@fluvial/apply';
import { ArtifactError } from '@fluvial/artifact';
import { isNotFound } from '@fluvial/kube';
import { formatDuration, requestedAtAnnotation, WorkerError } from '@fluvial/runtime';
import { stringifyJson } from '@fluvial/yaml';
import { artifactTree } from './artifact-tree.ts';
import {
  BuildError,
  type BuildInput,
  type BuildOutput,
  buildKey,
  buildManifests,
  buildSpecOf,
  directoryOf,
} from './build-manifests.ts';
import { checkHealth } from './check-health.ts';
import { findEncrypted, findEncryptedSecret } from './encrypted-secret.ts';
import { messageOf, StepError, WaitingError } from './errors.ts';
import { isToldAlready, recordRun } from './history.ts';
import { compileIgnoreRules } from './ignore-rules.ts';
import {
  type KustomizationObject,
  type KustomizationStatus,
  namespaceOf,
  timeoutMsOf,
} from './kustomization-object.ts';
import { type CachedBuild, type Context, type PipelineParts, type PipelineRun, roundMs } from './pipeline-run.ts';
import type { SourceArtifact } from './resolve-source.ts';
import { readVariables } from './substitute.ts';
import { type Target, TargetError } from './targets.ts';
import { assertDecrypted } from './unsupported.ts';
import { isObservedReady } from './watches.ts';

/** Artifacts larger than this are built in a worker thread: smaller ones cost less than the way there. */
const inlineBytes = 256 * 1024;
const buildTimeoutMs = 120_000;
const buildModule = new URL('./build-manifests.worker.js', import.meta.url);
// Absent when the sources run as they are, and in a bundle that was made without this entry.
const hasBuildModule = existsSync(buildModule);

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
): Promise<void> {
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
    build = await buildFor(object, source, tree.dir, parts, ctx);
    if (object.spec.decryption) assertDecrypted(build.needsDecryption);
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

  ctx.progress(`Detecting drift ${suffix}`);
  if (build.encrypted !== undefined) {
    ended('ReconciliationFailed');
    throw new StepError('ReconciliationFailed', build.encrypted);
  }
  // What is applied without the finalizer would stay when the owner goes.
  await ctx.claimed();
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
    const done = error instanceof ApplyError ? error.changes : [];
    const isRefused = error instanceof ApplyError && error.code !== 'STAGE_WAIT';
    const message = isRefused ? formatFailure(error.message, done) : messageOf(error);
    throw new StepError('ReconciliationFailed', message, { cause: error });
  }
  const changed = changes.some(isChange);
  if (changed) {
    const output = Object.fromEntries(changes.filter(isChange).map(({ subject, action }) => [subject, action]));
    ctx.log.info('server-side apply completed', { output, revision });
    parts.emit(ctx, object, 'info', formatChanges(changes), source);
  }

  const entries = inventoryOf(changes);
  status.inventory = { entries };
  const run: PipelineRun = { object, source, target, parts, ctx, ended };
  await prune(run, before, entries);
  await checkHealth(run, changes, { timeoutMs, suffix });

  status.lastAppliedRevision = revision;
  if (source.originRevision) status.lastAppliedOriginRevision = source.originRevision;
  else delete status.lastAppliedOriginRevision;
  ctx.markReady('ReconciliationSucceeded', `Applied revision: ${revision}`);
  const told = { digest: build.digest, status: 'ReconciliationSucceeded', revision, nowMs: ctx.clock.now() };
  if (changed || !isOfItself(ctx.before) || !isToldAlready(ctx.before.status?.history, told))
    ended('ReconciliationSucceeded');
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

/** The prepared objects for this input: those of the last run when nothing that shapes them has changed. */
async function buildFor(
  object: KustomizationObject,
  source: SourceArtifact,
  dir: string,
  parts: PipelineParts,
  ctx: Context,
): Promise<CachedBuild> {
  const { spec } = object;
  await readDecryptionSecret(object, ctx);
  const variables = await readVariables(spec, namespaceOf(object), ctx.kube, ctx.signal);
  const strict = parts.options.gates.StrictPostBuildSubstitutions;
  const input: BuildInput = { dir, digest: source.artifact.digest, spec: buildSpecOf(spec), variables, strict };
  const owner = { name: object.metadata.name, namespace: namespaceOf(object) };
  const key = createHash('sha256')
    .update(buildKey(input))
    .update(stringifyJson([owner, spec.commonMetadata ?? null]))
    .digest('hex');
  const id = object.metadata.uid ?? `${owner.namespace}/${owner.name}`;
  const cached = parts.builds.get(id);
  if (cached?.key === key) return cached;
  const output = await runBuild(input, source.artifact.size ?? 0, ctx);
  const commonMetadata = spec.commonMetadata ? { commonMetadata: spec.commonMetadata } : {};
  const build: CachedBuild = {
    key,
    digest: output.digest,
    prepared: prepareObjects(output.objects, { owner, ...commonMetadata }),
    encrypted: findEncryptedSecret(output.objects),
    needsDecryption: findEncrypted(output.objects),
  };
  parts.builds.set(id, build);
  return build;
}

/** The keys are of no use yet, but a Secret that is not there is said to be missing all the same. */
async function readDecryptionSecret(object: KustomizationObject, ctx: Context): Promise<void> {
  const name = object.spec.decryption?.secretRef?.name;
  if (!name) return;
  const namespace = namespaceOf(object);
  try {
    await ctx.kube.get({ apiVersion: 'v1', kind: 'Secret' }, name, namespace, {
      metadataOnly: true,
      signal: ctx.signal,
    });
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    const text = messageOf(error);
    const message = isNotFound(error) ? text : `cannot get sops decryption Secret '${namespace}/${name}': ${text}`;
    throw new StepError('BuildFailed', message, { cause: error });
  }
}

async function runBuild(input: BuildInput, bytes: number, ctx: Context): Promise<BuildOutput> {
  try {
    if (!hasBuildModule || bytes < inlineBytes) return buildManifests(input);
    return await ctx.workers.run<BuildOutput>({
      module: buildModule,
      task: 'buildManifests',
      input,
      timeoutMs: buildTimeoutMs,
      signal: ctx.signal,
    });
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    if (error instanceof BuildError || error instanceof WorkerError)
      throw new StepError('BuildFailed', error.message, { cause: error });
    throw error;
  }
}

async function prune(run: PipelineRun, before: readonly InventoryEntry[], entries: InventoryEntry[]): Promise<void> {
  const { object, source, target, parts, ctx, ended } = run;
  const stale = diffInventory(before, entries);
  if (stale.length === 0 || !object.spec.prune) return;
  const owner = { name: object.metadata.name, namespace: namespaceOf(object) };
  try {
    const pruned = await target.applier.prune(stale, { owner, signal: ctx.signal });
    const text = formatPruned(pruned);
    if (text !== '') {
      ctx.log.info('garbage collection completed', { output: text.split('\n'), revision: source.revision });
      parts.emit(ctx, object, 'info', text, source);
    }
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    // What is still there stays ours, so that the next run tries again.
    const done = new Set((error instanceof ApplyError ? error.changes : []).map(({ ref }) => inventoryId(ref)));
    (object.status as KustomizationStatus).inventory = {
      entries: [...entries, ...stale.filter(({ id }) => !done.has(id))],
    };
    ended('PruneFailed');
    throw new StepError('PruneFailed', messageOf(error), { cause: error });
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
