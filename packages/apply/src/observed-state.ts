import {
  compareResourceVersions,
  type Informer,
  type InformerCache,
  type KindRef,
  type KubeClient,
  type KubeObject,
  type ObjectMeta,
} from '@fluvial/kube';
import { admissionGroup, keepAdmissionRules } from './admission-rules.ts';
import { equalMaps } from './drift.ts';
import { inventoryId } from './inventory.ts';
import { groupOf, type ObjectRef } from './types.ts';

/** What is remembered of our own last write of an object. */
export type AppliedRecord = {
  /** Digest of what was applied. */
  readonly digest: string;
  /** The object's metadata as the server returned it, `managedFields` reduced to who manages. */
  readonly metadata: ObjectMeta;
  /** When the object was last held against the server in full. */
  readonly checkedAt: number;
  /** It was seen healthy after this write. */
  readonly wasCurrent: boolean;
};

/** What is known of the live object without a request. */
export type LiveState =
  | { readonly state: 'present'; readonly object: KubeObject; readonly full: boolean }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown' };

/**
 * What is known of one cluster's objects: our own last writes, and, where an informer cache is given, a watch per
 * applied kind. Everything that is derived from it may be a moment old, and what acts on it must bear that.
 */
export interface ObservedState {
  recall(ref: ObjectRef): AppliedRecord | undefined;
  record(ref: ObjectRef, record: AppliedRecord): void;
  forget(ref: ObjectRef): void;
  /** Begins to watch the kind if it may; resolves when the first list is there, or after a short time anyway. */
  watch(ref: Pick<ObjectRef, 'apiVersion' | 'kind'>, signal?: AbortSignal): Promise<void>;
  live(ref: ObjectRef): LiveState;
  /** Whether anything is watched at all. */
  readonly isWatching: boolean;
  /**
   * All objects of a watched kind, of one namespace or of all; undefined when they are not known: not watched, no news
   * since the watch had trouble, or older than our own last write of the kind.
   */
  list(kind: KindRef, namespace?: string): readonly KubeObject[] | undefined;
  /** Calls back when the object may have changed. Only for watched kinds; undefined for others. */
  onChange(ref: ObjectRef, listener: () => void): (() => void) | undefined;
  readonly size: number;
  /** Ends its listening to the watches, which go on for others. */
  close(): void;
}

export type ObservedStateOptions = {
  /** Watches one informer per applied kind, all namespaces. Absent: nothing is watched. */
  informers?: InformerCache;
  client?: KubeClient;
  /** How many own writes are remembered; the oldest go first. Default 100 000. */
  maxRecords?: number;
  /** Longest wait for a kind's first list, milliseconds. Default 2000. */
  syncTimeoutMs?: number;
};

/** Kinds whose health can be told from the metadata alone; their contents may be large or secret and are not kept. */
const metadataKinds = new Set([
  '/ConfigMap',
  '/Secret',
  '/ServiceAccount',
  '/Service',
  '/Namespace',
  '/LimitRange',
  '/ResourceQuota',
  'rbac.authorization.k8s.io/Role',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/RoleBinding',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  'networking.k8s.io/Ingress',
  'networking.k8s.io/IngressClass',
  'networking.k8s.io/NetworkPolicy',
  'scheduling.k8s.io/PriorityClass',
  'storage.k8s.io/StorageClass',
  'batch/CronJob',
]);

const specFieldsForHealth = [
  'replicas',
  'progressDeadlineSeconds',
  'updateStrategy',
  'suspend',
  'selector',
  'ttlSecondsAfterFinished',
];
const builtInWorkloads = new Set(['apps', 'batch', 'policy', 'autoscaling', 'apiextensions.k8s.io']);

export function createObservedState(options: ObservedStateOptions = {}): ObservedState {
  return new WatchedState(options);
}

/** Per informer, whichever state asked for it first: its first list, or the end of the patience for it. */
const patience = new WeakMap<Informer, Promise<void>>();

/** Per informer with trouble: how far it had come. What it knows is old until it has come further. */
const troubles = new WeakMap<Informer, string>();

/** Kinds that say what others may be: per cache, the version of our own last write of each. */
const ownRules = new WeakMap<InformerCache, Map<string, string>>();
const isRules = ({ apiVersion, kind }: KindRef): boolean =>
  groupOf(apiVersion) === admissionGroup || (apiVersion === 'v1' && kind === 'ResourceQuota');

class WatchedState implements ObservedState {
  readonly #options: ObservedStateOptions;
  readonly #records = new Map<string, AppliedRecord>();
  readonly #informers = new Map<string, Informer>();
  readonly #ends: (() => void)[] = [];
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(options: ObservedStateOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#records.size;
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#informers.clear();
  }

  get isWatching(): boolean {
    return this.#options.informers !== undefined && this.#options.client !== undefined;
  }

