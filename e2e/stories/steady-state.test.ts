import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { type Story, useStory } from '../lib/story.ts';
import { waitFor } from '../lib/wait-for.ts';

const apps = 5;

/** Events are written behind the runs that they tell of: waits for an interval in which the last of them are through. */
async function untilQuiet(story: Pick<Story, 'controllers'>, interval: () => Promise<void>): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const at = performance.now();
    await interval();
    if (story.controllers.every((controller) => controller.requestsSince(at).length === 0)) return;
  }
  throw new Error('no interval of twenty went by without a request');
}

describeOnClusters('The steady state', (cluster) => {
  const story = useStory(cluster);

  test('intervals in which nothing changes send no request for an object', async () => {
    await story.push('steady', { 'a.yaml': configMap('a', '1'), 'b.yaml': configMap('b', '2') });
    const names = Array.from({ length: apps }, (_, index) => `steady-${index}`);
    for (const name of names) {
      await story.applySource(name, { interval: '1s', url: `oci://${story.registry}/steady` });
      await story.applyKustomization(name, { interval: '1s', namePrefix: `${name}-` });
    }
    for (const name of names) await story.ready(name);

    /** How often the controllers say that they were through, the least of all objects. */
    const finishedRuns = async () => {
      const runs = await Promise.all(story.controllers.map((controller) => controller.finishedRuns()));
      return Math.min(...runs.flatMap((of) => names.map((name) => of.get(name) ?? 0)));
    };
    const intervals = async (count: number) => {
      const from = await finishedRuns();
      await waitFor(`${count} intervals`, async () => ((await finishedRuns()) >= from + count ? true : undefined));
    };
    await untilQuiet(story, () => intervals(1));
    // Ten intervals go by: the registry sees the sources' own checks, the API server nothing but its watches.
    const at = performance.now();
    await intervals(10);
    expect(story.controllers.flatMap((controller) => controller.requestsSince(at))).toEqual([]);
  });
});

const many = 1000;

describeOnClusters('A thousand Kustomizations', (cluster) => {
  const story = useStory(cluster, {
    kustomizeFlags: ['--concurrent=16', '--kube-api-qps=2000', '--kube-api-burst=2000'],
  });

  test('send no request for an object in ten intervals in which nothing changes', async () => {
    const digest = await story.push('many', { 'a.yaml': configMap('a', '1') });
    await story.applySource('many');
    const names = Array.from({ length: many }, (_, index) => `many-${String(index).padStart(3, '0')}`);
    for (let from = 0; from < many; from += 20) {
      const some = names.slice(from, from + 20);
      await Promise.all(
        some.map((name) =>
          story.applyKustomization(name, {
            interval: '4s',
            namePrefix: `${name}-`,
            sourceRef: { kind: 'OCIRepository', name: 'many' },
          }),
        ),
      );
    }
    for (const name of names) await story.applied(name, digest);

    const leastRuns = async () => {
      const runs = await story.kustomize.finishedRuns();
      return Math.min(...names.map((name) => runs.get(name) ?? 0));
    };
    const intervals = async (count: number) => {
      const from = await leastRuns();
      const isOver = async () => {
        // A look costs the controller a metric of every Kustomization: not too many of them.
        await new Promise((resolve) => setTimeout(resolve, 500));
        return (await leastRuns()) >= from + count ? true : undefined;
      };
      await waitFor(`${count} intervals`, isOver, 300_000);
    };
    await untilQuiet(story, () => intervals(1));
    const at = performance.now();
    await intervals(10);
    expect(story.controllers.flatMap((controller) => controller.requestsSince(at))).toEqual([]);
  }, 600_000);
});
