import { type ChangeEntry, isChange, type ObjectRef, type StatusReader } from '@fluvial/apply';
import { getCondition, isTrue } from '@fluvial/conditions';
import { formatDuration, WaitCutError } from '@fluvial/runtime';
import { messageOf, StepError } from './errors.ts';
import { type KustomizationObject, namespaceOf } from './kustomization-object.ts';
import { type PipelineRun, roundMs } from './pipeline-run.ts';

/**
 * Waits until what was applied (or named) is healthy, and says so in the condition Healthy.
 *
 * @throws {StepError} `HealthCheckFailed`; {HealthCheckCanceledError}; {WaitCutError} the process stops
 */
export async function checkHealth(
  run: PipelineRun,
  changes: readonly ChangeEntry[],
  { timeoutMs, suffix }: { readonly timeoutMs: number; readonly suffix: string },
): Promise<void> {
  const { object, source, target, parts, ctx, ended } = run;
  const changed = changes.some(isChange);
  const targets = healthTargets(object, changes);
  if (targets.length === 0) {
    ctx.deleteCondition('Healthy');
    return;
  }
  const wasHealthy = isTrue(object as never, 'Healthy');
  const previous = getCondition(object as never, 'Healthy');
  const isNewRevision = object.status?.lastAppliedRevision !== source.revision;
  const startedAt = ctx.clock.monotonic();
  const message = `Running health checks ${suffix}`;
  ctx.progress(message);
  ctx.setCondition('Healthy', 'Unknown', 'Progressing', message);
  const isForeign = object.spec.kubeConfig !== undefined || target.serviceAccount !== undefined;
  const { CancelHealthCheckOnNewRevision: cancels, DisableFailFastBehavior: waitsForAll } = parts.options.gates;
  try {
    await ctx.wait((signal) =>
      target.applier.waitForReady(targets, {
        timeoutMs,
        signal: cancels ? AbortSignal.any([signal, ctx.woken]) : signal,
        failFast: !waitsForAll,
        readers: isForeign ? parts.readers : parts.readers.map(exceptJobs),
      }),
    );
  } catch (error) {
    if (ctx.signal.aborted || error instanceof WaitCutError) throw error;
    if (cancels && ctx.woken.aborted) throw new HealthCheckCanceledError(ctx.woken.reason as Trigger);
    const text = messageOf(error);
    const elapsed = formatDuration(roundMs(ctx.clock.monotonic() - startedAt));
    ctx.setCondition('Healthy', 'False', 'HealthCheckFailed', text);
    ended('HealthCheckFailed');
    throw new StepError('HealthCheckFailed', `health check failed after ${elapsed}: ${text}`, { cause: error });
  }
  const passed = `Health check passed in ${formatDuration(roundMs(ctx.clock.monotonic() - startedAt))}`;
  if (!wasHealthy || (isNewRevision && changed)) parts.emit(ctx, object, 'info', passed, source);
  // The time that a check of nothing new took is no news.
  ctx.setCondition('Healthy', 'True', 'Succeeded', wasHealthy && !changed ? (previous?.message ?? passed) : passed);
}

/** Flux asks its own rule about Jobs before the owner's, but for other clusters and identities, where it is the reverse. */
function exceptJobs(reader: StatusReader): StatusReader {
  return (object) => (object.kind === 'Job' && object.apiVersion.startsWith('batch/') ? undefined : reader(object));
}

interface Trigger {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Something newer is waiting: this run's health check is moot. */
export class HealthCheckCanceledError extends Error {
  override readonly name = 'HealthCheckCanceledError';
  readonly trigger: string;

  constructor({ kind, namespace, name }: Trigger) {
    const trigger = `${kind}/${namespace}/${name}`;
    super(`New reconciliation triggered by ${trigger}`);
    this.trigger = trigger;
  }
}

/** What is waited for: with `wait` everything that was applied, else the named objects. Never the owner itself. */
function healthTargets(object: KustomizationObject, changes: readonly ChangeEntry[]): (ObjectRef | ChangeEntry)[] {
  const isOwner = (ref: ObjectRef) =>
    ref.kind === 'Kustomization' &&
    ref.apiVersion.startsWith('kustomize.toolkit.fluxcd.io/') &&
    ref.name === object.metadata.name &&
    ref.namespace === namespaceOf(object);
  if (object.spec.wait) return changes.filter((change) => change.action !== 'skipped' && !isOwner(change.ref));
  return (object.spec.healthChecks ?? [])
    .map(
      (check): ObjectRef => ({
        apiVersion: check.apiVersion || 'apps/v1',
        kind: check.kind,
        name: check.name,
        namespace: check.namespace ?? '',
      }),
    )
    .filter((ref) => !isOwner(ref));
}
