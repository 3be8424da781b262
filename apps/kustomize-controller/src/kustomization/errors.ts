/** A step of the pipeline failed: the run ends here, its Ready reason and message are these. */
export class StepError extends Error {
  override readonly name = 'StepError';
  /** Ready reason. */
  readonly reason: string;
  /** Text of the event, where it says more than the condition. */
  readonly eventMessage: string;
  /** Where in the artifact the mistake is: `path:line`. It goes with the event; the condition's text is Flux's. */
  readonly origin: string | undefined;

  constructor(
    reason: string,
    message: string,
    options: { cause?: unknown; eventMessage?: string; origin?: string | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.eventMessage = options.eventMessage ?? message;
    this.origin = options.origin || undefined;
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

/** No client for the owner's cluster; the message is the user's. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

/** The run waits for a person, who is told once. */
export class HeldError extends StepError {}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
