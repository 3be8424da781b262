import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';

const apps = 200;

describeOnClusters('A repository of 200 apps', (cluster) => {
  const story = useStory(cluster, {
    kustomizeFlags: ['--concurrent=8', '--kube-api-qps=1000', '--kube-api-burst=1000', '--log-level=debug'],
  });

  const builds = () => readFileSync(story.kustomize.log, 'utf8').split('"built manifests"').length - 1;

  test('has one app built and applied by a commit that touches one', async () => {
    const name = (index: number) => `app-${String(index).padStart(3, '0')}`;
    const files: Record<string, string> = {};
    for (let index = 0; index < apps; index++) files[`${name(index)}/settings.yaml`] = configMap(name(index), 'one');
    const first = await story.push('mono', files);
    await story.applySource('mono');
    for (let index = 0; index < apps; index++) {
      await story.applyKustomization(name(index), {
        path: `./${name(index)}`,
        sourceRef: { kind: 'OCIRepository', name: 'mono' },
      });
    }
    for (let index = 0; index < apps; index++) await story.applied(name(index), first);

    expect(builds()).toBe(apps);
    const at = performance.now();
    files[`${name(7)}/settings.yaml`] = configMap(name(7), 'two');
    const second = await story.upgrade('mono', files);
    for (let index = 0; index < apps; index++) await story.applied(name(index), second);
    expect(await story.value(name(7))).toBe('two');
    expect(builds()).toBe(apps + 1);
    const requests = story.kustomize.requestsSince(at);
    const objects = requests.filter((text) => text.includes('/configmaps'));
    expect(objects).toEqual([`PATCH /api/v1/namespaces/${story.namespace}/configmaps/${name(7)}`]);
    // A write to the status of each moves its revision; a run that takes long shows so in another.
    const writes = requests.filter((text) => /^(PATCH|PUT) .*\/kustomizations\//.test(text)).length;
    expect(writes).toBeLessThanOrEqual(2 * apps);
  }, 240_000);
});
