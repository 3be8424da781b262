import type { ApiContext } from '../rest/api-context.ts';
import { ObjectWriter, type Target } from '../rest/object-writer.ts';
import type { Bucket } from '../storage/bucket.ts';
import type { KubeObject } from '../types.ts';

/** How long controllers may hold the event loop at a stretch. */
const SLICE_MS = 2;
const MIN_RETRY_MS = 50;
const MAX_RETRY_MS = 5_000;

/**
 * Keys waiting for work, each once, worked off after the writes of the current turn.
 *
 * A failed key is tried again after a growing delay; a change in between comes first.
 */
export class WorkQueue {
  readonly #work: (key: string) => void;
  readonly #failed: (key: string, error: unknown) => void;
  readonly #waiting = new Set<string>();
  readonly #retries = new Map<string, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #scheduled = false;
  #closed = false;

  constructor(work: (key: string) => void, failed: (key: string, error: unknown) => void) {
    this.#work = work;
    this.#failed = failed;
  }

  add(key: string): void {
    if (this.#closed) return;
    this.#waiting.add(key);
    this.#schedule();
  }

  /** Adds a key after a time. */
  addLater(key: string, delayMs: number): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.add(key);
    }, delayMs);
    timer.unref();
    this.#timers.add(timer);
  }

  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#drain());
  }

  #drain(): void {
    this.#scheduled = false;
    // Requests get their turn between slices of controller work.
    const end = performance.now() + SLICE_MS;
    for (const key of this.#waiting) {
      if (performance.now() > end) break;
      this.#waiting.delete(key);
      try {
        this.#work(key);
        this.#retries.delete(key);
      } catch (error) {
        const tries = this.#retries.get(key) ?? 0;
        this.#retries.set(key, tries + 1);
        this.#failed(key, error);
        this.addLater(key, Math.min(MIN_RETRY_MS * 2 ** tries, MAX_RETRY_MS));
      }
    }
    if (this.#waiting.size > 0 && !this.#closed) this.#schedule();
  }
}

/** What the controllers of a server share: writes as themselves, lookups, and closing. */
export class ControllerHost {
  readonly api: ApiContext;
  readonly writer: ObjectWriter;
  readonly #closers: (() => void)[] = [];

  constructor(api: ApiContext) {
    this.api = api;
    this.writer = new ObjectWriter(api);
  }

  queue(name: string, work: (key: string) => void): WorkQueue {
    const queue = new WorkQueue(work, (key, error) => {
      this.api.log('controller failed', {
        controller: name,
        key,
        error: error instanceof Error ? error.message : String(error),
      });
    });
    this.#closers.push(() => queue.close());
    return queue;
  }

  listen(bucket: Bucket, listener: Parameters<Bucket['listen']>[0]): void {
    this.#closers.push(bucket.listen(listener));
  }

  onClose(closer: () => void): void {
    this.#closers.push(closer);
  }

  /** The preferred version of a resource, as a place to write. */
  target(group: string, plural: string, namespace: string, name: string, subresource = ''): Target | undefined {
    const resource = this.api.registry.get(group, plural);
    if (resource === undefined) return undefined;
    for (const served of resource.versions.values()) {
      if (served.isStorage) return { resource, served, namespace, name, subresource };
    }
    return undefined;
  }

  /** Creates an object; one that is there already stays. */
  create(group: string, plural: string, object: KubeObject, manager: string): KubeObject | undefined {
    const { namespace = '', name = '' } = object.metadata;
    const target = this.target(group, plural, namespace, name);
    if (target === undefined) return undefined;
    const key = target.resource.namespaced ? `${namespace}/${name}` : name;
    const known = target.resource.bucket.get(key);
    if (known !== undefined) return known.object;
    return this.writer.create(target, object, this.options(manager));
  }

  update(
    group: string,
    plural: string,
    namespace: string,
    name: string,
    subresource: string,
    manager: string,
    change: (current: KubeObject) => KubeObject,
  ): KubeObject | undefined {
    const target = this.target(group, plural, namespace, name, subresource);
    return target === undefined ? undefined : this.writer.update(target, change, this.options(manager));
  }

  /** Sets the finalizers of a namespace's spec; the last one gone ends it. */
  finalizeNamespace(name: string, finalizers: readonly unknown[]): void {
    const target = this.target('', 'namespaces', '', name, 'finalize');
    if (target === undefined) return;
    this.writer.update(
      target,
      (current) => ({
        ...current,
        metadata: { ...current.metadata },
        spec: { ...(current['spec'] as object), finalizers: [...finalizers] },
      }),
      this.options('kube-controller-manager'),
    );
  }

  options(manager: string) {
    return { dryRun: false, manager, warn: () => {} };
  }

  close(): void {
    for (const closer of this.#closers) closer();
  }
}
