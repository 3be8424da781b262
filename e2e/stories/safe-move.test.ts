import { expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';
import { configMaps, waitFor } from '../lib/wait-for.ts';

describeOnClusters('An object that moves to another Kustomization in one commit', (cluster) => {
  const story = useStory(cluster);

  test('is handed over, and not deleted and made anew', async () => {
    const stays = { 'a/stays.yaml': configMap('stays', 'x'), 'b/own.yaml': configMap('own', 'x') };
    const first = await story.push('mono', { ...stays, 'a/moves.yaml': configMap('moves', 'x') });
    await story.applySource('mono');
    const sourceRef = { kind: 'OCIRepository', name: 'mono' };
    // The taker waits for the giver, so that the giver surely comes first.
    await story.applyKustomization('giver', { sourceRef, path: './a' });
    await story.applyKustomization('taker', { sourceRef, path: './b', dependsOn: [{ name: 'giver' }] });
    await story.applied('taker', first);
    const before = await story.kube.get(configMaps, 'moves', story.namespace);

    const second = await story.upgrade('mono', { ...stays, 'b/moves.yaml': configMap('moves', 'x') });
    await story.applied('giver', second);
    await story.applied('taker', second);
    const after = await waitFor('the new owner', async () => {
      const object = await story.kube.get(configMaps, 'moves', story.namespace);
      return object.metadata.labels?.['kustomize.toolkit.fluxcd.io/name'] === 'taker' ? object : undefined;
    });
    expect(after.metadata.uid).toBe(before.metadata.uid);
    await waitFor('the event', async () =>
      (await story.events('giver')).some((text) => /ConfigMap\/\S+\/moves handed over to \S+\/taker/.test(text))
        ? true
        : undefined,
    );
  });

  test('goes when nobody takes it', async () => {
    const third = await story.upgrade('mono', {
      'a/stays.yaml': configMap('stays', 'x'),
      'b/own.yaml': configMap('own', 'x'),
    });
    await story.applied('taker', third);
    await waitFor('it is gone', async () => ((await story.value('moves')) === undefined ? true : undefined));
    expect(await story.configMapNames()).toEqual(['own', 'stays']);
  });
});
