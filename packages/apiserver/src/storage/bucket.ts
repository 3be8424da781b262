import type { KubeObject } from '../types.ts';
import { type Change, Stored } from './stored.ts';

export type ChangeListener = (change: Change) => void;

/** The objects of one stored resource, sorted by key, and their recent history. */
export class Bucket {
  readonly name: string;
  readonly #objects = new Map<string, Stored>();
  readonly #listeners = new Set<ChangeListener>();
  readonly #historySize: number;
  #sorted: Stored[] | undefined;
  #byNamespace = new Map<string, Map<string, Stored>>();
  #history: Change[] = [];
  /** A watch may start at this revision or later. */
  #floor: number;

  constructor(name: string, historySize: number, floor: number) {
    this.name = name;
    this.#historySize = historySize;
    this.#floor = floor;
  }

  get size(): number {
    return this.#objects.size;
  }

  get floor(): number {
    return this.#floor;
  }

  get(key: string): Stored | undefined {
    return this.#objects.get(key);
  }

  /** All objects in key order. The array is shared: never change it. */
  list(): readonly Stored[] {
    this.#sorted ??= [...this.#objects.values()].sort(byKey);
    return this.#sorted;
  }

  /** The objects of one namespace in key order. */
  listNamespace(namespace: string): readonly Stored[] {
    const part = this.#byNamespace.get(namespace);
    return part === undefined ? [] : [...part.values()].sort(byKey);
  }

  values(): IterableIterator<Stored> {
    return this.#objects.values();
  }

  /** Changes after `revision`, oldest first, or `undefined` when they are no longer all kept. */
  since(revision: number): readonly Change[] | undefined {
    if (revision < this.#floor) return undefined;
    const history = this.#history;
    let low = 0;
    let high = history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (history[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return history.slice(low);
  }

  /** The objects as they were at `revision`, in key order, or `undefined` when its history is gone. */
  listAt(revision: number): readonly Stored[] | undefined {
    const changes = this.since(revision);
    if (changes === undefined) return undefined;
    if (changes.length === 0) return this.list();
    const then = new Map(this.#objects);
    for (let i = changes.length - 1; i >= 0; i--) {
      const { current, previous } = changes[i]!;
      if (previous === undefined) then.delete(current.key);
      else then.set(current.key, previous);
    }
    return [...then.values()].sort(byKey);
  }

  listen(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets all history before `revision`; the next older watch gets 410. For tests of clients and for low memory. */
  compact(revision: number): void {
    this.#floor = Math.max(this.#floor, revision);
    this.#history = this.#history.filter((change) => change.revision > this.#floor);
  }

  apply(stored: Stored): void {
    const previous = this.#objects.get(stored.key);
    this.#insert(stored);
    this.#emit({
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      revision: stored.revision,
      current: stored,
      previous,
    });
  }

  drop(stored: Stored): void {
    const previous = this.#objects.get(stored.key);
    this.#delete(stored.key);
    this.#emit({ type: 'DELETED', revision: stored.revision, current: stored, previous });
  }

  /** Replaces what objects read as, without a change of theirs: same revision, no event. */
  readAgain(convert: (object: KubeObject) => KubeObject): void {
    for (const stored of this.list()) {
      const object = convert(stored.object);
      if (object !== stored.object) this.#insert(new Stored(stored.key, stored.revision, object));
    }
  }

  restorePut(stored: Stored): void {
    const previous = this.#objects.get(stored.key);
    this.#insert(stored);
    this.#remember({
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      revision: stored.revision,
      current: stored,
      previous,
    });
  }

  restoreRemoval(key: string, revision: number): void {
    const previous = this.#objects.get(key);
    this.#delete(key);
    if (previous === undefined) return;
    const object = { ...previous.object, metadata: { ...previous.object.metadata, resourceVersion: String(revision) } };
    this.#remember({ type: 'DELETED', revision, current: new Stored(key, revision, object), previous });
  }

  #insert(stored: Stored): void {
    this.#objects.set(stored.key, stored);
    const slash = stored.key.indexOf('/');
    if (slash > 0) {
      const namespace = stored.key.slice(0, slash);
      let part = this.#byNamespace.get(namespace);
      if (part === undefined) {
        part = new Map();
        this.#byNamespace.set(namespace, part);
      }
      part.set(stored.key, stored);
    }
    // Lists in progress hold the old array: replace it, never write into it.
    this.#sorted = undefined;
  }

  #delete(key: string): void {
    if (!this.#objects.delete(key)) return;
    this.#sorted = undefined;
    const slash = key.indexOf('/');
    if (slash <= 0) return;
    const namespace = key.slice(0, slash);
    const part = this.#byNamespace.get(namespace);
    part?.delete(key);
    if (part?.size === 0) this.#byNamespace.delete(namespace);
  }

  #remember(change: Change): void {
    this.#history.push(change);
    if (this.#history.length < this.#historySize * 2) return;
    this.#history = this.#history.slice(-this.#historySize);
    this.#floor = this.#history[0]!.revision - 1;
  }

  #emit(change: Change): void {
    this.#remember(change);
    for (const listener of this.#listeners) listener(change);
    // All watches have their frame; the few that come back later for this change make their own.
    change.frames = undefined;
    change.previous?.forgetTexts();
  }
}

function byKey(a: Stored, b: Stored): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