  recall(ref: ObjectRef): AppliedRecord | undefined {
    return this.#records.get(recordKey(ref));
  }

  record(ref: ObjectRef, record: AppliedRecord): void {
    const key = recordKey(ref);
    if (isRules(ref)) this.#noteRules(ref, record.metadata.resourceVersion);
    // The watch may have been faster than the answer.
    const seen = this.#informers.get(kindKey(ref))?.get(ref.namespace, ref.name)?.metadata;
    const isSeen = seen?.uid === record.metadata.uid && seen?.resourceVersion === record.metadata.resourceVersion;
    // Delete first: the map's order is the order of the last writes.
    this.#records.delete(key);
    this.#records.set(key, seen && isSeen ? { ...record, metadata: seen } : record);
    if (this.#records.size > (this.#options.maxRecords ?? 100_000)) {
      for (const oldest of this.#records.keys()) {
        this.#records.delete(oldest);
        break;
      }
    }
  }

  forget(ref: ObjectRef): void {
    this.#records.delete(recordKey(ref));
  }

  async watch(ref: Pick<ObjectRef, 'apiVersion' | 'kind'>, signal?: AbortSignal): Promise<void> {
    const { informers, client } = this.#options;
    if (informers === undefined || client === undefined) return;
    let informer = this.#informers.get(kindKey(ref));
    if (informer === undefined) {
      const info = client.mapper.known(ref);
      if (info === undefined || !info.verbs.includes('watch') || !info.verbs.includes('list')) return;
      informer = informers.informer(ref, {
        metadataOnly: isMetadataKind(ref),
        transform: (object) => slim(object, isMetadataKind(ref)),
        onProblem: ({ kind }) => {
          if (kind !== 'listener-failed') troubles.set(started, started.resourceVersion);
        },
      });
      const started = informer;
      this.#informers.set(kindKey(ref), informer);
      if (!patience.has(informer))
        patience.set(informer, withTimeout(informer.synced, this.#options.syncTimeoutMs ?? 2000));
      this.#ends.push(informer.onChange(({ object }) => this.#tell(object)));
    }
    if (informer.hasSynced) return;
    // One patience for all who wait: a kind that may not be listed delays the first run only.
    await patience.get(informer);
    signal?.throwIfAborted();
  }

  live(ref: ObjectRef): LiveState {
    const informer = this.#informers.get(kindKey(ref));
    if (informer === undefined || !informer.hasSynced) return { state: 'unknown' };
    const seen = informer.get(ref.namespace, ref.name);
    const own = this.recall(ref);
    const full = !isMetadataKind(ref);
    if (seen === undefined) {
      if (own === undefined) return { state: 'absent' };
      // Either it was deleted, or the watch has not yet told of our own write.
      const order = compareResourceVersions(informer.resourceVersion, own.metadata.resourceVersion);
      return order !== undefined && order < 0 ? asWritten(ref, own) : { state: 'absent' };
    }
    if (own !== undefined && own.metadata.uid === seen.metadata.uid) {
      const order = compareResourceVersions(seen.metadata.resourceVersion, own.metadata.resourceVersion);
      if (order === undefined || order < 0) return asWritten(ref, own);
    }
    return { state: 'present', object: seen, full };
  }

  list(kind: KindRef, namespace?: string): readonly KubeObject[] | undefined {
    const { informers } = this.#options;
    const informer = this.#informers.get(kindKey(kind));
    if (informer === undefined || informers === undefined || !informer.hasSynced) return undefined;
    if (troubles.get(informer) === informer.resourceVersion) return undefined;
    const own = ownRules.get(informers)?.get(kindKey(kind));
    if (own !== undefined && !((compareResourceVersions(informer.resourceVersion, own) ?? -1) >= 0)) return undefined;
    return informer.size === 0 ? [] : informer.list(namespace);
  }

  #noteRules(ref: ObjectRef, version: string | undefined): void {
    const { informers } = this.#options;
    if (informers === undefined) return;
    const versions = ownRules.get(informers) ?? new Map<string, string>();
    ownRules.set(informers, versions);
    const order = compareResourceVersions(version, versions.get(kindKey(ref)));
    if (version !== undefined && (order === undefined || order > 0)) versions.set(kindKey(ref), version);
  }

  onChange(ref: ObjectRef, listener: () => void): (() => void) | undefined {
    const informer = this.#informers.get(kindKey(ref));
    if (informer === undefined || !informer.hasSynced) return undefined;
    const key = inventoryId(ref);
    let listeners = this.#listeners.get(key);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(key, listeners);
    }
    const own = listeners;
    own.add(listener);
    return () => {
      own.delete(listener);
      if (own.size === 0 && this.#listeners.get(key) === own) this.#listeners.delete(key);
    };
  }

  /** The record takes the watch's copy of the metadata once they say the same: thousands of objects need one, not two. */
  #share(object: KubeObject): void {
    const { metadata } = object;
    const key = recordKey({ ...object, name: metadata.name, namespace: metadata.namespace ?? '' });
    const own = this.#records.get(key);
    if (own === undefined || own.metadata === metadata || own.metadata.uid !== metadata.uid) return;
    const isSame = own.metadata.resourceVersion === metadata.resourceVersion;
    const order = isSame ? 0 : compareResourceVersions(metadata.resourceVersion, own.metadata.resourceVersion);
    if (isSame || (order !== undefined && order > 0 && hasSameIntent(own.metadata, metadata)))
      this.#records.set(key, { ...own, metadata });
  }

