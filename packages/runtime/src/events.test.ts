import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '@fluvial/kube';
import { afterEach, describe, expect, test } from 'vitest';
import { createClock } from './clock.ts';
import { createWebhookSink } from './event-sink.ts';
import { createEventRecorder } from './events.ts';
import { silentLogger } from './logger.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { createFakeKube } from './testing/fake-kube.ts';

const object: KubeObject = {
  apiVersion: 'test.dev/v1',
  kind: 'Thing',
  metadata: {
    name: 'a',
    namespace: 'ns',
    uid: 'u1',
    resourceVersion: '7',
    annotations: { 'event.toolkit.fluxcd.io/ticket': '42', other: 'x' },
  },
};

function recorder() {
  const kube = createFakeKube();
  const clock = createFakeClock();
  return { kube, clock, events: createEventRecorder({ kube: kube.client, clock, log: silentLogger }) };
}

describe('createEventRecorder', () => {
  test('writes a core/v1 Event with metadata as annotations', async () => {
    const { kube, events } = recorder();
    events.record(object, 'thing-controller', {
      severity: 'info',
      reason: 'Succeeded',
      message: 'done',
      metadata: { 'test.dev/revision': 'r1' },
    });
    await events.flush();
    expect(kube.requests).toHaveLength(1);
    expect(kube.requests[0]?.body).toMatchObject({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        namespace: 'ns',
        annotations: { 'test.dev/revision': 'r1', 'event.toolkit.fluxcd.io/ticket': '42' },
      },
      involvedObject: {
        apiVersion: 'test.dev/v1',
        kind: 'Thing',
        namespace: 'ns',
        name: 'a',
        uid: 'u1',
        resourceVersion: '7',
      },
      type: 'Normal',
      reason: 'Succeeded',
      message: 'done',
      count: 1,
      source: { component: 'thing-controller' },
      reportingComponent: 'thing-controller',
    });
  });

  test('repeats that wait together are one write, later ones count on', async () => {
    const { kube, events } = recorder();
    const event = { severity: 'trace', reason: 'UpToDate', message: 'same' } as const;
    events.record(object, 'c', event);
    events.record(object, 'c', event);
    await events.flush();
    events.record(object, 'c', event);
    await events.flush();
    expect(kube.requests.map(({ verb }) => verb)).toEqual(['create', 'patch']);
    expect(kube.requests[0]?.body).toMatchObject({ count: 2 });
    expect(kube.requests[1]?.body).toMatchObject({ count: 3 });
  });

  test('an event that the server has forgotten is made anew', async () => {
    const { kube, events } = recorder();
    const event = { severity: 'info', reason: 'R', message: 'same' } as const;
    events.record(object, 'c', event);
    await events.flush();
    const { name } = (kube.requests[0] as { body: KubeObject }).body.metadata;
    kube.remove('Event', name);
    events.record(object, 'c', event);
    await events.flush();
    expect(kube.requests.map(({ verb }) => verb)).toEqual(['create', 'patch', 'create']);
    expect(kube.requests[2]?.body).toMatchObject({ count: 2 });
  });

  test('more than ten similar ones are combined, and a flood is held back', async () => {
    const { kube, clock, events } = recorder();
    for (let index = 0; index < 40; index++) {
      events.record(object, 'c', { severity: 'info', reason: 'R', message: `took ${index} ms` });
      await events.flush();
    }
    expect(kube.requests).toHaveLength(25);
    const combined = kube.requests.filter(({ body }) =>
      JSON.stringify(body).includes('(combined from similar events): '),
    );
    expect(combined).toHaveLength(16);
    expect(combined.map(({ verb }) => verb)).toEqual(['create', ...Array(15).fill('patch')]);
    clock.advance(5 * 60_000);
    events.record(object, 'c', { severity: 'info', reason: 'R', message: 'later' });
    await events.flush();
    expect(kube.requests).toHaveLength(26);
  });

  test('a receiver that hangs holds no event of the cluster up', async () => {
    const kube = createFakeKube();
    const sink = { send: () => new Promise<void>(() => {}) };
    const events = createEventRecorder({ kube: kube.client, clock: createFakeClock(), log: silentLogger, sink });
    for (let index = 0; index < 5; index++) {
      const metadata = { ...object.metadata, name: `a${index}` };
      events.record({ ...object, metadata }, 'c', { severity: 'info', reason: 'R', message: 'm' });
    }
    for (let turn = 0; turn < 100 && kube.requests.length < 5; turn++)
      await new Promise((resolve) => setTimeout(resolve, 1));
    expect(kube.requests).toHaveLength(5);
  });

  test('a refused event fails nothing', async () => {
    const { kube, events } = recorder();
    kube.before = () => {
      throw new Error('no');
    };
    events.record(object, 'c', { severity: 'error', reason: 'R', message: 'm' });
    await events.flush();
  });
});

describe('createWebhookSink', () => {
  let close: (() => void) | undefined;
  afterEach(() => close?.());

  async function receiver(answer: (attempt: number) => number): Promise<{ url: string; bodies: unknown[] }> {
    const bodies: unknown[] = [];
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
        response.writeHead(answer(bodies.length)).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    close = () => server.close();
    return { url: `127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
  }
  const delivery = {
    object,
    reporter: 'thing-controller',
    event: { severity: 'error', reason: 'Failed', message: 'no' },
    metadata: { 'test.dev/revision': 'r1' },
    timestamp: '2026-01-01T00:00:00Z',
  } as const;
  const quick = { ...createClock(), after: (_: number, callback: () => void) => createClock().after(0, callback) };

  test('posts the event', async () => {
    const { url, bodies } = await receiver(() => 202);
    await createWebhookSink({ url, clock: quick }).send(delivery);
    expect(bodies).toEqual([
      {
        involvedObject: {
          kind: 'Thing',
          namespace: 'ns',
          name: 'a',
          uid: 'u1',
          apiVersion: 'test.dev/v1',
          resourceVersion: '7',
        },
        severity: 'error',
        timestamp: '2026-01-01T00:00:00Z',
        message: 'no',
        reason: 'Failed',
        metadata: { 'test.dev/revision': 'r1' },
        reportingController: 'thing-controller',
        reportingInstance: expect.any(String),
      },
    ]);
  });

  test.each([
    ['a duplicate is delivered', () => 429, 1, true],
    ['a server error is tried again', (attempt: number) => (attempt < 3 ? 503 : 200), 3, true],
    ['but not for ever', () => 500, 5, false],
    ['a refusal is final', () => 400, 1, false],
  ])('%s', async (_, answer, attempts, delivered) => {
    const { url, bodies } = await receiver(answer);
    const sent = createWebhookSink({ url, clock: quick }).send(delivery);
    if (delivered) await sent;
    else await expect(sent).rejects.toThrow('event receiver answered with status');
    expect(bodies).toHaveLength(attempts);
  });
});
