import { type Informer, type InformerChange, isNoMatch, type KubeClient, type KubeObject } from '@fluvial/kube';
import { manyListeners } from './abort.ts';
import type { Clock } from './clock.ts';
import type { Change, Controller, KindRef, Lister, ObjectKey, Watch } from './controller.ts';
import type { EventRecorder } from './events.ts';
import { listerOf, type SharedInformers } from './informers.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { ObjectRunner } from './object-runner.ts';
import { KeyQueue } from './queue.ts';
import { type Requeue, requestedAtAnnotation } from './settle-run.ts';
import type { WorkerPool } from './worker-pool.ts';

/** How the controllers of one app run. */
export interface ControllerSettings {
  /** Name of the app: event reporter, manager of applied fields. */
  readonly controllerName: string;
  /** Field manager of status and finalizer patches. Default: controllerName. */
  readonly fieldManager?: string;
  /** Workers a kind. Default 4. */
  readonly concurrent?: number;
  /** Intervals vary by so many per cent up and down. Default 5; 0 to 99. */
  readonly jitterPercent?: number;
  readonly minRetryDelayMs?: number;
  readonly maxRetryDelayMs?: number;
  /** Which objects of the own kind are looked after. */
  readonly labelSelector?: string;
  /** Only this namespace. Default: all. */
  readonly namespace?: string;
}

/** Between two looks for a kind that the server does not know yet. */
const lookForKindMs = 60_000;

/** One kind at work: its queue, its watches, its workers. */
export interface RunningController {
  readonly name: string;
  readonly kind: KindRef;
  readonly concurrent: number;
  /** Makes the informers and hooks the watches up. */
  prepare(signal: AbortSignal): Promise<void>;
  start(hard: AbortSignal): void;
  stop(): Promise<void>;
  wake(key: ObjectKey): void;
}

/** What all controllers of a manager share. */
export interface SharedParts {
  readonly kube: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly workers: WorkerPool;
  readonly events: EventRecorder;
  readonly informers: SharedInformers;
  readonly random: () => number;
}

