import { type Case, exchange, type Group } from '../../lib/case.ts';
import type { Json } from '../../lib/session.ts';
import { ask, configMap, configMaps, fiveConfigMaps, given, namesOf } from './pieces.ts';

const matches = ['', 'Exact', 'NotOlderThan', 'Foo'] as const;

/** One case per kind of version: every match with and without a limit. */
function versions(name: string, version: (made: readonly Json[]) => string): Case {
  return {
    name: `resourceVersion ${name} with every match and a limit`,
    async run(session) {
      const rv = version(await fiveConfigMaps(session));
      // Version 0 reads a cache, which in the real one follows the store after a moment.
      const hasAll = (body: Json) => body?.items?.some((item: Json) => item.metadata.name === 'a4');
      await session.settle(`${configMaps}?resourceVersion=0`, hasAll, { unrecorded: true });
      for (const match of matches) {
        for (const limit of [0, 2]) {
          const query = `resourceVersion=${rv}&resourceVersionMatch=${match}&limit=${limit}`;
          await ask(session, `match '${match}' limit ${limit}`, `${configMaps}?${query}`);
        }
      }
    },
  };
}

function queries(name: string, list: readonly string[]): Case {
  return {
    name,
    async run(session) {
      await fiveConfigMaps(session);
      for (const query of list) await ask(session, query, `${configMaps}?${query}`);
    },
  };
}

const token = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function tokens(name: string, list: readonly string[]): Case {
  return {
    name,
    async run(session) {
      await fiveConfigMaps(session);
      for (const [index, text] of list.entries())
        await ask(session, `token ${index}`, `${configMaps}?limit=1&continue=${encodeURIComponent(text)}`);
    },
  };
}

