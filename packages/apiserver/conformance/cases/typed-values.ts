import { APPLY_PATCH, type Exchange, exchange, type Group, STRATEGIC_PATCH, YAML } from '../lib/case.ts';
import { configMaps, deployment, deployments } from './objects.ts';

type Fields = Readonly<Record<string, unknown>>;

const secrets = '/api/v1/namespaces/{ns}/secrets';
const apply = (path: string, apiVersion: string, kind: string, fields: Fields): Exchange => [
  'PATCH',
  `${path}/x?fieldManager=m`,
  { apiVersion, kind, metadata: { name: 'x' }, ...fields },
  { type: APPLY_PATCH },
];
const applyDeployment = (fields: Fields) => apply(deployments, 'apps/v1', 'Deployment', { spec: fields });
const applyConfigMap = (fields: Fields) => apply(configMaps, 'v1', 'ConfigMap', fields);
const surge = (maxSurge: unknown) => ({ strategy: { rollingUpdate: { maxSurge } } });
const strategic = (spec: unknown): Exchange => ['PATCH', `${deployments}/web`, { spec }, { type: STRATEGIC_PATCH }];
const base64 = ['***', 'YQ', 'YQ=', 'Y===', 'YQ==YQ==', 'YWI=\nYWI=', 'YR==', 'Y\nQ=\r\n=\n'];

/** Values that the Go types of built-in kinds cannot hold, or hold in another form. */
export const typedValues: Group = {
  name: 'typed-values',
  cases: [
    exchange('base64', [
      ...base64.map(
        (a, index) =>
          [
            'POST',
            secrets,
            { apiVersion: 'v1', kind: 'Secret', metadata: { name: `s${index}` }, data: { a } },
          ] as const,
      ),
      [
        'POST',
        secrets,
        'apiVersion: v1\nkind: Secret\nmetadata: {name: lines}\ndata:\n  none:\n  a: |\n    YWJj\n    ZGVm\n',
        { type: YAML },
      ],
    ]),
    exchange('applied: base64, times, quantities', [
      apply(secrets, 'v1', 'Secret', { data: { a: '***' } }),
      apply(secrets, 'v1', 'Secret', { metadata: { name: 'x', namespace: '{ns}' }, data: { a: 'YQ' } }),
      apply(secrets, 'v1', 'Secret', { data: { a: 'YQ=\n=', b: null } }),
      applyConfigMap({ metadata: { name: 'x', creationTimestamp: 'yesterday' } }),
      applyConfigMap({ metadata: { creationTimestamp: 'yesterday' } }),
      applyConfigMap({ metadata: { name: 'x', generation: 1.5 } }),
      apply('/apis/coordination.k8s.io/v1/namespaces/{ns}/leases', 'coordination.k8s.io/v1', 'Lease', {
        spec: { renewTime: '2026-01-01T00:00:00Z' },
      }),
      apply('/api/v1/namespaces/{ns}/resourcequotas', 'v1', 'ResourceQuota', { spec: { hard: { pods: true } } }),
    ]),
    exchange('applied: numbers', [
      applyDeployment({ ...deployment('x').spec, replicas: 3.5 }),
      applyDeployment({ ...deployment('x').spec, replicas: 99999999999 }),
      applyDeployment({ ...deployment('x').spec, replicas: '3' }),
      applyDeployment({ ...deployment('x').spec, ...surge(true) }),
      applyDeployment({ ...deployment('x').spec, ...surge(1.5) }),
      applyDeployment({ ...deployment('x').spec, ...surge({}) }),
    ]),
    exchange('applied: what is no object', [
      applyConfigMap({ metadata: 'x' }),
      applyConfigMap({ metadata: ['a', 5, { b: null }] }),
      applyConfigMap({ apiVersion: 'a/b/c' }),
      ['PATCH', `${configMaps}/x?fieldManager=m`, 'a: b: c', { type: APPLY_PATCH }],
      [
        'PATCH',
        `${configMaps}/x?fieldManager=m`,
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\nmore: {}\n',
        { type: APPLY_PATCH },
      ],
    ]),
    exchange('strategic patches', [
      ['POST', deployments, deployment('web', { paused: true })],
      strategic('x'),
      strategic([]),
      strategic({ replicas: 'x' }),
      strategic({ replicas: 1.5 }),
      strategic({ replicas: 99999999999 }),
      strategic({ paused: 1 }),
      strategic(surge(true)),
      strategic(surge(1e12)),
      strategic({ template: { metadata: { labels: { a: true } } } }),
      strategic({ template: { metadata: { labels: { a: 1 } } } }),
      strategic({ template: { metadata: { creationTimestamp: 5 } } }),
      strategic({ template: { spec: { containers: [{ name: 'c', command: 'x', image: {} }] } } }),
    ]),
    exchange('a fraction or a large number for a port', [
      ['POST', deployments, deployment('web', surge(1.5))],
      ['POST', deployments, deployment('web', surge(1e12))],
      ['POST', deployments, deployment('web', { replicas: 1.5 })],
    ]),
  ],
};
