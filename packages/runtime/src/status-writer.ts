import { type Condition, compareConditions } from '@fluvial/conditions';
import { isConflict, isNotFound, type KindRef, type KubeClient, type KubeObject } from '@fluvial/kube';
import { diffJson, equalJson } from './json.ts';

type Status = Record<string, unknown> & { conditions?: Condition[] };

export interface StatusWriterOptions<T extends KubeObject> {
  readonly kube: KubeClient;
  readonly kind: KindRef;
  readonly fieldManager: string;
  /** Condition types that are ours; all others are taken from the cluster. */
  readonly owned: ReadonlySet<string>;
  /** The object as the cluster has it. */
  readonly base: T;
  /** The object whose status is to be written; its status may change between writes. */
  readonly draft: T;
  /** Awaited before each write; false: the object is gone, and nothing is written. */
  readonly ready?: () => Promise<boolean>;
  /** Told the answer of each write. */
  readonly onWritten: (object: T) => void;
  readonly signal?: AbortSignal;
}

const conflictRetries = 5;

/**
 * Writes the status of one object during one run: the difference to what the cluster has, as a merge patch on the
 * status subresource. Nothing changed, nothing sent. Writes never overlap.
 *
 * Changed conditions carry the resourceVersion they were computed from: a list is replaced as a whole, and somebody
 * else's condition in it must survive. On a conflict the newest object is read and only our own types are put into it.
 */
export class StatusWriter<T extends KubeObject> {
  readonly #options: StatusWriterOptions<T>;
  #base: T;
  #gone = false;
  #last: Promise<void> = Promise.resolve();

  constructor(options: StatusWriterOptions<T>) {
    this.#options = options;
    this.#base = options.base;
  }

  /** The newest known state in the cluster. */
  get base(): T {
    return this.#base;
  }

  /** Replaces what is known of the cluster, after another write of ours. */
  rebase(base: T): void {
    this.#base = base;
  }

  /** Writes the draft's status as it stands when earlier writes are through. */
  write(): Promise<void> {
    const write = this.#last.then(() => this.#write());
    // A failed write is its caller's business; the next one must still go out.
    this.#last = write.catch(() => {});
    return write;
  }

  /** Resolves when no write is under way. */
  settled(): Promise<void> {
    return this.#last;
  }

  async #write(): Promise<void> {
    const { kube, kind, fieldManager, owned, draft, signal, onWritten, ready } = this.#options;
    if (ready && !(await ready())) this.#gone = true;
    const { name, namespace } = draft.metadata;
    for (let attempt = 0; !this.#gone; attempt++) {
      const body = planStatusPatch(this.#base, draft, owned);
      if (body === undefined) return;
      try {
        const answer = await kube.patch<T>(kind, name, namespace, {
          type: 'merge',
          subresource: 'status',
          fieldManager,
          body,
          ...(signal ? { signal } : {}),
        });
        this.#base = answer;
        onWritten(answer);
        return;
      } catch (error) {
        if (isNotFound(error)) {
          this.#gone = true;
          return;
        }
        if (!isConflict(error) || attempt >= conflictRetries) throw error;
        const fresh = await kube.find<T>(kind, name, namespace, signal ? { signal } : {});
        if (fresh === undefined || fresh.metadata.uid !== draft.metadata.uid) {
          this.#gone = true;
          return;
        }
        this.#base = fresh;
      }
    }
  }
}

/** The merge patch that brings the draft's status into the cluster; undefined when it is there already. */
export function planStatusPatch(
  base: KubeObject,
  draft: KubeObject,
  owned: ReadonlySet<string>,
): Record<string, unknown> | undefined {
  const from = (base['status'] ?? {}) as Status;
  const to = (draft['status'] ?? {}) as Status;
  const conditions = mergeConditions(from.conditions ?? [], to.conditions ?? [], owned);
  const status = diffJson(from, {
    ...to,
    conditions: conditions.length === 0 && from.conditions === undefined ? undefined : conditions,
  });
  if (status === undefined) return undefined;
  const { resourceVersion } = base.metadata;
  const locked = status['conditions'] !== undefined && resourceVersion !== undefined;
  return locked ? { metadata: { resourceVersion }, status } : { status };
}

/** Our conditions as drafted, everybody else's as they are; what says the same as before keeps its time. */
function mergeConditions(
  from: readonly Condition[],
  to: readonly Condition[],
  owned: ReadonlySet<string>,
): Condition[] {
  const merged = from.filter((condition) => !owned.has(condition.type));
  for (const condition of to) {
    if (!owned.has(condition.type)) continue;
    const before = from.find((other) => other.type === condition.type);
    const same =
      before !== undefined &&
      before.status === condition.status &&
      before.reason === condition.reason &&
      before.message === condition.message;
    merged.push(same ? { ...condition, lastTransitionTime: before.lastTransitionTime } : condition);
  }
  merged.sort(compareConditions);
  return equalJson(merged, from) ? [...from] : merged;
}
