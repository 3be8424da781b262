import { asEventWatcher } from './create-kube-client.ts';
import { ApiError, isExpired, KubeError } from './errors.ts';
import type { Informer, InformerChange, InformerListener, InformerOptions, InformerProblem } from './informer.ts';
import type { KubeClient } from './kube-client.ts';
import { compareResourceVersions } from './resource-version.ts';
import { sleep } from './sleep.ts';
import type { KindRef, KubeObject, WatchEvent } from './types.ts';

const defaultBackoff = { first: 200, max: 30_000 };
/** A watch that lived this long was healthy; the next failure starts from the first wait again. */
const healthyAfterMs = 2000;

/**
 * Makes an informer; it does nothing until it is started. Most callers want `createInformerCache`, which shares them.
 */
export function createInformer<T extends KubeObject = KubeObject>(
  client: KubeClient,
  kind: KindRef,
  options: InformerOptions<T> = {},
): Informer<T> {
  return new ListWatchInformer<T>(client, { apiVersion: kind.apiVersion, kind: kind.kind }, options);
}

type Index<T> = {
  readonly keys: (object: T) => readonly string[];
  readonly found: Map<string, Map<string, T>>;
};

class ListWatchInformer<T extends KubeObject> implements Informer<T> {
  readonly #client: KubeClient;
  readonly #kind: KindRef;
  readonly #options: InformerOptions<T>;
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();
  readonly #listeners = new Set<InformerListener<T>>();
  readonly #random: () => number;
  readonly synced: Promise<void>;
  #resolveSynced: () => void = () => undefined;
  #rejectSynced: (error: unknown) => void = () => undefined;
  #started = false;
  #synced = false;
  #version = '';
  #failures = 0;

  constructor(client: KubeClient, kind: KindRef, options: InformerOptions<T>) {
    this.#client = client;
    this.#kind = kind;
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.synced = new Promise((resolve, reject) => {
      this.#resolveSynced = resolve;
      this.#rejectSynced = reject;
    });
    // Nobody has to wait for it.
    this.synced.catch(() => undefined);
    for (const [name, keys] of Object.entries(options.indexes ?? {})) this.addIndex(name, keys);
  }

  get started(): boolean {
    return this.#started;
  }

  get hasSynced(): boolean {
    return this.#synced;
  }

  get resourceVersion(): string {
    return this.#version;
  }

  get size(): number {
    return this.#objects.size;
  }

