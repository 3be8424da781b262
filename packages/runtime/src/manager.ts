import type { KubeClient, KubeObject } from '@fluvial/kube';
import { aborted, manyListeners } from './abort.ts';
import { type Clock, createClock, sleep } from './clock.ts';
import type { Controller, KindRef, ObjectKey } from './controller.ts';
import type { EventSink } from './event-sink.ts';
import { createEventRecorder, type EventRecorder } from './events.ts';
import { SharedInformers } from './informers.ts';
import { type LeaderElectionOptions, LeaderLostError, runAsLeader } from './leader-election.ts';
import { type Logger, silentLogger } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { type ControllerSettings, createRunningController, type RunningController } from './running-controller.ts';
import { createWorkerPool, type WorkerPool } from './worker-pool.ts';

export interface ManagerOptions {
  readonly kube: KubeClient;
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly metrics?: Metrics;
  readonly workers?: WorkerPool;
  /** Where events go besides the cluster. */
  readonly eventSink?: EventSink;
  readonly events?: EventRecorder;
  /** Time that running reconciles get to end after the signal. Default 30 s. */
  readonly graceMs?: number;
  /** With it, controllers run only while the lease is held. */
  readonly leaderElection?: Omit<LeaderElectionOptions, 'kube' | 'clock' | 'log' | 'onChange'>;
  /** Random numbers in [0, 1) for jitter. */
  readonly random?: () => number;
  /** Freezes cached objects so that a write to one throws: for tests. Default false. */
  readonly freezeCache?: boolean;
  /** Told once, when the caches are filled and before the first reconcile. */
  readonly onReady?: () => void;
}

/** Something else that lives as long as the manager: a server, a janitor. */
export interface Runnable {
  readonly name: string;
  /** Starts only with the leadership. Default true. */
  readonly needsLeader?: boolean;
  /** Ends when the signal aborts. A throw ends the whole manager. */
  run(signal: AbortSignal): Promise<void>;
}

/** Runs controllers over one cluster; several apps may share one. */
export interface Manager {
  readonly kube: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly workers: WorkerPool;
  readonly events: EventRecorder;
  readonly informers: SharedInformers;
  add<T extends KubeObject>(controller: Controller<T>, settings: ControllerSettings): void;
  addRunnable(runnable: Runnable): void;
  /**
   * Runs until the signal aborts and everything has come to rest.
   *
   * @throws what a runnable threw, or LeaderLostError
   */
  start(signal: AbortSignal): Promise<void>;
  /** True while the caches are filled and the controllers work (or wait for the leadership). */
  readonly ready: boolean;
  /** Resolves when the manager has been stopped and no reconcile runs any more: for runnables that own what runs use. */
  idle(): Promise<void>;
  /** Queues a key by hand. */
  wake(kind: KindRef, key: ObjectKey): void;
}

const flushMs = 5000;

export function createManager(options: ManagerOptions): Manager {
  const {
    kube,
    clock = createClock(),
    log = silentLogger,
    metrics = createMetrics(),
    graceMs = 30_000,
    random = Math.random,
  } = options;
  const ownWorkers = options.workers === undefined;
  const workers = options.workers ?? createWorkerPool();
  const events =
    options.events ??
    createEventRecorder({ kube, clock, log, ...(options.eventSink ? { sink: options.eventSink } : {}) });
  const informers = new SharedInformers({
    kube,
    freeze: options.freezeCache ?? false,
    onProblem: (kind, problem) =>
      log.debug('watch starts over', { kind: kind.kind, problem: problem.kind, error: String(problem.error) }),
  });
  const controllers: RunningController[] = [];
  const runnables: Runnable[] = [];
  let ready = false;
  let becameIdle = () => {};
  const idle = new Promise<void>((resolve) => {
    becameIdle = resolve;
  });

  async function work(signal: AbortSignal): Promise<void> {
    // Running reconciles get a signal of their own, which outlives the request to stop by the grace time.
    const hard = manyListeners();
    const failed = manyListeners();
    const ends = [...runnables]
      .filter((runnable) => runnable.needsLeader !== false)
      .map((runnable) => run(runnable, signal, failed));
    for (const controller of controllers) {
      log.info('Starting workers', { controller: controller.name, 'worker count': controller.concurrent });
      controller.start(hard.signal);
    }
    await aborted(AbortSignal.any([signal, failed.signal]));
    // Another process may lead by now: nothing of ours may be written any more.
    if (signal.reason instanceof LeaderLostError) hard.abort(signal.reason);
    const idle = Promise.all(controllers.map((controller) => controller.stop()));
    const grace = clock.after(graceMs, () => hard.abort(new Error('the process ends')));
    await idle;
    grace();
    becameIdle();
    await Promise.all(ends);
    if (failed.signal.aborted) throw failed.signal.reason;
  }

  async function run(runnable: Runnable, signal: AbortSignal, failed: AbortController): Promise<void> {
    try {
      await runnable.run(AbortSignal.any([signal, failed.signal]));
    } catch (error) {
      if (signal.aborted) return;
      log.error(error, 'problem running manager', { runnable: runnable.name });
      failed.abort(error);
    }
  }

  return {
    kube,
    clock,
    log,
    metrics,
    workers,
    events,
    informers,
    get ready() {
      return ready;
    },
    add(controller, settings) {
      controllers.push(
        createRunningController(controller, settings, {
          kube,
          clock,
          log,
          metrics,
          workers,
          events,
          informers,
          random,
        }),
      );
    },
    addRunnable(runnable) {
      runnables.push(runnable);
    },
    idle: () => idle,
    wake(kind, key) {
      for (const controller of controllers) {
        if (controller.kind.apiVersion === kind.apiVersion && controller.kind.kind === kind.kind) controller.wake(key);
      }
    },
    async start(signal) {
      const failed = manyListeners();
      const scope = AbortSignal.any([signal, failed.signal]);
      const informing = manyListeners();
      const servers = runnables
        .filter((runnable) => runnable.needsLeader === false)
        .map((runnable) => run(runnable, signal, failed));
      try {
        await Promise.all(controllers.map((controller) => controller.prepare(informing.signal)));
        informers.start(informing.signal);
        await Promise.race([informers.synced(), aborted(scope)]);
        if (!scope.aborted) {
          options.onReady?.();
          ready = true;
          if (options.leaderElection) {
            const { name } = options.leaderElection;
            const onChange = (isLeader: boolean) => metrics.leader(name, isLeader);
            await runAsLeader({ ...options.leaderElection, kube, clock, log, onChange }, scope, work).catch(
              (error: unknown) => {
                if (!scope.aborted) throw error;
              },
            );
          } else await work(scope);
        }
      } finally {
        ready = false;
        becameIdle();
        informing.abort(new Error('the manager ends'));
        const late = new AbortController();
        await Promise.race([events.flush(), sleep(clock, flushMs, late.signal).catch(() => {})]);
        late.abort();
        if (ownWorkers) await workers.close();
        if (signal.aborted || failed.signal.aborted) await Promise.all(servers);
      }
      if (failed.signal.aborted) throw failed.signal.reason;
    },
  };
}
