import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createInformer } from './create-informer.ts';
import { createKubeClient } from './create-kube-client.ts';
import type { InformerChange, InformerOptions, InformerProblem } from './informer.ts';
import { createInformerCache } from './informer-cache.ts';
import type { KubeClient } from './kube-client.ts';
import {
  bookmark,
  configMap,
  cut,
  expired,
  fail,
  hang,
  line,
  list,
  type MisbehavingServer,
  send,
  startMisbehavingServer,
} from './testing/misbehaving-server.ts';

const configMaps = { apiVersion: 'v1', kind: 'ConfigMap' };
const quick = { first: 1, max: 5 };

let server: MisbehavingServer;
let client: KubeClient;
let stop: AbortController;

beforeEach(async () => {
  server = await startMisbehavingServer();
  client = createKubeClient({ server: server.url });
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort(new Error('test over'));
  await client.close();
  await server.close();
});

type Told = { changes: string[]; problems: string[]; until(condition: () => boolean): Promise<void> };

function follow(options: InformerOptions = {}): Told & { informer: ReturnType<typeof createInformer> } {
  const told: Told = {
    changes: [],
    problems: [],
    async until(condition) {
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
    },
  };
  const informer = createInformer(client, configMaps, {
    backoffMs: quick,
    onProblem: (problem: InformerProblem) => told.problems.push(problem.kind),
    ...options,
  });
  informer.onChange((change: InformerChange) => {
    const { name, resourceVersion } = change.object.metadata;
    told.changes.push(`${change.type} ${name} ${resourceVersion}`);
  });
  informer.start(stop.signal);
  return { ...told, informer };
}

