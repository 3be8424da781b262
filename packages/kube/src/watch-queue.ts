import type { StreamController } from './transport.ts';
import type { KubeObject, WatchEvent } from './types.ts';

/** More waiting events than this pause the connection; half of it resumes it. */
const highWater = 1024;

/** Hands events that arrive on their own to somebody who asks for one at a time; holds the server back in between. */
export class WatchQueue<T extends KubeObject> implements AsyncIterableIterator<WatchEvent<T>> {
  #events: WatchEvent<T>[] = [];
  #head = 0;
  #waiting: { resolve: (result: IteratorResult<WatchEvent<T>>) => void; reject: (error: unknown) => void } | undefined;
  #end: { error?: unknown } | undefined;
  #source: { readonly controller: StreamController | undefined } | undefined;
  #paused = false;
  onReturn: (() => void) | undefined;

  attach(source: { readonly controller: StreamController | undefined }): void {
    this.#source = source;
  }

  push(event: WatchEvent<T>): void {
    if (this.#waiting !== undefined) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve({ done: false, value: event });
      return;
    }
    this.#events.push(event);
    if (!this.#paused && this.#events.length - this.#head > highWater) {
      this.#paused = true;
      this.#source?.controller?.pause();
    }
  }

  end(): void {
    this.#finish({});
  }

  fail(error: unknown): void {
    this.#finish({ error });
  }

  next(): Promise<IteratorResult<WatchEvent<T>>> {
    const event = this.#events[this.#head];
    if (event !== undefined) {
      this.#head += 1;
      if (this.#head > highWater / 2) {
        this.#events = this.#events.slice(this.#head);
        this.#head = 0;
      }
      if (this.#paused && this.#events.length - this.#head < highWater / 2) {
        this.#paused = false;
        this.#source?.controller?.resume();
      }
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#end !== undefined) {
      const { error } = this.#end;
      this.#end = {};
      return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<WatchEvent<T>>> {
    this.#events = [];
    this.#head = 0;
    this.#finish({});
    this.onReturn?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(end: { error?: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    if (this.#waiting === undefined) return;
    const { resolve, reject } = this.#waiting;
    this.#waiting = undefined;
    this.#end = {};
    if (end.error === undefined) resolve({ done: true, value: undefined });
    else reject(end.error);
  }
}
