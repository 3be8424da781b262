import { APPLY_PATCH, type Case, type Exchange, MERGE_PATCH } from '../../lib/case.ts';
import { about, each, object, thing, things } from './pieces.ts';

const formats = [
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
];

/** What a schema says of objects. */
export const schemaCases: readonly Case[] = [
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
        [...formats, 'int32'].map((format) => [format, { type: format === 'int32' ? 'integer' : 'string', format }]),
      ),
    ),
    formats
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
];
