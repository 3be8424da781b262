/**
 * How long a server-side apply of a Deployment of some sixty lines takes, nothing changed and one field changed, with
 * the live object known to the process and with both objects fresh from JSON.
 */
import { readFileSync } from 'node:fs';
import { type ApplyRequest, applyServerSide, type JsonObject, type JsonSchema, type TypeSchema } from '../src/index.ts';

const models = JSON.parse(readFileSync(new URL('../src/testdata/kinds.json', import.meta.url), 'utf8')) as {
  [name: string]: JsonSchema;
};
const type: TypeSchema = {
  schema: models['test.apps.Deployment'] ?? {},
  resolve: (ref) => models[ref.slice(ref.lastIndexOf('/') + 1)],
};
const container = (name: string): JsonObject => ({
  name,
  image: `ghcr.io/acme/${name}:1.2.3`,
  args: ['--listen=:8080', '--log=info'],
  env: [
    { name: 'REGION', value: 'eu' },
    { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ],
  ports: [
    { containerPort: 8080, name: 'http' },
    { containerPort: 9090, name: 'metrics', protocol: 'TCP' },
  ],
  resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m', memory: '64Mi' } },
  livenessProbe: { periodSeconds: 5, httpGet: { path: '/healthz', port: 'http' } },
  volumeMounts: [{ name: 'data', mountPath: '/data' }],
});
const deployment = (replicas: number): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'apps', labels: { app: 'web', tier: 'front' } },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: '25%' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        serviceAccountName: 'web',
        containers: [container('web'), container('proxy')],
        volumes: [{ name: 'data', emptyDir: {} }],
      },
    },
  },
});
const request = (live: JsonObject | undefined, applied: JsonObject): ApplyRequest => ({
  live,
  applied,
  manager: 'kustomize-controller',
  apiVersion: 'apps/v1',
  type,
  now: '2026-01-01T00:00:00Z',
  force: true,
});
const applied = deployment(2);
const changed = deployment(3);
const live = applyServerSide(request(undefined, applied)).object;
const liveText = JSON.stringify(live);
const appliedText = JSON.stringify(applied);

function measure(name: string, run: () => unknown): void {
  const rounds = 5000;
  for (let i = 0; i < rounds; i++) run();
  const start = performance.now();
  for (let i = 0; i < rounds; i++) run();
  const micros = ((performance.now() - start) * 1000) / rounds;
  console.log(`${name.padEnd(34)} ${micros.toFixed(1).padStart(8)} µs  ${Math.round(1e6 / micros)}/s`);
}

measure('apply, nothing changed', () => applyServerSide(request(live, applied)));
measure('apply, one field changed', () => applyServerSide(request(live, changed)));
measure('create', () => applyServerSide(request(undefined, applied)));
measure('parse both and apply, unchanged', () =>
  applyServerSide(request(JSON.parse(liveText), JSON.parse(appliedText))),
);