/** Makes the queue and the informer of a controller; nothing runs before `prepare` and `start`. */
export function createRunningController<T extends KubeObject>(
  controller: Controller<T>,
  settings: ControllerSettings,
  shared: SharedParts,
): RunningController {
  const { clock, log, metrics, informers, random } = shared;
  const concurrent = controller.concurrent ?? settings.concurrent ?? 4;
  const jitterPercent = settings.jitterPercent ?? 5;
  const observer = metrics.queue(controller.name);
  const queue = new KeyQueue({
    clock,
    observer,
    ...(settings.minRetryDelayMs === undefined ? {} : { minRetryDelayMs: settings.minRetryDelayMs }),
    ...(settings.maxRetryDelayMs === undefined ? {} : { maxRetryDelayMs: settings.maxRetryDelayMs }),
  });
  observer.watchRunning(() => queue.runningMs());
  const scope = {
    ...(settings.namespace === undefined ? {} : { namespace: settings.namespace }),
    ...(settings.labelSelector ? { labelSelector: settings.labelSelector } : {}),
  };
  const informer = informers.of<T>(controller.kind, scope);
  const indexName = (index: string) => `${controller.name}.${index}`;
  for (const [index, keys] of Object.entries(controller.indexes ?? {})) {
    informer.addIndex(indexName(index), (object) => [...keys(object)]);
  }
  const lister = <S extends KubeObject>(of: Informer<S>): Lister<S> => {
    const plain = listerOf(of);
    return { ...plain, byIndex: (index, value) => of.byIndex(indexName(index), value) };
  };
  const own = lister(informer);
  const cached = <S extends KubeObject>(kind: KindRef): Lister<S> => {
    const found =
      kind.apiVersion === controller.kind.apiVersion && kind.kind === controller.kind.kind
        ? (informer as unknown as Informer<S>)
        : informers.find<S>(kind);
    return found ? lister(found) : emptyLister;
  };
  const runner = new ObjectRunner<T>({
    controller,
    controllerName: settings.controllerName,
    fieldManager: controller.fieldManager ?? settings.fieldManager ?? settings.controllerName,
    kube: shared.kube,
    informer,
    cached,
    clock,
    log,
    events: shared.events,
    metrics,
    workers: shared.workers,
  });
  metrics.workers(controller.name, concurrent);

  let active = 0;
  // Runs whose status is being written: they hold no worker, but no more of them than there are workers.
  let writing = 0;
  // Runs that only wait: they hold no worker either.
  let parked = 0;
  const stopSignal = manyListeners();
  let hard: AbortSignal | undefined;
  let stopped: (() => void) | undefined;
  let stopping = false;

  function onOwnChange(change: InformerChange<T>): void {
    if (!wakesOwn(change) && !controller.wakesOnOwnChange?.(change as Change<T>)) return;
    const key = keyOf(change.object);
    // The first listing is no news: changes that come meanwhile go first.
    queue.add(key, informer.hasSynced ? 'change' : 'periodic', { kind: controller.kind.kind, ...key });
  }

  async function hook(watch: Watch<T>, signal: AbortSignal): Promise<void> {
    if (watch.optional) {
      try {
        await shared.kube.mapper.resolve(watch.kind.apiVersion, watch.kind.kind, { signal });
      } catch (error) {
        if (!isNoMatch(error)) throw error;
        const cancel = clock.after(
          lookForKindMs,
          () =>
            void hook(watch, signal).catch((problem: unknown) =>
              log.error(problem, 'cannot watch', { kind: watch.kind.kind }),
            ),
        );
        signal.addEventListener('abort', cancel, { once: true });
        return;
      }
    }
    if (signal.aborted) return;
    const same =
      watch.kind.apiVersion === controller.kind.apiVersion &&
      watch.kind.kind === controller.kind.kind &&
      !watch.metadataOnly;
    const source = same
      ? (informer as unknown as Informer)
      : informers.of(watch.kind, {
          ...(settings.namespace === undefined ? {} : { namespace: settings.namespace }),
          ...(watch.labelSelector ? { labelSelector: watch.labelSelector } : {}),
          ...(watch.metadataOnly ? { metadataOnly: true } : {}),
        });
    source.onChange((change) => {
      const { name, namespace = '' } = change.object.metadata;
      for (const key of watch.wakes(change as Change, own))
        queue.add(key, 'change', { kind: watch.kind.kind, namespace, name });
    });
  }

  function pump(): void {
    while (hard !== undefined && !stopping && active < concurrent) {
      const item = queue.take();
      if (item === undefined) return;
      active += 1;
      metrics.activeWorkers(controller.name, 1);
      void processKey(item.key, item.woken, hard);
    }
  }

  async function processKey(key: ObjectKey, woken: AbortSignal, signal: AbortSignal): Promise<void> {
    const startedAt = clock.monotonic();
    let holdsWorker = true;
    const { requeue, failed, addedFinalizer } = await runner.run(key, woken, signal, {
      decided() {
        if (writing >= concurrent) return;
        holdsWorker = false;
        writing += 1;
        active -= 1;
        pump();
      },
      park() {
        parked += 1;
        active -= 1;
        pump();
      },
      comeBack() {
        // There may be more at work than workers for a moment; nobody who has waited long waits again.
        parked -= 1;
        active += 1;
      },
      stopping: stopSignal.signal,
    });
    const seconds = (clock.monotonic() - startedAt) / 1000;
    observer.workEnded(seconds);
    metrics.reconcileEnded(
      controller.name,
      failed
        ? 'error'
        : requeue.action === 'after'
          ? 'requeue_after'
          : requeue.action === 'never'
            ? 'success'
            : 'requeue',
      seconds,
    );
    metrics.activeWorkers(controller.name, -1);
    // In the original the finalizer costs a run of its own, and with it the first step of the back-off.
    if (addedFinalizer && requeue.action === 'backoff') queue.skipBackoffStep(key);
    apply(key, requeue);
    queue.done(key);
    if (holdsWorker) active -= 1;
    else writing -= 1;
    if (stopping && active + writing + parked === 0) stopped?.();
    pump();
  }

  function apply(key: ObjectKey, requeue: Requeue): void {
    if (requeue.action === 'backoff') {
      queue.addRateLimited(key);
      return;
    }
    queue.forget(key);
    if (requeue.action === 'now') queue.add(key);
    if (requeue.action === 'after') {
      const spread = requeue.jitter ? (jitterPercent / 100) * (2 * random() - 1) : 0;
      queue.addAfter(key, requeue.afterMs * (1 + spread), 'periodic');
    }
  }

  return {
    name: controller.name,
    kind: controller.kind,
    concurrent,
    async prepare(signal) {
      informer.onChange(onOwnChange);
      await Promise.all((controller.watches ?? []).map((watch) => hook(watch, signal)));
    },
    start(signal) {
      hard = signal;
      queue.onReady = pump;
      pump();
    },
    stop() {
      stopping = true;
      queue.close();
      stopSignal.abort(new Error('the process stops'));
      return new Promise((resolve) => {
        stopped = resolve;
        if (active + writing + parked === 0) resolve();
      });
    },
    wake: (key) => queue.add(key),
  };
}

/** A new object, a new generation, a new request, the wish to delete, or its end. */
function wakesOwn<T extends KubeObject>(change: InformerChange<T>): boolean {
  if (change.type !== 'modified') return true;
  const before = change.old.metadata;
  const after = change.object.metadata;
  if (before.uid !== after.uid || before.generation !== after.generation) return true;
  if (before.deletionTimestamp !== after.deletionTimestamp) return true;
  const requested = after.annotations?.[requestedAtAnnotation];
  return requested !== undefined && requested !== before.annotations?.[requestedAtAnnotation];
}

function keyOf(object: KubeObject): ObjectKey {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

const emptyLister: Lister<never> = { get: () => undefined, list: () => [], byIndex: () => [] };
