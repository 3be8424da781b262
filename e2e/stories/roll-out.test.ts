import { describe, expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';

describeOnClusters('From push to cluster', (cluster) => {
  const story = useStory(cluster);

  describe('an artifact', () => {
    test('rolls out when it is pushed', async () => {
      const digest = await story.deploy('app', {
        'settings.yaml': configMap('settings', 'one'),
        'old.yaml': configMap('old', 'to go'),
      });
      await story.applied('app', digest);
      expect(await story.configMapNames()).toEqual(['old', 'settings']);
      expect(await story.events('app')).toContainEqual(
        expect.stringMatching(/^Progressing: ConfigMap\/.*\/old created/),
      );
    });

    test('rolls out anew when another is pushed, and what it no longer has is pruned', async () => {
      const digest = await story.upgrade('app', {
        'settings.yaml': configMap('settings', 'two'),
        'new.yaml': configMap('new', 'here'),
      });
      await story.applied('app', digest);
      expect(await story.configMapNames()).toEqual(['new', 'settings']);
      expect(await story.value('settings')).toBe('two');
      expect((await story.events('app')).join('\n')).toMatch(/ConfigMap\/\S+\/old deleted/);
    });

    test('that cannot be applied takes nothing down, and says why', async () => {
      const digest = await story.upgrade('app', {
        'settings.yaml': configMap('settings', 'three'),
        'wrong.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Wrong_Name}\n',
      });
      const { status } = await story.ready('app', { status: 'False', message: /Wrong_Name/ });
      expect((status as { lastAttemptedRevision: string }).lastAttemptedRevision).toMatch(new RegExp(`${digest}$`));
      expect(await story.configMapNames()).toEqual(['new', 'settings']);
      expect(await story.value('settings')).toBe('two');
    });

    test('that is right again heals it', async () => {
      const digest = await story.upgrade('app', { 'settings.yaml': configMap('settings', 'four') });
      await story.applied('app', digest);
      expect(await story.configMapNames()).toEqual(['settings']);
      expect(await story.value('settings')).toBe('four');
    });
  });
});
