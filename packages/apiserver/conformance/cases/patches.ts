import { type Exchange, exchange, type Group, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH } from '../lib/case.ts';
import { configMap, configMaps, deployment, deployments } from './objects.ts';

const json = { type: JSON_PATCH };
const merge = { type: MERGE_PATCH };
const strategic = { type: STRATEGIC_PATCH };

const onConfigMap = (name: string, ...requests: readonly Exchange[]) =>
  exchange(name, [
    ['POST', configMaps, configMap('a', { x: '1', y: '2' }, { labels: { l: 'm' }, annotations: { n: 'o' } })],
    ...requests,
  ]);
const jsonPatch = (name: string, ...patches: readonly unknown[]) =>
  onConfigMap(name, ...patches.map((patch): Exchange => ['PATCH', `${configMaps}/a`, patch, json]));
const mergePatch = (name: string, ...patches: readonly unknown[]) =>
  onConfigMap(name, ...patches.map((patch): Exchange => ['PATCH', `${configMaps}/a`, patch, merge]));

const twoContainers = deployment('d', {
  template: {
    metadata: { labels: { app: 'a' } },
    spec: {
      containers: [
        { name: 'c', image: 'x', args: ['1', '2'], ports: [{ containerPort: 80 }, { containerPort: 81, name: 'b' }] },
        { name: 'd', image: 'y', env: [{ name: 'A', value: 'b' }] },
      ],
      tolerations: [{ key: 'a', operator: 'Exists' }],
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'w', configMap: { name: 'q' } },
      ],
      imagePullSecrets: [{ name: 'p' }],
    },
  },
});
const strategicPatch = (name: string, ...patches: readonly unknown[]) =>
  exchange(name, [
    ['POST', deployments, twoContainers],
    ...patches.map((patch): Exchange => ['PATCH', `${deployments}/d`, patch, strategic]),
  ]);
const podPatch = (name: string, ...specs: readonly unknown[]) =>
  strategicPatch(name, ...specs.map((spec) => ({ spec: { template: { spec } } })));

