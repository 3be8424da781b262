import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { type ProbeServers, startProbes } from './probes.ts';

let probes: ProbeServers;
beforeAll(async () => {
  probes = await startProbes({
    healthAddress: '',
    metricsAddress: '127.0.0.1:0',
    registry: createMetrics().registry,
    log: silentLogger,
  });
});
afterAll(() => probes.close());

const get = async (path: string) => {
  const response = await fetch(`http://${probes.metricsAddress}/debug/pprof/${path}`);
  return { status: response.status, text: await response.text() };
};

test('lists the profiles there are', async () => {
  expect((await get('')).text.match(/^\/debug\/pprof\/\w+/gm)).toEqual(['/debug/pprof/profile', '/debug/pprof/heap']);
});

test('profiles time and memory, one at a time', async () => {
  const first = get('profile?seconds=0.3');
  const second = await get('heap?seconds=0.1');
  const answers = [await first, second];
  // Which of the two comes first is the network's to say.
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(JSON.parse((await get('profile?seconds=0.05')).text)).toHaveProperty('nodes');
  expect(JSON.parse((await get('heap?seconds=0.05')).text)).toHaveProperty('head');
});

test.each(['0', '-1', '301', 'x'])('refuses %s seconds', async (seconds) => {
  expect(await get(`profile?seconds=${seconds}`)).toEqual({
    status: 400,
    text: 'seconds must be more than 0 and at most 300\n',
  });
});

test('a profile under way ends with the server', async () => {
  const server = await startProbes({
    healthAddress: '',
    metricsAddress: '127.0.0.1:0',
    registry: createMetrics().registry,
    log: silentLogger,
  });
  const answer = fetch(`http://${server.metricsAddress}/debug/pprof/profile?seconds=200`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await server.close();
  expect((await answer).status).toBe(200);
});
