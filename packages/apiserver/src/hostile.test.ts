import * as net from 'node:net';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from './start-api-server.ts';
import {
  APPLY,
  configMap,
  createTestClient,
  JSON_PATCH,
  MERGE,
  STRATEGIC,
  type TestClient,
} from './testing/test-client.ts';

let server: ApiServer;
let api: TestClient;
const failures: string[] = [];

beforeAll(async () => {
  server = await startApiServer({
    simulator: false,
    log: (message, fields) => failures.push(`${message} ${JSON.stringify(fields)}`),
  });
  api = createTestClient(server);
});
afterAll(() => server.close());

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

/** JSON with the keys that objects really have, so that generated values get deep into the handlers. */
const keys = fc.constantFrom(
  'apiVersion',
  'kind',
  'metadata',
  'name',
  'namespace',
  'labels',
  'spec',
  'selector',
  'matchLabels',
  'template',
  'containers',
  'ports',
  'data',
  'status',
  'finalizers',
  'ownerReferences',
  'managedFields',
  'fieldsV1',
  'f:spec',
  'image',
  'env',
  'value',
  'strategy',
  'rollingUpdate',
  '__proto__',
  'constructor',
  '$patch',
  '$setElementOrder/containers',
);
const leaves = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('v1', 'apps/v1', 'Deployment', 'ConfigMap', 'x', 'delete', 'replace', '25%'),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaves,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 5 }),
  ),
})).value;

describe('hostile requests', () => {
  test('any JSON in any body is refused or taken, never a crash', async () => {
    await api.ok('POST', CONFIG_MAPS, configMap('target', { a: 'b' }));
    await fc.assert(
      fc.asyncProperty(
        json,
        fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE'),
        fc.constantFrom(MERGE, STRATEGIC, APPLY, JSON_PATCH, 'application/json'),
        async (value, method, type) => {
          const body = JSON.stringify(value) ?? 'null';
          for (const path of [CONFIG_MAPS, DEPLOYMENTS]) {
            const where = method === 'POST' ? path : `${path}/target`;
            const query = type === APPLY ? '?fieldManager=f&dryRun=All' : '?dryRun=All';
            const { status, body: answer } = await api.call(method, where + query, body, {
              type: method === 'PATCH' ? type : 'application/json',
            });
            // Upstream answers 500 where an applied object or a strategic patch has the wrong shape, and so do we.
            if (status < 500) continue;
            expect([APPLY, STRATEGIC]).toContain(type);
            // A crash has a reason: InternalError.
            expect(answer).not.toHaveProperty('reason');
          }
        },
      ),
      { numRuns: 150 },
    );
    expect(failures).toEqual([]);
  });

  test.each([
    ['/api/v1/namespaces/..%2f..%2fetc', 404],
    ['/api/v1/namespaces/default/configmaps/%00', 404],
    ['/api/v1/namespaces/default/configmaps/%', 400],
    ['/apis//v1/x', 404],
    ['/api/v1/namespaces/default/configmaps?limit=abc', 400],
    ['/api/v1/namespaces/default/configmaps?continue=%7B', 400],
    ['/api/v1/namespaces/default/configmaps?resourceVersion=-1', 400],
    [`/api/v1/namespaces/default/configmaps?labelSelector=${encodeURIComponent('a in (')}`, 400],
    ['/api/v1/watch/namespaces/nope/configmaps/x/y/z', 404],
  ])('%s is %d', async (path, code) => {
    expect((await api.call('GET', path)).status).toBe(code);
  });

  test('deep nesting is refused', async () => {
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    const body = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"deep"},"data":${deep}}`;
    const { status } = await api.call('POST', CONFIG_MAPS, body);
    expect(status).toBeGreaterThanOrEqual(400);
    await api.ok('GET', '/api/v1/namespaces/default');
  });

  test('an endless or a broken body does not hold anything up', async () => {
    const text = (raw: string) =>
      new Promise<string>((resolve) => {
        const socket = net.connect(server.port, '127.0.0.1', () => socket.write(raw));
        let seen = '';
        socket.on('data', (chunk) => {
          seen += chunk.toString('latin1');
          socket.destroy();
        });
        socket.on('close', () => resolve(seen));
        socket.on('error', () => resolve(seen));
      });
    expect(await text('\x01\x02\x03\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/);
    const head = `POST ${CONFIG_MAPS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.token}\r\nContent-Type: application/json\r\n`;
    expect(await text(`${head}Content-Length: 99999999\r\n\r\n{`)).toMatch(/^HTTP\/1\.1 413/);
    await text('\x16\x03\x01\x00\x05hello');
    await api.ok('GET', '/api/v1/namespaces/default');
  });

  test('nothing is told about other origins, and the listener is on loopback', async () => {
    const { headers } = await api.call('GET', '/api/v1/namespaces', undefined, {
      headers: { Origin: 'http://evil.example' },
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(server.url).toBe(`https://127.0.0.1:${server.port}`);
  });
});
