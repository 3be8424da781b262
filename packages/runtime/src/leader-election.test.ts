import { describe, expect, test } from 'vitest';
import { createClock } from './clock.ts';
import { LeaderLostError, runAsLeader } from './leader-election.ts';
import { silentLogger } from './logger.ts';
import { createFakeKube, type FakeKube } from './testing/fake-kube.ts';

const settings = (kube: FakeKube, identity: string) => ({
  kube: kube.client,
  clock: createClock(),
  log: silentLogger,
  name: 'test-leader-election',
  namespace: 'ns',
  identity,
  leaseDurationMs: 1000,
  renewDeadlineMs: 150,
  retryPeriodMs: 10,
});
const holder = (kube: FakeKube) =>
  (kube.read('Lease', 'test-leader-election')?.['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity;
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

async function until(check: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!check()) {
    if (Date.now() > end) throw new Error('not reached');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe('runAsLeader', () => {
  test('one leads, the other follows when the lease is given back', async () => {
    const kube = createFakeKube();
    const first = new AbortController();
    const second = new AbortController();
    const leading: string[] = [];
    const lead = (name: string) => async (signal: AbortSignal) => {
      leading.push(name);
      await untilAborted(signal);
    };
    const one = runAsLeader(settings(kube, 'one'), first.signal, lead('one'));
    await until(() => leading.length === 1);
    const two = runAsLeader(settings(kube, 'two'), second.signal, lead('two'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(leading).toEqual(['one']);
    first.abort(new Error('stop'));
    await one;
    await until(() => leading.length === 2);
    expect(holder(kube)).toBe('two');
    second.abort(new Error('stop'));
    await two;
    expect(holder(kube)).toBeUndefined();
    expect(kube.read('Lease', 'test-leader-election')?.['spec']).toMatchObject({ leaseTransitions: 1 });
  });

  test('a leader that cannot renew stops its work and says so', async () => {
    const kube = createFakeKube();
    let stopped = false;
    const run = runAsLeader(settings(kube, 'one'), new AbortController().signal, async (signal) => {
      kube.before = () => {
        throw new Error('server away');
      };
      await untilAborted(signal);
      stopped = true;
    });
    await expect(run).rejects.toThrow(LeaderLostError);
    expect(stopped).toBe(true);
  });

  test('a dead leader is succeeded after the lease duration', async () => {
    const kube = createFakeKube();
    kube.put({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'test-leader-election', namespace: 'ns' },
      spec: { holderIdentity: 'dead', leaseDurationSeconds: 0.05, renewTime: '2999-01-01T00:00:00Z' },
    });
    const stop = new AbortController();
    await runAsLeader(settings(kube, 'one'), stop.signal, async () => {
      expect(holder(kube)).toBe('one');
      stop.abort(new Error('stop'));
    });
  });
});
