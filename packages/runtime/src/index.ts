export { type Clock, createClock, sleep } from './clock.ts';
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
export {
  ReconcileError,
  type ReconcileErrorOptions,
  StallingError,
  TerminalError,
  TransientError,
  type TransientErrorOptions,
} from './errors.ts';
export type { Logger } from './logger.ts';
export type { WorkerJob, WorkerPool } from './worker-pool.ts';
