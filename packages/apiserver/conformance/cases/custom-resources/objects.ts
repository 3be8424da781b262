import { type Case, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH } from '../../lib/case.ts';
import { about, object, thing, things } from './pieces.ts';

/** Patches, subresources and refusals of objects. */
export const objectCases: readonly Case[] = [
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
];
