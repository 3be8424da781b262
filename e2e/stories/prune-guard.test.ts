import type { KubeObject } from '@fluvial/kube';
import { expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';
import { kustomizations, readyOf, waitFor } from '../lib/wait-for.ts';

describeOnClusters('A guarded prune', (cluster) => {
  const story = useStory(cluster, { kustomizeFlags: ['--prune-guard=true'] });
  const names = ['a', 'b', 'c', 'd'];
  const files = Object.fromEntries(names.map((name) => [`${name}.yaml`, configMap(name, 'x')]));

  test('lets the usual through', async () => {
    await story.applied('app', await story.deploy('app', files));
    const { 'd.yaml': _gone, ...rest } = files;
    await story.applied('app', await story.upgrade('app', rest));
    expect(await story.configMapNames()).toEqual(['a', 'b', 'c']);
  });

  test('holds what would delete most of it, until exactly that is confirmed', async () => {
    const digest = await story.upgrade('app', { 'new.yaml': configMap('new', 'x') });
    const held = await story.ready('app', { status: 'False', message: /^prune held/ });
    const { reason, message = '' } = readyOf(held) ?? {};
    expect(reason).toBe('PruneHeld');
    // What is new is there all the same.
    expect(await story.configMapNames()).toEqual(['a', 'b', 'c', 'new']);
    await waitFor('the event', async () =>
      (await story.events('app')).some((text) => text.startsWith('PruneHeld: ')) ? true : undefined,
    );

    const confirm = (token: string) =>
      story.kube.patch(kustomizations, 'app', story.namespace, {
        type: 'merge',
        fieldManager: 'somebody',
        body: { metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/confirm-prune': token } } },
      });
    await confirm('000000000000');
    const before = handled(await story.kube.get(kustomizations, 'app', story.namespace));
    await story.requestRun(kustomizations, 'app');
    await waitFor('another look', async () => {
      const object = await story.kube.get(kustomizations, 'app', story.namespace);
      return handled(object) !== before && readyOf(object)?.status === 'False' ? true : undefined;
    });
    expect(await story.configMapNames()).toEqual(['a', 'b', 'c', 'new']);

    await confirm(/[0-9a-f]{12}$/.exec(message)?.[0] ?? 'the message has no token');
    await story.applied('app', digest);
    expect(await story.configMapNames()).toEqual(['new']);
  });
});

function handled(object: KubeObject): string | undefined {
  return (object['status'] as { lastHandledReconcileAt?: string }).lastHandledReconcileAt;
}
