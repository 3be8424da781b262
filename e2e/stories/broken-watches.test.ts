import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';

const files = (value: string) => ({ 'settings.yaml': configMap('settings', value) });
const impatient = ['--watch-idle-timeout=3s'];

describeOnClusters('Watches', (cluster) => {
  const story = useStory(cluster, { sourceFlags: impatient, kustomizeFlags: impatient });

  test('that are cut are taken up again where they ended', async () => {
    await story.applied('app', await story.deploy('app', files('one')));
    const at = performance.now();
    for (const { proxy } of story.controllers) expect(proxy.cutWatches()).toBeGreaterThan(0);
    const digest = await story.upgrade('app', files('two'));
    await story.applied('app', digest);
    expect(await story.value('settings')).toBe('two');
    // No list: nothing was lost.
    const lists = story.controllers
      .flatMap((controller) => controller.requestsSince(at))
      .filter((text) => /^GET .*\/(ocirepositories|kustomizations)$/.test(text));
    expect(lists).toEqual([]);
  });

  test('that fall silent without an end are noticed', async () => {
    for (const { proxy } of story.controllers) expect(proxy.silenceWatches()).toBeGreaterThan(0);
    const digest = await story.upgrade('app', files('three'));
    await story.applied('app', digest);
    expect(await story.value('settings')).toBe('three');
  });
});
