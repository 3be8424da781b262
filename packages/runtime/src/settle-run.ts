import {
  type ConditionedObject,
  deleteCondition,
  failedReason,
  getCondition,
  isFalse,
  isReady,
  isTrue,
  markNotReady,
  markReconciling,
  markStalled,
  progressingWithRetryReason,
  readyType,
  reconcilingType,
  setCondition,
  stalledType,
  summarizeReady,
} from '@fluvial/conditions';
import type { KubeObject } from '@fluvial/kube';
import type { ConditionPolicy, Result } from './controller.ts';
import { ReconcileError, StallingError, TerminalError, TransientError } from './errors.ts';
import { errorText } from './logger.ts';

/** Clients ask for a run by changing the value of this annotation. */
export const requestedAtAnnotation = 'reconcile.fluxcd.io/requestedAt';

/** How a run went, before its status is settled. */
export interface RunOutcome {
  readonly result: Result | undefined;
  readonly error: unknown;
  readonly suspended: boolean;
}

/** What the queue does with the key. */
export type Requeue =
  | { readonly action: 'never' }
  | { readonly action: 'now' }
  | { readonly action: 'backoff' }
  | { readonly action: 'after'; readonly afterMs: number; readonly jitter: boolean };

export interface SettlePolicy {
  readonly conditions: ConditionPolicy;
  readonly observes: 'settled' | 'ready';
}

/**
 * Brings the status of an object into the state that its run ended in: conditions of the error, ProgressingWithRetry,
 * observedGeneration, lastHandledReconcileAt, the Ready summary.
 *
 * Changes `object.status`. The answer tells when to come back, and the error that remains.
 * Rule: Flux, finalisation of a source and of a Kustomization; they differ in when observedGeneration moves.
 */
export function settleRun(
  object: KubeObject,
  { result, error, suspended }: RunOutcome,
  { conditions, observes }: SettlePolicy,
  nowMs: number,
): { readonly requeue: Requeue; readonly error: unknown } {
  const subject = object as unknown as ConditionedObject;
  subject.status ??= {};
  const status = subject.status as Record<string, unknown>;
  const requested = object.metadata.annotations?.[requestedAtAnnotation];
  if (requested !== undefined) status['lastHandledReconcileAt'] = requested;

  if (error !== undefined) showError(subject, error, conditions, nowMs);
  const stalled = error instanceof StallingError || error instanceof TerminalError;
  const requeues = result !== undefined && result.next !== 'interval' && result.next !== 'never';
  const succeeded = error === undefined && !suspended && !requeues;

  if (observes === 'settled') {
    if (error === undefined && (succeeded || suspended)) deleteCondition(subject, stalledType);
    if (succeeded) deleteCondition(subject, reconcilingType);
    else retrying(subject, nowMs);
    if ((stalled || (error === undefined && !requeues)) && (subject.status.conditions?.length ?? 0) > 0) {
      status['observedGeneration'] = object.metadata.generation;
    }
  } else {
    if (isTrue(subject, readyType)) {
      deleteCondition(subject, reconcilingType);
      status['observedGeneration'] = object.metadata.generation;
    } else if (isFalse(subject, readyType)) retrying(subject, nowMs);
    if (stalled && error.observed) status['observedGeneration'] = object.metadata.generation;
  }

  if (conditions.summary) {
    const negative = [...(conditions.negative ?? []), stalledType, reconcilingType];
    const order = [...conditions.summary];
    for (const type of [stalledType, reconcilingType]) if (!order.includes(type)) order.push(type);
    summarizeReady(subject, { order, negative }, nowMs);
  }

  // A run that claims success while its status says otherwise would sleep for a whole interval.
  if (conditions.summary && error === undefined && result?.next === 'interval' && !isReady(subject)) {
    const message = getCondition(subject, readyType)?.message ?? 'the object is not ready after a successful run';
    return { requeue: { action: 'backoff' }, error: new TransientError(message, { event: 'none' }) };
  }
  return { requeue: planRequeue(result, error, suspended), error };
}

function showError(subject: ConditionedObject, error: unknown, policy: ConditionPolicy, nowMs: number): void {
  const message = errorText(error);
  const known = error instanceof ReconcileError ? error : undefined;
  const reason = known?.reason ?? failedReason;
  if (known?.condition) setCondition(subject, { type: known.condition, status: 'True', reason, message }, nowMs);
  if (known instanceof StallingError || known instanceof TerminalError) {
    markStalled(subject, reason, message, nowMs);
    if (!policy.summary) markNotReady(subject, reason, message, nowMs);
    return;
  }
  deleteCondition(subject, stalledType);
  if (!policy.summary) markNotReady(subject, reason, message, nowMs);
  else if (known === undefined || (!known.condition && !isTrue(subject, reconcilingType))) {
    // Nothing else would say what is wrong.
    markReconciling(subject, progressingWithRetryReason, message, nowMs);
  }
}

function retrying(subject: ConditionedObject, nowMs: number): void {
  const reconciling = getCondition(subject, reconcilingType);
  if (reconciling?.status !== 'True') return;
  setCondition(subject, { ...reconciling, reason: progressingWithRetryReason }, nowMs);
}

function planRequeue(result: Result | undefined, error: unknown, suspended: boolean): Requeue {
  if (error instanceof StallingError || error instanceof TerminalError) return { action: 'never' };
  if (error instanceof TransientError && error.retryAfterMs !== undefined) {
    return { action: 'after', afterMs: error.retryAfterMs, jitter: false };
  }
  if (error !== undefined) return { action: 'backoff' };
  if (suspended || result === undefined) return { action: 'never' };
  switch (result.next) {
    case 'interval':
      return { action: 'after', afterMs: result.afterMs, jitter: true };
    case 'after':
      return { action: 'after', afterMs: result.afterMs, jitter: false };
    case 'backoff':
    case 'now':
    case 'never':
      return { action: result.next };
  }
}
