import { expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';
import { ociRepositories } from '../lib/wait-for.ts';

const files = (value: string) => ({ 'settings.yaml': configMap('settings', value) });

describeOnClusters(
  'An API server that goes away',
  (cluster) => {
    const story = useStory(cluster);
    const restart = async (meanwhile: () => Promise<void>) => {
      if (story.cluster.restart !== undefined) return story.cluster.restart(meanwhile);
      // A cluster that is not ours is taken away from the controllers only.
      await Promise.all(story.controllers.map(({ proxy }) => proxy.goDown()));
      await meanwhile();
      await Promise.all(story.controllers.map(({ proxy }) => proxy.comeBack()));
    };

    test('and comes back finds its controllers where they were, and they go on', async () => {
      await story.applied('app', await story.deploy('app', files('before')));
      const pids = story.controllers.map(({ app }) => app.pid);

      let digest = '';
      await restart(async () => {
        digest = await story.push('app', files('after'));
      });
      await story.requestRun(ociRepositories, 'app');
      await story.applied('app', digest);
      expect(await story.value('settings')).toBe('after');
      for (const pid of pids) expect(process.kill(pid, 0)).toBe(true);
      expect(story.controllers.map(({ app }) => app.pid)).toEqual(pids);
    });

    test('in the middle of a roll-out loses nothing of it', async () => {
      const many = Object.fromEntries(
        Array.from({ length: 60 }, (_, index) => [`${index}.yaml`, configMap(`many-${index}`, 'x')]),
      );
      const digest = await story.deploy('many', many);
      await restart(async () => {});
      await story.applied('many', digest);
      expect((await story.configMapNames()).filter((name) => name.startsWith('many-')).length).toBe(60);
    });
  },
  { own: true },
);
