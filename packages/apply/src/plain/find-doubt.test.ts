import type { KubeObject } from '@fluvial/kube';
import { describe, expect, test } from 'vitest';
import { findDoubt } from './find-doubt.ts';

const metadata = { name: 'web', namespace: 'apps' };
const configMap = (fields: object): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata, ...fields });
const service = (spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
});

const deployment = (container: object, spec: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'registry.example.com/web:1', ...container }] },
    },
    ...spec,
  },
});

describe('no doubt', () => {
  test.each<[string, KubeObject]>([
    ['a ServiceAccount', { apiVersion: 'v1', kind: 'ServiceAccount', metadata }],
    ['a ConfigMap', configMap({ data: { '.env': 'a=b\n', 'x.json': '{"ü": "😀"}' }, immutable: true })],
    ['a Service', service({ ports: [{ name: 'http', port: 80, targetPort: 'http' }] })],
    ['one without an address', service({ clusterIP: 'None' })],
    [
      'a Deployment',
      deployment({
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
        env: [
          { name: 'A', value: '1' },
          { name: 'B', valueFrom: { secretKeyRef: { name: 'b', key: 'b' } } },
        ],
        readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 5 },
        resources: { requests: { cpu: '10m', memory: '1Gi' }, limits: { memory: '1024Mi' } },
      }),
    ],
  ])('%s', (_, object) => {
    expect(findDoubt(object)).toBeUndefined();
  });
});

describe('doubt', () => {
  test.each<[string, KubeObject, string]>([
    ['a kind that is not listed', { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec: {} }, ''],
    ['another version of one', { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata }, ''],
    ['no namespace', { ...configMap({}), metadata: { name: 'web' } }, 'metadata.namespace'],
    ['a name for DNS', { ...service({}), metadata: { ...metadata, name: '1-web' } }, 'metadata.name'],
    ['a finalizer', { ...configMap({}), metadata: { ...metadata, finalizers: ['a/b'] } }, 'metadata.finalizers'],
    ['an owner', { ...configMap({}), metadata: { ...metadata, ownerReferences: [] } }, 'metadata.ownerReferences'],
    [
      'an annotation with a meaning',
      { ...service({}), metadata: { ...metadata, annotations: { 'service.beta.kubernetes.io/x': '' } } },
      'metadata.annotations.service.beta.kubernetes.io/x',
    ],
    ['an unknown field', configMap({ dada: {} }), 'dada'],
    ['a key of dots', configMap({ data: { '..': '' } }), 'data...'],
    ['a control character', configMap({ data: { a: '\u0000' } }), 'data.a'],
    ['half of a pair', configMap({ data: { a: '\ud83d' } }), 'data.a'],
    ['a key in both', configMap({ data: { a: '' }, binaryData: { a: '' } }), 'binaryData.a'],
    ['much of it', configMap({ data: { a: 'x'.repeat(70_000) } }), ''],
    ['an address by number', service({ clusterIP: '10.96.0.10' }), 'spec.clusterIP'],
    ['a port of every node', service({ type: 'NodePort' }), 'spec.type'],
    ['two ports without names', service({ ports: [{ port: 80 }, { port: 81 }] }), 'spec.ports'],
    [
      'the same port twice',
      service({
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 80 },
        ],
      }),
      'spec.ports[1]',
    ],
    [
      'a selector that misses its pods',
      deployment({}, { selector: { matchLabels: { b: 'c' } } }),
      'spec.template.metadata.labels',
    ],
    ['a selector of nothing', deployment({}, { selector: { matchLabels: {} } }), 'spec.selector.matchLabels'],
    ['a volume', deployment({ volumeMounts: [] }), 'spec.template.spec.containers[0].volumeMounts'],
    [
      'more asked for than allowed',
      deployment({ resources: { requests: { cpu: '1001m' }, limits: { cpu: 1 } } }),
      'spec.template.spec.containers[0].resources.requests.cpu',
    ],
    [
      'two ways to ask',
      deployment({ livenessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } }),
      'spec.template.spec.containers[0].livenessProbe',
    ],
    [
      'no step forward',
      deployment({}, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } }),
      'spec.strategy',
    ],
    ['no such port', service({ ports: [{ port: 65_536 }] }), 'spec.ports[0].port'],
  ])('%s', (_, object, where) => {
    expect(findDoubt(object)).toBe(where);
  });
});
