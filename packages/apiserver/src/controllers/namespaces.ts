import { asArray, asObject } from '../json.ts';
import { timestamp } from '../rest/api-context.ts';
import type { ControllerHost } from './controller.ts';
import { namespaceConditions } from './namespace-conditions.ts';

/** Namespaces that every cluster has. */
const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const;

/**
 * What a namespace gets when it is made (a default service account, the cluster's root certificate) and how it ends:
 * its objects are deleted, and when the last is gone it loses its finalizer.
 */
export function startNamespaces(host: ControllerHost, rootCertificate: string): void {
  const { api } = host;
  const bucket = api.store.bucket('/namespaces');
  const queue = host.queue('namespaces', reconcile);
  /** Namespaces that wait for objects with finalizers. */
  const waiting = new Set<string>();

  host.listen(bucket, ({ current }) => queue.add(current.key));
  for (const name of ['/serviceaccounts', '/configmaps']) {
    host.listen(api.store.bucket(name), ({ type, current }) => {
      const namespace = current.object.metadata.namespace ?? '';
      if (
        type === 'DELETED' &&
        (current.object.metadata.name === 'default' || current.object.metadata.name === 'kube-root-ca.crt')
      )
        queue.add(namespace);
    });
  }
  for (const name of SYSTEM_NAMESPACES) {
    if (bucket.get(name) === undefined) {
      host.create('', 'namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, 'kube-apiserver');
    }
  }
  for (const stored of bucket.values()) queue.add(stored.key);

  function reconcile(name: string): void {
    const namespace = bucket.get(name)?.object;
    if (namespace === undefined) {
      waiting.delete(name);
      return;
    }
    if (namespace.metadata.deletionTimestamp !== undefined) {
      empty(name);
      return;
    }
    host.create(
      '',
      'serviceaccounts',
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } },
      'kube-controller-manager',
    );
    host.create(
      '',
      'configmaps',
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: 'kube-root-ca.crt',
          namespace: name,
          annotations: {
            'kubernetes.io/description':
              'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
          },
        },
        data: { 'ca.crt': rootCertificate },
      },
      'kube-controller-manager',
    );
  }

  function empty(name: string): void {
    const resources = new Map<string, number>();
    const finalizers = new Map<string, number>();
    const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
    for (const resource of [...api.registry.all()]) {
      if (!resource.namespaced || !resource.verbs.has('delete')) continue;
      const target = host.target(resource.group, resource.plural, name, '');
      if (target === undefined) continue;
      for (const stored of resource.bucket.listNamespace(name)) {
        if (stored.object.metadata.deletionTimestamp === undefined) {
          const { gone } = host.writer.delete(
            { ...target, name: stored.object.metadata.name! },
            { dryRun: false, propagationPolicy: 'Background' },
          );
          if (gone) continue;
        }
        count(resources, `${resource.plural}.${resource.group}`);
        for (const finalizer of stored.object.metadata.finalizers ?? []) count(finalizers, finalizer);
        watchFor(name, resource.bucket);
      }
    }
    const namespace = bucket.get(name)?.object;
    if (namespace === undefined) return;
    if (resources.size > 0) {
      waiting.add(name);
      host.update('', 'namespaces', '', name, 'status', 'kube-controller-manager', (current) => {
        const conditions = namespaceConditions(current, { resources, finalizers }, timestamp(api.clock()));
        return {
          ...current,
          metadata: { ...current.metadata },
          status: { ...asObject(current['status']), conditions },
        };
      });
      return;
    }
    const others = asArray(asObject(namespace['spec'])['finalizers']).filter((name) => name !== 'kubernetes');
    host.finalizeNamespace(name, others);
  }

  const watched = new Set<unknown>();
  function watchFor(
    name: string,
    of: { listen(listener: (change: { type: string; current: { key: string } }) => void): () => void },
  ): void {
    waiting.add(name);
    if (watched.has(of)) return;
    watched.add(of);
    host.onClose(
      of.listen(({ type, current }) => {
        if (type !== 'DELETED') return;
        const slash = current.key.indexOf('/');
        const namespace = slash < 0 ? '' : current.key.slice(0, slash);
        if (waiting.has(namespace)) queue.add(namespace);
      }),
    );
  }
}
