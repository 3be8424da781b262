import { APPLY_PATCH, type Exchange, exchange, type Group, MERGE_PATCH } from '../lib/case.ts';
import { configMap, configMaps, deployment, deployments } from './objects.ts';

const type = { type: APPLY_PATCH };

/** Applies a ConfigMap of name `a`. */
const apply = (manager: string, data: Record<string, unknown> | undefined, query = ''): Exchange => [
  'PATCH',
  `${configMaps}/a?fieldManager=${manager}${query}`,
  configMap('a', data),
  type,
];
const applySpec = (manager: string, podSpec: unknown, query = ''): Exchange => [
  'PATCH',
  `${deployments}/d?fieldManager=${manager}${query}`,
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { template: { spec: podSpec } } },
  type,
];
const whole = (manager: string, query = ''): Exchange => [
  'PATCH',
  `${deployments}/d?fieldManager=${manager}${query}`,
  deployment('d'),
  type,
];
const applyText = (text: string): Exchange => ['PATCH', `${configMaps}/a?fieldManager=m`, text, type];

/** Server-side apply: who owns what, what conflicts, what goes when it is no longer applied. */
export const applies: Group = {
  name: 'apply',
  cases: [
    exchange('create, again, change, remove', [
      apply('one', { a: '1', b: '2' }),
      apply('one', { a: '1', b: '2' }),
      apply('one', { a: '3', b: '2' }),
      apply('one', { a: '3' }),
      apply('one', {}),
      apply('one', undefined),
    ]),
    exchange('conflict and force', [
      apply('one', { a: '1', b: '1' }),
      apply('two', { a: '2' }),
      apply('two', { a: '2', b: '2' }),
      apply('two', { a: '2' }, '&force=true'),
      apply('one', { a: '1', b: '1' }),
      apply('one', { b: '1' }),
    ]),
    exchange('conflicts with several managers', [
      apply('one', { a: '1' }),
      apply('two', { b: '1' }),
      apply('three', { a: '2', b: '2' }),
      apply('three', { a: '2', b: '2' }, '&force=true'),
    ]),
    exchange('shared fields stay until the last owner goes', [
      apply('one', { a: '1', b: '1' }),
      apply('two', { a: '1' }),
      apply('one', { b: '1' }),
      apply('two', {}),
    ]),
    exchange('apply over an update', [
      ['POST', configMaps, configMap('a', { a: '1', b: '1' })],
      apply('one', { a: '2' }),
      apply('one', { a: '1' }),
      apply('one', { a: '2' }, '&force=true'),
      ['PATCH', `${configMaps}/a?fieldManager=editor`, { data: { a: '3', c: '4' } }, { type: MERGE_PATCH }],
      apply('one', { a: '2' }),
      ['PUT', `${configMaps}/a?fieldManager=putter`, configMap('a', { a: '9' })],
      apply('one', { a: '9' }),
    ]),
    exchange('update after apply takes over', [
      apply('one', { a: '1' }),
      ['PUT', `${configMaps}/a?fieldManager=one`, configMap('a', { a: '2' })],
      ['PUT', `${configMaps}/a?fieldManager=two`, configMap('a', { a: '2', b: '3' })],
      apply('one', { a: '1' }),
    ]),
    exchange('dry run', [
      apply('one', { a: '1' }, '&dryRun=All'),
      ['GET', `${configMaps}/a`],
      apply('one', { a: '1' }),
      apply('one', { a: '2' }, '&dryRun=All'),
      apply('two', { a: '2' }, '&dryRun=All'),
      apply('two', { a: '2' }, '&dryRun=All&force=true'),
      ['GET', `${configMaps}/a`],
    ]),
    exchange('what cannot be applied', [
      ['PATCH', `${configMaps}/a`, configMap('a'), type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, configMap('b'), type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, { ...configMap('a'), kind: 'Secret' }, type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, { ...configMap('a'), apiVersion: 'v2' }, type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, { kind: 'ConfigMap' }, type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, { apiVersion: 'v1' }, type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, configMap('a', {}, { namespace: 'other' }), type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, configMap('a', { x: 5 }), type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, { ...configMap('a'), unknown: 'x' }, type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, configMap('a', {}, { managedFields: [] }), type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, configMap('a', {}, { resourceVersion: '1' }), type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, configMap('a', {}, { uid: 'x' }), type],
      ['PATCH', `${configMaps}/Bad_Name?fieldManager=m`, configMap('Bad_Name'), type],
      ['PATCH', '/api/v1/namespaces/none-{id}/configmaps/a?fieldManager=m', configMap('a'), type],
    ]),
    exchange('names', [
      ['PATCH', `${configMaps}/a?fieldManager=m`, { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'b' } }, type],
      ['PATCH', `${configMaps}/b?fieldManager=m`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }, type],
      [
        'PATCH',
        `${configMaps}/c?fieldManager=m`,
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'c-' } },
        type,
      ],
    ]),
    exchange('YAML', [
      applyText('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: "1"\n'),
      applyText('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: 1\n'),
      applyText('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: null\n'),
      applyText(''),
      applyText('- a\n'),
      applyText('x'),
    ]),
    exchange('null and empty values', [
      ['PATCH', `${configMaps}/a?fieldManager=m`, configMap('a', { x: null }), type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, configMap('a', {}, { labels: {}, annotations: null }), type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, configMap('a', { x: '' }, { labels: { l: '' } }), type],
      ['PATCH', `${configMaps}/a?fieldManager=m`, configMap('a', {}, { finalizers: [] }), type],
    ]),
    exchange('deployment: containers by name', [
      whole('one'),
      applySpec('two', { containers: [{ name: 'c', image: 'y' }] }),
      applySpec('two', { containers: [{ name: 'd', image: 'y' }] }),
      applySpec('two', { containers: [{ name: 'd', image: 'z', env: [{ name: 'A', value: 'b' }] }] }),
      applySpec('two', { containers: [{ name: 'c', env: [{ name: 'A', value: 'b' }] }] }),
      whole('one'),
      applySpec('two', {}),
    ]),
    exchange('deployment: atomic and set lists', [
      whole('one'),
      applySpec('two', { nodeSelector: { a: 'b' }, tolerations: [{ key: 'a', operator: 'Exists' }] }),
      applySpec('three', { nodeSelector: { c: 'd' } }),
      applySpec('three', { tolerations: [{ key: 'b', operator: 'Exists' }] }),
      applySpec('three', { tolerations: [{ key: 'b', operator: 'Exists' }] }, '&force=true'),
      applySpec('two', {}),
      applySpec('three', {}),
    ]),
    exchange('deployment: duplicates and wrong types', [
      whole('one'),
      applySpec('two', {
        containers: [
          { name: 'e', image: 'x' },
          { name: 'e', image: 'y' },
        ],
      }),
      applySpec('two', { containers: [{ image: 'x' }] }),
      applySpec('two', { containers: 'x' }),
      applySpec('two', { containers: [{ name: 'c', env: [{ name: 'A', value: 5 }] }] }),
      applySpec('two', { unknownField: 5 }),
      applySpec('two', { containers: [{ name: 'c', ports: [{ containerPort: 80 }, { containerPort: 80 }] }] }),
    ]),
    exchange('deployment: replicas and scale', [
      whole('one'),
      [
        'PATCH',
        `${deployments}/d/scale?fieldManager=scaler`,
        { spec: { replicas: 3 } },
        { type: MERGE_PATCH, unrecorded: true },
      ],
      whole('one'),
      applySpec('one', { containers: [{ name: 'c', image: 'x' }] }),
    ]),
    exchange('deployment: status and metadata', [
      whole('one'),
      [
        'PATCH',
        `${deployments}/d/status?fieldManager=st`,
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, status: { replicas: 2 } },
        type,
      ],
      [
        'PATCH',
        `${deployments}/d?fieldManager=st`,
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, status: { replicas: 3 } },
        type,
      ],
      ['GET', `${deployments}/d`],
    ]),
    exchange('owner references and finalizers', [
      [
        'PATCH',
        `${configMaps}/a?fieldManager=one`,
        configMap('a', {}, { finalizers: ['a.b/c'], labels: { x: '1' } }),
        type,
      ],
      ['PATCH', `${configMaps}/a?fieldManager=two`, configMap('a', {}, { finalizers: ['d.e/f', 'a.b/c'] }), type],
      ['PATCH', `${configMaps}/a?fieldManager=two`, configMap('a', {}, { labels: { x: '2' } }), type],
      ['PATCH', `${configMaps}/a?fieldManager=one`, configMap('a'), type],
      ['PATCH', `${configMaps}/a?fieldManager=two`, configMap('a'), type],
    ]),
    exchange('a role without rules', [
      [
        'PATCH',
        '/apis/rbac.authorization.k8s.io/v1/clusterroles/r-{id}?fieldManager=m',
        { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'r-{id}' } },
        type,
      ],
      [
        'PATCH',
        '/apis/rbac.authorization.k8s.io/v1/clusterroles/r-{id}?fieldManager=m',
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: 'r-{id}', namespace: 'foo' },
          rules: [],
        },
        type,
      ],
    ]),
    exchange('secret: stringData', [
      [
        'PATCH',
        '/api/v1/namespaces/{ns}/secrets/s?fieldManager=m',
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { a: 'x' } },
        type,
      ],
      [
        'PATCH',
        '/api/v1/namespaces/{ns}/secrets/s?fieldManager=m',
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { a: 'y' }, data: { b: 'eg==' } },
        type,
      ],
    ]),
    exchange('service: ports by port and protocol', [
      [
        'PATCH',
        '/api/v1/namespaces/{ns}/services/s?fieldManager=one',
        { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 80, name: 'a' }] } },
        type,
      ],
      [
        'PATCH',
        '/api/v1/namespaces/{ns}/services/s?fieldManager=two',
        { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 81, name: 'b' }] } },
        type,
      ],
      [
        'PATCH',
        '/api/v1/namespaces/{ns}/services/s?fieldManager=one',
        { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 82, name: 'a' }] } },
        type,
      ],
    ]),
    exchange('strict and warning validation', [
      ['PATCH', `${configMaps}/a?fieldManager=m&fieldValidation=Strict`, { ...configMap('a'), x: 1 }, type],
      ['PATCH', `${configMaps}/a?fieldManager=m&fieldValidation=Warn`, { ...configMap('a'), x: 1 }, type],
      ['PATCH', `${configMaps}/a?fieldManager=m&fieldValidation=Ignore`, { ...configMap('a'), x: 1 }, type],
    ]),
  ],
};
