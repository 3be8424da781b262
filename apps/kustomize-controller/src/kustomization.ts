import type { StatusReader } from '@fluvial/apply';
import { createFetchCache, type FetchCache } from '@fluvial/artifact';
import { getCondition, isTrue } from '@fluvial/conditions';
import type { KubeClient } from '@fluvial/kube';
import {
  type Clock,
  type Controller,
  equalJson,
  formatDuration,
  type Logger,
  type ReconcileContext,
  ReconcileError,
  type Result,
  TerminalError,
  type TokenCacheMetrics,
} from '@fluvial/runtime';
import { assertGatesAllow } from './kustomization/assert-gates.ts';
import { checkDependencies, dependencyReader, hintAbout } from './kustomization/check-dependencies.ts';
import { HealthCheckCanceledError } from './kustomization/check-health.ts';
import { HeldError, messageOf, StepError, WaitingError } from './kustomization/errors.ts';
import { finalizeKustomization } from './kustomization/finalize.ts';
import { createHandovers } from './kustomization/handovers.ts';
import { compileHealthExprs, InvalidExpressionError } from './kustomization/health-exprs.ts';
import {
  controllerName,
  groupName,
  intervalMsOf,
  type KustomizationObject,
  kustomizationKind,
  namespaceOf,
  retryMsOf,
  statusManager,
} from './kustomization/kustomization-object.ts';
import { type CachedBuild, type PipelineParts, roundMs } from './kustomization/pipeline-run.ts';
import { confirmAnnotation, guardAnnotation } from './kustomization/prune-guard.ts';
import { isHeldAlready } from './kustomization/prune-step.ts';
import { artifactOf, resolveSource, type SourceArtifact, SourceNotFoundError } from './kustomization/resolve-source.ts';
import { runPipeline } from './kustomization/run-pipeline.ts';
import { createTargets } from './kustomization/targets.ts';
import { createTokenCache } from './kustomization/token-cache.ts';
import { indexes, watches } from './kustomization/watches.ts';
import type { Options } from './options.ts';

type Context = ReconcileContext<KustomizationObject>;

export interface KustomizationParts {
  readonly kube: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly options: Options;
  /** Variables of the process: what key services know it by. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly tokenCacheMetrics?: TokenCacheMetrics;
  /** Ends the watches on applied kinds. */
  readonly signal: AbortSignal;
  /** Default: one in `options.fetchDir`. The caller closes it. */
  readonly fetchCache?: FetchCache;
}

/** A new object may wait so long for its source or dependency before its status speaks of it. */
const quietMs = 1000;

/**
 * Reconciles Kustomizations: one artifact, built, applied, pruned and watched until healthy.
 *
 * Reads the source, the owners it depends on and the variables; writes whatever the artifact says. Runs again after
 * `spec.interval`, after `spec.retryInterval` when a step failed, and the moment that source, dependency, ConfigMap or
 * Secret change. Rule: the Kustomization v1 specification page.
 */
