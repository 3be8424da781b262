import { type Group, MERGE_PATCH } from '../../lib/case.ts';
import { kubectl, run, type Step } from '../../lib/kubectl.ts';
import type { Session } from '../../lib/session.ts';
import { widget, withWidgets } from '../reading/crd.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const object = (properties: object = {}) => ({ type: 'object', properties });
const open = { openAPIV3Schema: { type: 'object' } };
const version = (more: object = {}) => ({ name: 'v1', served: true, storage: true, schema: open, ...more });

function definition(spec: object, annotations: object = {}, group = 'g{id}.example.com') {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}`, annotations },
    spec: { group, scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, versions: [version()], ...spec },
  };
}

const create = (...given: Parameters<typeof definition>): Step => [
  'create --dry-run=server -o name -f -',
  JSON.stringify(definition(...given)),
];
const schema = (properties: object) =>
  create({ versions: [version({ schema: { openAPIV3Schema: object(properties) } })] });
const approval = 'api-approved.kubernetes.io';

/** `v1` is stored; `v2` has other fields and a default of its own. */
async function withTwoVersions(session: Session): Promise<string> {
  const spec = (properties: object) => ({ openAPIV3Schema: object({ spec: object(properties) }) });
  const text = { type: 'string' };
  const versions = [
    version({ schema: spec({ a: text, b: { ...text, default: 'stored' }, nothing: { ...text, nullable: true } }) }),
    {
      name: 'v2',
      served: true,
      storage: false,
      schema: spec({ a: text, c: { ...text, default: 'other' }, nothing: text }),
    },
  ];
  await session.http('POST', definitions, { body: definition({ versions }), unrecorded: true });
  const base = '/apis/g{id}.example.com';
  for (const name of ['v1', 'v2'])
    await session.settle(`${base}/${name}/namespaces/{ns}/things`, (_body, status) => status === 200, {
      unrecorded: true,
    });
  return base;
}

/** Definitions of custom resources: what is refused, and what several versions make of an object. */
export const kubectlDefinitions: Group = {
  name: 'kubectl-definitions',
  cases: [
    kubectl(
      'names of a definition',
      create({ names: { plural: 'things', kind: 'thing_x', shortNames: ['T'], categories: ['All'] } }),
      create({ names: { plural: 'things', kind: 'Thing', listKind: 'Thing' } }),
      create({ names: { plural: 'things' }, scope: '' }),
      create({ versions: [version({ name: 'V1_' })] }),
      create({ group: 'Big.example.com' }),
    ),
    kubectl(
      'versions of a definition',
      create({ versions: [version({ storage: false, schema: undefined })], scope: 'Odd' }),
      create({ versions: [version(), version()] }),
      create({ versions: [version({ deprecationWarning: 'gone soon' })] }),
      create({ versions: [version({ deprecated: true, deprecationWarning: '' })] }),
      create({ versions: [version(), version({ name: 'v2', storage: false, schema: undefined })] }),
    ),
    kubectl(
      'a group of Kubernetes itself',
      create({}, {}, 'g{id}.k8s.io'),
      create({}, { [approval]: 'no' }, 'g{id}.kubernetes.io'),
      create({}, { [approval]: 'unapproved, a test' }, 'g{id}.k8s.io'),
    ),
    kubectl(
      'paths of a definition',
      create({
        versions: [version({ subresources: { scale: { specReplicasPath: 'spec.n', statusReplicasPath: '.n' } } })],
      }),
      create({
        versions: [
          version({
            subresources: {
              scale: { specReplicasPath: '', statusReplicasPath: '.status.n', labelSelectorPath: '.metadata.labels' },
            },
          }),
        ],
      }),
      create({
        versions: [version({ additionalPrinterColumns: [{ name: '', type: 'date', format: 'odd', jsonPath: 'a' }] })],
      }),
      create({ versions: [version({ selectableFields: [{ jsonPath: '.spec.none' }, { jsonPath: '' }] })] }),
    ),
    kubectl(
      'schemas of a definition',
      schema({ a: { type: 'strin' } }),
      schema({ a: { type: 'array', 'x-kubernetes-list-type': 'set', items: object() } }),
      schema({
        a: { type: 'object', properties: { b: { type: 'string' } }, additionalProperties: { type: 'string' } },
        metadata: object({ labels: object() }),
      }),
    ),
    {
      name: 'stored versions that go',
      async run(session) {
        await withTwoVersions(session);
        const crd = 'crd things.g{id}.example.com';
        await run(session, `patch ${crd} --type=json -p '[{"op":"remove","path":"/spec/versions/0"}]'`);
        await run(session, `patch ${crd} --type=merge -p '{"spec":{"versions":[]}}'`);
        await run(session, `patch ${crd} --type=merge -p '{"spec":{"scope":"Cluster","group":"x.example.com"}}'`);
      },
    },
    {
      name: 'an object through a version that is not stored',
      async run(session) {
        const base = await withTwoVersions(session);
        const at = (name: string) => `${base}/${name}/namespaces/{ns}/things`;
        const thing = (name: string, spec: object) => ({
          apiVersion: `g{id}.example.com/${name}`,
          kind: 'Thing',
          metadata: { name },
          spec,
        });
        await session.http('POST', at('v1'), { body: thing('v1', { a: 'x', nothing: null }) });
        await session.http('POST', at('v2'), { body: thing('v2', { a: 'x', c: 'y' }) });
        await session.http('GET', `${at('v2')}/v1`);
        await session.http('GET', `${at('v1')}/v2`);
        await session.http('GET', `${at('v1')}/v1`);
      },
    },
    {
      name: 'where replicas should be',
      async run(session) {
        // The wrong types are no error of the schema here.
        const base = await withWidgets(session, {
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          selectableFields: [],
        });
        const of = (name: string, spec: unknown, status?: unknown) => ({ ...widget(name), spec, status });
        for (const [name, spec] of Object.entries({
          text: 'x',
          negative: { replicas: -1 },
          half: { replicas: 1.5 },
          many: { replicas: 2147483648 },
        }))
          await session.http('POST', base, { body: of(name, spec) });
        await session.http('POST', base, { body: widget('fine') });
        for (const status of [{ replicas: 'x' }, { replicas: -2 }, { selector: 1 }])
          await session.http('PATCH', `${base}/fine/status`, { body: { status }, type: MERGE_PATCH });
      },
    },
    kubectl(
      'owners that are none',
      [
        'create -f -',
        `apiVersion: v1
kind: ConfigMap
metadata:
  name: two-controllers
  ownerReferences:
  - {apiVersion: v1, kind: ConfigMap, name: a, uid: a, controller: true}
  - {apiVersion: v1, kind: ConfigMap, name: b, uid: b, controller: true}
`,
      ],
      [
        'create -f -',
        `apiVersion: v1
kind: ConfigMap
metadata: {name: of-an-event, ownerReferences: [{apiVersion: v1, kind: Event, name: a, uid: a}]}
`,
      ],
    ),
  ],
};