/** The three patch types that carry changes: RFC 6902, RFC 7386 and Kubernetes' own. */
export const patches: Group = {
  name: 'patches',
  cases: [
    jsonPatch('json: add, replace, remove', [
      { op: 'add', path: '/data/z', value: '3' },
      { op: 'replace', path: '/data/x', value: '9' },
      { op: 'remove', path: '/data/y' },
    ]),
    jsonPatch(
      'json: test, copy, move',
      [
        { op: 'test', path: '/data/x', value: '1' },
        { op: 'copy', from: '/data/x', path: '/data/c' },
        { op: 'move', from: '/data/y', path: '/data/m' },
      ],
      [{ op: 'test', path: '/data/x', value: 'other' }],
      [{ op: 'test', path: '/data/nothing', value: null }],
      [{ op: 'test', path: '/data/nothing', value: 'x' }],
    ),
    jsonPatch(
      'json: what cannot be done',
      [{ op: 'remove', path: '/data/none' }],
      [{ op: 'replace', path: '/data/none', value: '1' }],
      [{ op: 'add', path: '/none/x', value: '1' }],
      [{ op: 'move', from: '/data/none', path: '/data/x' }],
      [{ op: 'copy', from: '/data/none', path: '/data/x' }],
      [{ op: 'remove', path: '/metadata/name' }],
      [{ op: 'replace', path: '/metadata/name', value: 'b' }],
      [{ op: 'replace', path: '/metadata/namespace', value: 'b' }],
      [{ op: 'replace', path: '/kind', value: 'Secret' }],
      [{ op: 'replace', path: '/apiVersion', value: 'v2' }],
      [{ op: 'add', path: '/data', value: 'x' }],
      [{ op: 'add', path: '/data/n', value: 5 }],
    ),
    jsonPatch(
      'json: malformed',
      { op: 'add' },
      'x',
      '[{"op":',
      [{ op: 'nonsense', path: '/data/x' }],
      [{ path: '/data/x' }],
      [{ op: 'add', value: 'x' }],
      [{ op: 'add', path: '/data/q' }],
      [{ op: 'add', path: 'data/q', value: 'x' }],
      ['x'],
      [],
    ),
    jsonPatch(
      'json: escapes and nulls',
      [{ op: 'add', path: '/metadata/annotations/a.b~1c', value: '1' }],
      [{ op: 'add', path: '/metadata/annotations/a~0b', value: '1' }],
      [{ op: 'add', path: '/data', value: null }],
      [{ op: 'add', path: '/data', value: { '': 'x' } }],
      [{ op: 'add', path: '/metadata/labels', value: {} }],
    ),
    exchange('json: lists', [
      ['POST', deployments, twoContainers],
      [
        'PATCH',
        `${deployments}/d`,
        [
          { op: 'add', path: '/spec/template/spec/containers/-', value: { name: 'e', image: 'z' } },
          { op: 'add', path: '/spec/template/spec/containers/0/args/1', value: 'between' },
          { op: 'remove', path: '/spec/template/spec/containers/0/ports/0' },
        ],
        json,
      ],
      ['PATCH', `${deployments}/d`, [{ op: 'remove', path: '/spec/template/spec/containers/7' }], json],
      ['PATCH', `${deployments}/d`, [{ op: 'add', path: '/spec/template/spec/containers/7', value: {} }], json],
      ['PATCH', `${deployments}/d`, [{ op: 'replace', path: '/spec/template/spec/containers/-1', value: {} }], json],
      ['PATCH', `${deployments}/d`, [{ op: 'replace', path: '/spec/template/spec/containers/x', value: {} }], json],
    ]),
    exchange('json: versions and absent objects', [
      ['POST', configMaps, configMap('a')],
      ['PATCH', `${configMaps}/a`, [{ op: 'replace', path: '/metadata/resourceVersion', value: '1' }], json],
      ['PATCH', `${configMaps}/a`, [{ op: 'replace', path: '/metadata/uid', value: 'other' }], json],
      ['PATCH', `${configMaps}/none`, [{ op: 'add', path: '/data', value: {} }], json],
    ]),
    mergePatch(
      'merge: change and remove',
      { data: { x: '9', y: null, z: '3' } },
      { data: { x: '9' } },
      { data: null },
      { metadata: { labels: null, annotations: { n: null, p: 'q' } } },
      {},
    ),
    mergePatch(
      'merge: what cannot be done',
      { metadata: { name: 'b' } },
      { metadata: { namespace: 'b' } },
      { metadata: { uid: 'b' } },
      { metadata: { resourceVersion: '1' } },
      { metadata: { generateName: 'q' } },
      { metadata: { creationTimestamp: '2020-01-01T00:00:00Z' } },
      { metadata: { deletionTimestamp: '2020-01-01T00:00:00Z' } },
      { metadata: { ownerReferences: [{ kind: 'x' }] } },
      { metadata: { finalizers: ['bad'] } },
      { metadata: { labels: { 'bad key': 'x' } } },
      { metadata: { labels: { ok: 'bad value!' } } },
      { metadata: { labels: { ok: 5 } } },
      { metadata: 'x' },
      { kind: 'Secret' },
      { apiVersion: 'v2' },
      { kind: null },
      { data: { 'bad/key': 'x' } },
      { data: 5 },
    ),
    mergePatch('merge: malformed', [], 'x', '{', '"x"', 'null', '{"a":1,"a":2}', ''),
    onConfigMap(
      'options of patches',
      ['PATCH', `${configMaps}/a?force=true`, {}, merge],
      ['PATCH', `${configMaps}/a?dryRun=All`, { data: { d: 'r' } }, merge],
      ['PATCH', `${configMaps}/a?dryRun=Some`, { data: { d: 'r' } }, merge],
      ['PATCH', `${configMaps}/a?fieldManager=mine`, { data: { f: 'm' } }, merge],
      ['PATCH', `${configMaps}/a?fieldManager=${'m'.repeat(129)}`, { data: { f: 'm' } }, merge],
      ['PATCH', `${configMaps}/a`, {}, { type: 'application/json' }],
      ['PATCH', `${configMaps}/a`, {}, { type: 'text/plain' }],
      ['PATCH', `${configMaps}/none`, {}, merge],
      ['GET', `${configMaps}/a`],
    ),
    podPatch(
      'strategic: containers merge by name',
      { containers: [{ name: 'd', image: 'other' }] },
      { containers: [{ name: 'e', image: 'new' }] },
      { containers: [{ name: 'c', args: ['9'] }] },
      { containers: [{ name: 'c', args: null }] },
    ),
    podPatch(
      'strategic: delete from a list',
      { containers: [{ name: 'd', $patch: 'delete' }] },
      { containers: [{ name: 'none', $patch: 'delete' }] },
      { volumes: [{ name: 'v', $patch: 'delete' }] },
      { containers: [{ name: 'c', ports: [{ containerPort: 80, $patch: 'delete' }] }] },
    ),
    podPatch(
      'strategic: replace',
      { containers: [{ $patch: 'replace' }, { name: 'q', image: 'w' }] },
      { $patch: 'replace', containers: [{ name: 'r', image: 's' }] },
      { volumes: [{ $patch: 'replace' }] },
    ),
    podPatch(
      'strategic: order of elements',
      { $setElementOrder_containers: [], '$setElementOrder/containers': [{ name: 'd' }, { name: 'c' }] },
      { '$setElementOrder/containers': [{ name: 'c' }, { name: 'd' }], containers: [{ name: 'd', image: 'z' }] },
      { '$setElementOrder/containers': [{ name: 'd' }], containers: [{ name: 'c', image: 'z' }] },
      { '$setElementOrder/volumes': [{ name: 'w' }, { name: 'v' }] },
    ),
    podPatch('strategic: new element and order', {
      '$setElementOrder/containers': [{ name: 'n' }, { name: 'c' }, { name: 'd' }],
      containers: [{ name: 'n', image: 'new' }],
    }),
    strategicPatch(
      'strategic: retain keys',
      { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
      { spec: { strategy: { $retainKeys: ['type'], type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
      {
        spec: {
          template: { spec: { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/h' } }] } },
        },
      },
    ),
    strategicPatch(
      'strategic: primitive lists',
      { metadata: { finalizers: ['a.b/c'] } },
      { metadata: { finalizers: ['d.e/f'] } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['a.b/c'] } },
      { metadata: { '$setElementOrder/finalizers': ['x.y/z', 'd.e/f'], finalizers: ['x.y/z'] } },
      { metadata: { finalizers: null } },
    ),
    podPatch(
      'strategic: errors',
      { containers: [{ image: 'no name' }] },
      { containers: [{ name: 'c', $patch: 'nonsense' }] },
      { $patch: 'nonsense' },
      { containers: 'x' },
      { containers: { name: 'c' } },
      { $retainKeys: 'x' },
      { '$setElementOrder/containers': 'x' },
      { containers: [{ name: 'c', image: 5 }] },
      { containers: [{ name: 'c', ports: [{ name: 'no port' }] }] },
    ),
    podPatch(
      'strategic: atomic and unkeyed lists',
      { tolerations: [{ key: 'b', operator: 'Exists' }] },
      { imagePullSecrets: [{ name: 'r' }] },
      { nodeSelector: { a: 'b' } },
      { nodeSelector: { c: 'd', a: null } },
      { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } },
    ),
    strategicPatch('strategic: malformed', [], 'x', '{', 'null', '5', {}),
    exchange('strategic: service ports', [
      [
        'POST',
        '/api/v1/namespaces/{ns}/services',
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 's' },
          spec: {
            ports: [
              { port: 80, name: 'a' },
              { port: 81, name: 'b' },
            ],
          },
        },
      ],
      ['PATCH', '/api/v1/namespaces/{ns}/services/s', { spec: { ports: [{ port: 80, targetPort: 8080 }] } }, strategic],
      ['PATCH', '/api/v1/namespaces/{ns}/services/s', { spec: { ports: [{ port: 81, $patch: 'delete' }] } }, strategic],
      ['PATCH', '/api/v1/namespaces/{ns}/services/s', { spec: { ports: [{ port: 82, name: 'c' }] } }, strategic],
    ]),
    exchange('deployment: immutable and invalid', [
      ['POST', deployments, twoContainers],
      ['PATCH', `${deployments}/d`, { spec: { selector: { matchLabels: { x: 'y' } } } }, merge],
      ['PATCH', `${deployments}/d`, { spec: { replicas: -1 } }, merge],
      ['PATCH', `${deployments}/d`, { spec: { replicas: 'x' } }, merge],
      ['PATCH', `${deployments}/d`, { spec: { replicas: 1.5 } }, merge],
      ['PATCH', `${deployments}/d`, { spec: { template: null } }, merge],
      ['PATCH', `${deployments}/d`, { spec: null }, merge],
      ['PATCH', `${deployments}/d`, { spec: { template: { spec: { containers: [] } } } }, merge],
      ['PATCH', `${deployments}/d`, { spec: { strategy: { type: 'Recreate' } } }, merge],
      ['PATCH', `${deployments}/d`, { status: { replicas: 7 } }, merge],
      ['PATCH', `${deployments}/d/status`, { status: { replicas: 7 }, spec: { replicas: 9 } }, merge],
      ['PATCH', `${deployments}/d/status`, { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } }, merge],
    ]),
    exchange('generation moves with the spec only', [
      ['POST', deployments, twoContainers],
      ['PATCH', `${deployments}/d`, { metadata: { labels: { a: 'b' } } }, merge],
      ['PATCH', `${deployments}/d`, { spec: { replicas: 2 } }, merge],
      ['PATCH', `${deployments}/d`, { spec: { replicas: 2 } }, merge],
      ['PATCH', `${deployments}/d`, { metadata: { generation: 9 } }, merge],
      ['PATCH', `${deployments}/d`, { metadata: { annotations: { 'deployment.kubernetes.io/x': 'y' } } }, merge],
    ]),
  ],
};
