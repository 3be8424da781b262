import type { Condition } from '@fluvial/conditions';
import type { KindRef, KubeClient, KubeObject } from '@fluvial/kube';
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { WorkerPool } from './worker-pool.ts';

export type { KindRef };

/** One object in the queue of a kind. `namespace` is '' for cluster-scoped objects. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** What an informer saw. `old` is undefined for added objects; for deleted ones `object` is the last state. */
export interface Change<S extends KubeObject = KubeObject> {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly object: S;
  readonly old: S | undefined;
}

/** Reads the shared cache of one kind. Objects belong to the cache: never change them, clone first. */
export interface Lister<S extends KubeObject = KubeObject> {
  get(namespace: string, name: string): S | undefined;
  list(): Iterable<S>;
  /** Objects for which the named index function yields this value; [] for an unknown value. */
  byIndex(index: string, value: string): readonly S[];
}

/** Maps changes of another kind (or of the own kind, for dependents) to keys to wake. */
export interface Watch<T extends KubeObject = KubeObject, S extends KubeObject = KubeObject> {
  readonly kind: KindRef;
  /** Only metadata is fetched and kept. Default false. */
  readonly metadataOnly?: boolean;
  /** Server-side filter of what is watched. */
  readonly labelSelector?: string;
  /** The server may not know the kind (yet): it is looked for again once a minute instead of failing. Default false. */
  readonly optional?: boolean;
  /** Keys to wake, in the order in which they should run. Cheap and synchronous. */
  wakes(change: Change<S>, own: Lister<T>): Iterable<ObjectKey>;
}

/**
 * When to come back.
 * `interval`: a success; after `afterMs` with jitter, back-off reset.
 * `after`: a fixed wait without jitter, back-off reset. Counts as a requeue, not as a success.
 * `backoff`: rate-limited requeue without an error. `now`: at once. `never`: on change only.
 */
export type Result =
  | { readonly next: 'interval'; readonly afterMs: number }
  | { readonly next: 'after'; readonly afterMs: number }
  | { readonly next: 'backoff' }
  | { readonly next: 'now' }
  | { readonly next: 'never' };

