import { usageIn } from '../builtin/admission/resource-quota.ts';
import { asObject, equalJson } from '../json.ts';
import type { ControllerHost } from './controller.ts';

/** Writes into each ResourceQuota what its namespace takes of it, whenever something there changes. */
export function startResourceQuotas(host: ControllerHost): void {
  const { store } = host.api;
  const quotas = store.bucket('/resourcequotas');
  const queue = host.queue('resource quotas', (key) => {
    const quota = quotas.get(key)?.object;
    if (quota === undefined || quota.metadata.deletionTimestamp !== undefined) return;
    const { namespace = '', name = '' } = quota.metadata;
    const hard = asObject(asObject(quota['spec'])['hard']);
    const used = usageIn(quota, (bucket) => store.buckets.get(bucket)?.listNamespace(namespace) ?? []);
    if (used === undefined || equalJson(quota['status'], { hard, used })) return;
    host.update('', 'resourcequotas', namespace, name, 'status', 'kube-controller-manager', (current) => ({
      ...current,
      metadata: { ...current.metadata },
      status: { hard: { ...hard }, used },
    }));
  });
  host.onClose(
    store.listen((_bucket, { current }) => {
      const { namespace } = current.object.metadata;
      if (namespace === undefined || quotas.size === 0) return;
      for (const { key } of quotas.listNamespace(namespace)) queue.add(key);
    }),
  );
  for (const { key } of quotas.values()) queue.add(key);
}
