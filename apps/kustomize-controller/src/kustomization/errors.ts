/** A step of the pipeline failed: the run ends here, its Ready reason and message are these. */
export class StepError extends Error {
  override readonly name = 'StepError';
  /** Ready reason. */
  readonly reason: string;
  /** Text of the event, where it says more than the condition. */
  readonly eventMessage: string;

  constructor(reason: string, message: string, options: { cause?: unknown; eventMessage?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.eventMessage = options.eventMessage ?? message;
  }
}

/** The run cannot go on now, and nothing is wrong: come back later. No event of its own. */
export class WaitingError extends Error {
  override readonly name = 'WaitingError';
  readonly reason: string;
  readonly afterMs: number;

  constructor(reason: string, message: string, afterMs: number) {
    super(message);
    this.reason = reason;
    this.afterMs = afterMs;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
