import type { StatusResult, StatusSubject } from '@fluvial/conditions';
import type { KubeClient, KubeObject } from '@fluvial/kube';
import type { ObservedState } from './observed-state.ts';
import type { ChangeSet, GroupKind, IgnoreRule, InventoryEntry, ObjectRef, Owner } from './types.ts';

export type ApplierOptions = {
  client: KubeClient;
  /** Field manager of the applies, such as `kustomize-controller`. */
  fieldManager: string;
  /** Prefix of the control labels and annotations. Default `kustomize.toolkit.fluxcd.io`. */
  controlGroup?: string;
  /**
   * What is known of the cluster without asking. Share one per cluster and identity between all applies. Default: a
   * fresh one that watches nothing.
   */
  observed?: ObservedState;
  /**
   * The watches see with another identity than the client's: what a wait names without having applied it is read with the
   * client, so that nothing is told that the client may not see. Default false.
   */
  watchesForOthers?: boolean;
  /** Requests at once within a stage, default 4. */
  concurrency?: number;
  /** Kinds of the stage between classes and the rest. */
  customStageKinds?: readonly GroupKind[];
  /** Field managers whose fields are taken over, besides kubectl's. */
  overrideManagers?: readonly string[];
  /** Rewrites managed fields of other API versions to the applied one. Default false. */
  migrateApiVersion?: boolean;
  /** An unchanged object is held against the server in full after so long, milliseconds. Default one hour. */
  fullCheckAfterMs?: number;
  /** Milliseconds of a clock that never goes back. Default `performance.now`. */
  now?: () => number;
};

export type ApplySetOptions = {
  /** Objects that cannot be changed (immutable fields) are deleted and made anew. Default false. */
  force?: boolean;
  ignore?: readonly IgnoreRule[];
  /** Looks at every object in full, whatever is remembered. Default false. */
  fullCheck?: boolean;
  signal?: AbortSignal;
};

export type PruneOptions = {
  /** Only what carries this owner's labels is deleted. */
  owner: Owner;
  signal?: AbortSignal;
};

/** Looks at one object's health in place of the built-in rules; undefined: leave it to them. */
export type StatusReader = (object: StatusSubject) => StatusResult | undefined;

export type WaitOptions = {
  /** Milliseconds from now. */
  timeoutMs: number;
  signal?: AbortSignal;
  /** Stops at the first Failed object. Default true. */
  failFast?: boolean;
  /** How often objects that no watch tells about are read. Default 5000. */
  pollMs?: number;
  readers?: readonly StatusReader[];
};

/** Applies sets of objects to one cluster under one field manager. */
export interface Applier {
  readonly observed: ObservedState;
  /**
   * Applies the objects in stages. They must be prepared (`prepareObjects`) and are not changed. The answer has an
   * entry for every object, in apply order.
   *
   * @throws {ApplyError} `DRY_RUN`, `APPLY`, `RECREATE`, `CLEANUP`, `STAGE_WAIT`; its `changes` tell what was done
   */
  applySet(objects: readonly KubeObject[], options?: ApplySetOptions): Promise<ChangeSet>;
  /**
   * Those of the entries that `prune` would ask the server to delete, as far as is known without asking: what is gone, has
   * another owner or asks to be kept is left out where a watch tells of it.
   */
  planPrune(stale: readonly InventoryEntry[], options: Pick<PruneOptions, 'owner'>): InventoryEntry[];
  /**
   * Deletes what the inventory entries name, last applied first. The entries come back as `deleted` or `skipped`.
   *
   * @throws {ApplyError} `DELETE` after all have been tried; entries missing from its `changes` are still there
   */
  prune(stale: readonly InventoryEntry[], options: PruneOptions): Promise<ChangeSet>;
  /**
   * Waits until everything is healthy. Entries of a change set are looked at as they were returned first, so what needs
   * no time costs no request.
   *
   * @throws {ApplyError} `HEALTH`: `failed early due to stalled resources: […]` or `timeout waiting for: […]`
   */
  waitForReady(targets: readonly (ObjectRef | ChangeSet[number])[], options: WaitOptions): Promise<void>;
  /** @throws {ApplyError} `TERMINATION` when some are still there after the time. */
  waitForTermination(
    refs: readonly ObjectRef[],
    options: Pick<WaitOptions, 'timeoutMs' | 'signal' | 'pollMs'>,
  ): Promise<void>;
}
