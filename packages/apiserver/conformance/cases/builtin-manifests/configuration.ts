import { kind, type Manifest } from './manifest.ts';

const configMap = kind('v1', 'ConfigMap', 'configmaps');
const secret = kind('v1', 'Secret', 'secrets');
const serviceAccount = kind('v1', 'ServiceAccount', 'serviceaccounts');
const namespace = kind('v1', 'Namespace', 'namespaces', false);
const node = kind('v1', 'Node', 'nodes', false);
const limitRange = kind('v1', 'LimitRange', 'limitranges');
const quota = kind('v1', 'ResourceQuota', 'resourcequotas');
const lease = kind('coordination.k8s.io/v1', 'Lease', 'leases');
const coreEvent = kind('v1', 'Event', 'events');
const event = kind('events.k8s.io/v1', 'Event', 'events');
const definition = kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', false);

const involved = { kind: 'Pod', name: 'x', namespace: '{ns}' };

export const configuration: readonly Manifest[] = [
  configMap('nothing', {}),
  configMap('data, binary data and immutable', { data: { a: '1', b: '' }, binaryData: { c: 'ZA==' }, immutable: true }),
  configMap('nulls', { data: { a: null, b: 'x' } }),
  secret('nothing', {}),
  secret('string data over data', { stringData: { a: 'b', d: '' }, data: { a: 'Yw==', c: 'ZA==' } }),
  secret('a type of its own', { type: 'example.org/x', data: { a: '' } }),
  secret('tls', { type: 'kubernetes.io/tls', data: { 'tls.crt': 'YQ==', 'tls.key': 'Yg==' } }),
  serviceAccount('nothing', {}),
  serviceAccount('secrets and pull secrets', {
    secrets: [],
    imagePullSecrets: [{ name: 'x' }],
    automountServiceAccountToken: false,
  }),
  namespace('labels', {}, { labels: { a: 'b' } }),
  node('nothing', {}),
  node('taints and status', {
    spec: { taints: [{ key: 'a', effect: 'NoSchedule' }], unschedulable: true },
    status: { capacity: { cpu: '4', memory: '8388608Ki' } },
  }),
  limitRange('container defaults', {
    spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { cpu: '100m' }, default: { memory: '1024Mi' } }] },
  }),
  limitRange('pods and claims', {
    spec: {
      limits: [
        { type: 'Pod', max: { cpu: 4 } },
        { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } },
      ],
    },
  }),
  quota('counts', { spec: { hard: { 'count/none.example.org': 10, 'requests.nvidia.com/gpu': '4' } } }),
  quota('scopes', {
    spec: {
      hard: { pods: '10' },
      scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['x'] }] },
    },
  }),
  lease('held', { spec: { holderIdentity: 'x', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' } }),
  lease('nothing', {}),
  coreEvent('only what is required', { involvedObject: involved }),
  coreEvent('as old clients write it', {
    involvedObject: involved,
    reason: 'R',
    message: 'm',
    type: 'Normal',
    source: { component: 'c' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00+01:00',
    count: 1,
  }),
  event('as new clients write it', {
    regarding: involved,
    reason: 'R',
    note: 'm',
    type: 'Normal',
    action: 'A',
    reportingController: 'example.org/c',
    reportingInstance: 'i',
    eventTime: '2026-01-01T00:00:00.000000Z',
  }),
  definition(
    'only what is required',
    {
      spec: {
        group: '{id}.example.org',
        names: { plural: 'things', kind: 'Thing' },
        scope: 'Namespaced',
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    },
    { name: 'things.{id}.example.org' },
  ),
];
