import { expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';
import { configMaps, waitFor } from '../lib/wait-for.ts';

describeOnClusters('Drift', (cluster) => {
  const story = useStory(cluster);
  const intruder = { fieldManager: 'intruder' };

  test('what somebody changed by hand is put right at a reconciliation, and an event tells', async () => {
    const digest = await story.deploy('app', { 'settings.yaml': configMap('settings', 'as declared') });
    await story.applied('app', digest);
    await story.kube.patch(configMaps, 'settings', story.namespace, {
      type: 'merge',
      body: { data: { value: 'by hand', more: 'mine' } },
      ...intruder,
    });

    const { exitCode, stderr } = await story.flux('reconcile', 'kustomization', 'app');
    expect(exitCode, stderr).toBe(0);
    const { data } = await story.kube.get(configMaps, 'settings', story.namespace);
    // Whose field it is decides: what nobody declared stays with whoever added it.
    expect(data).toEqual({ value: 'as declared', more: 'mine' });
    await waitFor('the event', async () =>
      (await story.events('app')).some((text) => /ConfigMap\/\S+\/settings configured/.test(text)) ? true : undefined,
    );
  });

  test('what somebody deleted is made anew', async () => {
    await story.kube.delete(configMaps, 'settings', story.namespace);
    const { exitCode, stderr } = await story.flux('reconcile', 'kustomization', 'app');
    expect(exitCode, stderr).toBe(0);
    expect(await story.value('settings')).toBe('as declared');
  });

  test('what is told to be left alone is', async () => {
    await story.kube.patch(configMaps, 'settings', story.namespace, {
      type: 'merge',
      body: {
        metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' } },
        data: { value: 'by hand' },
      },
      ...intruder,
    });
    const { exitCode, stderr } = await story.flux('reconcile', 'kustomization', 'app');
    expect(exitCode, stderr).toBe(0);
    expect(await story.value('settings')).toBe('by hand');
  });

  test('drift is found at an interval that nobody asked for', async () => {
    const digest = await story.deploy('often', { 'often.yaml': configMap('often', 'as declared') }, { interval: '1s' });
    await story.applied('often', digest);
    await story.kube.patch(configMaps, 'often', story.namespace, {
      type: 'merge',
      body: { data: { value: 'by hand' } },
      ...intruder,
    });
    await waitFor('the repair', async () => ((await story.value('often')) === 'as declared' ? true : undefined));
  });
});