  start(signal: AbortSignal): void {
    if (this.#started) return;
    this.#started = true;
    void this.#run(signal);
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  list(namespace?: string): T[] {
    if (namespace === undefined) return [...this.#objects.values()];
    const found: T[] = [];
    for (const object of this.#objects.values())
      if ((object.metadata.namespace ?? '') === namespace) found.push(object);
    return found;
  }

  byIndex(index: string, value: string): T[] {
    const entry = this.#indexes.get(index);
    if (entry === undefined)
      throw new KubeError('INVALID_ARGUMENT', `the informer has no index ${JSON.stringify(index)}`);
    return [...(entry.found.get(value)?.values() ?? [])];
  }

  addIndex(index: string, keys: (object: T) => readonly string[]): void {
    const entry: Index<T> = { keys, found: new Map() };
    this.#indexes.set(index, entry);
    for (const [key, object] of this.#objects) putIndex(entry, key, object);
  }

  onChange(listener: InformerListener<T>): () => void {
    // One function may be registered twice, each time with its own end.
    const own: InformerListener<T> = (change) => listener(change);
    for (const object of [...this.#objects.values()]) this.#tell(own, { type: 'added', object });
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  observe(object: T): void {
    const { metadata } = object;
    const key = keyOf(metadata.namespace, metadata.name);
    const cached = this.#objects.get(key);
    if (!this.#synced) return;
    if (cached === undefined) {
      // It may be news, or a deletion may have overtaken the answer: only the watch can tell.
      return;
    }
    const order = compareResourceVersions(metadata.resourceVersion, cached.metadata.resourceVersion);
    if (order !== undefined && order > 0 && cached.metadata.uid === metadata.uid) this.#put(key, this.#keep(object));
  }

  async #run(signal: AbortSignal): Promise<void> {
    let mustList = true;
    while (!signal.aborted) {
      try {
        if (mustList) await this.#list(signal);
        mustList = false;
        mustList = await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) break;
        const kind: InformerProblem['kind'] = mustList ? 'list-failed' : watchProblem(error);
        // Whether events were missed is known only when the stream broke between two of them.
        if (!mustList) mustList = kind === 'expired' || kind === 'broken-event';
        await this.#pause(kind, error, signal);
      }
    }
    if (!this.#synced) this.#rejectSynced(signal.reason);
  }

  async #pause(kind: InformerProblem['kind'], error: unknown, signal: AbortSignal): Promise<void> {
    const first = this.#options.backoffMs?.first ?? defaultBackoff.first;
    const max = this.#options.backoffMs?.max ?? defaultBackoff.max;
    const base = Math.min(max, first * 2 ** Math.min(this.#failures, 20));
    const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    const retryInMs = Math.max(asked, base * (0.5 + this.#random()));
    this.#failures += 1;
    this.#report({ kind, error, retryInMs });
    await sleep(retryInMs, signal).catch(() => undefined);
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { namespace, labelSelector, fieldSelector, metadataOnly, pageSize } = this.#options;
    const list = await this.#client.list<T>(this.#kind, {
      namespace,
      labelSelector,
      fieldSelector,
      metadataOnly,
      limit: pageSize,
      signal,
    });
    const gone = new Map(this.#objects);
    for (const item of list.items) {
      if (!item.metadata?.name) {
        // One broken object must not keep all the others from being seen.
        const error = new KubeError('BAD_RESPONSE', `list of ${this.#kind.kind}: an object has no name`);
        this.#report({ kind: 'broken-event', error, retryInMs: 0 });
        continue;
      }
      const key = keyOf(item.metadata.namespace, item.metadata.name);
      const old = gone.get(key);
      gone.delete(key);
      if (old !== undefined && isSame(old, item)) continue;
      if (old !== undefined && old.metadata.uid !== item.metadata.uid) this.#remove(key, old);
      this.#put(key, this.#keep(item));
    }
    for (const [key, old] of gone) this.#remove(key, old);
    this.#version = list.metadata.resourceVersion ?? '';
    if (!this.#synced) {
      this.#synced = true;
      this.#resolveSynced();
    }
  }

  /** One watch from the last known version on. Returns whether a new list is needed. */
  async #watch(signal: AbortSignal): Promise<boolean> {
    const { namespace, labelSelector, fieldSelector, metadataOnly, timeoutSeconds, idleTimeoutMs } = this.#options;
    const started = performance.now();
    let received = 0;
    const lived = () => performance.now() - started;
    try {
      await asEventWatcher(this.#client).watchEvents(
        this.#kind,
        {
          signal,
          namespace,
          labelSelector,
          fieldSelector,
          metadataOnly,
          resourceVersion: this.#version,
          timeoutSeconds,
          idleTimeoutMs,
        },
        (event) => {
          received += 1;
          this.#take(event as WatchEvent<T>);
        },
      );
    } finally {
      if (lived() > healthyAfterMs) this.#failures = 0;
    }
    if (received > 0) {
      this.#failures = 0;
    } else if (lived() < 1000) {
      // A server that ends every watch at once would be asked in a tight loop.
      await this.#pause('watch-failed', new KubeError('CONNECTION', 'the server ended the watch at once'), signal);
    }
    return false;
  }

  #take(event: WatchEvent<T>): void {
    const { type, object } = event;
    const version = object.metadata.resourceVersion;
    if (type !== 'BOOKMARK') {
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const old = this.#objects.get(key);
      if (type === 'DELETED') {
        // An old object's late deletion says nothing of its successor.
        if (old !== undefined && isOlder(object, old) !== true) this.#remove(key, old, this.#keep(object));
      } else if (old === undefined) {
        this.#put(key, this.#keep(object));
      } else if (!isSame(old, object) && isOlder(object, old) !== true) {
        if (old.metadata.uid !== object.metadata.uid) this.#remove(key, old);
        this.#put(key, this.#keep(object));
      }
    }
    if (version) this.#version = version;
  }

  #keep(object: T): T {
    if (this.#options.stripManagedFields) delete object.metadata.managedFields;
    const kept = this.#options.transform === undefined ? object : this.#options.transform(object);
    return this.#options.freeze === false ? kept : deepFreeze(kept);
  }

  #put(key: string, object: T): void {
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) {
      if (old !== undefined) dropIndex(index, key, old);
      putIndex(index, key, object);
    }
    this.#tellAll(old === undefined ? { type: 'added', object } : { type: 'modified', object, old });
  }

  #remove(key: string, old: T, last: T = old): void {
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) dropIndex(index, key, old);
    this.#tellAll({ type: 'deleted', object: last, old });
  }

  #tellAll(change: InformerChange<T>): void {
    for (const listener of [...this.#listeners]) this.#tell(listener, change);
  }

  #tell(listener: InformerListener<T>, change: InformerChange<T>): void {
    try {
      listener(change);
    } catch (error) {
      this.#report({ kind: 'listener-failed', error, retryInMs: 0 });
    }
  }

  #report(problem: InformerProblem): void {
    try {
      this.#options.onProblem?.(problem);
    } catch {
      // A reporter that fails has nobody left to tell.
    }
  }
}

function watchProblem(error: unknown): InformerProblem['kind'] {
  if (isExpired(error)) return 'expired';
  if (error instanceof KubeError) {
    if (error.code === 'BAD_RESPONSE' || error.code === 'TOO_LARGE') return 'broken-event';
    if (error.code === 'TIMEOUT') return 'idle';
  }
  // An ERROR event inside the stream (500, "leader changed"): nothing was skipped, resume.
  return 'watch-failed';
}

function isSame(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.resourceVersion === b.metadata.resourceVersion && a.metadata.uid === b.metadata.uid;
}

function isOlder(object: KubeObject, than: KubeObject): boolean | undefined {
  const order = compareResourceVersions(object.metadata.resourceVersion, than.metadata.resourceVersion);
  return order === undefined ? undefined : order < 0;
}

function putIndex<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.keys(object)) {
    let bucket = index.found.get(value);
    if (bucket === undefined) {
      bucket = new Map();
      index.found.set(value, bucket);
    }
    bucket.set(key, object);
  }
}

function dropIndex<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.keys(object)) {
    const bucket = index.found.get(value);
    bucket?.delete(key);
    if (bucket?.size === 0) index.found.delete(value);
  }
}

/** Names hold no slash, so the key is unambiguous. */
function keyOf(namespace: string | undefined, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

/** Without recursion: an object may be as deep as the server takes it. */
function deepFreeze<T>(root: T): T {
  const open: unknown[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null || Object.isFrozen(value)) continue;
    Object.freeze(value);
    for (const item of Object.values(value)) if (typeof item === 'object' && item !== null) open.push(item);
  }
  return root;
}