export function createKustomizationController(
  parts: KustomizationParts,
): Controller<KustomizationObject> & { close(): Promise<void> } {
  const { kube, clock, options, signal } = parts;
  const fetchCache =
    parts.fetchCache ??
    createFetchCache({
      dir: options.fetchDir,
      retries: options.httpRetry,
      rewriteUrl: (url) => rewriteUrl(url, options),
    });
  const tokens = createTokenCache({
    maxSize: options.tokenCacheMaxSize,
    maxAgeMs: options.tokenCacheMaxAgeMs,
    now: () => clock.now(),
    metrics: parts.tokenCacheMetrics,
  });
  const targets = createTargets({
    kube,
    options,
    signal,
    now: () => clock.monotonic(),
    wallClock: () => clock.now(),
    tokens,
  });
  const builds = new Map<string, CachedBuild>();
  const quietSince = new Map<string, number>();
  const handovers = createHandovers();
  /** Runs that found nothing of theirs in a new revision: they are no news. */
  const quiet = new WeakSet<Context>();
  const pipeline: Omit<PipelineParts, 'readers'> = {
    options,
    fetchCache,
    targets,
    builds,
    handovers,
    keyServices: { tokens, env: parts.env ?? {}, now: () => clock.now() },
    emit,
  };
  const sourcePolicy = {
    noCrossNamespaceRefs: options.noCrossNamespaceRefs,
    externalArtifacts: options.gates.ExternalArtifact,
    directFetch: options.gates.DirectSourceFetch,
  };

  /**
   * How long a new object need not say yet that something is missing, milliseconds: its source or dependency is usually
   * being made at the same time, and its change wakes us anyway.
   */
  function quietMsLeft(object: KustomizationObject): number {
    if (getCondition(object as never, 'Ready') !== undefined) return 0;
    const id = object.metadata.uid ?? '';
    const since = quietSince.get(id) ?? clock.monotonic();
    quietSince.set(id, since);
    return Math.max(0, quietMs - (clock.monotonic() - since));
  }

  async function reconcile(object: KustomizationObject, ctx: Context): Promise<Result> {
    const readers = expressionsOf(object);
    assertGatesAllow(object, options.gates);
    let source: SourceArtifact | undefined;
    try {
      source = artifactOf(await resolveSource(object, ctx, sourcePolicy));
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      const leftMs = error instanceof SourceNotFoundError ? quietMsLeft(object) : 0;
      if (leftMs > 0) return { next: 'after', afterMs: leftMs };
      ctx.markNotReady(error.reason, error.message);
      ctx.log.error(error, 'unable to get source');
      return error instanceof SourceNotFoundError
        ? { next: 'after', afterMs: retryMsOf(object.spec) }
        : { next: 'backoff' };
    }
    const waitMs = options.requeueDependencyMs;
    if (source === undefined) {
      const leftMs = quietMsLeft(object);
      if (leftMs > 0) return { next: 'after', afterMs: leftMs };
      const message = `Source artifact not found, retrying in ${formatDuration(waitMs)}`;
      ctx.markNotReady('ArtifactFailed', message);
      ctx.log.info(message);
      return { next: 'after', afterMs: waitMs };
    }
    if (object.spec.dependsOn?.length) {
      const waiting = await waitsFor(object, source, ctx);
      if (waiting !== undefined) {
        const leftMs = quietMsLeft(object);
        if (leftMs > 0) return { next: 'after', afterMs: leftMs };
        ctx.markNotReady('DependencyNotReady', waiting);
        emit(
          ctx,
          object,
          'info',
          `Dependencies do not meet ready condition, retrying in ${formatDuration(waitMs)}`,
          source,
        );
        ctx.log.info('Dependencies do not meet ready condition', { reason: waiting });
        return { next: 'after', afterMs: waitMs };
      }
    }
    quietSince.delete(object.metadata.uid ?? '');
    return runAndTranslate(object, source, readers, ctx);
  }

  async function waitsFor(
    object: KustomizationObject,
    source: SourceArtifact,
    ctx: Context,
  ): Promise<string | undefined> {
    const own = ctx.cached<KustomizationObject>(kustomizationKind);
    const read = dependencyReader(own.get, ctx.kube, ctx.signal);
    let waiting: string | undefined;
    try {
      waiting = await checkDependencies(object, source.revision, read, {
        additive: options.gates.AdditiveCELDependencyCheck,
      });
    } catch (error) {
      throw error instanceof InvalidExpressionError ? configurationError(error) : error;
    }
    if (waiting === undefined) return undefined;
    const hint = await hintAbout(object, waiting, {
      get: own.get,
      // Whoever may not refer to other namespaces is not told what is in them.
      list: () =>
        options.noCrossNamespaceRefs
          ? [...own.list()].filter((other) => namespaceOf(other) === namespaceOf(object))
          : own.list(),
      hasHelmRelease: (namespace, name) => hasHelmRelease(namespace, name, ctx),
    });
    return `${waiting}${hint}`;
  }

  async function runAndTranslate(
    object: KustomizationObject,
    source: SourceArtifact,
    readers: readonly StatusReader[],
    ctx: Context,
  ): Promise<Result> {
    try {
      if ((await runPipeline(object, source, { ...pipeline, readers }, ctx)) === 'moved') quiet.add(ctx);
      return { next: 'interval', afterMs: intervalMsOf(object.spec) };
    } catch (error) {
      if (ctx.signal.aborted || error instanceof ReconcileError) throw error;
      if (error instanceof WaitingError) {
        ctx.markNotReady(error.reason, error.message);
        ctx.log.info(error.message);
        return { next: 'after', afterMs: error.afterMs };
      }
      if (error instanceof HealthCheckCanceledError) {
        ctx.markNotReady('HealthCheckCanceled', error.message);
        ctx.setCondition('Healthy', 'False', 'HealthCheckCanceled', error.message);
        emit(
          ctx,
          object,
          'info',
          `Health checks canceled due to new reconciliation triggered by ${error.trigger}`,
          source,
        );
        return { next: 'now' };
      }
      const step =
        error instanceof StepError ? error : new StepError('ReconciliationFailed', messageOf(error), { cause: error });
      ctx.markNotReady(step.reason, step.message);
      // A run that waits for a person says so once.
      if (!(step instanceof HeldError && isHeldAlready(ctx.before, step.message)))
        emit(ctx, object, 'error', step.eventMessage, source, step.origin);
      const nextRun = formatDuration(retryMsOf(object.spec));
      ctx.log.error(step, `Reconciliation failed, next try in ${nextRun}`, {
        revision: source.revision,
        ...(step.origin ? { origin: step.origin } : {}),
      });
      return { next: 'after', afterMs: retryMsOf(object.spec) };
    }
  }

  return {
    name: 'kustomization',
    kind: kustomizationKind,
    fieldManager: statusManager,
    conditions: { owned: ['Healthy'] },
    observes: 'ready',
    indexes,
    watches: watches({
      handovers,
      externalArtifacts: options.gates.ExternalArtifact,
      configsLabelSelector: options.gates.DisableConfigWatchers ? undefined : options.configsLabelSelector,
    }),
    /** Removes the unpacked artifacts and closes connections to other clusters; after the last run. */
    async close() {
      await Promise.all([fetchCache.close(), targets.close()]);
    },
    reconcile,
    /** A prune that was held goes on when it is confirmed, or not guarded any more. */
    wakesOnOwnChange: ({ object, old }) =>
      [confirmAnnotation, guardAnnotation].some(
        (key) => object.metadata.annotations?.[key] !== old?.metadata.annotations?.[key],
      ),
    async finalize(object, ctx) {
      await finalizeKustomization(
        object,
        { targets, emit: (severity, message) => emitApplied(ctx, object, severity, message) },
        ctx,
      );
      builds.delete(object.metadata.uid ?? '');
      tokens.forgetObject({ kind: 'Kustomization', name: object.metadata.name, namespace: namespaceOf(object) });
      handovers.forget(ctx.key);
      quietSince.delete(object.metadata.uid ?? '');
    },
    afterRun(object, { result, suspended, durationMs }, ctx) {
      if (suspended || result?.next !== 'interval' || !isTrue(object as never, 'Ready')) return;
      const message = `Reconciliation finished in ${formatDuration(roundMs(durationMs))}, next run in ${formatDuration(intervalMsOf(object.spec))}`;
      ctx.log.info(message, { revision: object.status?.lastAppliedRevision });
      // Nothing new in the history, nothing to tell.
      if (quiet.has(ctx) || equalJson(object.status?.history, ctx.before.status?.history)) return;
      emitApplied(ctx, object, 'info', message, { [`${groupName}/commit_status`]: 'update' });
    },
  };
}

