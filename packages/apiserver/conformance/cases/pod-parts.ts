import { type Exchange, exchange, type Group, MERGE_PATCH, STRATEGIC_PATCH } from '../lib/case.ts';
import { pods } from './objects.ts';

type Fields = Readonly<Record<string, unknown>>;

const pod = (name: string, spec: Fields = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    containers: [{ name: 'main', image: 'example.com/main:1', resources: { requests: { cpu: '1' } } }],
    ...spec,
  },
});
const eviction = (name: string | undefined, deleteOptions?: Fields) => ({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name },
  ...(deleteOptions === undefined ? {} : { deleteOptions }),
});
const binding = (name: string, node: string, more: Fields = {}) => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: { name },
  target: { kind: 'Node', name: node },
  ...more,
});
const patch = (part: string, spec: Fields, more: Fields = {}): Exchange => [
  'PATCH',
  `${pods}/a/${part}`,
  { ...more, spec },
  { type: STRATEGIC_PATCH },
];
const debug = (fields: Fields) =>
  patch('ephemeralcontainers', { ephemeralContainers: [{ name: 'debug', image: 'x', ...fields }] });
const namespace = (name: string, more: Fields = {}) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
  ...more,
});

/** What is written to a part of a pod, or of a namespace, and to nothing else. */
export const podParts: Group = {
  name: 'pod-parts',
  cases: [
    exchange('eviction', [
      ['POST', pods, pod('a')],
      ['POST', `${pods}/a/eviction`, eviction('other')],
      ['POST', `${pods}/a/eviction`, eviction(undefined)],
      ['POST', `${pods}/none/eviction`, eviction('none')],
      ['POST', `${pods}/a/eviction`, { apiVersion: 'v1', kind: 'Pod' }],
      ['POST', `${pods}/a/eviction`, eviction('a', { gracePeriodSeconds: 'x' })],
      ['POST', `${pods}/a/eviction`, eviction('a', { preconditions: { uid: 'x' } })],
      ['POST', `${pods}/a/eviction`, eviction('a', { dryRun: ['All'] })],
      ['POST', `${pods}/a/eviction?dryRun=All`, { ...eviction('a'), apiVersion: 'policy/v1beta1' }],
      ['POST', `${pods}/a/eviction`, eviction('a')],
      ['GET', `${pods}/a`],
    ]),
    exchange('binding', [
      ['POST', pods, pod('a')],
      ['POST', pods, pod('gated', { schedulingGates: [{ name: 'example.com/wait' }] })],
      ['POST', `${pods}/a/binding`, binding('a', '')],
      ['POST', `${pods}/a/binding`, binding('a', 'n', { target: { kind: 'Pod', name: 'n' } })],
      ['POST', `${pods}/a/binding`, binding('other', 'n')],
      ['POST', `${pods}/none/binding`, binding('none', 'n')],
      ['POST', `${pods}/gated/binding`, binding('gated', 'n')],
      ['POST', `${pods}/a/binding?dryRun=All`, binding('a', 'n')],
      [
        'POST',
        `${pods}/a/binding`,
        binding('a', 'n', {
          metadata: { name: 'a', labels: { 'topology.kubernetes.io/zone': 'z' }, annotations: { x: 'y' } },
        }),
      ],
      ['GET', `${pods}/a`],
      ['POST', '/api/v1/namespaces/{ns}/bindings', binding('a', 'm')],
      ['POST', '/api/v1/namespaces/{ns}/bindings', binding('none', 'n')],
      ['GET', '/api/v1/namespaces/{ns}/bindings'],
    ]),
    exchange('ephemeral containers', [
      ['POST', pods, pod('a')],
      debug({}),
      debug({ image: 'y' }),
      debug({ name: 'main' }),
      debug({ name: 'more', targetContainerName: 'none' }),
      patch(
        'ephemeralcontainers',
        { containers: [{ name: 'main', image: 'z' }] },
        { metadata: { labels: { x: 'y' } } },
      ),
      ['PATCH', `${pods}/a/ephemeralcontainers`, { spec: { ephemeralContainers: null } }, { type: MERGE_PATCH }],
      ['GET', `${pods}/a/ephemeralcontainers`],
    ]),
    exchange('resources of containers', [
      ['POST', pods, pod('a')],
      patch('resize', { containers: [{ name: 'main', resources: { requests: { cpu: '2' } } }] }),
      patch('resize', { containers: [{ name: 'main', image: 'other' }] }, { metadata: { labels: { x: 'y' } } }),
      ['GET', `${pods}/a/resize`],
    ]),
    exchange('finalizers of a namespace', [
      ['POST', '/api/v1/namespaces', namespace('x{id}', { spec: { finalizers: ['a/b'] } })],
      ['PUT', '/api/v1/namespaces/x{id}/finalize', namespace('other', { spec: {} })],
      ['PUT', '/api/v1/namespaces/x{id}/finalize', namespace('x{id}', { spec: { finalizers: ['kubernetes'] } })],
      ['PATCH', '/api/v1/namespaces/x{id}/finalize', {}, { type: MERGE_PATCH }],
      ['DELETE', '/api/v1/namespaces/x{id}', {}],
    ]),
  ],
};
