import { APPLY_PATCH, type Case, JSON_PATCH } from '../../lib/case.ts';
import type { Json } from '../../lib/session.ts';
import { crd, definition, definitions, group, install, object, thing, things, version } from './pieces.ts';

/** Versions and the life of a definition. */
export const versionCases: readonly Case[] = [
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
];
