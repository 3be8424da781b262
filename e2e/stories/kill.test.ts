import { createInformer } from '@fluvial/kube';
import { expect, test } from 'vitest';
import { findProviders } from '../lib/cluster.ts';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { type Story, useStory } from '../lib/story.ts';
import { configMaps, kustomizations, waitFor } from '../lib/wait-for.ts';

/** In all; a run with two providers has half of them on each. */
const allKills = 50;
const kills = Math.ceil(allKills / findProviders().filter(({ missing }) => missing === undefined).length);

describeOnClusters('Controllers that are killed', (cluster) => {
  const story = useStory(cluster);

  test(`at ${kills} random moments go on where they were, and apply nothing twice`, async () => {
    const random = createRandom(20_260_101);
    const files = (version: number) => ({
      'constant.yaml': configMap('constant', 'never changes'),
      'changing.yaml': configMap('changing', String(version)),
      'passing.yaml': configMap(`passing-${version}`, 'here for one version'),
    });
    const { writes, stop } = countWrites(story);
    await story.applied('kill', await story.deploy('kill', files(0)));

    for (let version = 1; version <= kills; version++) {
      const digest = await story.upgrade('kill', files(version));
      // From "before anything" to "long done": the work of one version takes about this long.
      await new Promise((resolve) => setTimeout(resolve, random() * 150));
      await Promise.all(story.controllers.map((controller) => controller.stop('SIGKILL')));
      await Promise.all(story.controllers.map((controller) => controller.start()));
      await waitFor(`version ${version}`, async () => {
        const { status } = await story.kube.get(kustomizations, 'kill', story.namespace);
        const { lastAppliedRevision = '', inventory } = status as {
          lastAppliedRevision?: string;
          inventory?: { entries: unknown[] };
        };
        return lastAppliedRevision.endsWith(digest) && inventory?.entries.length === 3 ? true : undefined;
      });
      expect(await story.configMapNames(), `objects at version ${version}`).toEqual([
        'changing',
        'constant',
        `passing-${version}`,
      ]);
    }

    await waitFor('the watch', async () => (writes.get('changing') === kills + 1 ? true : undefined), 5000).catch(
      () => {},
    );
    stop();
    expect(Object.fromEntries(writes)).toMatchObject({ constant: 1, changing: kills + 1 });
    expect([...writes].filter(([name, count]) => name.startsWith('passing-') && count !== 1)).toEqual([]);
  }, 600_000);
});

/** How often each ConfigMap has been written, its creation included. */
function countWrites(story: Story): { writes: Map<string, number>; stop: () => void } {
  const writes = new Map<string, number>();
  const informer = createInformer(story.kube, configMaps, { namespace: story.namespace });
  informer.onChange(({ type, object }) => {
    if (type !== 'deleted') writes.set(object.metadata.name, (writes.get(object.metadata.name) ?? 0) + 1);
  });
  const stopped = new AbortController();
  informer.start(stopped.signal);
  return { writes, stop: () => stopped.abort() };
}

/** Numbers in [0, 1) that are the same in each run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
