import { exchange, type Group, PARTIAL, PARTIAL_LIST, TABLE, YAML } from '../../lib/case.ts';
import type { Json } from '../../lib/session.ts';
import { cellsOf } from './column-pieces.ts';
import { columnCases } from './columns.ts';
import { widget, withWidgets } from './crd.ts';
import { ask, configMap, configMaps, given } from './pieces.ts';
import { statusColumnCases } from './status-columns.ts';

/** The cells of objects that every cluster has, but for their ages. */
function rowsOf(table: Json): unknown {
  const known = /^(exempt|system|leader|workload|global|node|catch|kube|endpoint|service|probes)/;
  const rows = table.rows.map(({ cells }: Json) => cells).filter(([name]: Json) => known.test(name));
  return rows.map((cells: Json) => cells.filter((cell: Json) => !/^\d+[smhd]/.test(String(cell))));
}

/** Tables, metadata only, and other forms of an answer. */
export const tables: Group = {
  name: 'tables',
  cases: [
    ...columnCases,
    ...statusColumnCases,
    {
      name: 'columns of custom resources',
      async run(session) {
        const path = await withWidgets(session);
        await given(
          session,
          path,
          widget('a', { size: 3, color: 'red', list: ['x', 'y'], at: '2020-01-02T03:04:05Z' }),
          widget('b'),
        );
        await session.http('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.g{id}.example.com', {
          unrecorded: true,
        });
        const table = await ask(session, 'list', path, cellsOf, { accept: TABLE });
        session.record('descriptions', table.body.columnDefinitions);
        await ask(session, 'one', `${path}/a`, cellsOf, { accept: TABLE });
        await ask(session, 'by field', `${path}?fieldSelector=spec.color%3Dred`);
        await ask(session, 'by a field that is not selectable', `${path}?fieldSelector=spec.size%3D3`);
      },
    },
    {
      name: 'rows of flow schemas, most important first',
      async run(session) {
        for (const plural of ['flowschemas', 'prioritylevelconfigurations'])
          await ask(session, plural, `/apis/flowcontrol.apiserver.k8s.io/v1/${plural}`, (table) => rowsOf(table), {
            accept: TABLE,
          });
      },
    },
    {
      name: 'includeObject',
      async run(session) {
        await given(session, configMaps, configMap('a', { of: 'x' }));
        for (const include of ['None', 'Metadata', 'Object', '', 'Foo'])
          await ask(
            session,
            include,
            `${configMaps}?labelSelector=of&includeObject=${include}`,
            (table) => table.rows?.map((row: Json) => Object.keys(row.object ?? {}).sort()),
            { accept: TABLE },
          );
      },
    },
    exchange('a table of one, whole', [
      ['POST', configMaps, configMap('a'), { unrecorded: true }],
      ['GET', `${configMaps}/a`, undefined, { accept: PARTIAL }],
      ['GET', configMaps.replace('{ns}', '{id}-none'), undefined, { accept: TABLE }],
    ]),
    {
      name: 'tables of writes and errors',
      async run(session) {
        await ask(session, 'create', configMaps, cellsOf, { method: 'POST', body: configMap('a'), accept: TABLE });
        await ask(session, 'delete', `${configMaps}/a`, (b) => b.kind, { method: 'DELETE', accept: TABLE });
        await ask(session, 'gone', `${configMaps}/a`, cellsOf, { accept: TABLE });
        await ask(session, 'old version', configMaps, (b) => b.apiVersion, {
          accept: 'application/json;as=Table;v=v1beta1;g=meta.k8s.io',
        });
      },
    },
    exchange('metadata only', [
      ['POST', configMaps, configMap('a', { of: 'x' }), { accept: PARTIAL }],
      ['GET', `${configMaps}?labelSelector=of`, undefined, { accept: PARTIAL_LIST }],
      ['GET', `${configMaps}/a`, undefined, { accept: PARTIAL }],
      ['GET', `${configMaps}/b`, undefined, { accept: PARTIAL }],
      ['DELETE', `${configMaps}/a`, undefined, { accept: PARTIAL }],
    ]),
    {
      name: 'forms that do not fit',
      async run(session) {
        for (const [path, accept] of [
          [`${configMaps}`, PARTIAL],
          [`${configMaps}/kube-root-ca.crt`, PARTIAL_LIST],
          [`${configMaps}`, 'application/json;as=Foo;v=v1;g=meta.k8s.io'],
          [`${configMaps}`, 'application/json;as=Table;v=v2;g=meta.k8s.io'],
          [`${configMaps}`, 'application/json;as=Table'],
        ] as const)
          await ask(session, `${path} ${accept}`, path, (b) => b.kind, { accept });
      },
    },
    {
      name: 'what is accepted',
      async run(session) {
        for (const accept of [
          'application/xml',
          'text/html',
          'text/plain',
          'application/*',
          '*/*',
          'text/html, application/json;q=0.5',
          `${TABLE},application/json`,
          'application/json;as=Foo, application/json',
          'application/json;q=0',
          'application/json; charset=utf-8',
        ]) {
          const { status, body, headers } = await session.http('GET', `${configMaps}/kube-root-ca.crt`, {
            accept,
            unrecorded: true,
          });
          session.record(accept, { status, type: headers['content-type'], kind: body.kind, message: body.message });
        }
      },
    },
    {
      name: 'answers as yaml',
      async run(session) {
        await given(session, configMaps, configMap('a'));
        const { status, headers, body } = await session.http('GET', `${configMaps}/a`, {
          accept: YAML,
          unrecorded: true,
        });
        session.record('yaml', {
          status,
          type: headers['content-type'],
          body: body.replace(/resourceVersion: "\d+"/, 'resourceVersion: N'),
        });
        const missing = await session.http('GET', `${configMaps}/b`, { accept: YAML, unrecorded: true });
        session.record('error', { status: missing.status, type: missing.headers['content-type'], body: missing.body });
      },
    },
    {
      name: 'bodies of unknown types',
      async run(session) {
        for (const type of ['text/plain', 'application/xml', 'application/json; charset=utf-8', 'application/yaml', ''])
          await ask(session, type, configMaps, (b) => b.kind, {
            method: 'POST',
            body: configMap(`t${type.length}`),
            type,
          });
        for (const type of ['text/plain', 'application/json', 'application/foo+json'])
          await ask(session, `patch ${type}`, `${configMaps}/kube-root-ca.crt`, (b) => b.kind, {
            method: 'PATCH',
            body: {},
            type,
          });
      },
    },
    {
      name: 'pretty and HEAD',
      async run(session) {
        const { status, body } = await session.http('GET', `${configMaps}/none?pretty=true`, { unrecorded: true });
        session.record('pretty', { status, body });
        for (const method of ['HEAD', 'OPTIONS', 'POST', 'TRACE']) {
          const answer = await session.http(method, `${configMaps}/none`, { unrecorded: true });
          session.record(method, { status: answer.status, body: answer.body });
        }
      },
    },
  ],
};
