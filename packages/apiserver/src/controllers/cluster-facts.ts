import { timestamp } from '../rest/api-context.ts';
import type { ControllerHost } from './controller.ts';

/** Where Services get their addresses from. */
const SERVICE_RANGE = '10.96.0.0/16';

/** Single objects by which a cluster says how it is set up. */
export function installClusterFacts(host: ControllerHost): void {
  const now = timestamp(host.api.clock());
  host.create(
    '',
    'configmaps',
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' },
      data: { since: now.slice(0, 10) },
    },
    'kube-apiserver',
  );
  const [group, plural, name] = ['networking.k8s.io', 'servicecidrs', 'kubernetes'];
  const bucket = host.target(group, plural, '', name)?.resource.bucket;
  if (bucket === undefined || bucket.get(name) !== undefined) return;
  host.create(
    group,
    plural,
    {
      apiVersion: `${group}/v1`,
      kind: 'ServiceCIDR',
      metadata: { name, finalizers: ['networking.k8s.io/service-cidr-finalizer'] },
      spec: { cidrs: [SERVICE_RANGE] },
    },
    'kube-apiserver',
  );
  const ready = {
    lastTransitionTime: now,
    message: 'Kubernetes Service CIDR is ready',
    reason: '',
    status: 'True',
    type: 'Ready',
  };
  host.update(group, plural, '', name, 'status', 'kube-apiserver', (current) => ({
    ...current,
    metadata: { ...current.metadata },
    status: { conditions: [ready] },
  }));
}
