import type { ControllerHost } from './controller.ts';

/** The first address of the range that Services get theirs from. */
const CLUSTER_IP = '10.96.0.1';

/** The Service through which pods of a cluster find its API. Only its object: nothing here routes to cluster addresses. */
export function createKubernetesService(host: ControllerHost, port: number): void {
  host.create(
    '',
    'services',
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { component: 'apiserver', provider: 'kubernetes' },
      },
      spec: {
        clusterIP: CLUSTER_IP,
        ipFamilyPolicy: 'SingleStack',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
      },
    },
    'kube-apiserver',
  );
}
