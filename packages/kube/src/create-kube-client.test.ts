import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createKubeClient } from './create-kube-client.ts';
import { ApiError, isConnectionError, isNoMatch, isNotFound, KubeError } from './errors.ts';
import type { KubeClient } from './kube-client.ts';
import { bearerToken } from './kube-config.ts';
import {
  configMap,
  fail,
  hang,
  line,
  list,
  type MisbehavingServer,
  send,
  sendJson,
  sendStatus,
  startMisbehavingServer,
} from './testing/misbehaving-server.ts';
import type { RequestInfo } from './types.ts';

const configMaps = { apiVersion: 'v1', kind: 'ConfigMap' };

let server: MisbehavingServer;
let client: KubeClient;
const told: RequestInfo[] = [];

beforeEach(async () => {
  server = await startMisbehavingServer();
  told.length = 0;
  client = createKubeClient(
    { server: server.url, authorize: bearerToken('secret') },
    { onRequest: (info) => told.push(info), maxResponseBytes: 1_000_000 },
  );
  await client.mapper.all();
  server.seen.length = 0;
  told.length = 0;
});

afterEach(async () => {
  await client.close();
  await server.close();
});

const last = () => server.seen.at(-1)!;
const target = () => `${last().method} ${last().path}?${last().query}`;

