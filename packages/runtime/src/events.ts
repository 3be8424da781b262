import { randomBytes } from 'node:crypto';
import { isAlreadyExists, isNotFound, type KubeClient, type KubeObject } from '@fluvial/kube';
import type { Clock } from './clock.ts';
import type { EventInput } from './controller.ts';
import type { EventSink } from './event-sink.ts';
import type { Logger } from './logger.ts';

/** Records what happened to objects; nothing it does can fail a reconcile. */
export interface EventRecorder {
  /** Queues one event. The object is the one the event is about; only its identity and annotations are read. */
  record(object: KubeObject, reporter: string, event: EventInput): void;
  /** Resolves when everything queued so far has been written or given up. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  readonly kube: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** Receiver of all events but the traces. */
  readonly sink?: EventSink;
  /** Events that may wait to be written; more are dropped and logged. Default 2000. */
  readonly maxPending?: number;
  /** Writes at the same time when many wait. Default 4; with few, one: events are never in a hurry, reconciles are. */
  readonly concurrent?: number;
  /** How long an event waits for repeats of itself to be written with it. Default 50 ms: who reads events after a run finds them. */
  readonly delayMs?: number;
}

/** Longest message of an event (Flux runtime/events); the API server takes any length in core/v1. */
const maxEventMessage = 39_000;
/** For each so many that wait, one more is written at the same time. */
const pileUp = 250;
/** Bounds of client-go's event correlator. */
const similarLimit = 10;
const similarWindowMs = 10 * 60_000;
const burst = 25;
const refillMs = 5 * 60_000;
/** Objects and messages remembered for counting repeats; as many as client-go's cache keeps. */
const remembered = 4096;

interface Written {
  name: string;
  count: number;
  firstTimestamp: string;
}

/** The annotations that travel with each event of an object. */
const forwardedPrefix = 'event.toolkit.fluxcd.io/';

