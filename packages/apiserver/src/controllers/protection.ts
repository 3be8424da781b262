import type { ControllerHost } from './controller.ts';

const GUARDED = [
  { plural: 'persistentvolumeclaims', finalizer: 'kubernetes.io/pvc-protection' },
  { plural: 'persistentvolumes', finalizer: 'kubernetes.io/pv-protection' },
] as const;

/**
 * Lets go of deleted volumes and claims. No process uses them here, so nothing has to be waited for.
 *
 * Runs with and without the workload simulator, or a namespace with a claim would never end.
 */
export function startProtection(host: ControllerHost): void {
  for (const { plural, finalizer } of GUARDED) {
    const bucket = host.api.store.bucket(`/${plural}`);
    const queue = host.queue('protection', (key) => {
      const object = bucket.get(key)?.object;
      if (object?.metadata.deletionTimestamp === undefined || !object.metadata.finalizers?.includes(finalizer)) return;
      const { namespace = '', name = '' } = object.metadata;
      host.update('', plural, namespace, name, '', 'kube-controller-manager', (current) => ({
        ...current,
        metadata: {
          ...current.metadata,
          finalizers: current.metadata.finalizers?.filter((f) => f !== finalizer) ?? [],
        },
      }));
    });
    host.listen(bucket, ({ type, current }) => {
      if (type !== 'DELETED' && current.object.metadata.deletionTimestamp !== undefined) queue.add(current.key);
    });
    for (const stored of bucket.values()) queue.add(stored.key);
  }
}
