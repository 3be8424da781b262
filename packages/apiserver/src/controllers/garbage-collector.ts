import type { Resource } from '../rest/resource.ts';
import type { Bucket } from '../storage/bucket.ts';
import type { KubeObject, OwnerReference } from '../types.ts';
import type { ControllerHost } from './controller.ts';

const MANAGER = 'kube-controller-manager';
const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

/** Where an object lives. */
interface Place {
  readonly bucket: Bucket;
  readonly key: string;
}

/**
 * Deletes what nobody owns any more.
 *
 * An object whose owners are all gone is deleted; of one with an owner left, only the dangling references go. A foreground
 * deletion waits for the dependents that block it, an orphaning one first cuts their references. All by events: an index
 * from owner to dependents is kept with every write.
 * Rule: Kubernetes, "Garbage Collection".
 */
export function startGarbageCollector(host: ControllerHost): void {
  const { store, registry } = host.api;
  const living = new Map<string, Place>();
  const dependents = new Map<string, Map<string, Place>>();
  const owners = host.queue('garbage collector: owners', reconcileOwner);
  const orphans = host.queue('garbage collector: dependents', reconcileDependent);

  host.onClose(
    store.listen((bucket, { type, current, previous }) => {
      const object = current.object;
      const uid = object.metadata.uid ?? '';
      if (type === 'DELETED') {
        forget(bucket, current.key, object);
        living.delete(uid);
        owners.add(uid);
        for (const reference of object.metadata.ownerReferences ?? []) owners.add(reference.uid);
        return;
      }
      if (previous?.object.metadata.ownerReferences !== object.metadata.ownerReferences) {
        if (previous !== undefined) forget(bucket, current.key, previous.object);
        remember(bucket, current.key, object);
        if ((object.metadata.ownerReferences ?? []).length > 0) orphans.add(refOf(bucket, current.key));
      }
      if (type === 'ADDED') living.set(uid, { bucket, key: current.key });
      if (object.metadata.deletionTimestamp !== undefined && waitsFor(object) !== undefined) owners.add(uid);
    }),
  );
  for (const bucket of store.buckets.values()) {
    for (const stored of bucket.values()) {
      living.set(stored.object.metadata.uid ?? '', { bucket, key: stored.key });
      remember(bucket, stored.key, stored.object);
      if (stored.object.metadata.deletionTimestamp !== undefined) owners.add(stored.object.metadata.uid ?? '');
    }
  }
  // After a restart: what lost its owner while nobody watched.
  for (const [uid, places] of dependents) {
    if (!living.has(uid)) for (const { bucket, key } of places.values()) orphans.add(refOf(bucket, key));
  }

  function remember(bucket: Bucket, key: string, object: KubeObject): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      let places = dependents.get(uid);
      if (places === undefined) {
        places = new Map();
        dependents.set(uid, places);
      }
      places.set(refOf(bucket, key), { bucket, key });
    }
  }

  function forget(bucket: Bucket, key: string, object: KubeObject): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const places = dependents.get(uid);
      places?.delete(refOf(bucket, key));
      if (places?.size === 0) dependents.delete(uid);
    }
  }

  /** An owner that is gone, or is being deleted with a policy. */
  function reconcileOwner(uid: string): void {
    const place = living.get(uid);
    const owned = [...(dependents.get(uid)?.values() ?? [])];
    if (place === undefined) {
      for (const { bucket, key } of owned) orphans.add(refOf(bucket, key));
      return;
    }
    const owner = place.bucket.get(place.key)?.object;
    if (owner?.metadata.deletionTimestamp === undefined) return;
    const policy = waitsFor(owner);
    if (policy === ORPHAN) {
      for (const { bucket, key } of owned) changeReferences(bucket, key, (reference) => reference.uid !== uid);
      changeFinalizers(place, ORPHAN);
    } else if (policy === FOREGROUND) {
      let blocking = 0;
      for (const { bucket, key } of owned) {
        const object = bucket.get(key)?.object;
        if (object === undefined) continue;
        if (object.metadata.ownerReferences?.some((each) => each.uid === uid && each.blockOwnerDeletion === true))
          blocking++;
        if (object.metadata.deletionTimestamp === undefined) remove(bucket, key, 'Foreground');
      }
      const left = [...(dependents.get(uid)?.values() ?? [])].length;
      if (blocking === 0 || left === 0) changeFinalizers(place, FOREGROUND);
    }
  }

  function reconcileDependent(ref: string): void {
    const at = ref.indexOf('\0');
    const bucket = store.buckets.get(ref.slice(0, at));
    const key = ref.slice(at + 1);
    const object = bucket?.get(key)?.object;
    if (bucket === undefined || object === undefined || object.metadata.deletionTimestamp !== undefined) return;
    const references = object.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const dangling = references.filter(({ uid }) => !living.has(uid));
    if (dangling.length === 0) return;
    if (dangling.length === references.length) remove(bucket, key, 'Background');
    else changeReferences(bucket, key, ({ uid }) => living.has(uid));
  }

  function remove(bucket: Bucket, key: string, propagationPolicy: 'Background' | 'Foreground'): void {
    const target = targetOf(bucket, key);
    // Foreground only makes sense where something depends on the object in turn.
    const uid = bucket.get(key)?.object.metadata.uid ?? '';
    const policy = propagationPolicy === 'Foreground' && !dependents.has(uid) ? 'Background' : propagationPolicy;
    if (target !== undefined) host.writer.delete(target, { dryRun: false, propagationPolicy: policy });
  }

  function changeReferences(bucket: Bucket, key: string, keep: (reference: OwnerReference) => boolean): void {
    const target = targetOf(bucket, key);
    if (target === undefined) return;
    host.writer.update(
      target,
      (current) => {
        const { ownerReferences = [], ...rest } = current.metadata;
        const kept = ownerReferences.filter(keep);
        return { ...current, metadata: kept.length > 0 ? { ...rest, ownerReferences: kept } : rest };
      },
      host.options(MANAGER),
    );
  }

  function changeFinalizers({ bucket, key }: Place, done: string): void {
    const target = targetOf(bucket, key);
    if (target === undefined) return;
    host.writer.update(
      target,
      (current) => ({
        ...current,
        metadata: {
          ...current.metadata,
          finalizers: (current.metadata.finalizers ?? []).filter((finalizer) => finalizer !== done),
        },
      }),
      host.options(MANAGER),
    );
  }

  function targetOf(bucket: Bucket, key: string) {
    const resource = resourceOf(bucket);
    if (resource === undefined) return undefined;
    const slash = key.indexOf('/');
    const namespace = slash < 0 ? '' : key.slice(0, slash);
    return host.target(resource.group, resource.plural, namespace, key.slice(slash + 1));
  }

  function resourceOf(bucket: Bucket): Resource | undefined {
    for (const resource of registry.all()) if (resource.bucket === bucket) return resource;
    return undefined;
  }
}

function refOf(bucket: Bucket, key: string): string {
  return `${bucket.name}\0${key}`;
}

function waitsFor(object: KubeObject): typeof ORPHAN | typeof FOREGROUND | undefined {
  const finalizers = object.metadata.finalizers ?? [];
  return finalizers.includes(ORPHAN) ? ORPHAN : finalizers.includes(FOREGROUND) ? FOREGROUND : undefined;
}
