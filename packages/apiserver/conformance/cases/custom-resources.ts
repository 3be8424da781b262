import {
  APPLY_PATCH,
  type Case,
  type Exchange,
  type Group,
  JSON_PATCH,
  MERGE_PATCH,
  STRATEGIC_PATCH,
} from '../lib/case.ts';
import type { Json, Session } from '../lib/session.ts';

type Fields = Readonly<Record<string, unknown>>;

const group = 'g{id}.example.com';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const definition = `${definitions}/things.${group}`;
const things = `/apis/${group}/v1/namespaces/{ns}/things`;

function version(name: string, spec: Fields, more: Fields = {}): Fields {
  return {
    name,
    served: true,
    storage: true,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: { spec, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    },
    ...more,
  };
}

function crd(versions: readonly Fields[], more: Fields = {}) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}` },
    spec: { group, scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, versions, ...more },
  };
}

const thing = (name: string, spec?: unknown, apiVersion = `${group}/v1`, more: Fields = {}) => ({
  apiVersion,
  kind: 'Thing',
  metadata: { name },
  ...(spec === undefined ? {} : { spec }),
  ...more,
});

const object = (properties: Fields, more: Fields = {}): Fields => ({ type: 'object', properties, ...more });

async function install(session: Session, versions: readonly Fields[], more: Fields = {}): Promise<void> {
  await session.http('POST', definitions, { body: crd(versions, more), unrecorded: true });
  const [first] = versions;
  await session.settle(`/apis/${group}/${first?.['name']}/namespaces/{ns}/things`, (_, status) => status === 200, {
    unrecorded: true,
  });
}

/** Requests about Things whose spec has this schema. */
function about(name: string, spec: Fields, requests: readonly Exchange[], more: Fields = {}): Case {
  return {
    name,
    async run(session) {
      await install(session, [version('v1', spec, more)]);
      for (const [method, path, body, options] of requests)
        await session.http(method, path, { ...options, ...(body === undefined ? {} : { body }) });
    },
  };
}

/** What the server says of a definition. */
function defining(name: string, ...bodies: readonly object[]): Case {
  return {
    name: `definition: ${name}`,
    async run(session) {
      for (const body of bodies) await session.http('POST', `${definitions}?dryRun=All`, { body });
    },
  };
}

const each = (...specs: readonly unknown[]): Exchange[] =>
  specs.map((spec, index) => ['POST', things, thing(`t${index}`, spec)]);

/** Kinds that users define, and their objects. One error an object: kube-apiserver tells several in the order of a Go map, which is none. */
export const customResources: Group = {
  name: 'custom-resources',
  cases: [
    about(
      'types',
      object({
        text: { type: 'string' },
        whole: { type: 'integer' },
        number: { type: 'number' },
        flag: { type: 'boolean' },
        list: { type: 'array', items: { type: 'string' } },
        map: { type: 'object', additionalProperties: { type: 'integer' } },
        either: { 'x-kubernetes-int-or-string': true },
      }),
      each(
        { text: 1 },
        { whole: 'x' },
        { number: true },
        { flag: 0 },
        { list: 'x' },
        { map: [] },
        { either: true },
        { whole: 1.5 },
        { whole: 1.0, number: 1e3, either: '5%' },
        { list: [1, 'a', null] },
        { map: { a: 'x', b: 2 } },
        { text: null },
        'x',
        [],
        null,
      ),
    ),
    about(
      'bounds',
      object({
        n: { type: 'integer', minimum: 1, maximum: 5 },
        open: { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 1, exclusiveMaximum: true },
        step: { type: 'integer', multipleOf: 3 },
        s: { type: 'string', minLength: 2, maxLength: 3, pattern: '^[a-c]+$' },
        e: { type: 'string', enum: ['a', 'b'] },
        l: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' } },
        m: { type: 'object', minProperties: 1, maxProperties: 2, additionalProperties: { type: 'string' } },
      }),
      each(
        { n: 0 },
        { n: 6 },
        { open: 0 },
        { open: 1 },
        { step: 4 },
        { s: 'x' },
        { s: 'abcd' },
        { s: 'xx' },
        { e: 'c' },
        { l: [] },
        { l: ['a', 'b', 'c'] },
        { m: {} },
        { m: { a: '', b: '', c: '' } },
      ),
    ),
    about(
      'required',
      object(
        { a: { type: 'string' }, b: object({ c: { type: 'string' } }, { required: ['c'] }) },
        { required: ['a', 'b'] },
      ),
      each({}, { a: '' }, { a: 'x', b: {} }, { b: null }),
    ),
    about(
      'formats',
      object(
        Object.fromEntries(
          [
            'date-time',
            'date',
            'email',
            'ipv4',
            'ipv6',
            'uri',
            'uuid',
            'byte',
            'duration',
            'hostname',
            'cidr',
            'mac',
            'int32',
            'unknown',
          ].map((format) => [format, { type: format === 'int32' ? 'integer' : 'string', format }]),
        ),
      ),
      [
        'date-time',
        'date',
        'email',
        'ipv4',
        'ipv6',
        'uri',
        'uuid',
        'byte',
        'duration',
        'hostname',
        'cidr',
        'mac',
        'unknown',
      ]
        .map((format): Exchange => ['POST', things, thing(format, { [format]: 'not it' })])
        .concat([['POST', things, thing('int32', { int32: 3_000_000_000 })]]),
    ),
    about(
      'combined schemas',
      object(
        { a: { type: 'integer' }, b: { type: 'integer' } },
        {
          oneOf: [{ required: ['a'] }, { required: ['b'] }],
          not: { properties: { a: { enum: [7] } }, required: ['a'] },
        },
      ),
      each({}, { a: 1 }, { a: 1, b: 2 }, { a: 7 }),
    ),
    about('nullable', object({ yes: { type: 'string', nullable: true }, no: { type: 'string' } }), [
      ...each({ yes: null, no: null }, { no: null }),
      ['GET', `${things}/t0`],
    ]),
    about(
      'pruning',
      object({
        known: object({ a: { type: 'string' } }),
        list: { type: 'array', items: object({ a: { type: 'string' } }) },
      }),
      [
        [
          'POST',
          things,
          thing('t', { known: { a: '1', b: '2' }, other: 1, list: [{ a: '1', c: 3 }] }, undefined, { extra: true }),
        ],
        ['GET', `${things}/t`],
        ['POST', `${things}?fieldValidation=Strict`, thing('u', { known: { b: '2' }, other: 1 })],
        ['POST', `${things}?fieldValidation=Ignore`, thing('v', { other: 1 })],
      ],
    ),
    about(
      'unknown fields that stay',
      object({
        free: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: { set: object({ a: { type: 'string' } }) },
        },
      }),
      [
        ['POST', things, thing('t', { free: { any: { thing: 1 }, set: { a: 'x', b: 1 } }, other: 1 })],
        ['POST', things, thing('u', { free: 'x' })],
      ],
    ),
    about(
      'embedded resources',
      object({
        of: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
      }),
      [
        [
          'POST',
          things,
          thing('t', {
            of: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', odd: 1 }, data: { a: 'b' } },
          }),
        ],
        ...each(
          { of: {} },
          { of: { apiVersion: 'x/y/z', kind: 'A' } },
          { of: { apiVersion: 'v1', kind: '' } },
          { of: { apiVersion: 'v1', kind: 'A', metadata: { name: 'A B' } } },
        ),
      ],
    ),
    about(
      'defaults',
      object({
        a: { type: 'string', default: 'x' },
        deep: object({ b: { type: 'integer', default: 3 } }),
        made: { type: 'object', default: {}, properties: { c: { type: 'boolean', default: true } } },
        items: { type: 'array', items: object({ d: { type: 'string', default: 'y' } }) },
        null: { type: 'string', nullable: true, default: 'z' },
      }),
      [
        ...each({}, { deep: {}, items: [{}, { d: 'own' }], null: null }, { a: null }),
        ['PATCH', `${things}/t0`, { spec: { a: null } }, { type: MERGE_PATCH }],
      ],
    ),
    about('default of the whole spec', { ...object({ a: { type: 'string', default: 'x' } }), default: {} }, [
      ['POST', things, thing('t')],
    ]),
    about(
      'maps and sets in lists',
      object({
        map: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: object({ k: { type: 'string' }, v: { type: 'string' } }, { required: ['k'] }),
        },
        set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
      }),
      [
        ...each({ map: [{ k: 'a' }, { k: 'a' }] }, { set: ['x', 'x'] }),
        [
          'PATCH',
          `${things}/s?fieldManager=one`,
          thing('s', { map: [{ k: 'a', v: '1' }], set: ['x'] }),
          { type: APPLY_PATCH },
        ],
        [
          'PATCH',
          `${things}/s?fieldManager=two`,
          thing('s', { map: [{ k: 'b', v: '2' }], set: ['y'] }),
          { type: APPLY_PATCH },
        ],
        ['PATCH', `${things}/s?fieldManager=one`, thing('s', { map: [], set: [] }), { type: APPLY_PATCH }],
        [
          'PATCH',
          `${things}/s?fieldManager=two`,
          thing('s', {
            map: [
              { k: 'b', v: '1' },
              { k: 'b', v: '2' },
            ],
          }),
          { type: APPLY_PATCH },
        ],
      ],
    ),
    about('patches', object({ a: { type: 'string' }, l: { type: 'array', items: { type: 'string' } } }), [
      ['POST', things, thing('t', { a: 'x', l: ['1', '2'] })],
      ['PATCH', `${things}/t`, { spec: { a: null, l: ['3'] } }, { type: MERGE_PATCH }],
      ['PATCH', `${things}/t`, [{ op: 'add', path: '/spec/l/-', value: '4' }], { type: JSON_PATCH }],
      ['PATCH', `${things}/t`, { spec: { a: 'y' } }, { type: STRATEGIC_PATCH }],
      ['PATCH', `${things}/t`, { spec: { a: 1 } }, { type: MERGE_PATCH }],
      ['PATCH', `${things}/t`, { kind: 'Other' }, { type: MERGE_PATCH }],
      ['PATCH', `${things}/t`, { metadata: { name: 'other' } }, { type: MERGE_PATCH }],
    ]),
    about('generation', object({ a: { type: 'string' } }), [
      ['POST', things, thing('t', { a: 'x' })],
      ['PATCH', `${things}/t`, { metadata: { labels: { a: 'b' } } }, { type: MERGE_PATCH }],
      ['PATCH', `${things}/t`, { spec: { a: 'y' } }, { type: MERGE_PATCH }],
      ['PATCH', `${things}/t`, { status: { s: 1 } }, { type: MERGE_PATCH }],
    ]),
    about(
      'status',
      object({ a: { type: 'string' } }),
      [
        ['POST', things, thing('t', { a: 'x' }, undefined, { status: { s: 1 } })],
        ['PUT', `${things}/t/status`, thing('t', { a: 'ignored' }, undefined, { status: { s: 2 } })],
        ['PATCH', `${things}/t`, { spec: { a: 'y' }, status: { s: 3 } }, { type: MERGE_PATCH }],
        [
          'PATCH',
          `${things}/t/status`,
          { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, status: { s: 4 } },
          { type: MERGE_PATCH },
        ],
        ['GET', `${things}/t/scale`],
      ],
      { subresources: { status: {} } },
    ),
    about(
      'scale',
      object({ replicas: { type: 'integer' } }),
      [
        ['POST', things, thing('t', { replicas: 1 })],
        ['GET', `${things}/t/scale`],
        ['PATCH', `${things}/t/scale`, { spec: { replicas: 4 } }, { type: MERGE_PATCH }],
        ['GET', `${things}/t`],
        ['POST', things, thing('none', {})],
        ['GET', `${things}/none/scale`],
      ],
      {
        subresources: {
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
      },
    ),
    about('what is no Thing', object({}), [
      ['POST', things, { ...thing('t', {}), kind: 'Other' }],
      ['POST', things, { ...thing('t', {}), apiVersion: 'other/v1' }],
      ['POST', things, { metadata: { name: 't' } }],
      ['POST', things, thing('T_')],
      ['GET', `${things}/none`],
      ['PUT', `${things}/none`, thing('none', {})],
      ['DELETE', `${things}/none`],
      ['PATCH', `${things}/none`, {}, { type: MERGE_PATCH }],
    ]),
    about(
      'CEL: a rule',
      object(
        { min: { type: 'integer' }, max: { type: 'integer' } },
        { 'x-kubernetes-validations': [{ rule: 'self.min <= self.max' }] },
      ),
      each({ min: 1, max: 2 }, { min: 3, max: 2 }, { min: 3 }),
    ),
    about(
      'CEL: messages, reasons and places',
      object(
        { a: { type: 'string', maxLength: 10 }, b: { type: 'string', maxLength: 10 } },
        {
          'x-kubernetes-validations': [
            { rule: "self.a != 'bad'", message: 'a is bad', reason: 'FieldValueForbidden', fieldPath: '.a' },
            { rule: "self.b != 'bad'", messageExpression: "'b must not be ' + self.b", message: 'fallback' },
          ],
        },
      ),
      each({ a: 'bad', b: 'bad' }, { a: 'ok', b: 'ok' }, { a: 'ok' }),
    ),
    about(
      'CEL: transitions',
      object({
        a: {
          type: 'string',
          maxLength: 10,
          'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is immutable' }],
        },
      }),
      [
        ['POST', things, thing('t', { a: 'x' })],
        ['PATCH', `${things}/t`, { spec: { a: 'y' } }, { type: MERGE_PATCH }],
        ['PATCH', `${things}/t`, { spec: { a: null } }, { type: MERGE_PATCH }],
        ['PATCH', `${things}/t`, { spec: { a: 'z' } }, { type: MERGE_PATCH }],
      ],
    ),
    about(
      'CEL: optional old value',
      object({
        a: {
          type: 'string',
          maxLength: 10,
          'x-kubernetes-validations': [{ rule: "oldSelf.hasValue() || self == 'first'", optionalOldSelf: true }],
        },
      }),
      [
        ['POST', things, thing('t', { a: 'x' })],
        ['POST', things, thing('u', { a: 'first' })],
        ['PATCH', `${things}/u`, { spec: { a: 'then' } }, { type: MERGE_PATCH }],
      ],
    ),
    about(
      'CEL: lists and maps',
      object({
        l: {
          type: 'array',
          maxItems: 5,
          items: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 0' }] },
          'x-kubernetes-validations': [{ rule: 'self.all(x, self.exists_one(y, x == y))', message: 'unique' }],
        },
        m: {
          type: 'object',
          maxProperties: 5,
          additionalProperties: { type: 'string', maxLength: 10 },
          'x-kubernetes-validations': [{ rule: "self.all(k, self[k].startsWith('v'))" }],
        },
      }),
      each({ l: [1, 1, -1] }, { m: { a: 'x' } }, { l: [1, 2], m: { a: 'v' } }),
    ),
    {
      name: 'a value that a stricter schema refuses may stay',
      async run(session) {
        await install(session, [version('v1', object({ a: { type: 'string' }, b: { type: 'string' } }))]);
        await session.http('POST', things, { body: thing('t', { a: 'long text', b: 'x' }) });
        const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/a/enum';
        await session.http('PATCH', definition, {
          body: [{ op: 'add', path, value: ['short'] }],
          type: JSON_PATCH,
          unrecorded: true,
        });
        for (let tries = 0; tries < 100; tries++) {
          const probe = await session.http('POST', `${things}?dryRun=All`, {
            body: thing('u', { a: 'no' }),
            unrecorded: true,
          });
          if (probe.status === 422) break;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        await session.http('PATCH', `${things}/t`, { body: { spec: { b: 'y' } }, type: MERGE_PATCH });
        await session.http('PATCH', `${things}/t`, { body: { spec: { a: 'other' } }, type: MERGE_PATCH });
      },
    },
    {
      name: 'several versions',
      async run(session) {
        const spec = object({ a: { type: 'string' }, b: { type: 'string' } });
        await install(session, [
          version('v1', spec),
          version('v1beta1', spec, { storage: false, deprecated: true, deprecationWarning: 'go to v1' }),
          version('v1alpha1', spec, { storage: false, served: false }),
        ]);
        const beta = `/apis/${group}/v1beta1/namespaces/{ns}/things`;
        await session.http('POST', beta, { body: thing('t', { a: 'x' }, `${group}/v1beta1`) });
        await session.http('GET', `${things}/t`);
        await session.http('PATCH', `${things}/t?fieldManager=new`, {
          body: thing('t', { b: 'y' }),
          type: APPLY_PATCH,
        });
        await session.http('GET', `${beta}/t`);
        await session.http('GET', `/apis/${group}/v1alpha1/namespaces/{ns}/things`);
        await session.http('POST', things, { body: thing('u', {}, `${group}/v1beta1`) });
        await session.http('GET', `/apis/${group}`);
      },
    },
    {
      name: 'a definition becomes established',
      async run(session) {
        await session.http('POST', definitions, {
          body: crd([version('v1', object({}))], {
            names: { plural: 'things', kind: 'Thing', shortNames: ['th{id}'] },
          }),
        });
        await session.settle(definition, (body) =>
          body.status?.conditions?.some((one: Json) => one.type === 'Established' && one.status === 'True'),
        );
      },
    },
    {
      name: 'names that are taken',
      async run(session) {
        await install(session, [version('v1', object({}))]);
        const other = crd([version('v1', object({}))], { names: { plural: 'others', kind: 'Thing' } });
        await session.http('POST', definitions, {
          body: { ...other, metadata: { name: `others.${group}` } },
          unrecorded: true,
        });
        await session.settle(`${definitions}/others.${group}`, (body) =>
          body.status?.conditions?.some((one: Json) => one.type === 'NamesAccepted' && one.status === 'False'),
        );
      },
    },
    {
      name: 'a definition goes with its objects',
      async run(session) {
        await install(session, [version('v1', object({}))]);
        await session.http('POST', things, { body: thing('t', {}) });
        await session.http('DELETE', definition, { unrecorded: true });
        await session.settle(definition, (_, status) => status === 404);
        await session.settle(things, (_, status) => status === 404);
      },
    },
    {
      name: 'a changed schema',
      async run(session) {
        await install(session, [version('v1', object({ a: { type: 'string' } }))]);
        await session.http('POST', things, { body: thing('t', { a: 'x', b: 1 }) });
        const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/b';
        await session.http('PATCH', definition, {
          body: [{ op: 'add', path, value: { type: 'integer', default: 5 } }],
          type: JSON_PATCH,
          unrecorded: true,
        });
        await session.settle(`${things}/t`, (body) => body.spec?.b === 5);
        await session.http('PATCH', definition, {
          body: [
            { op: 'replace', path: '/spec/scope', value: 'Cluster' },
            { op: 'replace', path: '/spec/group', value: 'x.io' },
          ],
          type: JSON_PATCH,
        });
      },
    },
    defining('without a schema', crd([{ name: 'v1', served: true, storage: true }])),
    defining(
      'no structural schema',
      crd([version('v1', { properties: { a: {} } })]),
      crd([version('v1', object({ a: { type: 'string', properties: { b: { type: 'string' } } } }))]),
    ),
    defining(
      'no version is stored, or two are',
      crd([version('v1', object({}), { storage: false })]),
      crd([version('v1', object({})), version('v2', object({}))]),
    ),
    defining(
      'names',
      { ...crd([version('v1', object({}))]), metadata: { name: 'wrong' } },
      crd([version('v1', object({}))], { scope: 'Odd' }),
      crd([version('v1', object({}))], { names: { plural: 'things', kind: 'thing_' } }),
      crd([version('1', object({}))]),
    ),
    defining('defaults that do not fit', crd([version('v1', object({ a: { type: 'integer', default: 'x' } }))])),
    defining('a bad pattern', crd([version('v1', object({ a: { type: 'string', pattern: '(' } }))])),
    defining(
      'list types',
      crd([
        version('v1', object({ a: { type: 'array', 'x-kubernetes-list-type': 'map', items: { type: 'string' } } })),
      ]),
      crd([
        version('v1', object({ a: { type: 'array', 'x-kubernetes-list-type': 'odd', items: { type: 'string' } } })),
      ]),
    ),
    defining(
      'CEL that does not compile',
      crd([
        version(
          'v1',
          object({ a: { type: 'string', maxLength: 5 } }, { 'x-kubernetes-validations': [{ rule: 'self.b == 1' }] }),
        ),
      ]),
      crd([version('v1', object({}, { 'x-kubernetes-validations': [{ rule: 'self.' }] }))]),
    ),
    defining(
      'CEL that is no condition',
      crd([version('v1', object({ a: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self + 1' }] } }))]),
    ),
    defining('preserveUnknownFields', crd([version('v1', object({}))], { preserveUnknownFields: true })),
    defining(
      'columns',
      crd([version('v1', object({}), { additionalPrinterColumns: [{ name: 'A', type: 'odd', jsonPath: 'spec' }] })]),
    ),
    defining(
      'conversion',
      crd([version('v1', object({}))], { conversion: { strategy: 'Odd' } }),
      crd([version('v1', object({}))], { conversion: { strategy: 'Webhook' } }),
    ),
  ],
};
