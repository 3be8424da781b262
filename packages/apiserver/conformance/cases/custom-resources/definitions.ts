import type { Case } from '../../lib/case.ts';
import { crd, defining, object, version } from './pieces.ts';

/** What is said of a definition. */
export const definitionCases: readonly Case[] = [
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
    crd([version('v1', object({ a: { type: 'array', 'x-kubernetes-list-type': 'map', items: { type: 'string' } } }))]),
    crd([version('v1', object({ a: { type: 'array', 'x-kubernetes-list-type': 'odd', items: { type: 'string' } } }))]),
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
];