/**
 * Writes core/v1 Events as client-go's recorder does: a repeat patches the count of the first one, more than ten
 * similar ones in ten minutes are combined, and an object that floods is held to one event in five minutes.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { kube, clock, log, sink, maxPending = 2000, concurrent = 4, delayMs = 50 } = options;
  const written = new Map<string, Written>();
  const similar = new Map<string, { since: number; messages: Set<string> }>();
  const buckets = new Map<string, { tokens: number; at: number }>();
  const chains = new Map<string, Promise<void>>();
  const writes = new Slots(concurrent);
  // Apart, because a receiver that hangs must not hold the cluster's events up.
  const deliveries = new Slots(concurrent);
  const repeats = new Map<string, { count: number; firstMs: number; lastMs: number }>();
  const delays = new Set<() => void>();
  /** Events that were recorded before: only their repeats wait. */
  const met = new Map<string, true>();
  let pending = 0;
  let dropped = 0;

  /** Waits a moment, or until somebody flushes. */
  function delay(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        delays.delete(end);
        resolve();
      };
      const cancel = clock.after(delayMs, end);
      delays.add(end);
    });
  }

  /** Runs tasks of one object one after the other, so that a repeat finds the name of the first. */
  function enqueue(slots: Slots, id: string, task: () => Promise<void>, waits: boolean): void {
    pending += 1;
    slots.pending += 1;
    const before = chains.get(id);
    const run = async () => {
      await Promise.all([before, waits ? delay() : undefined]);
      await slots.enter();
      try {
        await task();
      } catch (error) {
        log.error(error, 'unable to record event');
      } finally {
        slots.pending -= 1;
        slots.leave();
        pending -= 1;
        if (chains.get(id) === mine) chains.delete(id);
      }
    };
    const mine = run();
    chains.set(id, mine);
  }

  function spam(id: string): boolean {
    const now = clock.monotonic();
    const bucket = touch(buckets, id, () => ({ tokens: burst, at: now }));
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs);
    bucket.at = now;
    if (bucket.tokens < 1) return true;
    bucket.tokens -= 1;
    return false;
  }

  /** The key under which repeats are counted, and the message to show. */
  function correlate(group: string, message: string): { key: string; message: string } {
    const now = clock.monotonic();
    const seen = touch(similar, group, () => ({ since: now, messages: new Set<string>() }));
    if (now - seen.since > similarWindowMs) {
      seen.messages.clear();
      seen.since = now;
    }
    seen.messages.add(message);
    if (seen.messages.size < similarLimit) return { key: `${group}|${message}`, message };
    // The set stays small: from here on only the combined event changes.
    if (seen.messages.size > similarLimit) seen.messages.delete(message);
    return { key: group, message: `(combined from similar events): ${message}` };
  }

  async function write(
    object: KubeObject,
    reporter: string,
    event: EventInput,
    metadata: Record<string, string>,
    seen: { readonly count: number; readonly firstMs: number; readonly lastMs: number },
  ): Promise<void> {
    const { namespace, name, uid, resourceVersion } = object.metadata;
    const identity = `${reporter}|${object.kind}|${namespace ?? ''}|${name}|${uid ?? ''}`;
    if (spam(identity)) return;
    const type = event.severity === 'error' ? 'Warning' : 'Normal';
    const { key, message } = correlate(`${identity}|${type}|${event.reason}`, cut(event.message, maxEventMessage));
    const lastTimestamp = stamp(seen.lastMs);
    const eventNamespace = namespace || 'default';
    const known = written.get(key);
    if (known) {
      known.count += seen.count;
      try {
        await kube.patch({ apiVersion: 'v1', kind: 'Event' }, known.name, eventNamespace, {
          type: 'merge',
          body: { count: known.count, lastTimestamp, message, metadata: { annotations: metadata } },
          metadataOnly: true,
        });
        return;
      } catch (error) {
        // The server forgets events after an hour; then the count goes on in a new one.
        if (!isNotFound(error)) throw error;
        written.delete(key);
      }
    }
    const entry: Written = known ?? { name: '', count: seen.count, firstTimestamp: stamp(seen.firstMs) };
    entry.name = `${name}.${randomBytes(8).toString('hex')}`;
    const body: KubeObject = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: entry.name,
        namespace: eventNamespace,
        ...(Object.keys(metadata).length > 0 ? { annotations: metadata } : {}),
      },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name,
        ...(namespace ? { namespace } : {}),
        ...(resourceVersion ? { resourceVersion } : {}),
        ...(uid ? { uid } : {}),
      },
      reason: event.reason,
      message,
      source: { component: reporter },
      firstTimestamp: entry.firstTimestamp,
      lastTimestamp,
      count: entry.count,
      type,
      eventTime: null,
      reportingComponent: reporter,
      reportingInstance: '',
    };
    try {
      await kube.create(body);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    touch(written, key, () => entry);
  }

  return {
    record(object, reporter, event) {
      if (pending >= maxPending) {
        dropped += 1;
        if (dropped === 1 || dropped % 1000 === 0)
          log.error(new Error('too many events wait'), 'unable to record event', { dropped });
        return;
      }
      const metadata = { ...event.metadata, ...forwarded(object) };
      const id = `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      const same = `${id}|${reporter}|${event.severity}|${event.reason}|${event.message}`;
      const waiting = repeats.get(same);
      const nowMs = clock.now();
      if (waiting) {
        waiting.count += 1;
        waiting.lastMs = nowMs;
      } else {
        const entry = { count: 1, firstMs: nowMs, lastMs: nowMs };
        repeats.set(same, entry);
        enqueue(
          writes,
          id,
          () => {
            repeats.delete(same);
            return write(object, reporter, event, metadata, entry);
          },
          met.has(same),
        );
        touch(met, same, () => true);
      }
      if (sink && event.severity !== 'trace') {
        const timestamp = stamp(clock.now());
        enqueue(deliveries, `sink/${id}`, () => sink.send({ object, reporter, event, metadata, timestamp }), false);
      }
    },
    async flush() {
      while (chains.size > 0) {
        for (const end of [...delays]) end();
        await Promise.all(chains.values());
      }
    },
  };
}

function forwarded(object: KubeObject): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, value] of Object.entries(object.metadata.annotations ?? {})) {
    if (key.startsWith(forwardedPrefix)) found[key] = value;
  }
  return found;
}

/** Few tasks at once, more when they pile up. */
class Slots {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** Tasks that wait or run. */
  pending = 0;

  constructor(most: number) {
    this.#most = most;
  }

  async enter(): Promise<void> {
    if (this.#running < this.#allowed()) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    this.#running -= 1;
    while (this.#running < this.#allowed()) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#running += 1;
      next();
    }
  }

  #allowed(): number {
    return Math.max(1, Math.min(this.#most, Math.ceil(this.pending / pileUp)));
  }
}

/** Reads or adds an entry and makes it the newest; the oldest goes when there are too many. */
function touch<V>(map: Map<string, V>, key: string, create: () => V): V {
  const value = map.get(key) ?? create();
  map.delete(key);
  map.set(key, value);
  if (map.size > remembered) map.delete(map.keys().next().value as string);
  return value;
}

function cut(message: string, max: number): string {
  return message.length <= max ? message : `${message.slice(0, max - 3)}...`;
}

function stamp(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
