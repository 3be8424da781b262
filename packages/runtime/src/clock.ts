/** Time as a port: tests move it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds on a clock that never jumps; only differences mean something. */
  monotonic(): number;
  /** Calls back once after the delay; the answer cancels. Delays above 24 days are split, never truncated. */
  after(delayMs: number, callback: () => void): () => void;
}

// setTimeout keeps its delay in a signed 32-bit number; above it, it fires at once.
const longestTimerMs = 2 ** 31 - 1;

/** The real time. Timers do not keep the process alive when `unref` is set. */
export function createClock({ unref = false }: { unref?: boolean } = {}): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(delayMs, callback) {
      let timer: NodeJS.Timeout;
      let left = Math.max(0, delayMs);
      const arm = () => {
        const step = Math.min(left, longestTimerMs);
        left -= step;
        timer = setTimeout(() => (left > 0 ? arm() : callback()), step);
        if (unref) timer.unref();
      };
      arm();
      return () => clearTimeout(timer);
    },
  };
}

/** Waits, or rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
