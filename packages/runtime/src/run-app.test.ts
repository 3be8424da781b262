import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApiServer } from '@fluvial/apiserver';
import { describe, expect, test } from 'vitest';
import { stringFlag } from './flags.ts';
import { silentLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { parseListenAddress, startProbes } from './probes.ts';
import { type App, runApp } from './run-app.ts';

const text = () => {
  let all = '';
  return { write: (part: string) => (all += part), all: () => all };
};
const app = (
  setup: App<{ greeting: ReturnType<typeof stringFlag> }>['setup'] = () => {},
): App<{ greeting: ReturnType<typeof stringFlag> }> => ({
  name: 'thing-controller',
  flags: { greeting: stringFlag('hello', 'What to say.') },
  setup,
});

describe('runApp', () => {
  test('prints its flags', async () => {
    const stdout = text();
    expect(
      await runApp(app(), { argv: ['--help'], env: {}, signal: new AbortController().signal, stdout, stderr: text() }),
    ).toBe(0);
    expect(stdout.all()).toContain('--greeting string');
    expect(stdout.all()).toContain('--leader-election-lease-duration duration');
  });

  test('a wrong command line is status 2 and named', async () => {
    const stderr = text();
    expect(
      await runApp(app(), { argv: ['--nope'], env: {}, signal: new AbortController().signal, stdout: text(), stderr }),
    ).toBe(2);
    expect(stderr.all()).toContain('unknown flag: --nope');
  });

  test('runs against a cluster, holds the lease and gives it back', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'fluvial-run-'));
    const server = await startApiServer({ simulator: false });
    const kubeconfig = join(dir, 'kubeconfig');
    writeFileSync(kubeconfig, server.kubeconfig());
    const stop = new AbortController();
    const led: string[] = [];
    try {
      const code = await runApp(
        app((manager, flags) => {
          manager.addRunnable({
            name: 'probe',
            async run() {
              const lease = await manager.kube.get(
                { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
                'thing-controller-leader-election',
                'default',
              );
              led.push((lease['spec'] as { holderIdentity: string }).holderIdentity, flags.greeting);
              stop.abort(new Error('done'));
            },
          });
        }),
        {
          argv: [
            `--kubeconfig=${kubeconfig}`,
            '--enable-leader-election',
            '--metrics-addr=0',
            '--health-addr=127.0.0.1:0',
            '--log-level=error',
            '--greeting',
            'hi',
          ],
          env: { RUNTIME_NAMESPACE: 'default' },
          signal: stop.signal,
        },
      );
      expect(code).toBe(0);
      expect(led[0]).not.toBe('');
      expect(led[1]).toBe('hi');
    } finally {
      await server.close();
      rmSync(dir, { recursive: true });
    }
  });
});

test('startProbes serves health and metrics', async () => {
  const metrics = createMetrics();
  metrics.reconcileDuration({ kind: 'Thing', name: 'a', namespace: 'ns' }, 0.02);
  let isReady = false;
  const probes = await startProbes({
    healthAddress: '127.0.0.1:0',
    metricsAddress: '127.0.0.1:0',
    registry: metrics.registry,
    ready: { caches: () => isReady },
    log: silentLogger,
  });
  const get = async (path: string, address = probes.healthAddress) => {
    const response = await fetch(`http://${address}${path}`);
    return [response.status, await response.text()] as const;
  };
  try {
    expect(await get('/healthz')).toEqual([200, 'ok']);
    expect((await get('/readyz'))[0]).toBe(500);
    isReady = true;
    expect(await get('/readyz')).toEqual([200, 'ok']);
    const [, body] = await get('/metrics', probes.metricsAddress);
    expect(body).toContain('gotk_reconcile_duration_seconds_count{kind="Thing",name="a",namespace="ns"} 1');
  } finally {
    await probes.close();
  }
});

test.each([
  [':8080', { host: '::', port: 8080 }],
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['[::1]:80', { host: '::1', port: 80 }],
])('parseListenAddress %s', (address, expected) => {
  expect(parseListenAddress(address)).toEqual(expected);
});
