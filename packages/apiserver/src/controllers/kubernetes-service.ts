import type { ControllerHost } from './controller.ts';

/** The first address of the range that Services get theirs from. */
const CLUSTER_IP = '10.96.0.1';

/** Where the server listens. */
const ADDRESS = '127.0.0.1';

/** The Service through which pods of a cluster find its API. Only objects: nothing here routes to cluster addresses. */
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
  const metadata = { name: 'kubernetes', namespace: 'default' };
  const ports = [{ name: 'https', port, protocol: 'TCP' }];
  host.create(
    '',
    'endpoints',
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: [{ ip: ADDRESS }], ports: ports.map((one) => ({ ...one })) }],
    },
    'kube-apiserver',
  );
  host.create(
    'discovery.k8s.io',
    'endpointslices',
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [ADDRESS], conditions: { ready: true } }],
      ports,
    },
    'kube-apiserver',
  );
}
