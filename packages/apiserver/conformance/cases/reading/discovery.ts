import { type Case, exchange, type Group } from '../../lib/case.ts';
import type { Json } from '../../lib/session.ts';
import { withWidgets } from './crd.ts';
import { ask } from './pieces.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

const groups = [
  'admissionregistration.k8s.io/v1',
  'apiextensions.k8s.io/v1',
  'apiregistration.k8s.io/v1',
  'apps/v1',
  'authentication.k8s.io/v1',
  'authorization.k8s.io/v1',
  'autoscaling/v1',
  'autoscaling/v2',
  'batch/v1',
  'certificates.k8s.io/v1',
  'coordination.k8s.io/v1',
  'discovery.k8s.io/v1',
  'events.k8s.io/v1',
  'flowcontrol.apiserver.k8s.io/v1',
  'networking.k8s.io/v1',
  'node.k8s.io/v1',
  'policy/v1',
  'rbac.authorization.k8s.io/v1',
  'resource.k8s.io/v1',
  'scheduling.k8s.io/v1',
  'storage.k8s.io/v1',
]; // prettier-ignore

const byName = (a: Json, b: Json) =>
  (a.name ?? a.resource ?? a.metadata?.name ?? '').localeCompare(b.name ?? b.resource ?? b.metadata?.name ?? '');

/** Groups of this case, and those of the server: other cases make groups meanwhile. */
const ours = (name: string | undefined, id: string) => !name?.endsWith('.example.com') || name === `g${id}.example.com`;

function version(path: string): Case {
  return {
    name: `resources of ${path}`,
    async run(session) {
      const { status, body } = await session.http('GET', path, { unrecorded: true });
      session.record('document', { status, ...body, resources: body.resources?.sort(byName) });
    },
  };
}

/** What is said about a schema besides its words. */
function schemaFacts(schema: Json): unknown {
  if (Array.isArray(schema)) return schema.map(schemaFacts);
  if (typeof schema !== 'object' || schema === null) return schema;
  const facts: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'description' && typeof value === 'string') continue;
    facts[key] =
      key === 'properties'
        ? Object.fromEntries(Object.entries(value as object).map(([k, v]) => [k, schemaFacts(v)]))
        : schemaFacts(value);
  }
  return facts;
}