const helmReleaseKind = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease' };

async function hasHelmRelease(namespace: string, name: string, { kube, signal }: Context): Promise<boolean> {
  try {
    return (await kube.find(helmReleaseKind, name, namespace, { metadataOnly: true, signal })) !== undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    // Not installed, or not ours to read: then there is nothing to say of it.
    return false;
  }
}

/** The health expressions of the spec. @throws {TerminalError} `InvalidCELExpression` */
function expressionsOf(object: KustomizationObject): StatusReader[] {
  try {
    const reader = compileHealthExprs(object.spec.healthCheckExprs);
    return reader ? [reader] : [];
  } catch (error) {
    throw error instanceof InvalidExpressionError ? configurationError(error) : error;
  }
}

function configurationError(error: InvalidExpressionError): TerminalError {
  const message = `Reconciliation failed terminally due to configuration error: terminal error: ${error.message}`;
  return new TerminalError(message, { reason: 'InvalidCELExpression', cause: error });
}

/** An event about the revision at hand. Its reason is that of Ready. */
function emit(
  ctx: Context,
  object: KustomizationObject,
  severity: 'info' | 'error',
  message: string,
  source: SourceArtifact,
  origin?: string,
): void {
  // Where in the artifact the mistake is. The text stays Flux's.
  const extra: Record<string, string> = origin ? { [`${groupName}/origin`]: origin } : {};
  send(ctx, object, severity, message, source.revision, source.originRevision, extra);
}

/** An event about the revision that is applied. */
function emitApplied(
  ctx: Context,
  object: KustomizationObject,
  severity: 'info' | 'error',
  message: string,
  extra: Record<string, string> = {},
): void {
  const { lastAppliedRevision = '', lastAppliedOriginRevision = '' } = object.status ?? {};
  send(ctx, object, severity, message, lastAppliedRevision, lastAppliedOriginRevision, extra);
}

function send(
  ctx: Context,
  object: KustomizationObject,
  severity: 'info' | 'error',
  message: string,
  revision: string,
  originRevision: string,
  extra: Record<string, string>,
): void {
  const metadata: Record<string, string> = { ...extra };
  if (revision) metadata[`${groupName}/revision`] = revision;
  if (originRevision) metadata[`${groupName}/originRevision`] = originRevision;
  const reason = getCondition(object as never, 'Ready')?.reason ?? severity;
  ctx.event({ severity, reason, message, metadata });
}

/** Where an artifact is fetched from when the controller runs outside of the cluster. */
export function rewriteUrl(
  url: string,
  { sourceHost, sourceWatcherHost }: Pick<Options, 'sourceHost' | 'sourceWatcherHost'>,
): string {
  const host = url.includes('//source-watcher') ? sourceWatcherHost : sourceHost;
  if (!host) return url;
  const parsed = new URL(url);
  const [name, port = ''] = host.split(/:(?=\d+$)/);
  parsed.hostname = name as string;
  parsed.port = port;
  return parsed.href;
}

export { controllerName };
