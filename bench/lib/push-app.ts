import type { KubeObject } from '@fluvial/kube';
import { stringifyYaml } from '@fluvial/yaml';
import { pushFiles } from '../../e2e/lib/push-files.ts';

/** The four objects of an app, as most small services have them. */
export function appObjects(version: string): KubeObject[] {
  const labels = { 'app.kubernetes.io/name': 'app' };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'app' } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'app' },
      spec: {
        type: 'ClusterIP',
        selector: labels,
        ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'app' },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations: { version } },
          spec: {
            serviceAccountName: 'app',
            containers: [
              {
                name: 'app',
                image: `registry.example.com/app:${version}`,
                ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
                env: [{ name: 'VERSION', value: version }],
                readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 5 },
                resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '64Mi' } },
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'app' },
      spec: {
        rules: [
          {
            host: 'app.example.com',
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'app', port: { name: 'http' } } } }],
            },
          },
        ],
      },
    },
  ];
}

/** Pushes one version of the app, one file an object, and returns the digest of its manifest. */
export function pushApp(registry: string, tag: string, version: string): Promise<string> {
  const files = Object.fromEntries(
    appObjects(version).map((object) => [`${object.kind.toLowerCase()}.yaml`, stringifyYaml(object)]),
  );
  return pushFiles(`${registry}/bench/app:${tag}`, files, {
    source: 'https://example.com/app.git',
    revision: `${version}@sha1:${'0'.repeat(40)}`,
  });
}
