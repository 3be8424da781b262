import { expect, test } from 'vitest';
import { hasControllers } from '../lib/cluster.ts';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';
import { configMaps, findObject, kustomizations, ociRepositories, waitFor } from '../lib/wait-for.ts';

describeOnClusters('Deleting a Kustomization', (cluster) => {
  const story = useStory(cluster);

  async function deployAs(name: string, spec: Record<string, unknown>): Promise<void> {
    const digest = await story.deploy(name, { 'one.yaml': configMap(`${name}-one`, 'x') }, spec);
    await story.applied(name, digest);
  }
  const remove = (name: string) => story.kube.delete(kustomizations, name, story.namespace);
  const gone = (name: string) =>
    waitFor(`${name} is gone`, async () =>
      (await findObject(story.kube, kustomizations, story.namespace, name)) === undefined ? true : undefined,
    );

  test('takes along what it applied when it prunes, and leaves it when it does not', async () => {
    await deployAs('pruning', { prune: true });
    await deployAs('keeping', { prune: false });
    await remove('pruning');
    await remove('keeping');
    await gone('pruning');
    await gone('keeping');
    expect(await story.configMapNames()).toEqual(['keeping-one']);
  });

  test('does what its deletionPolicy says before what prune says', async () => {
    await deployAs('orphan', { prune: true, deletionPolicy: 'Orphan' });
    await deployAs('delete', { prune: false, deletionPolicy: 'Delete' });
    await remove('orphan');
    await remove('delete');
    await gone('orphan');
    await gone('delete');
    expect(await story.value('orphan-one')).toBe('x');
    expect(await story.value('delete-one')).toBeUndefined();
  });

  test('waits for finalizers of what it deletes when it was told to', async () => {
    await deployAs('waiting', { deletionPolicy: 'WaitForTermination', timeout: '1m' });
    const finalizers = (value: string[] | null) =>
      story.kube.patch(configMaps, 'waiting-one', story.namespace, {
        type: 'merge',
        fieldManager: 'operator',
        body: { metadata: { finalizers: value } },
      });
    await finalizers(['example.com/hold']);
    await remove('waiting');
    const held = await waitFor('the object is on its way out', async () => {
      const object = await findObject(story.kube, configMaps, story.namespace, 'waiting-one');
      return object?.metadata.deletionTimestamp === undefined ? undefined : object;
    });
    expect(held.metadata.finalizers).toEqual(['example.com/hold']);
    expect(await findObject(story.kube, kustomizations, story.namespace, 'waiting')).toBeDefined();
    await finalizers(null);
    await gone('waiting');
    expect(await story.value('waiting-one')).toBeUndefined();
  });

  test('while it is suspended leaves everything', async () => {
    await deployAs('asleep', { prune: true, suspend: false });
    await story.kube.patch(kustomizations, 'asleep', story.namespace, {
      type: 'merge',
      fieldManager: 'e2e',
      body: { spec: { suspend: true } },
    });
    await remove('asleep');
    await gone('asleep');
    expect(await story.value('asleep-one')).toBe('x');
  });

  test.skipIf(!hasControllers(cluster.provider))('with its whole namespace comes to an end', async () => {
    const namespace = await story.createNamespace(`${story.id}-doomed`);
    await story.push('doomed', { 'one.yaml': configMap('one', 'x') });
    await story.applySource('doomed', {}, namespace);
    await story.applyKustomization('doomed', {}, namespace);
    await story.ready('doomed', {}, namespace);
    await story.kube.delete({ apiVersion: 'v1', kind: 'Namespace' }, namespace, undefined);
    for (const kind of [kustomizations, ociRepositories]) {
      await waitFor(`no ${kind.kind} is left`, async () =>
        (await findObject(story.kube, kind, namespace, 'doomed')) === undefined ? true : undefined,
      );
    }
  });
});
