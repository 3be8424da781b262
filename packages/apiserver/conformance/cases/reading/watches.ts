import { type Case, type Group, MERGE_PATCH, PARTIAL, TABLE } from '../../lib/case.ts';
import type { Json, Session } from '../../lib/session.ts';
import { ask, configMap, configMaps, eventsOf, given } from './pieces.ts';

const MINE = 'labelSelector=mine';

/** A watch that ends by itself: all it sends in a second. */
function brief(name: string, queries: readonly string[], options: { readonly accept?: string } = {}): Case {
  return {
    name,
    async run(session) {
      await given(session, configMaps, configMap('a', { mine: '' }));
      for (const query of queries) {
        const { status, body } = await session.http('GET', `${configMaps}?watch=1&timeoutSeconds=1&${query}`, {
          ...options,
          unrecorded: true,
        });
        session.record(query, { status, events: status === 200 ? eventsOf(linesOf(body)) : linesOf(body) });
      }
    },
  };
}

/** The body of a watch: one event is valid JSON by itself, several are lines. */
function linesOf(body: Json): Json[] {
  if (typeof body !== 'string') return [body];
  return body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Opens a watch before a story, and records what came of it once `count` events are there. */
function story(name: string, query: string, count: number, tell: (session: Session) => Promise<void>): Case {
  return {
    name,
    async run(session) {
      const watch = await session.watch(`${configMaps}${query.startsWith('/') ? query : `?${query}`}`);
      await tell(session);
      const events = await watch.until((all) => all.length >= count);
      session.record('events', eventsOf(events));
    },
  };
}

const change = (session: Session, name: string, body: object) =>
  session.http('PATCH', `${configMaps}/${name}`, { body, type: MERGE_PATCH, unrecorded: true });
const remove = (session: Session, name: string) =>
  session.http('DELETE', `${configMaps}/${name}`, { unrecorded: true });

/** Watches: where they start, what they send, and how they end. */
export const watches: Group = {
  name: 'watches',
  cases: [
    brief('without a version', [MINE]),
    brief('from 0', [`${MINE}&resourceVersion=0`]),
    brief('without a version, with bookmarks', [`${MINE}&allowWatchBookmarks=true`]),
    brief('from 0, with bookmarks', [`${MINE}&resourceVersion=0&allowWatchBookmarks=1`]),
    brief('with initial events and bookmarks', [
      `${MINE}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      `${MINE}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=0`,
    ]),
    brief('with initial events, no bookmarks', [`${MINE}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`]),
    brief('without initial events', [`${MINE}&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`]),
    brief('initial events without a match', [`${MINE}&sendInitialEvents=true&allowWatchBookmarks=true`]),
    brief('initial events with a wrong match', [
      `${MINE}&sendInitialEvents=true&resourceVersionMatch=Exact&allowWatchBookmarks=true`,
      `${MINE}&sendInitialEvents=1&resourceVersionMatch=Foo`,
    ]),
    brief('a match without initial events', [
      `${MINE}&resourceVersionMatch=NotOlderThan`,
      `${MINE}&resourceVersionMatch=Exact`,
    ]),
    brief('with a continue token', [`${MINE}&continue=abc`]),
    brief('with a limit', [`${MINE}&limit=1`]),
    brief('from a version that is no number', ['resourceVersion=abc', 'resourceVersion=-1', 'resourceVersion=1.5']),
    brief('from the future', ['resourceVersion=9999999999']),
    brief('selectors that cannot be read', ['labelSelector=a%20b', 'fieldSelector=x', 'fieldSelector=data.a%3D1']),
    brief('as PartialObjectMetadata', [`${MINE}&allowWatchBookmarks=true`], { accept: PARTIAL }),
    {
      name: 'flags that mean a watch',
      async run(session) {
        for (const flag of ['watch=true', 'watch=1', 'watch=yes', 'watch=']) {
          const { status, body } = await session.http(
            'GET',
            `${configMaps}?${flag}&timeoutSeconds=1&labelSelector=none`,
            { unrecorded: true },
          );
          session.record(flag, { status, body });
        }
      },
    },
    {
      name: 'the flag on one object means nothing',
      async run(session) {
        await given(session, configMaps, configMap('a'));
        await ask(session, 'get', `${configMaps}/a?watch=1&timeoutSeconds=1`, (body) => body.kind);
      },
    },
    {
      name: 'from a version on',
      async run(session) {
        const [a] = await given(session, configMaps, configMap('a'), configMap('b'));
        await remove(session, 'b');
        const watch = await session.watch(`${configMaps}?resourceVersion=${a.metadata.resourceVersion}`);
        session.record('events', eventsOf(await watch.until((all) => all.length >= 2)));
      },
    },
    {
      name: 'events carry whole objects, their versions and order',
      async run(session) {
        const [a] = await given(session, configMaps, configMap('a'));
        await change(session, 'a', { data: { a: '2' } });
        await remove(session, 'a');
        const watch = await session.watch(
          `${configMaps}?resourceVersion=${Number(a.metadata.resourceVersion) - 1}&fieldSelector=metadata.name%3Da`,
        );
        session.record('events', await watch.until((all) => all.length >= 3));
      },
    },
    story('objects come, change and go', 'fieldSelector=metadata.name!%3Dkube-root-ca.crt', 3, async (session) => {
      await given(session, configMaps, configMap('a'));
      await change(session, 'a', { data: { a: '2' } });
      await remove(session, 'a');
    }),
    story('a label makes objects appear and vanish', 'labelSelector=shown%3Dyes', 5, async (session) => {
      await given(session, configMaps, configMap('a'), configMap('b', { shown: 'yes' }));
      await change(session, 'a', { metadata: { labels: { shown: 'yes' } } });
      await change(session, 'a', { data: { a: '2' } });
      await change(session, 'a', { metadata: { labels: { shown: 'no' } } });
      await change(session, 'a', { data: { a: '3' } });
      await remove(session, 'a');
      await remove(session, 'b');
    }),
    story('an object by its name', 'fieldSelector=metadata.name%3Da', 2, async (session) => {
      await given(session, configMaps, configMap('b'), configMap('a'));
      await remove(session, 'a');
    }),
    story('an object deleted and made again', 'fieldSelector=metadata.name%3Da', 3, async (session) => {
      await given(session, configMaps, configMap('a', undefined, { a: '1' }));
      await remove(session, 'a');
      await given(session, configMaps, configMap('a', undefined, { a: '2' }));
    }),
    story('a finalizer holds an object', 'fieldSelector=metadata.name%3Da', 3, async (session) => {
      await given(session, configMaps, {
        ...configMap('a'),
        metadata: { name: 'a', finalizers: ['example.com/hold'] },
      });
      await remove(session, 'a');
      await change(session, 'a', { metadata: { finalizers: null } });
    }),
    {
      name: 'the vanished object is as it was, with the new version',
      async run(session) {
        const [a] = await given(session, configMaps, configMap('a', { shown: 'yes' }));
        await change(session, 'a', { metadata: { labels: { shown: 'no' } }, data: { a: '2' } });
        const watch = await session.watch(
          `${configMaps}?resourceVersion=${a.metadata.resourceVersion}&labelSelector=shown%3Dyes`,
        );
        session.record('events', await watch.until((all) => all.length >= 1));
        await session.http('GET', `${configMaps}/a`);
      },
    },
    {
      name: 'a status field selects',
      async run(session) {
        const pods = '/api/v1/namespaces/{ns}/pods';
        const watch = await session.watch(`${pods}?fieldSelector=status.phase%3DRunning`);
        await given(session, pods, {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'p' },
          spec: { containers: [{ name: 'c', image: 'x' }] },
        });
        await session.http('PATCH', `${pods}/p/status`, {
          body: { status: { phase: 'Running' } },
          type: MERGE_PATCH,
          unrecorded: true,
        });
        await session.http('PATCH', `${pods}/p/status`, {
          body: { status: { phase: 'Failed' } },
          type: MERGE_PATCH,
          unrecorded: true,
        });
        session.record('events', eventsOf(await watch.until((all) => all.length >= 2)));
      },
    },
    {
      name: 'as Table: columns once',
      async run(session) {
        await given(session, configMaps, configMap('a', { mine: '' }), configMap('b', { mine: '' }));
        const watch = await session.watch(`${configMaps}?${MINE}`, { accept: TABLE });
        const events = await watch.until((all) => all.length >= 2);
        session.record(
          'events',
          events.map(({ type, object }) => ({
            type,
            kind: object.kind,
            columns: object.columnDefinitions?.length ?? null,
            rows: object.rows.map((row: Json) => ({
              name: row.object.metadata.name,
              kind: row.object.kind,
              cells: row.cells.length,
            })),
          })),
        );
      },
    },
    {
      name: 'the old path with /watch/',
      async run(session) {
        await given(session, configMaps, configMap('a', { mine: '' }));
        for (const path of ['namespaces/{ns}/configmaps', 'namespaces/{ns}/configmaps/a']) {
          const { status, body } = await session.http(
            'GET',
            `/api/v1/watch/${path}?timeoutSeconds=1&labelSelector=mine`,
            { unrecorded: true },
          );
          session.record(path, { status, events: eventsOf(linesOf(body)) });
        }
      },
    },
    {
      name: 'deleting a collection is an event each',
      async run(session) {
        const [, b] = await given(session, configMaps, configMap('a', { mine: '' }), configMap('b', { mine: '' }));
        await session.http('DELETE', `${configMaps}?${MINE}`, { unrecorded: true });
        const watch = await session.watch(`${configMaps}?resourceVersion=${b.metadata.resourceVersion}`);
        session.record('events', eventsOf(await watch.until((all) => all.length >= 2)));
      },
    },
    {
      name: 'a write that changes nothing is no event',
      async run(session) {
        const [a] = await given(session, configMaps, configMap('a'));
        await change(session, 'a', { data: { a: '1' } });
        await change(session, 'a', { data: { a: '2' } });
        const watch = await session.watch(`${configMaps}?resourceVersion=${a.metadata.resourceVersion}`);
        session.record('events', eventsOf(await watch.until((all) => all.length >= 1)));
      },
    },
    {
      name: 'timeoutSeconds ends the stream',
      async run(session) {
        const { status, body } = await session.http(
          'GET',
          `${configMaps}?watch=1&timeoutSeconds=1&labelSelector=none`,
          { unrecorded: true },
        );
        session.record('end', { status, body });
        const bad = await session.http('GET', `${configMaps}?watch=1&timeoutSeconds=x`, { unrecorded: true });
        session.record('bad', { status: bad.status, body: bad.body });
      },
    },
  ],
};
