import { performance } from 'node:perf_hooks';
import type { KubeObject } from '@fluvial/kube';
import { expect, test } from 'vitest';
import type { ControllerProcess } from '../lib/controller-process.ts';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';
import { waitFor } from '../lib/wait-for.ts';

const election = [
  '--enable-leader-election=true',
  '--leader-election-lease-duration=4s',
  '--leader-election-renew-deadline=3s',
  '--leader-election-retry-period=500ms',
];
const files = (value: string) => ({ 'settings.yaml': configMap('settings', value) });
const isLease = (text: string) => text.includes('/leases');
const leases = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };

describeOnClusters('Two replicas', (cluster) => {
  const story = useStory(cluster, { kustomizeFlags: election });

  const lease = async (): Promise<KubeObject | undefined> =>
    (await story.kube.list(leases, { namespace: story.namespace })).items.find(({ metadata }) =>
      metadata.name.startsWith('kustomize-controller'),
    );
  const transitions = async () =>
    ((await lease())?.['spec'] as { leaseTransitions?: number } | undefined)?.leaseTransitions ?? 0;
  const takenOver = (before: number) =>
    waitFor('the other leads', async () => ((await transitions()) > before ? performance.now() : undefined));
  const writesOf = (controller: ControllerProcess, since: number) =>
    controller.requestsSince(since).filter((text) => !text.startsWith('GET ') && !isLease(text));

  let leader: ControllerProcess;
  let other: ControllerProcess;

  test('one leads and writes, the other waits', async () => {
    leader = story.kustomize;
    await waitFor('a leader', lease);
    other = await story.startController('kustomize-controller');
    await story.applied('app', await story.deploy('app', files('one')));
    expect(writesOf(leader, 0)).not.toEqual([]);
    expect(writesOf(other, 0)).toEqual([]);
  });

  test('a leader that cannot renew its lease steps down, and writes nothing once the other leads', async () => {
    const before = await transitions();
    const cut = leader.proxy.inject({ match: ({ path }) => isLease(path), times: Infinity, status: 500 });
    const since = await takenOver(before);
    cut.remove();
    const digest = await story.upgrade('app', files('two'));
    await story.applied('app', digest);
    expect(writesOf(other, since)).not.toEqual([]);
    expect(writesOf(leader, since)).toEqual([]);
    await waitFor('the old leader ends', async () => (isAlive(leader.app.pid) ? undefined : true));
  });

  test('a leader that slept through the end of its lease writes nothing when it wakes', async () => {
    // As a kubelet would.
    await leader.start();
    [leader, other] = [other, leader];
    const before = await transitions();
    process.kill(leader.app.pid, 'SIGSTOP');
    await takenOver(before);
    const digest = await story.upgrade('app', files('three'));
    await story.applied('app', digest);
    const since = performance.now();
    // There is work that it has not seen yet.
    await story.upgrade('app', files('four'));
    process.kill(leader.app.pid, 'SIGCONT');
    await waitFor('the old leader ends', async () => (isAlive(leader.app.pid) ? undefined : true));
    await waitFor('the new leader has done it', async () =>
      (await story.value('settings')) === 'four' ? true : undefined,
    );
    expect(writesOf(leader, since)).toEqual([]);
  });

  test('a leader that is told to end gives the lease back', async () => {
    await leader.start();
    [leader, other] = [other, leader];
    const before = await transitions();
    await leader.stop('SIGTERM');
    await takenOver(before);
    const digest = await story.upgrade('app', files('five'));
    await story.applied('app', digest);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
