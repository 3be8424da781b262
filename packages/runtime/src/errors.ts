/** What an error asks to be shown besides being handled. */
export interface ReconcileErrorOptions {
  /** Condition reason and event reason, CamelCase. Default `Failed`. */
  reason?: string;
  /**
   * Negative condition that turns True with the reason and message (`FetchFailed`). Without it the error shows on
   * `Ready=False` (or, for StallingError and TerminalError, on `Stalled=True` as well).
   */
  condition?: string;
  /** `warning` (default): Kubernetes Warning and a POST; `trace`: only a Kubernetes Normal event; `none`. */
  event?: 'warning' | 'trace' | 'none';
  /** Message of the event and log, when it says more than the condition. Default: the error's message. */
  eventMessage?: string;
  cause?: unknown;
}

/** Options of {@link StallingError} and {@link TerminalError}. */
export interface StallingErrorOptions extends ReconcileErrorOptions {
  /**
   * False: observedGeneration stays behind, as it does where Flux's kustomize-controller refuses access. It says that the
   * spec has been dealt with, which is not so where the remedy lies elsewhere. Default true.
   */
  observed?: boolean;
}

/** Options of {@link TransientError}. */
export interface TransientErrorOptions extends ReconcileErrorOptions {
  /** Comes back after exactly this time instead of backing off: for waiting on something known. */
  retryAfterMs?: number;
}

/** Anything a reconcile throws on purpose. */
export abstract class ReconcileError extends Error {
  readonly reason: string;
  readonly condition: string | undefined;
  readonly event: 'warning' | 'trace' | 'none';
  readonly eventMessage: string;

  constructor(message: string, options: ReconcileErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.reason = options.reason ?? 'Failed';
    this.condition = options.condition;
    this.event = options.event ?? 'warning';
    this.eventMessage = options.eventMessage ?? message;
  }
}

/** Another try may succeed untouched. Retried with back-off, or after `retryAfterMs`. */
export class TransientError extends ReconcileError {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: TransientErrorOptions = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Only a change of the object or of what it references helps: `Stalled=True`, no timer, observedGeneration moves. */
export class StallingError extends ReconcileError {
  readonly observed: boolean;

  constructor(message: string, options: StallingErrorOptions = {}) {
    super(message, options);
    this.observed = options.observed ?? true;
  }
}

/** A retry would repeat or harm: as stalling, and counted in `controller_runtime_terminal_reconcile_errors_total`. */
export class TerminalError extends ReconcileError {
  readonly observed: boolean;

  constructor(message: string, options: StallingErrorOptions = {}) {
    super(message, options);
    this.observed = options.observed ?? true;
  }
}

/** The object went away while it was reconciled: the run ends, and what it made is finalized. */
export class ObjectGoneError extends ReconcileError {}

/** A wait was cut short because the process stops: the run ends without a word, and the next process runs it again. */
export class WaitCutError extends ReconcileError {}
