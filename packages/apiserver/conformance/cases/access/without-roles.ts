import { type Case, exchange, MERGE_PATCH } from '../../lib/case.ts';
import { configMap, configMaps } from '../reading/pieces.ts';
import { jane } from './pieces.ts';

/** What one may do who has no role: with no token, with a wrong one, as any user. */
export const withoutRoles: readonly Case[] = [
  exchange('no token and wrong tokens', [
    ['GET', configMaps, undefined, { token: '' }],
    ['GET', configMaps, undefined, { token: 'wrong' }],
    ['GET', '/api', undefined, { token: 'wrong' }],
    ['GET', configMaps, undefined, { token: 'a.b.c' }],
    ['GET', configMaps, undefined, { token: '', headers: { authorization: 'Basic YTpi' } }],
  ]),
  {
    name: 'what anonymous users may read',
    async run(session) {
      for (const path of [
        '/healthz',
        '/version',
        '/livez',
        '/readyz',
        '/api',
        '/apis',
        '/openapi/v2',
        '/metrics',
        '/',
      ]) {
        const { status, body } = await session.http('GET', path, { token: '', unrecorded: true });
        session.record(path, { status, message: body.message });
      }
    },
  },
  {
    name: 'what any user may read',
    async run(session) {
      for (const path of [
        '/version',
        '/api',
        '/apis',
        '/apis/apps',
        '/apis/apps/v1',
        '/openapi/v3',
        '/metrics',
        '/',
        '/healthz/ping',
        '/none',
      ]) {
        const { status, body } = await session.http('GET', path, { as: jane, unrecorded: true });
        session.record(path, { status, message: body.message });
      }
    },
  },
  exchange('what a user without roles is told', [
    ['GET', configMaps, undefined, { as: jane }],
    ['GET', `${configMaps}/x`, undefined, { as: jane }],
    ['POST', configMaps, configMap('x'), { as: jane }],
    ['PUT', `${configMaps}/x`, configMap('x'), { as: jane }],
    ['PATCH', `${configMaps}/x`, {}, { as: jane, type: MERGE_PATCH }],
    ['DELETE', `${configMaps}/x`, undefined, { as: jane }],
    ['DELETE', configMaps, undefined, { as: jane }],
    ['GET', '/api/v1/configmaps', undefined, { as: jane }],
    ['GET', `${configMaps}?watch=1`, undefined, { as: jane }],
    ['GET', '/apis/apps/v1/namespaces/{ns}/deployments/x/scale', undefined, { as: jane }],
    ['PUT', '/api/v1/namespaces/{ns}/pods/x/status', {}, { as: jane }],
    ['GET', '/api/v1/nodes', undefined, { as: jane }],
    ['GET', '/api/v1/namespaces/{ns}', undefined, { as: jane }],
    ['GET', '/apis/none.example.com/v1/namespaces/{ns}/things', undefined, { as: jane }],
    ['PATCH', `${configMaps}/x?fieldManager=m`, 'kind: ConfigMap', { as: jane, type: 'application/apply-patch+yaml' }],
  ]),
];