/** A Kubernetes Event and, but for `trace`, a POST to the notification controller. */
export interface EventInput {
  /** `trace`: Kubernetes Normal only; `info`: Normal and POST; `error`: Warning and POST. */
  readonly severity: 'trace' | 'info' | 'error';
  readonly reason: string;
  readonly message: string;
  /** Extra metadata, full keys (`source.toolkit.fluxcd.io/revision`). `event.toolkit.fluxcd.io/*` annotations of the object are added. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Which conditions a kind owns and how its Ready is made. */
export interface ConditionPolicy {
  /** Types that this controller overwrites; all others in the list survive. Ready, Reconciling and Stalled are implied. */
  readonly owned: readonly string[];
  /**
   * Types from which `Ready` is summarised after each run, most important first, without Ready itself
   * (spec: Ready summary). Absent: the reconcile sets Ready itself.
   */
  readonly summary?: readonly string[];
  /** Types in `summary` whose True is bad. Stalled and Reconciling are implied. */
  readonly negative?: readonly string[];
}

/** What a reconcile may use of the world. */
export interface ReconcileContext<T extends KubeObject = KubeObject> {
  readonly kube: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when the process gives up waiting for running reconciles, or the lease is lost. */
  readonly signal: AbortSignal;
  /** Aborts when something wakes this key while it is running: a wait can be cut short. `reason` is a WakeReason. */
  readonly woken: AbortSignal;
  /** Name of the app: SSA field manager, event reporter. */
  readonly controllerName: string;
  readonly key: ObjectKey;
  /** The object as it was read, before this run: do not change it. */
  readonly before: T;
  readonly reconcileId: string;
  /** The shared cache of a kind that this controller (or another in the process) watches. */
  cached<S extends KubeObject>(kind: KindRef): Lister<S>;
  /** Conditions: the transition rules of `@fluvial/conditions` on this run's object and clock. */
  setCondition(type: string, status: Condition['status'], reason: string, message: string): void;
  deleteCondition(type: string): void;
  markReady(reason: string, message: string): void;
  markNotReady(reason: string, message: string): void;
  markStalled(reason: string, message: string): void;
  /**
   * Sets `Reconciling=True` (removing Stalled) and lets the status be written as it stands then, if the run has not
   * ended or called again within `delayMs` (default 300 ms): long steps show, quick runs cost one patch.
   */
  progress(message: string, options?: { reason?: string; delayMs?: number }): void;
  /**
   * Resolves when the finalizer is on the object. It is put there while the run has begun already; a run that changes
   * what only its finalizer would clean up (other objects in the cluster) awaits this first.
   *
   * @throws {ObjectGoneError} the object went away; let it through
   */
  claimed(): Promise<void>;
  /**
   * Runs something that only waits (for health, for the end of a deletion): it holds no worker meanwhile, so that a
   * few objects that never become ready cannot keep all others from being reconciled. Its signal aborts with the run's,
   * and as soon as the process is asked to stop.
   *
   * @throws {WaitCutError} the process stops; let it through
   */
  wait<R>(task: (signal: AbortSignal) => Promise<R>): Promise<R>;
  /** Writes the status now, as it stands. */
  patchStatus(): Promise<void>;
  /** Records an event; delivered in the background. */
  event(event: EventInput): void;
  /** Runs CPU-heavy steps off the event loop. */
  readonly workers: WorkerPool;
}

/**
 * One reconciled kind.
 *
 * The runtime does for every kind: reading the object, the finalizer, suspend, `reconcile.fluxcd.io/requestedAt`,
 * observedGeneration, the Ready summary, one status patch, events of thrown errors, metrics, back-off, panics.
 * `object` is a private deep copy: the reconcile writes `object.status` and calls ctx; spec and metadata stay as read.
 */
export interface Controller<T extends KubeObject = KubeObject> {
  /** Log field `controller` and metric label: the kind in lower case. */
  readonly name: string;
  readonly kind: KindRef;
  readonly conditions: ConditionPolicy;
  /** Default `finalizers.fluxcd.io`; null for none. */
  readonly finalizer?: string | null;
  /** Field manager of status and finalizer patches. Default: the manager's `fieldManager`. */
  readonly fieldManager?: string;
  readonly watches?: readonly Watch<T>[];
  /** Named indexes over the own kind, for `Lister.byIndex`. */
  readonly indexes?: Readonly<Record<string, (object: T) => Iterable<string>>>;
  /** Workers. Default: the manager's `concurrent`. */
  readonly concurrent?: number;
  /**
   * `settled` (default): observedGeneration moves when a run ends without an error and without a requeue, or stalls.
   * `ready`: only when Ready=True or the run stalls.
   */
  readonly observes?: 'settled' | 'ready';
  /** More own changes that wake the key besides a new generation and a new requestedAt. */
  wakesOnOwnChange?(change: Change<T>): boolean;
  /** @throws {TransientError | StallingError | TerminalError}; anything else counts as an unexpected error and backs off. */
  reconcile(object: T, ctx: ReconcileContext<T>): Promise<Result>;
  /**
   * Before the finalizer goes. A throw keeps it and backs off. Runs for suspended objects, too, and after a run whose
   * object went away before it had its finalizer.
   */
  finalize?(object: T, ctx: ReconcileContext<T>): Promise<void>;
  /** After a run's status has been decided, before it is written: for kinds with further rules (success events). */
  afterRun?(object: T, run: RunSummary, ctx: ReconcileContext<T>): void;
}

/** How a run ended. */
export interface RunSummary {
  readonly result: Result | undefined;
  readonly error: Error | undefined;
  readonly suspended: boolean;
  /** Since the run began. */
  readonly durationMs: number;
}
