import type { Clock } from './clock.ts';
import type { ObjectKey } from './controller.ts';

/** Why a key was added; the run that it interrupts can see it. */
export interface WakeReason {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** `change`: something happened; `periodic`: an interval or the first listing. Changes run first. */
export type Priority = 'change' | 'periodic';

export interface QueueOptions {
  readonly clock: Clock;
  /** First back-off delay. Default 750 ms. */
  readonly minRetryDelayMs?: number;
  /** Longest back-off delay. Default 15 min. */
  readonly maxRetryDelayMs?: number;
  readonly observer?: QueueObserver;
}

/** Told about the queue, for metrics. */
export interface QueueObserver {
  added(depth: number): void;
  taken(depth: number, waitedMs: number): void;
  retried(): void;
}

interface Entry {
  readonly key: ObjectKey;
  queued: Priority | undefined;
  queuedAt: number;
  running: boolean;
  startedAt: number;
  /** Added again while running: queued as soon as the run ends. */
  dirty: Priority | undefined;
  failures: number;
  timer: { readonly at: number; readonly priority: Priority; readonly cancel: () => void } | undefined;
  wake: AbortController | undefined;
}

/** Keys that wait with one priority: first in, first out within a namespace, and the namespaces take turns. */
class Lane {
  readonly #namespaces = new Map<string, Set<Entry>>();
  size = 0;

  add(entry: Entry): void {
    const { namespace } = entry.key;
    let entries = this.#namespaces.get(namespace);
    if (entries === undefined) {
      entries = new Set();
      this.#namespaces.set(namespace, entries);
    }
    entries.add(entry);
    this.size += 1;
  }

  delete(entry: Entry): void {
    const { namespace } = entry.key;
    const entries = this.#namespaces.get(namespace);
    if (!entries?.delete(entry)) return;
    this.size -= 1;
    if (entries.size === 0) this.#namespaces.delete(namespace);
  }

  take(): Entry | undefined {
    for (const [namespace, entries] of this.#namespaces) {
      // To the end of the turn: one with a thousand objects leaves room for the others.
      this.#namespaces.delete(namespace);
      const [entry] = entries;
      if (entry === undefined) continue;
      entries.delete(entry);
      this.size -= 1;
      if (entries.size > 0) this.#namespaces.set(namespace, entries);
      return entry;
    }
    return undefined;
  }

  clear(): void {
    this.#namespaces.clear();
    this.size = 0;
  }
}

/** One turn in this many goes to the periodic lane even while changes wait, so that nothing starves. */
const fairTurn = 8;

/**
 * Keys of one kind that wait for a worker.
 *
 * A key is never handed out twice at once: added while it runs, it comes again afterwards. Each key is idle, delayed,
 * queued or running (perhaps dirty). A key that starts running drops its delayed add: the run decides anew.
 */
export class KeyQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #lanes: Readonly<Record<Priority, Lane>> = { change: new Lane(), periodic: new Lane() };
  readonly #clock: Clock;
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #observer: QueueObserver | undefined;
  #turn = 0;
  #closed = false;
  /** Called when a key is ready to be taken. */
  onReady: () => void = () => {};

  constructor({ clock, minRetryDelayMs = 750, maxRetryDelayMs = 15 * 60_000, observer }: QueueOptions) {
    this.#clock = clock;
    this.#minMs = minRetryDelayMs;
    this.#maxMs = maxRetryDelayMs;
    this.#observer = observer;
  }

  /** Keys ready to be taken. */
  get depth(): number {
    return this.#lanes.change.size + this.#lanes.periodic.size;
  }