describe('createKubeClient', () => {
  test('sends each kind of request as the API wants it', async () => {
    server.onOther = (_, response) => sendJson(response, configMap('a', 1));
    const object = configMap('a', 1);
    await client.get(configMaps, 'a', 'default');
    expect(target()).toBe('GET /api/v1/namespaces/default/configmaps/a?');
    expect(last().headers).toMatchObject({ authorization: 'Bearer secret', accept: 'application/json' });
    await client.get({ apiVersion: 'v1', kind: 'Node' }, 'n1', 'ignored', { subresource: 'status' });
    expect(target()).toBe('GET /api/v1/nodes/n1/status?');
    await client.create(object, { dryRun: true, fieldManager: 'me', fieldValidation: 'Strict' });
    expect(target()).toBe(
      'POST /api/v1/namespaces/default/configmaps?dryRun=All&fieldManager=me&fieldValidation=Strict',
    );
    await client.replace(object);
    expect(target()).toBe('PUT /api/v1/namespaces/default/configmaps/a?');
    await client.apply(object, { fieldManager: 'me', force: true });
    expect(target()).toBe('PATCH /api/v1/namespaces/default/configmaps/a?fieldManager=me&force=true');
    expect(last().headers['content-type']).toBe('application/apply-patch+yaml');
    expect(JSON.parse(last().body)).toEqual(object);
    for (const [type, mime] of [
      ['merge', 'application/merge-patch+json'],
      ['json', 'application/json-patch+json'],
      ['strategic', 'application/strategic-merge-patch+json'],
    ] as const) {
      await client.patch(configMaps, 'a', 'default', { type, body: [] });
      expect(last().headers['content-type']).toBe(mime);
    }
    await client.delete(configMaps, 'a', 'default', { propagationPolicy: 'Background', preconditions: { uid: 'u' } });
    expect(JSON.parse(last().body)).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      preconditions: { uid: 'u' },
    });
    await client.deleteCollection(configMaps, { namespace: 'default', labelSelector: 'a=b' });
    expect(target()).toBe('DELETE /api/v1/namespaces/default/configmaps?labelSelector=a%3Db');
    expect(told.map((t) => [t.verb, t.resource, t.code])).toEqual([
      ['get', 'configmaps', 200],
      ['get', 'nodes', 200],
      ['create', 'configmaps', 200],
      ['update', 'configmaps', 200],
      ['patch', 'configmaps', 200],
      ['patch', 'configmaps', 200],
      ['patch', 'configmaps', 200],
      ['patch', 'configmaps', 200],
      ['delete', 'configmaps', 200],
      ['deletecollection', 'configmaps', 200],
    ]);
  });

  test('keeps integers that a double cannot hold, both ways', async () => {
    server.onOther = (request, response) => {
      response
        .writeHead(200)
        .end(request.body || '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"n":9007199254740993}');
    };
    const read = await client.get(configMaps, 'a', 'default');
    expect(read.n).toBe(9007199254740993n);
    await client.replace(read);
    expect(last().body).toContain('9007199254740993');
  });

  test('a Status becomes an ApiError with the server text', async () => {
    server.onOther = (_, response) => sendStatus(response, 422, 'Invalid', 'ConfigMap "a" is invalid: data: no');
    const error = await client.create(configMap('a', 1)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 422, reason: 'Invalid', message: 'ConfigMap "a" is invalid: data: no' });
  });

  test('an answer that is no Status gets the text that the Go clients give it', async () => {
    server.onOther = (_, response) => {
      response.writeHead(404).end('404 page not found\n');
    };
    const error = await client.get(configMaps, 'a', 'default').catch((e: unknown) => e as Error);
    expect((error as Error).message).toBe('the server could not find the requested resource (get configmaps a)');
    expect(isNotFound(error)).toBe(true);
  });

  test('find: undefined for a missing object only', async () => {
    server.onOther = (_, response) =>
      sendJson(
        response,
        { kind: 'Status', code: 404, reason: 'NotFound', message: 'x', details: { name: 'a', kind: 'configmaps' } },
        404,
      );
    expect(await client.find(configMaps, 'a', 'default')).toBeUndefined();
    server.onOther = (_, response) => {
      response.writeHead(404).end('404 page not found');
    };
    await expect(client.find(configMaps, 'a', 'default')).rejects.toThrow('could not find the requested resource');
  });

  test('retries 429 with Retry-After for every verb, 503 only where repeating is harmless', async () => {
    let answers = [fail(429, 'TooManyRequests', { 'retry-after': '0' })];
    server.onOther = (request, response) =>
      (answers.shift() ?? ((_, r) => sendJson(r, configMap('a', 1))))(request, response);
    await client.create(configMap('a', 1));
    answers = [fail(503, 'ServiceUnavailable', { 'retry-after': '0' })];
    await client.get(configMaps, 'a', 'default');
    answers = [fail(503, 'ServiceUnavailable', { 'retry-after': '0' })];
    await expect(client.create(configMap('a', 1))).rejects.toMatchObject({ code: 503 });
    answers = [fail(429, 'TooManyRequests')];
    await expect(client.get(configMaps, 'a', 'default')).rejects.toMatchObject({ code: 429 });
  });

  test('repeats a read and a forced apply whose connection broke, never a create', async () => {
    let breaks = 1;
    server.onOther = (_, response) => {
      if (breaks-- > 0) response.socket?.destroy();
      else sendJson(response, configMap('a', 1));
    };
    await client.get(configMaps, 'a', 'default');
    breaks = 1;
    await client.apply(configMap('a', 1), { fieldManager: 'me', force: true });
    breaks = 1;
    const error = await client.create(configMap('a', 1)).catch((e: unknown) => e);
    expect(isConnectionError(error)).toBe(true);
    expect(told.map((t) => t.code)).toEqual([0, 200, 0, 200, 0]);
  });

  test('gives up after its time, and at once with its signal', async () => {
    server.onOther = () => undefined;
    await expect(client.get(configMaps, 'a', 'default', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    const stop = new AbortController();
    const pending = client.get(configMaps, 'a', 'default', { signal: stop.signal });
    stop.abort(new Error('changed my mind'));
    await expect(pending).rejects.toThrow('changed my mind');
    await expect(client.get(configMaps, 'a', 'default', { signal: stop.signal })).rejects.toThrow('changed my mind');
  });

  test('bounds what it reads', async () => {
    server.onOther = (_, response) => {
      response.writeHead(200).end(`"${'x'.repeat(2_000_000)}"`);
    };
    await expect(client.get(configMaps, 'a', 'default')).rejects.toMatchObject({ code: 'TOO_LARGE' });
    server.onOther = (_, response) => {
      response.writeHead(500);
      const pump = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        response.once('drain', pump);
      };
      pump();
    };
    const error = (await client.get(configMaps, 'a', 'default').catch((e: unknown) => e)) as ApiError;
    expect(error.code).toBe(500);
    expect(error.message.length).toBeLessThan(2000);
  });

  test('refuses names that lead elsewhere', async () => {
    for (const name of ['', '.', '..', 'a/b', 'a%2fb']) {
      await expect(client.get(configMaps, name, 'default')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    await expect(client.get(configMaps, 'a', '../x')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(server.seen).toEqual([]);
  });

  test('impersonates, and refuses an empty identity', async () => {
    server.onOther = (_, response) => sendJson(response, configMap('a', 1));
    const other = client.impersonate({ user: 'system:serviceaccount:apps:deployer', groups: ['g1', 'g2'] });
    await other.get(configMaps, 'a', 'default');
    expect(last().headers['impersonate-user']).toBe('system:serviceaccount:apps:deployer');
    expect(last().headers['impersonate-group']).toBe('g1, g2');
    expect(other.mapper).toBe(client.mapper);
    expect(() => client.impersonate({ user: '', groups: ['system:masters'] })).toThrow(KubeError);
    expect(() => client.impersonate({ user: 'a\r\nimpersonate-group: system:masters' })).toThrow(KubeError);
  });

  test('asks for new credentials once after a 401', async () => {
    const tokens = ['old', 'new'];
    const asking = createKubeClient({
      server: server.url,
      authorize: async ({ refresh }) => ({ headers: { authorization: `Bearer ${refresh ? tokens[1] : tokens[0]}` } }),
    });
    server.onOther = (request, response) =>
      request.headers.authorization === 'Bearer new'
        ? sendJson(response, configMap('a', 1))
        : sendStatus(response, 401, 'Unauthorized', 'no');
    await asking.get(configMaps, 'a', 'default');
    await asking.close();
  });

  test('tells warnings', async () => {
    const warnings: string[] = [];
    server.onOther = (_, response) =>
      sendJson(response, configMap('a', 1), 200, { warning: '299 - "first \\"one\\"", 299 - "second"' });
    await client.withOptions({ onWarning: (text) => warnings.push(text) }).get(configMaps, 'a', 'default');
    expect(warnings).toEqual(['first "one"', 'second']);
  });

  test('limits the rate until the server says that it does so itself', async () => {
    const limited = createKubeClient({ server: server.url }, { qps: 20, burst: 3 });
    server.onOther = (_, response) => sendJson(response, configMap('a', 1));
    const started = performance.now();
    for (let i = 0; i < 5; i++) await limited.get(configMaps, 'a', 'default');
    expect(performance.now() - started).toBeGreaterThan(150);
    server.onOther = (_, response) =>
      sendJson(response, configMap('a', 1), 200, { 'x-kubernetes-pf-flowschema-uid': 'u' });
    for (let i = 0; i < 200; i++) await limited.get(configMaps, 'a', 'default');
    await limited.close();
  });

  test('uses few connections for many calls', async () => {
    server.onOther = (_, response) => sendJson(response, configMap('a', 1));
    for (let i = 0; i < 100; i++) await client.get(configMaps, 'a', 'default');
    expect(server.connections).toBeLessThan(4);
  });

  test('watch: events as they come, a regular end ends the loop', async () => {
    server.onWatch = [send(line('ADDED', configMap('a', 11)), line('MODIFIED', configMap('a', 12)))];
    const types: string[] = [];
    for await (const event of client.watch(configMaps, { namespace: 'default' })) types.push(event.type);
    expect(types).toEqual(['ADDED', 'MODIFIED']);
  });

  test('watch: an ERROR event is thrown, leaving the loop closes the connection', async () => {
    server.onWatch = [
      hang(
        line('ADDED', configMap('a', 11)),
        line('ERROR', { kind: 'Status', code: 500, reason: 'InternalError', message: 'leader changed' }),
      ),
      hang(line('ADDED', configMap('a', 11))),
    ];
    const read = async () => {
      for await (const _ of client.watch(configMaps));
    };
    await expect(read()).rejects.toMatchObject({ code: 500, message: 'leader changed' });
    for await (const _ of client.watch(configMaps)) break;
    while (server.open.size > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  });

  test('list fills in the kind of the items', async () => {
    server.onList = [list([configMap('a', 1)])];
    const { items, metadata } = await client.list(configMaps, { labelSelector: 'a in (b, c)' });
    expect(items[0]).toEqual(configMap('a', 1));
    expect(metadata.resourceVersion).toBe('10');
    expect(last().query.get('labelSelector')).toBe('a in (b, c)');
  });

  test('close fails what is under way and what comes later', async () => {
    server.onOther = () => undefined;
    const pending = client.get(configMaps, 'a', 'default').catch((e: unknown) => e);
    while (server.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    await client.close();
    expect(await pending).toMatchObject({ code: 'CLOSED' });
    await expect(client.get(configMaps, 'a', 'default')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('a kind that the server does not know', async () => {
    const error = await client
      .get({ apiVersion: 'example.com/v1', kind: 'Thing' }, 'a')
      .catch((e: unknown) => e as Error);
    expect(isNoMatch(error)).toBe(true);
    expect((error as Error).message).toBe('no matches for kind "Thing" in version "example.com/v1"');
  });
});