/** Discovery, OpenAPI and the paths about the server itself. */
export const discovery: Group = {
  name: 'discovery',
  cases: [
    version('/api/v1'),
    ...groups.map((group) => version(`/apis/${group}`)),
    exchange('versions of the core group, and of one group', [
      ['GET', '/api', undefined, { unrecorded: true }],
      ['GET', '/apis/apps'],
      ['GET', '/apis/autoscaling'],
      ['GET', '/apis/batch/'],
    ]),
    {
      name: 'the core versions',
      async run(session) {
        await ask(session, '/api', '/api', ({ serverAddressByClientCIDRs: _, ...body }) => body);
      },
    },
    exchange('paths that lead nowhere', [
      ['GET', '/apis/none'],
      ['GET', '/apis/apps/v9'],
      ['GET', '/api/v2'],
      ['GET', '/apis/apps/v1/nothings'],
      ['GET', '/api/v1/nothings'],
      ['GET', '/apis/none/v1/things'],
      ['GET', '/nothing'],
      ['GET', '/api/v1/namespaces/{ns}/nothings/x'],
      ['GET', '/api/v1/namespaces/{ns}/configmaps/x/nothing'],
      ['GET', '/api/v1/configmaps/x'],
      ['POST', '/apis/apps/v1', {}],
    ]),
    {
      name: 'groups with their versions',
      async run(session) {
        await ask(session, '/apis', '/apis', (body) => ({
          ...body,
          groups: body.groups.filter((g: Json) => ours(g.name, session.id)).sort(byName),
        }));
      },
    },
    {
      name: 'aggregated discovery of all groups',
      async run(session) {
        for (const path of ['/apis', '/api']) {
          const { body, headers, status } = await session.http('GET', path, { accept: AGGREGATED, unrecorded: true });
          session.record(path, { status, type: headers['content-type'], kind: body.kind, apiVersion: body.apiVersion });
          for (const group of body.items?.filter((g: Json) => ours(g.metadata.name, session.id)).sort(byName) ?? []) {
            for (const v of group.versions ?? []) {
              session.record(`${group.metadata.name}/${v.version}`, {
                ...v,
                resources: v.resources.sort(byName).map((r: Json) => ({
                  ...r,
                  subresources: r.subresources?.sort((a: Json, b: Json) => a.subresource.localeCompare(b.subresource)),
                })),
              });
            }
          }
        }
      },
    },
    {
      name: 'a custom resource in discovery',
      async run(session) {
        await withWidgets(session);
        const { body } = await session.settle('/apis/g{id}.example.com/v1', (b) => b.resources?.length === 3);
        session.record('count', body.resources.length);
        await session.http('GET', '/apis/g{id}.example.com');
        const find = (b: Json) => b.items?.find((g: Json) => g.metadata.name === `g${session.id}.example.com`);
        await session
          .settle('/apis', (b) => find(b) !== undefined, { accept: AGGREGATED, unrecorded: true })
          .then(({ body: all }) => session.record('aggregated', find(all)));
      },
    },
    {
      name: 'a definition that goes leaves discovery',
      async run(session) {
        await withWidgets(session);
        await session.http(
          'DELETE',
          '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.g{id}.example.com',
          { unrecorded: true },
        );
        await session.settle('/apis/g{id}.example.com/v1', (_b, status) => status === 404);
        await session.settle('/apis/g{id}.example.com', (_b, status) => status === 404);
        await session.settle('/apis/g{id}.example.com/v1/namespaces/{ns}/widgets', (_b, status) => status === 404);
      },
    },
    {
      name: 'OpenAPI v3: the index',
      async run(session) {
        await ask(session, 'index', '/openapi/v3', (body) =>
          Object.keys((typeof body === 'string' ? JSON.parse(body) : body).paths)
            .filter(
              (path) =>
                /^(api|apis)\//.test(path) &&
                !path.includes('example.com') &&
                path.split('/').length >= (path.startsWith('apis') ? 3 : 2),
            )
            .sort(),
        );
      },
    },
    ...[
      'api/v1',
      'apis/apps/v1',
      'apis/batch/v1',
      'apis/networking.k8s.io/v1',
      'apis/rbac.authorization.k8s.io/v1',
    ].map(
      (path): Case => ({
        name: `OpenAPI v3: kinds and paths of ${path}`,
        async run(session) {
          const { body } = await session.http('GET', `/openapi/v3/${path}`, { unrecorded: true });
          const served = Object.entries(body.paths as Record<string, Json>).filter(
            ([p]) => !p.includes('/watch/') && !p.includes('/proxy'),
          );
          session.record(
            'paths',
            Object.fromEntries(
              served
                .map(([p, item]) => [
                  p,
                  Object.keys(item)
                    .filter((k) => k !== 'parameters')
                    .sort(),
                ])
                .sort(),
            ),
          );
          session.record(
            'kinds',
            Object.fromEntries(
              Object.entries(body.components.schemas as Record<string, Json>)
                .filter(
                  ([n, s]) =>
                    s['x-kubernetes-group-version-kind']?.length === 1 &&
                    !n.includes('.apimachinery.') &&
                    !/List$/.test(s['x-kubernetes-group-version-kind'][0].kind),
                )
                .map(([n, s]) => [n, schemaFacts(s)])
                .sort(),
            ),
          );
        },
      }),
    ),
    {
      name: 'OpenAPI v3: a custom resource',
      async run(session) {
        await withWidgets(session);
        const { body } = await session.settle('/openapi/v3/apis/g{id}.example.com/v1', (_b, status) => status === 200, {
          unrecorded: true,
        });
        session.record(
          'paths',
          Object.fromEntries(
            Object.entries(body.paths as Record<string, Json>)
              .map(([p, item]) => [
                p,
                Object.keys(item)
                  .filter((k) => k !== 'parameters')
                  .sort(),
              ])
              .sort(),
          ),
        );
        const name = Object.keys(body.components.schemas).find((n) => n.endsWith('.v1.Widget'));
        session.record('name', name);
        session.record('schema', body.components.schemas[name ?? '']);
        session.record('list', schemaFacts(body.components.schemas[`${name}List`]));
      },
    },
    {
      name: 'OpenAPI v2: definitions of kinds',
      async run(session) {
        const { status, body } = await session.http('GET', '/openapi/v2', { unrecorded: true });
        session.record('head', { status, swagger: body.swagger, title: body.info?.title });
        for (const name of [
          'io.k8s.api.apps.v1.Deployment',
          'io.k8s.api.core.v1.ConfigMap',
          'io.k8s.api.core.v1.Container',
          'io.k8s.api.rbac.v1.ClusterRole',
        ])
          session.record(name, schemaFacts(body.definitions?.[name]));
        session.record(
          'paths',
          [
            '/api/v1/namespaces/{namespace}/configmaps',
            '/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale',
            '/version/',
          ].filter((path) => body.paths?.[path] !== undefined),
        );
      },
    },
    {
      name: 'version',
      async run(session) {
        await ask(
          session,
          'version',
          '/version',
          ({ gitCommit: _1, buildDate: _2, goVersion: _3, gitTreeState: _4, ...body }) => ({
            ...body,
            minor: body.minor.replace(/\D/g, ''),
          }),
        );
      },
    },
    {
      name: 'health',
      async run(session) {
        for (const path of [
          '/healthz',
          '/livez',
          '/readyz',
          '/healthz/ping',
          '/livez/ping',
          '/readyz/ping',
          '/livez?exclude=etcd',
          '/readyz/none',
        ]) {
          const { status, body } = await session.http('GET', path, { unrecorded: true });
          session.record(path, { status, body });
        }
        const { status, body } = await session.http('GET', '/livez?verbose', { unrecorded: true });
        session.record('verbose', { status, first: body.split('\n')[0], last: body.trimEnd().split('\n').at(-1) });
        for (const path of ['/healthz', '/livez', '/readyz', '/version'])
          await ask(session, `${path} of anybody`, path, () => 'fine', { token: '' });
      },
    },
    {
      name: 'metrics',
      async run(session) {
        const { status, headers, body } = await session.http('GET', '/metrics', { unrecorded: true });
        session.record('metrics', {
          status,
          type: String(headers['content-type']).split(';')[0],
          requests: /^apiserver_request_total\{/m.test(body),
        });
      },
    },
    {
      name: 'the root lists paths',
      async run(session) {
        await ask(session, '/', '/', (body) =>
          [
            '/api',
            '/api/v1',
            '/apis',
            '/apis/apps',
            '/apis/apps/v1',
            '/healthz',
            '/livez',
            '/metrics',
            '/openapi/v2',
            '/openapi/v3',
            '/readyz',
            '/version',
          ].filter((path) => body.paths.includes(path)),
        );
      },
    },
  ],
};
