import type { RequestInfo } from '@fluvial/kube';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { QueueObserver } from './queue.ts';
import { createTokenCacheMetrics, type TokenCacheMetrics } from './token-cache-metrics.ts';

/** What the runtime counts; names, labels and buckets as Flux's and controller-runtime's. */
export interface Metrics {
  readonly registry: Registry;
  /** Time of one run of an object, seconds. */
  reconcileDuration(object: { kind: string; name: string; namespace: string }, seconds: number): void;
  /** Drops the series of an object that is gone. */
  forgetObject(object: { kind: string; name: string; namespace: string }): void;
  reconcileEnded(controller: string, result: 'success' | 'error' | 'requeue' | 'requeue_after', seconds: number): void;
  terminalError(controller: string): void;
  panic(controller: string): void;
  workers(controller: string, max: number): void;
  activeWorkers(controller: string, change: 1 | -1): void;
  queue(controller: string): QueueObserver & {
    workEnded(seconds: number): void;
    /** Where to ask, at each scrape, how long the running keys have been at work; milliseconds. */
    watchRunning(runningMs: () => readonly number[]): void;
  };
  /** For `KubeClientOptions.onRequest`. */
  request(host: string): (info: RequestInfo) => void;
  leader(name: string, isLeader: boolean): void;
  /** For an app that caches access tokens; those of several apps in one process are counted together. */
  tokenCache(): TokenCacheMetrics;
}

/** `count` buckets from `min` to `max`, each the same factor wider. */
function exponentialRange(min: number, max: number, count: number): number[] {
  const factor = (max / min) ** (1 / (count - 1));
  return Array.from({ length: count }, (_, index) => min * factor ** index);
}

/** Metrics on a registry of their own; several apps in one process share one. */
export function createMetrics(registry: Registry = new Registry()): Metrics {
  const registers = [registry];
  const duration = new Histogram({
    name: 'gotk_reconcile_duration_seconds',
    help: 'The duration in seconds of a GitOps Toolkit resource reconciliation.',
    labelNames: ['kind', 'name', 'namespace'],
    buckets: exponentialRange(0.01, 1800, 10),
    registers,
  });
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations per controller',
    labelNames: ['controller', 'result'],
    registers,
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Total number of reconciliation errors per controller',
    labelNames: ['controller'],
    registers,
  });
  const terminal = new Counter({
    name: 'controller_runtime_terminal_reconcile_errors_total',
    help: 'Total number of terminal reconciliation errors per controller',
    labelNames: ['controller'],
    registers,
  });
  const panics = new Counter({
    name: 'controller_runtime_reconcile_panics_total',
    help: 'Total number of reconciliation panics per controller',
    labelNames: ['controller'],
    registers,
  });
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation per controller',
    labelNames: ['controller'],
    buckets: [
      0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75,
      2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
    ],
    registers,
  });
  const maxWorkers = new Gauge({
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Maximum number of concurrent reconciles per controller',
    labelNames: ['controller'],
    registers,
  });
  const active = new Gauge({
    name: 'controller_runtime_active_workers',
    help: 'Number of currently used workers per controller',
    labelNames: ['controller'],
    registers,
  });
  const queueLabels = ['name', 'controller'] as const;
  const depth = new Gauge({
    name: 'workqueue_depth',
    help: 'Current depth of workqueue',
    labelNames: queueLabels,
    registers,
  });
  const adds = new Counter({
    name: 'workqueue_adds_total',
    help: 'Total number of adds handled by workqueue',
    labelNames: queueLabels,
    registers,
  });
  const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long in seconds an item stays in workqueue before being requested',
    labelNames: queueLabels,
    buckets: queueBuckets,
    registers,
  });
  const worked = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long in seconds processing an item from workqueue takes.',
    labelNames: queueLabels,
    buckets: queueBuckets,
    registers,
  });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Total number of retries handled by workqueue',
    labelNames: queueLabels,
    registers,
  });
  const running = new Map<string, () => readonly number[]>();
  const unfinished = new Gauge({
    name: 'workqueue_unfinished_work_seconds',
    help: "How many seconds of work has been done that is in progress and hasn't been observed by work_duration.",
    labelNames: queueLabels,
    registers,
    collect() {
      for (const [name, ask] of running) {
        const total = ask().reduce((sum, ms) => sum + ms, 0);
        this.set({ name, controller: name }, total / 1000);
      }
    },
  });
  const longest = new Gauge({
    name: 'workqueue_longest_running_processor_seconds',
    help: 'How many seconds has the longest running processor for workqueue been running.',
    labelNames: queueLabels,
    registers,
    collect() {
      for (const [name, ask] of running) this.set({ name, controller: name }, Math.max(0, ...ask()) / 1000);
    },
  });
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Number of HTTP requests, partitioned by status code, method, and host.',
    labelNames: ['code', 'method', 'host'],
    registers,
  });
  const leading = new Gauge({
    name: 'leader_election_master_status',
    help: 'Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master.',
    labelNames: ['name'],
    registers,
  });

  let tokenCache: TokenCacheMetrics | undefined;

  return {
    registry,
    reconcileDuration: ({ kind, name, namespace }, seconds) => duration.observe({ kind, name, namespace }, seconds),
    forgetObject: ({ kind, name, namespace }) => duration.remove({ kind, name, namespace }),
    reconcileEnded(controller, result, seconds) {
      total.inc({ controller, result });
      if (result === 'error') errors.inc({ controller });
      time.observe({ controller }, seconds);
    },
    terminalError: (controller) => terminal.inc({ controller }),
    panic: (controller) => panics.inc({ controller }),
    workers: (controller, max) => maxWorkers.set({ controller }, max),
    activeWorkers: (controller, change) => active.inc({ controller }, change),
    queue(controller) {
      const labels = { name: controller, controller };
      return {
        added(size) {
          adds.inc(labels);
          depth.set(labels, size);
        },
        taken(size, waitedMs) {
          depth.set(labels, size);
          waited.observe(labels, waitedMs / 1000);
        },
        retried: () => retries.inc(labels),
        workEnded: (seconds) => worked.observe(labels, seconds),
        watchRunning(ask) {
          running.set(controller, ask);
          unfinished.set(labels, 0);
          longest.set(labels, 0);
        },
      };
    },
    request: (host) => (info) =>
      requests.inc({ code: info.code === 0 ? '<error>' : String(info.code), method: info.method, host }),
    leader: (name, isLeader) => leading.set({ name }, isLeader ? 1 : 0),
    tokenCache() {
      tokenCache ??= createTokenCacheMetrics(registry);
      return tokenCache;
    },
  };
}
