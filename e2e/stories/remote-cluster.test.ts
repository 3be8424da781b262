import { startApiServer } from '@fluvial/apiserver';
import { bearerToken, createKubeClient, type KubeClient } from '@fluvial/kube';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';
import { configMaps, findObject, kustomizations, waitFor } from '../lib/wait-for.ts';

describeOnClusters('Another cluster', (cluster) => {
  const story = useStory(cluster);
  let remote: Awaited<ReturnType<typeof startApiServer>>;
  let remoteKube: KubeClient;

  beforeAll(async () => {
    remote = await startApiServer({});
    remoteKube = createKubeClient({ server: remote.plainUrl, authorize: bearerToken(remote.token) });
  });
  afterAll(async () => {
    await remoteKube.close();
    await remote.close();
  });

  const there = async (name: string) =>
    ((await findObject(remoteKube, configMaps, 'default', name))?.['data'] as { value: string } | undefined)?.value;
  const toRemote = { targetNamespace: 'default', kubeConfig: { secretRef: { name: 'remote' } } };

  test('is waited for until its kubeconfig is there', async () => {
    await story.deploy('app', { 'settings.yaml': configMap('settings', 'one') }, toRemote);
    await story.ready('app', { status: 'False', message: /Secret|secret/ });
  });

  test('gets the objects, and ours does not', async () => {
    await story.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'remote', namespace: story.namespace },
      stringData: { value: remote.kubeconfig() },
    });
    await story.ready('app');
    expect(await there('settings')).toBe('one');
    expect(await story.configMapNames()).toEqual([]);
  });

  test('is kept in step, and pruned', async () => {
    const digest = await story.upgrade('app', { 'other.yaml': configMap('other', 'two') });
    await story.applied('app', digest);
    expect(await there('other')).toBe('two');
    expect(await there('settings')).toBeUndefined();
  });

  test('is cleared when the Kustomization goes', async () => {
    await story.kube.delete(kustomizations, 'app', story.namespace);
    await waitFor('the Kustomization is gone', async () =>
      (await findObject(story.kube, kustomizations, story.namespace, 'app')) === undefined ? true : undefined,
    );
    expect(await there('other')).toBeUndefined();
  });
});
