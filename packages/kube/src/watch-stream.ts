import { ApiError, genericError, KubeError, type Status } from './errors.ts';
import { decodeJson } from './json.ts';
import { parseRetryAfter } from './retry-after.ts';
import type { StreamController, StreamSink } from './transport.ts';
import type { KubeObject, WatchEvent } from './types.ts';

/** etcd takes objects of about 1.5 MiB; an event line of this size is not an event. */
const maxLineBytes = 64 * 1024 * 1024;
const maxErrorBytes = 1024 * 1024;
const newline = 10;

type RawEvent = { type?: unknown; object?: unknown };

/**
 * Turns the bytes of a watch into events. Lines are found in the bytes and decoded as a whole, so characters that
 * are cut between two chunks stay whole. An ERROR event, a broken line and an answer other than 200 are thrown.
 */
export class WatchSink implements StreamSink {
  readonly #onEvent: (event: WatchEvent) => void;
  readonly #subject: { verb: string; resource: string };
  readonly #idleTimeoutMs: number;
  #rest: Buffer[] = [];
  #restSize = 0;
  #status = 0;
  #retryAfterMs: number | undefined;
  #lastByteAt = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  controller: StreamController | undefined;
  /** Told when the server has accepted the watch. */
  onOpen: ((headers: Record<string, unknown>) => void) | undefined;
  status = 0;

  constructor(options: {
    onEvent: (event: WatchEvent) => void;
    resource: string;
    idleTimeoutMs: number;
  }) {
    this.#onEvent = options.onEvent;
    this.#subject = { verb: 'watch', resource: options.resource };
    this.#idleTimeoutMs = options.idleTimeoutMs;
  }

  onStart(status: number, headers: Record<string, unknown>, controller: StreamController): void {
    this.#status = status;
    this.status = status;
    this.#retryAfterMs = parseRetryAfter(headers['retry-after']);
    this.controller = controller;
    this.#lastByteAt = performance.now();
    if (this.#idleTimeoutMs > 0) this.#armIdleTimer(this.#idleTimeoutMs);
    if (status === 200) this.onOpen?.(headers);
  }

  onData(chunk: Buffer): void {
    this.#lastByteAt = performance.now();
    if (this.#status !== 200) {
      this.#keep(chunk, maxErrorBytes);
      return;
    }
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(newline, from);
      if (at < 0) break;
      this.#line(this.#take(chunk.subarray(from, at)));
      from = at + 1;
    }
    if (from < chunk.length) this.#keep(from === 0 ? chunk : chunk.subarray(from), maxLineBytes);
  }

  /** Call when the stream has ended regularly. @throws what the end means, when it is not a plain end. */
  finish(): void {
    this.stop();
    if (this.#status !== 200) throw this.#refusal();
    if (this.#restSize > 0 && Buffer.concat(this.#rest).toString('utf8').trim() !== '') {
      throw new KubeError(
        'CONNECTION',
        `watch of ${this.#subject.resource}: the stream ended in the middle of an event`,
      );
    }
  }

  /** Call in any case when the stream is over. */
  stop(): void {
    if (this.#idleTimer !== undefined) clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
  }

  #armIdleTimer(ms: number): void {
    this.#idleTimer = setTimeout(() => {
      const silentMs = performance.now() - this.#lastByteAt;
      if (silentMs + 1 >= this.#idleTimeoutMs) {
        this.controller?.abort(
          new KubeError(
            'TIMEOUT',
            `watch of ${this.#subject.resource}: nothing received for ${this.#idleTimeoutMs} ms`,
          ),
        );
      } else {
        this.#armIdleTimer(this.#idleTimeoutMs - silentMs);
      }
    }, ms);
  }

  #keep(bytes: Buffer, max: number): void {
    this.#restSize += bytes.length;
    if (this.#restSize > max) {
      throw new KubeError('TOO_LARGE', `watch of ${this.#subject.resource}: an event is larger than ${max} bytes`);
    }
    this.#rest.push(bytes);
  }

  #take(end: Buffer): string {
    if (this.#restSize === 0) return end.toString('utf8');
    this.#rest.push(end);
    const text = Buffer.concat(this.#rest).toString('utf8');
    this.#rest = [];
    this.#restSize = 0;
    return text;
  }

  #line(text: string): void {
    if (text.trim() === '') return;
    let event: RawEvent;
    try {
      event = decodeJson(text) as RawEvent;
    } catch (cause) {
      throw new KubeError('BAD_RESPONSE', `watch of ${this.#subject.resource}: an event is not JSON`, { cause });
    }
    const object = event?.object as KubeObject | undefined;
    if (typeof object !== 'object' || object === null) {
      throw new KubeError('BAD_RESPONSE', `watch of ${this.#subject.resource}: an event has no object`);
    }
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
      case 'BOOKMARK':
        if (typeof object.metadata !== 'object' || object.metadata === null) {
          throw new KubeError('BAD_RESPONSE', `watch of ${this.#subject.resource}: an event's object has no metadata`);
        }
        this.#onEvent({ type: event.type, object });
        return;
      case 'ERROR': {
        const status = object as Status;
        throw new ApiError({ ...status, code: typeof status.code === 'number' ? status.code : 500 });
      }
      default:
        throw new KubeError('BAD_RESPONSE', `watch of ${this.#subject.resource}: unknown event type`);
    }
  }

  #refusal(): ApiError {
    const text = Buffer.concat(this.#rest).toString('utf8');
    try {
      const status = JSON.parse(text) as Status | null;
      if (status?.kind === 'Status')
        return new ApiError({ ...status, code: this.#status }, { retryAfterMs: this.#retryAfterMs });
    } catch {
      // Not a Status: a proxy's page, or cut short.
    }
    return genericError(this.#status, { method: 'GET', ...this.#subject, name: '' }, text, this.#retryAfterMs);
  }
}
