import { sleep } from './sleep.ts';

/** A token bucket. `qps` tokens a second flow in, up to `burst`; each request takes one or waits its turn. */
export class RateLimiter {
  readonly #qps: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;
  #off = false;

  constructor(qps: number, burst: number, now: () => number = () => performance.now()) {
    this.#qps = qps;
    this.#burst = Math.max(1, burst);
    this.#now = now;
    this.#tokens = this.#burst;
    this.#at = now();
  }

  /** Stops limiting for good: the server does it better. */
  lift(): void {
    this.#off = true;
  }

  /** Milliseconds to wait for the token that this call takes; 0 when one is at hand. */
  reserve(): number {
    if (this.#off) return 0;
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#qps);
    this.#at = now;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#qps) * 1000;
  }

  /** Takes a token if one is at hand. */
  tryTake(): boolean {
    if (this.#off) return true;
    if (this.reserve() === 0) return true;
    this.#tokens += 1;
    return false;
  }

  async take(signal?: AbortSignal): Promise<void> {
    const waitMs = this.reserve();
    if (waitMs > 0) await sleep(waitMs, signal);
  }
}
