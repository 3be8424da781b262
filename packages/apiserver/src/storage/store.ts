import type { KubeObject } from '../types.ts';
import { Bucket } from './bucket.ts';
import type { Journal } from './journal.ts';
import { type Change, Stored } from './stored.ts';

export interface StoreOptions {
  /** Changes kept per bucket for watches that resume. Default 4096. */
  readonly historySize?: number;
  readonly journal?: Journal;
}

/**
 * The object store: one revision counter, one bucket per stored resource.
 *
 * Everything is synchronous; a write is on its way to the operating system before `put` returns. Listeners run inside
 * the write, so they must be quick and must not write themselves.
 */
export class Store {
  readonly buckets = new Map<string, Bucket>();
  readonly historySize: number;
  readonly #listeners = new Set<(bucket: Bucket, change: Change) => void>();
  #revision = 1;
  #journal: Journal | undefined;

  constructor(options: StoreOptions = {}) {
    this.historySize = options.historySize ?? 4096;
    this.#journal = options.journal;
  }

  get revision(): number {
    return this.#revision;
  }

  bucket(name: string): Bucket {
    let bucket = this.buckets.get(name);
    if (bucket === undefined) {
      const made = new Bucket(name, this.historySize, this.#revision);
      made.listen((change) => {
        for (const listener of this.#listeners) listener(made, change);
      });
      this.buckets.set(name, made);
      bucket = made;
    }
    return bucket;
  }

  /** Hears of every change in every bucket, also in those to come. Returns a function that ends it. */
  listen(listener: (bucket: Bucket, change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Stores a new state.
   *
   * @param object Owned by the store from now on; its `metadata` gets the new `resourceVersion`.
   */
  put(bucket: Bucket, key: string, object: KubeObject): Stored {
    const revision = this.#revision + 1;
    object.metadata.resourceVersion = String(revision);
    const stored = new Stored(key, revision, object);
    this.#journal?.put(bucket.name, key, revision, stored.json);
    this.#revision = revision;
    bucket.apply(stored);
    this.#journal?.maybeCompact(this);
    return stored;
  }

  /**
   * Removes an object.
   *
   * @param object The last state as watchers shall see it; owned by the store from now on.
   */
  remove(bucket: Bucket, key: string, object: KubeObject): Stored {
    const revision = this.#revision + 1;
    object.metadata.resourceVersion = String(revision);
    this.#journal?.remove(bucket.name, key, revision);
    this.#revision = revision;
    const stored = new Stored(key, revision, object);
    bucket.drop(stored);
    this.#journal?.maybeCompact(this);
    return stored;
  }

  /** Drops a whole bucket, for the end of a custom resource. Its objects must be gone. */
  removeBucket(name: string): void {
    this.buckets.delete(name);
  }

  /** Puts back what the journal held; only before the first request. */
  restore(bucket: string, key: string, revision: number, json: string | undefined): void {
    const target = this.bucket(bucket);
    if (json === undefined) target.restoreRemoval(key, revision);
    else target.restorePut(new Stored(key, revision, JSON.parse(json) as KubeObject, json));
    if (revision > this.#revision) this.#revision = revision;
  }

  /** Where the restored history begins. */
  restoreRevision(revision: number): void {
    if (revision > this.#revision) this.#revision = revision;
  }

  close(): void {
    this.#journal?.close();
  }
}
