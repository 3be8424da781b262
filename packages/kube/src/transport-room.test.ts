import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createKubeClient } from './create-kube-client.ts';
import type { KubeClient } from './kube-client.ts';
import { configMap, type MisbehavingServer, sendJson, startMisbehavingServer } from './testing/misbehaving-server.ts';

const configMaps = { apiVersion: 'v1', kind: 'ConfigMap' };

let server: MisbehavingServer;
let held: ServerResponse[];
let arrived: () => void;
const made: KubeClient[] = [];

beforeEach(async () => {
  server = await startMisbehavingServer();
  held = [];
  arrived = () => {};
  server.onOther = (_, response) => {
    held.push(response);
    arrived();
  };
});

afterEach(async () => {
  for (const client of made.splice(0)) await client.close();
  await server.close();
});

async function clientWith(maxConnections?: number): Promise<KubeClient> {
  const client = createKubeClient({ server: server.url }, maxConnections === undefined ? {} : { maxConnections });
  made.push(client);
  await client.mapper.resolve('v1', 'ConfigMap');
  return client;
}

function whenHeld(count: number): Promise<void> {
  return new Promise((resolve) => {
    arrived = () => {
      if (held.length === count) resolve();
    };
    arrived();
  });
}

function answerAll(): void {
  for (const response of held.splice(0)) sendJson(response, configMap('a', 1));
}

describe('Transport', () => {
  test('a burst of calls shares few connections', async () => {
    server.onOther = (_, response) => sendJson(response, configMap('a', 1));
    const client = await clientWith();
    await Promise.all(Array.from({ length: 300 }, () => client.get(configMaps, 'a', 'default')));
    // Slow machines may add some, up to the bound.
    expect(server.connections).toBeLessThanOrEqual(64);
    expect(server.seen.filter(({ path }) => path.endsWith('/a'))).toHaveLength(300);
  });

  test('calls wait for room, and one that is given up takes none', async () => {
    const client = await clientWith(2);
    const running = [client.get(configMaps, 'a', 'default'), client.get(configMaps, 'b', 'default')];
    await whenHeld(2);
    const stop = new AbortController();
    const given = client.get(configMaps, 'c', 'default', { signal: stop.signal });
    const last = client.get(configMaps, 'd', 'default');
    stop.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    expect(held).toHaveLength(2);
    answerAll();
    await Promise.all(running);
    await whenHeld(1);
    answerAll();
    await last;
    expect(server.seen.map(({ path }) => path.split('/').at(-1))).not.toContain('c');
  });

  test('slow answers make room for more', async () => {
    const client = await clientWith();
    const calls: Promise<unknown>[] = [];
    // Each round is slower than anybody's patience, so it lets in more than the one before.
    for (let index = 0; index < 60; index++) calls.push(client.get(configMaps, `c-${index}`, 'default'));
    const rounds: number[] = [];
    for (let done = 0; done < 60; ) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      if (held.length === 0) continue;
      rounds.push(held.length);
      done += held.length;
      answerAll();
    }
    await Promise.all(calls);
    expect(Math.max(...rounds)).toBeGreaterThan(rounds[0] as number);
  });

  test('closing ends those that wait', async () => {
    const client = await clientWith(1);
    const running = client.get(configMaps, 'a', 'default').catch((error: { code: string }) => error.code);
    await whenHeld(1);
    const waiting = client.get(configMaps, 'b', 'default').catch((error: { code: string }) => error.code);
    await client.close();
    expect(await running).toBe('CLOSED');
    expect(await waiting).toBe('CLOSED');
  });
});
