import { randomUUID } from 'node:crypto';
import {
  type Condition,
  type ConditionedObject,
  deleteCondition,
  markNotReady,
  markReady,
  markReconciling,
  markStalled,
  progressingReason,
  readyType,
  reconcilingType,
  setCondition,
  stalledType,
} from '@fluvial/conditions';
import {
  type Informer,
  isConflict,
  isInvalid,
  isNotFound,
  type KubeClient,
  type KubeObject,
  splitApiVersion,
} from '@fluvial/kube';
import type { Clock } from './clock.ts';
import type { Controller, KindRef, Lister, ObjectKey, ReconcileContext, Result } from './controller.ts';
import { ObjectGoneError, ReconcileError, TerminalError, WaitCutError } from './errors.ts';
import type { EventRecorder } from './events.ts';
import { cloneJson } from './json.ts';
import { errorText, type Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { type Requeue, settleRun } from './settle-run.ts';
import { StatusWriter } from './status-writer.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Finalizer of all Flux kinds. */
export const defaultFinalizer = 'finalizers.fluxcd.io';

/** A step that takes longer than this becomes visible in the status. */
const defaultProgressMs = 300;
const conflictRetries = 5;

export interface ObjectRunnerOptions<T extends KubeObject> {
  readonly controller: Controller<T>;
  readonly controllerName: string;
  readonly fieldManager: string;
  readonly kube: KubeClient;
  readonly informer: Informer<T>;
  readonly cached: <S extends KubeObject>(kind: KindRef) => Lister<S>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: EventRecorder;
  readonly metrics: Metrics;
  readonly workers: WorkerPool;
}

/** How one run ended, for the queue and the metrics. */
export interface RunEnd {
  readonly requeue: Requeue;
  readonly failed: boolean;
  /** The run began with putting the finalizer on a new object. */
  readonly addedFinalizer?: boolean;
}

/** How a run tells when it does without its worker. */
export interface WorkerHold {
  /** Only the status remains to be written: the next key's work may begin. */
  decided(): void;
  /** The run only waits from here on, until it comes back. */
  park(): void;
  comeBack(): void;
  /** Aborts when the process is asked to stop. */
  readonly stopping: AbortSignal;
}

const nothing: RunEnd = { requeue: { action: 'never' }, failed: false };

/** Runs the controller for one key at a time: everything that is the same for all kinds is here. */
export class ObjectRunner<T extends KubeObject> {
  readonly #options: ObjectRunnerOptions<T>;
  readonly #owned: ReadonlySet<string>;
  readonly #finalizer: string | null;
  readonly #kindLog: Logger;

  constructor(options: ObjectRunnerOptions<T>) {
    this.#options = options;
    const { controller } = options;
    this.#owned = new Set([...controller.conditions.owned, readyType, reconcilingType, stalledType]);
    this.#finalizer = controller.finalizer === undefined ? defaultFinalizer : controller.finalizer;
    this.#kindLog = options.log.with({
      controller: controller.name,
      controllerGroup: splitApiVersion(controller.kind.apiVersion)[0],
      controllerKind: controller.kind.kind,
    });
  }

  /**
   * One run. Never throws, whatever the controller does.
   */
  async run(key: ObjectKey, woken: AbortSignal, signal: AbortSignal, worker: WorkerHold): Promise<RunEnd> {
    const { controller, clock, metrics, informer } = this.#options;
    const startedAt = clock.monotonic();
    const object = informer.get(key.namespace === '' ? undefined : key.namespace, key.name);
    const labels = { kind: controller.kind.kind, name: key.name, namespace: key.namespace };
    if (object === undefined) {
      metrics.forgetObject(labels);
      return nothing;
    }
    const reconcileId = randomUUID();
    const log = this.#kindLog.with({
      [controller.kind.kind]: { name: key.name, namespace: key.namespace },
      namespace: key.namespace,
      name: key.name,
      reconcileID: reconcileId,
    });
    let end: RunEnd;
    const isNew = this.#finalizer !== null && !object.metadata.finalizers?.includes(this.#finalizer);
    try {
      end = await this.#run(object, { key, woken, signal, log, reconcileId, startedAt, worker });
    } catch (error) {
      if (signal.aborted) return nothing;
      log.error(error, 'Reconciler error');
      end = { requeue: { action: 'backoff' }, failed: true };
    }
    if (isNew) end = { ...end, addedFinalizer: true };
    if (informer.get(key.namespace === '' ? undefined : key.namespace, key.name)) {
      metrics.reconcileDuration(labels, (clock.monotonic() - startedAt) / 1000);
    } else metrics.forgetObject(labels);
    return end;
  }

  async #run(cached: T, run: RunScope): Promise<RunEnd> {
    const { controller, kube, fieldManager, informer, clock, metrics } = this.#options;
    const base = cached;
    let claim: Promise<boolean> | undefined;
    let claimedObject: T | undefined;
    const deleting = base.metadata.deletionTimestamp !== undefined;
    if (deleting) {
      if (this.#finalizer === null || !base.metadata.finalizers?.includes(this.#finalizer)) return nothing;
    } else if (this.#finalizer !== null && !base.metadata.finalizers?.includes(this.#finalizer)) {
      claim = this.#claim(base, run.signal).then((object) => {
        claimedObject = object;
        return object !== undefined;
      });
      // Whoever needs it awaits it; until then a failure is nobody's.
      claim.catch(() => {});
    }

    const draft = cloneJson(base);
    const subject = draft as unknown as ConditionedObject;
    const writer = new StatusWriter<T>({
      kube,
      kind: controller.kind,
      fieldManager,
      owned: this.#owned,
      base,
      draft,
      ...(claim
        ? {
            ready: async () => {
              const isClaimed = await claim;
              if (claimedObject) writer.rebase(claimedObject);
              claimedObject = undefined;
              return isClaimed;
            },
          }
        : {}),
      onWritten: (object) => informer.observe(object),
      signal: run.signal,
    });
    const progress = new ProgressTimer(clock, () => {
      writer.write().catch((error: unknown) => run.log.error(error, 'unable to patch status'));
    });
    const context = this.#context(base, draft, subject, writer, progress, claim, run);

    if (deleting) return this.#finalize(draft, context, writer, progress, run);

    const suspended = (base['spec'] as { suspend?: unknown } | undefined)?.suspend === true;
    let result: Result | undefined;
    let error: unknown;
    if (suspended) run.log.info('reconciliation is suspended for this object');
    else {
      try {
        result = await controller.reconcile(draft, context);
      } catch (caught) {
        error = caught ?? new Error('the reconcile threw nothing');
      }
      if (error instanceof WaitCutError) {
        progress.stop();
        await writer.settled();
        return nothing;
      }
    }
    progress.stop();
    // The process ends: what was half done says nothing about the object.
    if (run.signal.aborted) {
      await writer.settled();
      return nothing;
    }

    if (claim && !(await claim)) {
      await controller.finalize?.(draft, context);
      return nothing;
    }

    if (error !== undefined) this.#report(error, context, run.log);
    const settled = settleRun(
      draft,
      { result, error, suspended },
      { conditions: controller.conditions, observes: controller.observes ?? 'settled' },
      clock.now(),
    );
    controller.afterRun?.(
      draft,
      {
        result,
        error:
          settled.error === undefined || settled.error instanceof Error
            ? settled.error
            : new Error(errorText(settled.error)),
        suspended,
        durationMs: clock.monotonic() - run.startedAt,
      },
      context,
    );
    run.worker.decided();
    await writer.write();
    if (settled.error instanceof TerminalError) metrics.terminalError(controller.name);
    return { requeue: settled.requeue, failed: settled.error !== undefined };
  }

  async #finalize(
    draft: T,
    context: ReconcileContext<T>,
    writer: StatusWriter<T>,
    progress: ProgressTimer,
    run: RunScope,
  ): Promise<RunEnd> {
    const { controller, clock } = this.#options;
    try {
      await controller.finalize?.(draft, context);
    } catch (error) {
      progress.stop();
      if (run.signal.aborted || error instanceof WaitCutError) return nothing;
      this.#report(error, context, run.log);
      const settled = settleRun(
        draft,
        { result: undefined, error, suspended: false },
        { conditions: controller.conditions, observes: 'ready' },
        clock.now(),
      );
      await writer.write();
      return { requeue: settled.requeue.action === 'never' ? { action: 'backoff' } : settled.requeue, failed: true };
    }
    progress.stop();
    await writer.settled();
    await this.#changeFinalizers(writer.base, (list) => list.filter((entry) => entry !== this.#finalizer), run.signal);
    return nothing;
  }

  /** Puts the finalizer on; undefined when the object is gone or about to go. */
  async #claim(object: T, signal: AbortSignal): Promise<T | undefined> {
    try {
      return await this.#changeFinalizers(object, (list) => [...list, this.#finalizer as string], signal);
    } catch (error) {
      // An object that is being deleted takes no new finalizers.
      if (isInvalid(error)) return undefined;
      throw error;
    }
  }

  /** Writes the finalizers, reading again when somebody else was faster; undefined when the object is gone. */
  async #changeFinalizers(
    object: T,
    change: (list: string[]) => string[],
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const { kube, controller, fieldManager, informer } = this.#options;
    const { name, namespace, uid } = object.metadata;
    let base = object;
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await kube.patch<T>(controller.kind, name, namespace, {
          type: 'merge',
          fieldManager,
          body: {
            metadata: {
              finalizers: change(base.metadata.finalizers ?? []),
              resourceVersion: base.metadata.resourceVersion,
              uid,
            },
          },
          signal,
        });
        // Without its last finalizer a deleted object is gone; the watch tells of that.
        if (answer.metadata?.deletionTimestamp === undefined) informer.observe(answer);
        return answer;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        if (!isConflict(error) || attempt >= conflictRetries) throw error;
        const fresh = await kube.find<T>(controller.kind, name, namespace, { signal });
        if (fresh === undefined || fresh.metadata.uid !== uid) return undefined;
        base = fresh;
      }
    }
  }

  #report(error: unknown, context: ReconcileContext<T>, log: Logger): void {
    if (!(error instanceof ReconcileError)) {
      this.#options.metrics.panic(this.#options.controller.name);
      log.error(error, 'Reconciler error', error instanceof Error && error.stack ? { stacktrace: error.stack } : {});
      return;
    }
    if (error.event === 'warning')
      context.event({ severity: 'error', reason: error.reason, message: error.eventMessage });
    if (error.event === 'trace')
      context.event({ severity: 'trace', reason: error.reason, message: error.eventMessage });
    const fields = error.cause === undefined ? {} : { cause: errorText(error.cause) };
    log.error(error, 'Reconciler error', fields);
  }

  #context(
    base: T,
    draft: T,
    subject: ConditionedObject,
    writer: StatusWriter<T>,
    progress: ProgressTimer,
    claim: Promise<boolean> | undefined,
    run: RunScope,
  ): ReconcileContext<T> {
    const { kube, clock, controllerName, cached, events, workers } = this.#options;
    return {
      kube,
      clock,
      log: run.log,
      signal: run.signal,
      woken: run.woken,
      controllerName,
      key: run.key,
      before: base,
      reconcileId: run.reconcileId,
      cached,
      workers,
      setCondition: (type: string, status: Condition['status'], reason: string, message: string) => {
        setCondition(subject, { type, status, reason, message }, clock.now());
      },
      deleteCondition: (type) => deleteCondition(subject, type),
      markReady: (reason, message) => markReady(subject, reason, message, clock.now()),
      markNotReady: (reason, message) => markNotReady(subject, reason, message, clock.now()),
      markStalled: (reason, message) => markStalled(subject, reason, message, clock.now()),
      progress(message, { reason = progressingReason, delayMs = defaultProgressMs } = {}) {
        markReconciling(subject, reason, message, clock.now());
        progress.arm(delayMs);
      },
      async claimed() {
        if (claim && !(await claim)) throw new ObjectGoneError('the object is gone', { event: 'none' });
      },
      async wait(task) {
        const { worker } = run;
        worker.park();
        try {
          return await task(AbortSignal.any([run.signal, worker.stopping]));
        } catch (error) {
          if (worker.stopping.aborted) throw new WaitCutError('the process stops', { event: 'none', cause: error });
          throw error;
        } finally {
          worker.comeBack();
        }
      },
      patchStatus() {
        progress.stop();
        return writer.write();
      },
      event: (event) =>
        events.record(
          { ...draft, metadata: { ...draft.metadata, resourceVersion: writer.base.metadata.resourceVersion } },
          controllerName,
          event,
        ),
    };
  }
}

interface RunScope {
  readonly key: ObjectKey;
  readonly woken: AbortSignal;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly reconcileId: string;
  readonly startedAt: number;
  readonly worker: WorkerHold;
}

/** Fires once when a step has lasted long enough to be shown. */
class ProgressTimer {
  readonly #clock: Clock;
  readonly #fire: () => void;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, fire: () => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  arm(delayMs: number): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#cancel = undefined;
      this.#fire();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
