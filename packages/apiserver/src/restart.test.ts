import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startApiServer } from './start-api-server.ts';
import { configMap, createTestClient, deployment } from './testing/test-client.ts';

let dir: string;

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'apiserver-restart-'));
});
afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

describe('startApiServer with a folder', () => {
  test('comes back with its objects, token, certificate and watches that go on', async () => {
    const first = await startApiServer({ dir });
    const api = createTestClient(first);
    await api.ok('POST', '/apis/apps/v1/namespaces/default/deployments', deployment('web'));
    await api.until('/apis/apps/v1/namespaces/default/deployments/web', (body) => body.status?.availableReplicas === 1);
    const { metadata } = await api.ok('POST', '/api/v1/namespaces/default/configmaps', configMap('a', { x: '1' }));
    await api.ok('POST', '/api/v1/namespaces/default/configmaps', configMap('b', { x: '2' }));
    await first.close();

    const second = await startApiServer({ dir });
    const again = createTestClient(second);
    expect([second.token, second.certificate]).toEqual([first.token, first.certificate]);
    expect((await again.ok('GET', '/api/v1/namespaces/default/configmaps/a')).metadata).toEqual(metadata);
    const frames = await again.watch(
      `/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=${metadata.resourceVersion}`,
      (f) => f.length > 0,
    );
    expect(frames[0].object.metadata.name).toBe('b');
    const live = await again.ok('GET', '/apis/apps/v1/namespaces/default/deployments/web');
    expect(live.status.availableReplicas).toBe(1);
    await second.close();
  });

  test('every answered write survives the death of the process at that moment', async () => {
    const server = await startApiServer({ dir, simulator: false });
    const api = createTestClient(server);
    for (let i = 0; i < 5; i++) {
      const { metadata } = await api.ok(
        'POST',
        '/api/v1/namespaces/default/configmaps',
        configMap(`c${i}`, { i: String(i) }),
      );
      // What is on the disk now is what a killed process leaves.
      const copy = `${dir}-copy-${i}`;
      fs.cpSync(dir, copy, { recursive: true });
      const after = await startApiServer({ dir: copy, simulator: false });
      const survivor = createTestClient(after);
      expect((await survivor.ok('GET', `/api/v1/namespaces/default/configmaps/c${i}`)).metadata).toEqual(metadata);
      const next = await survivor.ok('POST', '/api/v1/namespaces/default/configmaps', configMap('next'));
      expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(metadata.resourceVersion));
      await after.close();
      fs.rmSync(copy, { recursive: true, force: true });
    }
    await server.close();
  });

  test('a port that is taken is an error with its code', async () => {
    const server = await startApiServer({ simulator: false });
    await expect(startApiServer({ port: server.port, simulator: false })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await server.close();
  });

  test('faults are played', async () => {
    let left = 1;
    const server = await startApiServer({
      simulator: false,
      faults: () => (left-- > 0 ? { kind: 'status', code: 429, retryAfterSeconds: 2 } : undefined),
    });
    const api = createTestClient(server);
    const { status, headers } = await api.call('GET', '/api/v1/namespaces');
    expect([status, headers['retry-after']]).toEqual([429, '2']);
    expect((await api.call('GET', '/api/v1/namespaces')).status).toBe(200);
    expect(server.requestCounts.get('GET namespaces')).toBe(1);
    await server.close();
  });
});