  #tell(object: KubeObject): void {
    this.#share(object);
    if (this.#listeners.size === 0) return;
    const { name, namespace = '' } = object.metadata;
    const listeners = this.#listeners.get(inventoryId({ ...object, name, namespace }));
    if (listeners !== undefined) for (const listener of [...listeners]) listener();
  }
}

/** Whether nothing but the status has moved between two states of an object. */
function hasSameIntent(before: ObjectMeta, after: ObjectMeta): boolean {
  return (
    before.generation !== undefined &&
    before.generation === after.generation &&
    before.deletionTimestamp === after.deletionTimestamp &&
    equalMaps(before.labels, after.labels) &&
    equalMaps(before.annotations, after.annotations)
  );
}

function asWritten(ref: ObjectRef, own: AppliedRecord): LiveState {
  const { apiVersion, kind } = ref;
  return { state: 'present', object: { apiVersion, kind, metadata: own.metadata }, full: false };
}

export function isMetadataKind(ref: Pick<ObjectRef, 'apiVersion' | 'kind'>): boolean {
  return metadataKinds.has(`${groupOf(ref.apiVersion)}/${ref.kind}`);
}

/** Whether of objects of the kind everything is kept but who manages which field. */
export function isKeptWhole(ref: Pick<ObjectRef, 'apiVersion' | 'kind'>): boolean {
  const group = groupOf(ref.apiVersion);
  return !isMetadataKind(ref) && group !== admissionGroup && !builtInWorkloads.has(group);
}

/** Keeps what the decisions and the health rules read, and nothing else: no templates, no field sets. */
function slim(object: KubeObject, metadataOnly: boolean): KubeObject {
  const { apiVersion, kind } = object;
  const metadata = slimMetadata(object.metadata);
  if (metadataOnly) return { apiVersion, kind, metadata };
  if (groupOf(apiVersion) === admissionGroup)
    return { apiVersion, kind, metadata, ...keepAdmissionRules(object), status: object.status };
  if (!builtInWorkloads.has(groupOf(apiVersion))) return { ...object, metadata };
  const spec = object.spec as Record<string, unknown> | undefined;
  const kept: Record<string, unknown> = {};
  for (const field of specFieldsForHealth) if (spec?.[field] !== undefined) kept[field] = spec[field];
  return { apiVersion, kind, metadata, spec: kept, status: object.status };
}

/** Metadata with `managedFields` reduced to who manages what kind of write in which version. */
export function slimMetadata(metadata: ObjectMeta): ObjectMeta {
  const { managedFields } = metadata;
  if (managedFields === undefined || sharedManagers.get(managersKey(managedFields)) === managedFields) return metadata;
  return { ...metadata, managedFields: shareManagers(managedFields) };
}

type Managers = NonNullable<ObjectMeta['managedFields']>;

/** Thousands of objects have the same few managers. */
const sharedManagers = new Map<string, Managers>();
const maxShared = 1000;

function managersKey(managers: Managers): string {
  let key = '';
  for (const { manager, operation, apiVersion, subresource } of managers)
    key += `${manager ?? ''}|${operation ?? ''}|${apiVersion ?? ''}|${subresource ?? ''};`;
  return key;
}

function shareManagers(managers: Managers): Managers {
  const key = managersKey(managers);
  const known = sharedManagers.get(key);
  if (known !== undefined) return known;
  const slim = managers.map(({ manager, operation, apiVersion, subresource }) => ({
    manager,
    operation,
    apiVersion,
    subresource,
  }));
  if (sharedManagers.size >= maxShared) sharedManagers.clear();
  sharedManagers.set(key, slim);
  return slim;
}

const kindKey = (ref: Pick<ObjectRef, 'apiVersion' | 'kind'>): string => `${ref.apiVersion}/${ref.kind}`;
const recordKey = (ref: ObjectRef): string => `${ref.apiVersion}/${ref.kind}/${ref.namespace}/${ref.name}`;

async function withTimeout(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  // Without the list nothing is known; the caller asks the server.
  await Promise.race([promise.catch(() => undefined), patience]);
  clearTimeout(timer);
}