/** Versions, pages and their errors. */
export const lists: Group = {
  name: 'lists',
  cases: [
    versions('unset', () => ''),
    versions('0', () => '0'),
    versions('of a moment in between', (made) => made[2].metadata.resourceVersion),
    versions('that is no number', () => 'abc'),
    versions('that is negative', () => '-1'),
    {
      name: 'resourceVersion of the future',
      async run(session) {
        for (const match of ['', 'Exact', 'NotOlderThan']) {
          await ask(
            session,
            match,
            `${configMaps}?resourceVersion=9999999999&resourceVersionMatch=${match}`,
            undefined,
            {
              unrecorded: true,
            },
          );
          const last = session.records.at(-1)?.value as { picked: Json };
          last.picked.message = last.picked.message?.replace(/current: \d+/, 'current: N');
        }
      },
    },
    queries('limits', [
      'limit=0',
      'limit=-1',
      'limit=1',
      'limit=4',
      'limit=5',
      'limit=6',
      'limit=7',
      'limit=99999999999',
    ]),
    queries('limits that are no numbers', ['limit=', 'limit=x', 'limit=1.5']),
    queries('limit with a selector tells no remaining count', [
      'limit=2&labelSelector=n',
      'limit=2&fieldSelector=metadata.name!=a0',
    ]),
    queries('timeoutSeconds', ['timeoutSeconds=5', 'timeoutSeconds=x', 'timeoutSeconds=-1']),
    queries('sendInitialEvents of a list', [
      'sendInitialEvents=true',
      'sendInitialEvents=false',
      'sendInitialEvents=x',
    ]),
    queries('watch flags that mean no watch', ['watch=0', 'watch=false', 'watch=FALSE']),
    queries('several errors at once', [
      'resourceVersionMatch=Foo&continue=x',
      'resourceVersionMatch=Exact&continue=x&sendInitialEvents=true',
      'resourceVersion=0&resourceVersionMatch=Exact&continue=x',
    ]),
    {
      name: 'pages show one state while objects change',
      async run(session) {
        await fiveConfigMaps(session);
        const first = await ask(session, 'first', `${configMaps}?limit=2`);
        const next = encodeURIComponent(first.body.metadata.continue);
        await given(session, configMaps, configMap('a2b'));
        await session.http('DELETE', `${configMaps}/a3`, { unrecorded: true });
        const second = await ask(session, 'second', `${configMaps}?limit=2&continue=${next}`);
        const last = encodeURIComponent(second.body.metadata.continue);
        await ask(session, 'third', `${configMaps}?limit=2&continue=${last}`);
        await ask(session, 'rest at once', `${configMaps}?continue=${next}`);
        await ask(session, 'now', `${configMaps}?limit=10`);
      },
    },
    {
      name: 'pages with a selector',
      async run(session) {
        await fiveConfigMaps(session);
        const first = await ask(session, 'first', `${configMaps}?limit=2&labelSelector=even%3Dtrue`);
        const next = encodeURIComponent(first.body.metadata.continue);
        await ask(session, 'second', `${configMaps}?limit=2&labelSelector=even%3Dtrue&continue=${next}`);
        await ask(session, 'another selector', `${configMaps}?labelSelector=even%3Dfalse&continue=${next}`);
      },
    },
    {
      name: 'continue with a version',
      async run(session) {
        await fiveConfigMaps(session);
        const { body } = await ask(session, 'first', `${configMaps}?limit=2`);
        const next = encodeURIComponent(body.metadata.continue);
        for (const more of [
          'resourceVersion=0',
          'resourceVersion=5',
          'resourceVersionMatch=Exact',
          'resourceVersion=5&resourceVersionMatch=Exact',
        ])
          await ask(session, more, `${configMaps}?continue=${next}&${more}`);
      },
    },
    {
      name: 'the form of a continue token',
      async run(session) {
        await fiveConfigMaps(session);
        const { body } = await ask(session, 'first', `${configMaps}?limit=2`);
        const parsed = JSON.parse(Buffer.from(body.metadata.continue, 'base64url').toString('utf8'));
        session.record('token', { ...parsed, rv: parsed.rv > 0 });
      },
    },
    tokens('tokens that are no base64', ['abc', 'a', '%%', 'a b', 'YWJj=']),
    tokens('tokens with other content', [
      token({}),
      token('x'),
      token({ v: 'x', rv: 1, start: 'a' }),
      token({ v: 'meta.k8s.io/v1', rv: 0, start: 'a' }),
      token({ v: 'meta.k8s.io/v1', rv: 1 }),
      token({ v: 'meta.k8s.io/v1', rv: 5, start: '../x' }),
    ]),
    tokens('a token without consistency from the start', [token({ v: 'meta.k8s.io/v1', rv: -1, start: '/a2' })]),
    {
      name: 'lists of a cluster-scoped kind in pages',
      async run(session) {
        const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
        const role = (name: string) => ({
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: `{id}-${name}`, labels: { of: '{id}' } },
          rules: [],
        });
        await given(session, path, role('a'), role('b'), role('c'));
        const first = await ask(session, 'first', `${path}?labelSelector=of%3D{id}&limit=2`);
        const next = encodeURIComponent(first.body.metadata.continue);
        await ask(session, 'second', `${path}?labelSelector=of%3D{id}&limit=2&continue=${next}`);
        await ask(session, 'gone', `${path}?labelSelector=of%3D{id}`, undefined, { method: 'DELETE' });
      },
    },
    {
      name: 'all namespaces at once',
      async run(session) {
        await given(session, configMaps, configMap('x', { of: '{id}' }));
        await ask(session, 'list', '/api/v1/configmaps?labelSelector=of%3D{id}', (body) => ({
          ...(namesOf(body) as object),
          namespaces: body.items.map((item: Json) => item.metadata.namespace),
        }));
      },
    },
    exchange('items of built-in lists carry no type, those of an empty list are an empty array', [
      ['POST', configMaps, configMap('x', { of: 'me' })],
      ['GET', `${configMaps}?labelSelector=of%3Dme`],
      ['GET', `${configMaps}?labelSelector=of%3Dnobody`],
    ]),
    exchange('list in a namespace that is not there', [
      ['GET', '/api/v1/namespaces/{id}-none/secrets'],
      ['GET', '/api/v1/namespaces/{id}-none/secrets/x'],
    ]),
    {
      name: 'get with a version',
      async run(session) {
        await given(session, configMaps, configMap('x'));
        for (const query of [
          'resourceVersion=0',
          'resourceVersion=abc',
          'resourceVersion=1',
          'resourceVersionMatch=Foo',
          'limit=x',
        ])
          await ask(session, query, `${configMaps}/x?${query}`, (body) => body.metadata.name);
      },
    },
    {
      name: 'delete a collection by labels, by fields, and all',
      async run(session) {
        await fiveConfigMaps(session);
        await ask(session, 'by label', `${configMaps}?labelSelector=even%3Dtrue`, undefined, { method: 'DELETE' });
        await ask(session, 'left', `${configMaps}?labelSelector=n`);
        await ask(session, 'by field', `${configMaps}?fieldSelector=metadata.name%3Da1`, undefined, {
          method: 'DELETE',
        });
        await ask(session, 'left', `${configMaps}?labelSelector=n`);
        await ask(session, 'dry run', `${configMaps}?labelSelector=n&dryRun=All`, undefined, { method: 'DELETE' });
        await ask(session, 'wrong selector', `${configMaps}?labelSelector=n%20x`, undefined, { method: 'DELETE' });
        await ask(session, 'left', `${configMaps}?labelSelector=n`);
      },
    },
  ],
};
