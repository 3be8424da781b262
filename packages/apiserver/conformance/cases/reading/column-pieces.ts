import { type Case, MERGE_PATCH, TABLE } from '../../lib/case.ts';
import type { Json } from '../../lib/session.ts';
import { ask, given } from './pieces.ts';

/** Columns and cells; ages are words of the clock. */
export function cellsOf(table: Json): unknown {
  return {
    kind: table.kind,
    apiVersion: table.apiVersion,
    columns: table.columnDefinitions?.map((c: Json) => `${c.name}|${c.type}|${c.format}|${c.priority}`),
    rows: table.rows?.map(({ cells, object }: Json) => ({
      cells: cells.map((cell: Json) => (typeof cell === 'string' && /^\d+[smhd]/.test(cell) ? '<age>' : cell)),
      object: object === undefined ? undefined : [object.kind, object.apiVersion, object.metadata?.name],
    })),
  };
}

export const pod = {
  containers: [
    { name: 'c', image: 'nginx:1' },
    { name: 'd', image: 'busybox' },
  ],
};
export const labelled = { metadata: { labels: { app: 'x' } }, spec: pod };
export const selector = { matchLabels: { app: 'x' } };

/** The table of one object of a kind that no controller touches. */
export function tableOf(apiVersion: string, kind: string, plural: string, content: object): Case {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const path = `${base}/namespaces/{ns}/${plural}`;
  return {
    name: `columns of ${plural}`,
    async run(session) {
      await given(session, path, {
        apiVersion,
        kind,
        metadata: { name: 'x-{id}', labels: { of: 'table' } },
        ...content,
      });
      await ask(session, 'list', `${path}?labelSelector=of%3Dtable`, cellsOf, { accept: TABLE });
      await ask(session, 'one', `${path}/x-{id}`, cellsOf, { accept: TABLE });
    },
  };
}

export function clusterTable(apiVersion: string, kind: string, plural: string, content: object, detail = ''): Case {
  const path = `/apis/${apiVersion}/${plural}`.replace('/apis/v1/', '/api/v1/');
  return {
    name: `columns of ${plural}${detail}`,
    async run(session) {
      const body = { apiVersion, kind, metadata: { name: 'x-{id}' }, ...content };
      const { status, body: answer } = await session.http('POST', path, { body, unrecorded: true });
      if (status !== 201) throw new Error(JSON.stringify(answer));
      await ask(session, 'one', `${path}/x-{id}`, cellsOf, { accept: TABLE });
      await session.http('DELETE', `${path}/x-{id}`, { unrecorded: true });
    },
  };
}

/** The cells of an object whose status becomes one after the other of these. */
export function statusTable(
  apiVersion: string,
  kind: string,
  plural: string,
  content: object,
  statuses: Readonly<Record<string, object>>,
  detail = '',
): Case {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const path = `${base}/namespaces/{ns}/${plural}`;
  return {
    name: `columns of ${plural} by their status${detail}`,
    async run(session) {
      for (const [name, status] of Object.entries(statuses)) {
        await given(session, path, { apiVersion, kind, metadata: { name }, ...content });
        const written = await session.http('PATCH', `${path}/${name}/status`, {
          body: { status },
          type: MERGE_PATCH,
          unrecorded: true,
        });
        if (written.status !== 200) throw new Error(`${name}: ${JSON.stringify(written.body)}`);
      }
      await ask(session, 'list', path, cellsOf, { accept: TABLE });
    },
  };
}
