import type { KubeObject } from './types.ts';

/** What a listener is told. `object` is the last known state also when it is gone. */
export type InformerChange<T extends KubeObject = KubeObject> =
  | { readonly type: 'added'; readonly object: T; readonly old?: undefined }
  | { readonly type: 'modified'; readonly object: T; readonly old: T }
  | { readonly type: 'deleted'; readonly object: T; readonly old: T };

export type InformerListener<T extends KubeObject = KubeObject> = (change: InformerChange<T>) => void;

/** Why the informer had to start over or could not go on; for logs and metrics. */
export type InformerProblem = {
  readonly kind: 'list-failed' | 'watch-failed' | 'expired' | 'broken-event' | 'idle' | 'listener-failed';
  readonly error: unknown;
  /** How long it waits before the next attempt, milliseconds. */
  readonly retryInMs: number;
};

export type InformerOptions<T extends KubeObject = KubeObject> = {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Keeps `PartialObjectMetadata` only. */
  metadataOnly?: boolean;
  /** Drops `metadata.managedFields` before the object is kept. Default false. */
  stripManagedFields?: boolean;
  /** Changes the object before it is kept; may edit in place. */
  transform?: (object: T) => T;
  /** Objects a page of the list, default 500. */
  pageSize?: number;
  /** Deep-freezes what is kept, so that a listener's edit throws instead of spoiling the cache. Default true. */
  freeze?: boolean;
  /** Values under which an object is found by `byIndex`. */
  indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
  /** First and longest wait between failed attempts, milliseconds. Default 200 and 30 000; jitter is added. */
  backoffMs?: { first?: number; max?: number };
  /** See `WatchOptions`. */
  timeoutSeconds?: number;
  idleTimeoutMs?: number;
  onProblem?: (problem: InformerProblem) => void;
  /** Random numbers in [0, 1) for jitter. Default `Math.random`. */
  random?: () => number;
};

/**
 * A live copy of a kind's objects. The objects are shared and must not be changed.
 *
 * States: idle → listing → watching → (listing …) → stopped. Listeners are called one after the other, in the order
 * of the changes; nothing is lost over a relist: what vanished meanwhile is told as `deleted`.
 */
export interface Informer<T extends KubeObject = KubeObject> {
  /** Begins to list and watch; ends with the signal. A second call does nothing. */
  start(signal: AbortSignal): void;
  readonly started: boolean;
  /** Resolves when the first list is in the cache and was told to the listeners; rejects when stopped before. */
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  /** Resource version up to which the cache is known to be current. */
  readonly resourceVersion: string;
  /** Cluster-scoped objects have namespace `""` or undefined. */
  get(namespace: string | undefined, name: string): T | undefined;
  list(namespace?: string): T[];
  readonly size: number;
  /** Keys under an index declared in the options or added later. */
  byIndex(index: string, value: string): T[];
  addIndex(index: string, keys: (object: T) => readonly string[]): void;
  /** Tells what is already there as `added`, then every change. Returns a function that ends it. */
  onChange(listener: InformerListener<T>): () => void;
  /**
   * Puts the answer of an own write into the cache at once, when it is newer than what is there, so that the next
   * read sees it. The watch's own event for it is then not told again.
   */
  observe(object: T): void;
}
