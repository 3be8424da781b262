import { createHash } from 'node:crypto';
import { asArray, asObject, asString, equalJson } from '../../json.ts';
import { timestamp } from '../../rest/api-context.ts';
import type { Bucket } from '../../storage/bucket.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import type { ControllerHost, WorkQueue } from '../controller.ts';

const MANAGER = 'kube-controller-manager';

/** Workloads carry this annotation to be told to fail; its value is the reason that is shown. */
export const FAIL_ANNOTATION = 'sandbox.fluvial.dev/fail';

/** One condition of a workload's status. */
export interface WorkloadCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
}

/** What the simulated controllers share. */
export interface WorkloadHost {
  readonly host: ControllerHost;
  now(): string;
  /** Works off the objects of one kind, each when it or something that it owns changes; skipped namespaces never. */
  each(group: string, plural: string, work: (object: KubeObject, key: string) => void): WorkQueue;
  /** Writes a status where it differs. Conditions keep their transition times while their status stays. */
  setStatus(
    group: string,
    plural: string,
    object: KubeObject,
    status: JsonObject,
    annotations?: { [key: string]: string },
  ): void;
  /** Changes the object itself; the same object back means no change. */
  change(
    group: string,
    plural: string,
    object: KubeObject,
    change: (current: KubeObject) => KubeObject,
    subresource?: string,
  ): void;
  create(group: string, plural: string, object: KubeObject): KubeObject | undefined;
  remove(group: string, plural: string, object: KubeObject): void;
  find(group: string, plural: string, namespace: string, name: string): KubeObject | undefined;
  /** The objects of a kind that an owner controls. */
  owned(group: string, plural: string, owner: KubeObject): KubeObject[];
}

export function createWorkloadHost(host: ControllerHost, skips: (namespace: string) => boolean): WorkloadHost {
  const { api } = host;
  const now = () => timestamp(api.clock());
  const bucketOf = (group: string, plural: string) => api.registry.get(group, plural)?.bucket;

  /** Keys by the uid of the controller, kept with every write: a namespace may hold thousands of pods. */
  const indexes = new Map<Bucket, Map<string, Set<string>>>();
  const controlledBy = (bucket: Bucket): Map<string, Set<string>> => {
    const known = indexes.get(bucket);
    if (known !== undefined) return known;
    const index = new Map<string, Set<string>>();
    const note = (object: KubeObject, key: string, isThere: boolean): void => {
      const uid = object.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
      if (uid === undefined) return;
      const keys = index.get(uid) ?? new Set<string>();
      if (isThere) index.set(uid, keys.add(key));
      else if (keys.delete(key) && keys.size === 0) index.delete(uid);
    };
    for (const stored of bucket.values()) note(stored.object, stored.key, true);
    host.listen(bucket, ({ type, current, previous }) => {
      if (previous !== undefined) note(previous.object, previous.key, false);
      if (type !== 'DELETED') note(current.object, current.key, true);
    });
    indexes.set(bucket, index);
    return index;
  };

  return {
    host,
    now,
    each(group, plural, work) {
      const bucket = api.store.bucket(`${group}/${plural}`);
      const queue = host.queue(`simulated ${plural}`, (key) => {
        const object = bucket.get(key)?.object;
        if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
        if (skips(object.metadata.namespace ?? '')) return;
        work(object, key);
      });
      host.listen(bucket, ({ type, current }) => {
        if (type !== 'DELETED') queue.add(current.key);
      });
      for (const stored of bucket.values()) queue.add(stored.key);
      return queue;
    },
    setStatus(group, plural, object, status, annotations = {}) {
      const { namespace = '', name = '' } = object.metadata;
      host.update(group, plural, namespace, name, 'status', MANAGER, (current) => {
        const before = asObject(current['status']);
        const next = {
          ...status,
          ...(status['conditions'] === undefined ? {} : { conditions: keepTimes(before, status, now()) }),
        };
        const known = current.metadata.annotations;
        const annotated = Object.entries(annotations).every(([key, value]) => known?.[key] === value);
        if (annotated && equalJson(before, next)) return current;
        const metadata = annotated
          ? { ...current.metadata }
          : { ...current.metadata, annotations: { ...known, ...annotations } };
        return { ...current, metadata, status: next };
      });
    },
    change(group, plural, object, change, subresource = '') {
      const { namespace = '', name = '' } = object.metadata;
      host.update(group, plural, namespace, name, subresource, MANAGER, change);
    },
    create: (group, plural, object) => host.create(group, plural, object, MANAGER),
    remove(group, plural, object) {
      const { namespace = '', name = '' } = object.metadata;
      const target = host.target(group, plural, namespace, name);
      const key = namespace === '' ? name : `${namespace}/${name}`;
      if (target === undefined || target.resource.bucket.get(key) === undefined) return;
      host.writer.delete(target, { dryRun: false, propagationPolicy: 'Background' });
    },
    find(group, plural, namespace, name) {
      return bucketOf(group, plural)?.get(namespace === '' ? name : `${namespace}/${name}`)?.object;
    },
    owned(group, plural, owner) {
      const bucket = bucketOf(group, plural);
      if (bucket === undefined) return [];
      const keys = controlledBy(bucket).get(owner.metadata.uid ?? '') ?? [];
      return [...keys].sort().flatMap((key) => bucket.get(key)?.object ?? []);
    },
  };
}

/** What the failing annotation says, on the workload or its pod template; undefined for a workload that shall be well. */
export function failureOf(object: KubeObject): string | undefined {
  const template = asObject(asObject(asObject(object['spec'])['template'])['metadata']);
  return (
    object.metadata.annotations?.[FAIL_ANNOTATION] ??
    (asObject(template['annotations'])[FAIL_ANNOTATION] as string | undefined)
  );
}

/** The reference by which `owner` controls what it makes. */
export function controllerReference(owner: KubeObject) {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

// The letters that Kubernetes makes names of: no vowels, so that no word comes out.
const SAFE = 'bcdfghjklmnpqrstvwxz2456789';

/** A short name part that depends on the value alone, such as `6d4cf56db6`. */
export function safeHash(value: unknown, length: number): string {
  const digest = createHash('sha256').update(JSON.stringify(value)).digest();
  let text = '';
  for (let index = 0; index < length; index++) text += SAFE[digest[index]! % SAFE.length];
  return text;
}

function keepTimes(before: JsonObject, status: JsonObject, now: string): JsonObject[] {
  const known = asArray(before['conditions']).map(asObject);
  const next = asArray(status['conditions']).map(asObject);
  return next.map((condition) => {
    const old = known.find((each) => asString(each['type']) === asString(condition['type']));
    const same = old !== undefined && old['status'] === condition['status'];
    const changed = same && old['reason'] === condition['reason'] && old['message'] === condition['message'];
    // Deployments also tell when a condition was last looked at; it moves with the text.
    const hasUpdateTime = condition['lastUpdateTime'] !== undefined;
    return {
      ...condition,
      lastTransitionTime: same ? old['lastTransitionTime'] : now,
      ...(hasUpdateTime ? { lastUpdateTime: changed ? old['lastUpdateTime'] : now } : {}),
    };
  });
}
