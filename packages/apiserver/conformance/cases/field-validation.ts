import { type Exchange, exchange, type Group, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, YAML } from '../lib/case.ts';
import { configMap, configMaps, deployment, deployments } from './objects.ts';

const modes = ['Strict', 'Warn', 'Ignore', ''] as const;
const inEachMode = (path: string, body: (mode: string) => unknown, type?: string): Exchange[] =>
  modes.map((mode): Exchange => {
    const query = mode === '' ? '' : `?fieldValidation=${mode}`;
    return ['POST', path + query, body(mode.toLowerCase() || 'none'), type === undefined ? {} : { type }];
  });
const withPod = (name: string, podSpec: unknown) =>
  deployment(name, { template: { metadata: { labels: { app: 'a' } }, spec: podSpec } });

/** Fields that nobody knows and fields that come twice: refused, warned about or dropped. */
export const fieldValidation: Group = {
  name: 'field-validation',
  cases: [
    exchange(
      'unknown at the top',
      inEachMode(configMaps, (name) => ({ ...configMap(name), foo: 1, bar: { a: 1 } })),
    ),
    exchange(
      'unknown in metadata',
      inEachMode(configMaps, (name) => configMap(name, {}, { foo: 'x' })),
    ),
    exchange(
      'unknown deep inside',
      inEachMode(deployments, (name) =>
        withPod(name, {
          bogus: 1,
          containers: [{ name: 'c', image: 'x', nope: 1, ports: [{ containerPort: 1, no: 2 }] }],
        }),
      ),
    ),
    exchange(
      'another case',
      inEachMode(configMaps, (name) => ({ ...configMap(name), Data: { a: 'b' } })),
    ),
    exchange(
      'duplicates in JSON',
      inEachMode(
        configMaps,
        (name) =>
          `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"},"data":{"a":"1","a":"2"},"immutable":false,"immutable":true}`,
      ),
    ),
    exchange(
      'duplicates in YAML',
      inEachMode(
        configMaps,
        (name) =>
          `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  name: ${name}\ndata:\n  a: "1"\n  a: "2"\n`,
        YAML,
      ),
    ),
    exchange(
      'unknown in YAML',
      inEachMode(configMaps, (name) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\nfoo: 1\n`, YAML),
    ),
    exchange('unknown on replace', [
      ['POST', configMaps, configMap('a')],
      ['PUT', `${configMaps}/a?fieldValidation=Strict`, { ...configMap('a'), foo: 1 }],
      ['PUT', `${configMaps}/a?fieldValidation=Warn`, { ...configMap('a'), foo: 1 }],
      ['PUT', `${configMaps}/a?fieldValidation=Ignore`, { ...configMap('a'), foo: 1 }],
    ]),
    exchange('unknown in patches', [
      ['POST', deployments, deployment('d')],
      ['PATCH', `${deployments}/d?fieldValidation=Warn`, { spec: { foo: 1 } }, { type: MERGE_PATCH }],
      ['PATCH', `${deployments}/d?fieldValidation=Ignore`, { spec: { foo: 1 } }, { type: MERGE_PATCH }],
      ['PATCH', `${deployments}/d?fieldValidation=Strict`, { spec: { foo: 1 } }, { type: STRATEGIC_PATCH }],
      ['PATCH', `${deployments}/d?fieldValidation=Warn`, { spec: { foo: 1 } }, { type: STRATEGIC_PATCH }],
      [
        'PATCH',
        `${deployments}/d?fieldValidation=Warn`,
        [{ op: 'add', path: '/spec/foo', value: 1 }],
        { type: JSON_PATCH },
      ],
    ]),
    exchange('a mode that is none', [
      ['POST', `${configMaps}?fieldValidation=foo`, configMap('a')],
      ['POST', configMaps, configMap('a')],
      ['PUT', `${configMaps}/a?fieldValidation=foo`, configMap('a')],
      ['PATCH', `${configMaps}/a?fieldValidation=foo`, {}, { type: MERGE_PATCH }],
    ]),
    exchange('wrong types', [
      ['POST', configMaps, configMap('a', { a: 1 })],
      ['POST', configMaps, { ...configMap('a'), data: 'x' }],
      ['POST', configMaps, { ...configMap('a'), data: ['x'] }],
      ['POST', configMaps, { ...configMap('a'), immutable: 'yes' }],
      ['POST', configMaps, { ...configMap('a'), binaryData: { a: '***' } }],
      ['POST', configMaps, configMap('a', {}, { labels: { a: 1 } })],
      ['POST', configMaps, configMap('a', {}, { labels: ['a'] })],
      ['POST', configMaps, configMap('a', {}, { finalizers: 'a.b/c' })],
      ['POST', configMaps, configMap('a', {}, { creationTimestamp: 'yesterday' })],
      ['POST', configMaps, configMap('a', {}, { generation: 'x' })],
      ['POST', deployments, deployment('a', { replicas: 'x' })],
      ['POST', deployments, deployment('a', { replicas: 1.5 })],
      ['POST', deployments, deployment('a', { replicas: 3_000_000_000 })],
      ['POST', deployments, deployment('a', { paused: 'true' })],
      ['POST', deployments, withPod('a', { containers: 'x' })],
      ['POST', deployments, withPod('a', { containers: [{ name: 5 }] })],
      ['POST', deployments, withPod('a', { containers: [{ name: 'c', resources: { limits: { cpu: 'zz' } } }] })],
      ['POST', deployments, withPod('a', { containers: [{ name: 'c', ports: [{ containerPort: 'x' }] }] })],
    ]),
  ],
};
