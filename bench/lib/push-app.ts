import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packTree } from '@fluvial/artifact';
import type { KubeObject } from '@fluvial/kube';
import { buildArtifact, createOciClient, pushArtifact } from '@fluvial/oci';
import { stringifyYaml } from '@fluvial/yaml';

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
export async function pushApp(registry: string, tag: string, version: string): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'fluvial-bench-app-'));
  const oci = createOciClient({ insecure: true });
  try {
    mkdirSync(folder, { recursive: true });
    for (const object of appObjects(version)) {
      writeFileSync(path.join(folder, `${object.kind.toLowerCase()}.yaml`), stringifyYaml(object));
    }
    const { bytes } = await packTree(folder, { profile: 'push' });
    const artifact = await buildArtifact({
      layer: bytes,
      created: '2026-01-01T00:00:00Z',
      source: 'https://example.com/app.git',
      revision: `${version}@sha1:${'0'.repeat(40)}`,
    });
    return (await pushArtifact(oci, `${registry}/bench/app:${tag}`, artifact)).digest;
  } finally {
    await oci.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