  /** Milliseconds that each running key has been at work. */
  runningMs(): number[] {
    const now = this.#clock.monotonic();
    return [...this.#entries.values()].filter((entry) => entry.running).map((entry) => now - entry.startedAt);
  }

  /** Queues a key now. A running one is told through its wake signal and comes again afterwards. */
  add(key: ObjectKey, priority: Priority = 'change', reason?: WakeReason): void {
    if (this.#closed) return;
    const entry = this.#entry(key);
    this.#cancelTimer(entry);
    if (entry.running) {
      if (entry.dirty !== 'change') entry.dirty = priority;
      if (priority === 'change') entry.wake?.abort(reason ?? key);
      return;
    }
    if (entry.queued === priority || entry.queued === 'change') return;
    if (entry.queued !== undefined) this.#lanes[entry.queued].delete(entry);
    else entry.queuedAt = this.#clock.monotonic();
    entry.queued = priority;
    this.#lanes[priority].add(entry);
    this.#observer?.added(this.depth);
    this.onReady();
  }

  /** Queues a key later; of several delayed adds the earliest counts. */
  addAfter(key: ObjectKey, delayMs: number, priority: Priority = 'periodic'): void {
    if (this.#closed) return;
    if (delayMs <= 0) {
      this.add(key, priority);
      return;
    }
    const entry = this.#entry(key);
    if (entry.queued !== undefined || entry.dirty !== undefined) return;
    const at = this.#clock.monotonic() + delayMs;
    if (entry.timer && entry.timer.at <= at) return;
    this.#cancelTimer(entry);
    const cancel = this.#clock.after(delayMs, () => {
      entry.timer = undefined;
      this.add(key, priority);
    });
    entry.timer = { at, priority, cancel };
  }

  /** Queues a key after its back-off, which doubles with every call until {@link forget}. */
  addRateLimited(key: ObjectKey): number {
    const entry = this.#entry(key);
    const delayMs = Math.min(this.#maxMs, this.#minMs * 2 ** Math.min(entry.failures, 40));
    entry.failures += 1;
    this.#observer?.retried();
    this.addAfter(key, delayMs, 'change');
    return delayMs;
  }

  /** Lets the next back-off begin one step later. */
  skipBackoffStep(key: ObjectKey): void {
    const entry = this.#entry(key);
    if (entry.failures === 0) entry.failures = 1;
  }

  /** Resets the back-off of a key. */
  forget(key: ObjectKey): void {
    const entry = this.#entries.get(keyText(key));
    if (entry) entry.failures = 0;
  }

  /** The next key and the signal that something woke it again, or undefined when none is ready. */
  take(): { readonly key: ObjectKey; readonly woken: AbortSignal } | undefined {
    const { change, periodic } = this.#lanes;
    this.#turn += 1;
    const lane = periodic.size > 0 && (change.size === 0 || this.#turn % fairTurn === 0) ? periodic : change;
    const entry = lane.take();
    if (entry === undefined) return undefined;
    entry.queued = undefined;
    entry.running = true;
    entry.startedAt = this.#clock.monotonic();
    entry.wake = new AbortController();
    this.#cancelTimer(entry);
    this.#observer?.taken(this.depth, entry.startedAt - entry.queuedAt);
    return { key: entry.key, woken: entry.wake.signal };
  }

  /** Ends a run. Must be called once for every key taken. */
  done(key: ObjectKey): void {
    const text = keyText(key);
    const entry = this.#entries.get(text);
    if (entry === undefined) return;
    entry.running = false;
    entry.wake = undefined;
    const { dirty } = entry;
    entry.dirty = undefined;
    if (dirty !== undefined) this.add(key, dirty);
    else if (entry.queued === undefined && entry.timer === undefined && entry.failures === 0)
      this.#entries.delete(text);
  }

  /** Drops everything that waits; running keys end as they like. */
  close(): void {
    this.#closed = true;
    for (const entry of this.#entries.values()) this.#cancelTimer(entry);
    this.#lanes.change.clear();
    this.#lanes.periodic.clear();
  }

  #entry(key: ObjectKey): Entry {
    const text = keyText(key);
    let entry = this.#entries.get(text);
    if (entry === undefined) {
      entry = {
        key: { namespace: key.namespace, name: key.name },
        queued: undefined,
        queuedAt: 0,
        running: false,
        startedAt: 0,
        dirty: undefined,
        failures: 0,
        timer: undefined,
        wake: undefined,
      };
      this.#entries.set(text, entry);
    }
    return entry;
  }

  #cancelTimer(entry: Entry): void {
    entry.timer?.cancel();
    entry.timer = undefined;
  }
}

/** `namespace/name`, unique for an object of one kind. */
export function keyText(key: ObjectKey): string {
  return `${key.namespace}/${key.name}`;
}