describe('createInformer', () => {
  test('lists, watches and tells the changes in order', async () => {
    server.onList = [list([configMap('a', 3)])];
    server.onWatch = [
      hang(
        line('ADDED', configMap('b', 11)),
        line('MODIFIED', configMap('a', 12)),
        bookmark(20),
        line('DELETED', configMap('b', 21)),
      ),
    ];
    const { informer, changes, until } = follow();
    await informer.synced;
    await until(() => changes.length === 4);
    expect(changes).toEqual(['added a 3', 'added b 11', 'modified a 12', 'deleted b 21']);
    expect(informer.list().map((o) => o.metadata.name)).toEqual(['a']);
    expect(informer.get('default', 'a')).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(informer.resourceVersion).toBe('21');
    expect(server.seen.find((r) => r.query.get('watch'))?.query.get('resourceVersion')).toBe('10');
  });

  test('reads the list page by page, and once as a whole when the token expires between pages', async () => {
    server.onList = [
      list([configMap('a', 3)], 10, 'more'),
      fail(410, 'Expired'),
      list([configMap('a', 4), configMap('b', 5)], 12),
    ];
    const { informer, changes } = follow();
    await informer.synced;
    expect(changes).toEqual(['added a 4', 'added b 5']);
    const lists = server.seen.filter((r) => r.path.endsWith('configmaps') && !r.query.get('watch'));
    expect(lists.map((r) => [r.query.get('limit'), r.query.get('continue')])).toEqual([
      ['500', null],
      ['500', 'more'],
      [null, null],
    ]);
  });

  test('resumes from the last version after a regular end, without a list', async () => {
    server.onWatch = [send(line('ADDED', configMap('a', 11)), bookmark(30)), hang(line('ADDED', configMap('b', 31)))];
    const { changes, until } = follow();
    await until(() => changes.length === 2);
    const watches = server.seen.filter((r) => r.query.get('watch'));
    expect(watches.map((r) => r.query.get('resourceVersion'))).toEqual(['10', '30']);
    expect(server.seen.filter((r) => r.path.endsWith('configmaps') && !r.query.get('watch'))).toHaveLength(1);
  });

  test('resumes after a cut in the middle of a line, and tells nothing twice', async () => {
    const half = line('ADDED', configMap('b', 12)).slice(0, 30);
    server.onWatch = [
      cut(line('ADDED', configMap('a', 11)), half),
      hang(line('ADDED', configMap('b', 12)), line('ADDED', configMap('a', 11))),
    ];
    const { changes, until } = follow();
    await until(() => changes.length === 2);
    expect(changes).toEqual(['added a 11', 'added b 12']);
  });

  test('keeps characters whole that are cut between two chunks', async () => {
    const bytes = Buffer.from(line('ADDED', configMap('a', 11, { text: 'grün 🌊' })));
    const at = bytes.indexOf(0xf0) + 2;
    server.onWatch = [
      async (_, response) => {
        response.writeHead(200);
        response.write(bytes.subarray(0, at));
        await new Promise((resolve) => setTimeout(resolve, 20));
        response.write(bytes.subarray(at));
      },
    ];
    const { informer, changes, until } = follow();
    await until(() => changes.length === 1);
    expect(informer.get('default', 'a')?.data).toEqual({ text: 'grün 🌊' });
  });

  test.each([
    ['as ERROR event', hang(line('ERROR', expired))],
    ['as answer', fail(410, 'Expired')],
  ])('lists anew when the version is too old (%s), and tells what was missed', async (_, gone) => {
    server.onList = [
      list([configMap('kept', 1), configMap('lost', 2), configMap('changed', 3)]),
      list([configMap('kept', 1), configMap('changed', 15), configMap('new', 16)], 20),
    ];
    server.onWatch = [gone, hang()];
    const { informer, changes, problems, until } = follow();
    await until(() => changes.length === 6);
    expect(changes.slice(3)).toEqual(['modified changed 15', 'added new 16', 'deleted lost 2']);
    expect(problems).toContain('expired');
    expect(informer.size).toBe(3);
  });

  test('an object that was deleted and made anew while nobody watched is told as deleted and added', async () => {
    const successor = configMap('a', 15);
    successor.metadata.uid = 'another';
    server.onList = [list([configMap('a', 1)]), list([successor], 20)];
    server.onWatch = [fail(410, 'Expired'), hang()];
    const { changes, until } = follow();
    await until(() => changes.length === 3);
    expect(changes).toEqual(['added a 1', 'deleted a 1', 'added a 15']);
  });

  test.each([
    ['garbage', 'this is not JSON\n'],
    ['an event without object', '{"type":"ADDED"}\n'],
    ['an unknown type', '{"type":"NEWS","object":{"metadata":{}}}\n'],
  ])('never skips %s quietly: reports it and lists anew', async (_, garbage) => {
    server.onList = [list([]), list([configMap('a', 11)], 20)];
    server.onWatch = [hang(garbage), hang()];
    const { changes, problems, until } = follow();
    await until(() => changes.length === 1);
    expect(problems).toEqual(['broken-event']);
  });

  test('sets one broken object of a list aside and keeps the others', async () => {
    server.onList = [list([{ ...configMap('x', 1), metadata: undefined as never }, configMap('a', 1)])];
    const { informer, changes, problems } = follow();
    await informer.synced;
    expect(changes).toEqual(['added a 1']);
    expect(problems).toEqual(['broken-event']);
  });

  test('gives up a stream that has fallen silent', async () => {
    server.onWatch = [hang(), hang(line('ADDED', configMap('a', 11)))];
    const { changes, problems, until } = follow({ idleTimeoutMs: 30 });
    await until(() => changes.length === 1);
    expect(problems[0]).toBe('idle');
  });

  test('takes the client for how long silence may last', async () => {
    const impatient = createKubeClient(client.config, { watchIdleTimeoutMs: 30 });
    server.onWatch = [hang(), hang(line('ADDED', configMap('a', 11)))];
    const problems: string[] = [];
    const informer = createInformer(impatient, configMaps, {
      backoffMs: quick,
      onProblem: ({ kind }) => problems.push(kind),
    });
    informer.start(stop.signal);
    while (informer.size < 1) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(problems[0]).toBe('idle');
    await impatient.close();
  });

  test('survives failing lists and watches with growing, jittered waits', async () => {
    const waits: number[] = [];
    server.onList = [fail(500, 'InternalError'), fail(403, 'Forbidden'), list([configMap('a', 1)])];
    server.onWatch = [fail(500, 'InternalError'), fail(500, 'InternalError'), hang(line('ADDED', configMap('b', 11)))];
    const { changes, until } = follow({
      backoffMs: { first: 2, max: 1000 },
      random: () => 0.5,
      onProblem: ({ retryInMs }) => waits.push(retryInMs),
    });
    await until(() => changes.length === 2);
    expect(waits).toEqual([2, 4, 8, 16]);
  });

  test('waits as long as a busy server asks', async () => {
    server.onList = [list([]), list([], 20)];
    server.onWatch = [fail(429, 'TooManyRequests', { 'retry-after': '1' }), hang(bookmark(12))];
    const problems: InformerProblem[] = [];
    const { informer, until } = follow({ onProblem: (problem) => problems.push(problem) });
    await until(() => informer.resourceVersion === '12');
    expect(problems[0]?.retryInMs).toBeGreaterThanOrEqual(1000);
  });

  test('ignores duplicates and late news of an older version', async () => {
    server.onWatch = [
      hang(
        line('ADDED', configMap('a', 11)),
        line('ADDED', configMap('a', 11)),
        line('MODIFIED', configMap('a', 15)),
        line('MODIFIED', configMap('a', 13)),
        bookmark(16),
      ),
    ];
    const { informer, changes, until } = follow();
    await until(() => informer.resourceVersion === '16');
    expect(changes).toEqual(['added a 11', 'modified a 15']);
  });

  test('a listener that throws harms neither the others nor the cache', async () => {
    server.onWatch = [hang(line('ADDED', configMap('a', 11)), line('ADDED', configMap('b', 12)))];
    const { informer, changes, problems, until } = follow();
    informer.onChange(() => {
      throw new Error('mine');
    });
    await until(() => changes.length === 2);
    expect(problems.filter((p) => p === 'listener-failed')).toHaveLength(2);
  });

  test('a late listener is told what is there; one that left hears nothing more', async () => {
    server.onList = [list([configMap('a', 1)])];
    const { informer } = follow();
    await informer.synced;
    const late: string[] = [];
    const leave = informer.onChange((change) => late.push(`${change.type} ${change.object.metadata.name}`));
    expect(late).toEqual(['added a']);
    leave();
  });

  test('what it keeps cannot be changed', async () => {
    server.onList = [list([configMap('a', 1, { key: 'value' })])];
    const { informer } = follow();
    await informer.synced;
    const object = informer.get('default', 'a')!;
    expect(() => {
      (object.data as Record<string, string>).key = 'other';
    }).toThrow(TypeError);
  });

  test('keeps metadata only when asked, whatever the server sends', async () => {
    const full = configMap('a', 1, { key: 'value' });
    full.metadata.managedFields = [{ manager: 'x', operation: 'Update' }];
    server.onList = [list([full])];
    const { informer } = follow({ metadataOnly: true, stripManagedFields: true });
    await informer.synced;
    expect(informer.get('default', 'a')).toEqual({ ...configMap('a', 1), data: undefined });
    expect(server.seen.at(-1)?.headers.accept).toContain('as=PartialObjectMetadata');
  });

  test('finds by index through changes', async () => {
    server.onList = [list([configMap('a', 1, { team: 'x' }), configMap('b', 2, { team: 'x' })])];
    server.onWatch = [
      hang(line('MODIFIED', configMap('a', 11, { team: 'y' })), line('DELETED', configMap('b', 12)), bookmark(13)),
    ];
    const { informer, until } = follow({
      indexes: { team: (object) => [(object.data as Record<string, string>).team ?? ''] },
    });
    await informer.synced;
    await until(() => informer.resourceVersion === '13');
    expect(informer.byIndex('team', 'x')).toEqual([]);
    expect(informer.byIndex('team', 'y').map((o) => o.metadata.name)).toEqual(['a']);
  });

  test('observe shows an own write at once, and its event is not told again', async () => {
    server.onList = [list([configMap('a', 3)])];
    let release: (() => void) | undefined;
    server.onWatch = [
      (_, response) => {
        response.writeHead(200).flushHeaders();
        release = () =>
          response.write(line('MODIFIED', configMap('a', 12)) + line('MODIFIED', configMap('a', 14)) + bookmark(15));
      },
    ];
    const { informer, changes, until } = follow();
    await informer.synced;
    informer.observe(configMap('a', 14));
    expect(informer.get('default', 'a')?.metadata.resourceVersion).toBe('14');
    await until(() => release !== undefined);
    release?.();
    await until(() => informer.resourceVersion === '15');
    expect(changes).toEqual(['added a 3', 'modified a 14']);
  });

  test('many reconnects leave no connection behind', async () => {
    let left = 300;
    server.onWatch = [
      (request, response) => {
        left -= 1;
        const answer =
          left % 3 === 0 ? cut(bookmark(20)) : left > 0 ? send(bookmark(20)) : hang(line('ADDED', configMap('a', 30)));
        return answer(request, response);
      },
    ];
    const { changes, until } = follow();
    await until(() => changes.length === 1);
    expect(server.sockets.size).toBeLessThanOrEqual(4);
  });

  test('ends with its signal, also while waiting', async () => {
    server.onList = [fail(500, 'InternalError')];
    const { informer, problems, until } = follow({ backoffMs: { first: 60_000, max: 60_000 } });
    await until(() => problems.length === 1);
    stop.abort(new Error('enough'));
    await expect(informer.synced).rejects.toThrow('enough');
  });
});

describe('createInformerCache', () => {
  test('shares one informer per kind, namespace and selector', async () => {
    const cache = createInformerCache(client, { signal: stop.signal });
    const first = cache.informer(configMaps, { namespace: 'default' });
    expect(cache.informer({ ...configMaps }, { namespace: 'default' })).toBe(first);
    expect(cache.existing(configMaps, { namespace: 'default' })).toBe(first);
    expect(cache.informer(configMaps)).not.toBe(first);
    await cache.synced();
    expect(cache.size).toBe(2);
  });

  test('tells problems to the one who asked for the informer as well', async () => {
    server.onList = [fail(500, 'InternalError'), list([configMap('a', 1)])];
    const told: string[] = [];
    const cache = createInformerCache(client, {
      signal: stop.signal,
      onProblem: ({ kind }, problem) => told.push(`cache: ${kind} ${problem.kind}`),
    });
    const { synced } = cache.informer(configMaps, {
      backoffMs: quick,
      onProblem: ({ kind }) => told.push(`own: ${kind}`),
    });
    await synced;
    expect(told).toEqual(['cache: ConfigMap list-failed', 'own: list-failed']);
  });
});
