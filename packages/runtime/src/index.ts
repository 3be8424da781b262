// For whoever writes a controller.
export { type Clock, createClock, sleep } from './clock.ts';
// For whoever runs controllers.
export { type CommonFlags, commonFlags, controllerSettings, gatesOf } from './common-flags.ts';
export type {
  Change,
  ConditionPolicy,
  Controller,
  EventInput,
  KindRef,
  Lister,
  ObjectKey,
  ReconcileContext,
  Result,
  RunSummary,
  Watch,
} from './controller.ts';
export { formatDuration, parseDuration, parseDurationOr } from './duration.ts';
export {
  ObjectGoneError,
  ReconcileError,
  type ReconcileErrorOptions,
  StallingError,
  type StallingErrorOptions,
  TerminalError,
  TransientError,
  type TransientErrorOptions,
  WaitCutError,
} from './errors.ts';
export { createWebhookSink, type EventDelivery, type EventSink, type WebhookSinkOptions } from './event-sink.ts';
export { createEventRecorder, type EventRecorder, type EventRecorderOptions } from './events.ts';
export { type FeatureGates, parseFeatureGates } from './feature-gates.ts';
export {
  boolFlag,
  choiceFlag,
  describeFlags,
  durationFlag,
  type Flag,
  type FlagSet,
  type FlagValues,
  intFlag,
  parseFlags,
  stringArrayFlag,
  stringFlag,
  stringSliceFlag,
  UsageError,
} from './flags.ts';
export { type InformerScope, SharedInformers } from './informers.ts';
export { cloneJson, diffJson, equalJson } from './json.ts';
export { type LeaderElectionOptions, LeaderLostError, runAsLeader } from './leader-election.ts';
export { createLogger, type Logger, type LoggerOptions, type LogLevel, silentLogger } from './logger.ts';
export { createManager, type Manager, type ManagerOptions, type Runnable } from './manager.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { defaultFinalizer } from './object-runner.ts';
export { type ProbeServerOptions, type ProbeServers, parseListenAddress, startProbes } from './probes.ts';
export { type App, flagsOf, parseAppFlags, type RunAppOptions, runApp, runMain } from './run-app.ts';
export type { ControllerSettings } from './running-controller.ts';
export { requestedAtAnnotation } from './settle-run.ts';
export type { TokenCacheMetrics, TokenUse } from './token-cache-metrics.ts';
export {
  createWorkerPool,
  WorkerError,
  type WorkerErrorCode,
  type WorkerJob,
  type WorkerPool,
  type WorkerPoolOptions,
} from './worker-pool.ts';
