import type { Clock } from '../clock.ts';

/** A clock that stands until it is told to move. */
export interface FakeClock extends Clock {
  /** Moves on and calls what is due, in order. */
  advance(ms: number): void;
}

export function createFakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsed = 0;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    after(delayMs, callback) {
      const timer = { at: elapsed + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const end = elapsed + ms;
      for (;;) {
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        elapsed = next.at;
        next.callback();
      }
      elapsed = end;
    },
  };
}
