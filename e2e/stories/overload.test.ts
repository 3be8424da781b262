import { expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import type { Fault, SeenRequest } from '../lib/fault-proxy.ts';
import { configMap } from '../lib/push-files.ts';
import { type Story, useStory } from '../lib/story.ts';

const isWrite = ({ verb }: SeenRequest) => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(verb);

describeOnClusters('A server in trouble', (cluster) => {
  // How long a controller backs off is its own affair, and another test's.
  const patience = ['--min-retry-delay=100ms', '--max-retry-delay=1s'];
  const story = useStory(cluster, { sourceFlags: patience, kustomizeFlags: patience });
  let version = 0;

  /** Rolls out a version while the faults last; all of them must have been met. */
  async function rollOut(faults: readonly Fault[], count = 20): Promise<void> {
    version += 1;
    const files = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`${index}.yaml`, configMap(`app-${index}`, String(version))]),
    );
    const injected = story.controllers.flatMap(({ proxy }) => faults.map((fault) => proxy.inject(fault)));
    const digest = version === 1 ? await story.deploy('app', files) : await story.upgrade('app', files);
    await story.applied('app', digest);
    for (const fault of injected) fault.remove();
    expect(injected.map(({ met }) => met).filter((met) => met > 0).length).toBeGreaterThan(0);
    expect(await valuesOf(story, count)).toEqual(Array.from({ length: count }, () => String(version)));
  }

  test('answers 429 with Retry-After, and is asked again after that time', async () => {
    await rollOut([{ match: isWrite, times: 5, status: 429, retryAfter: 1 }]);
  });

  test('answers 500 to a burst of writes', async () => {
    await rollOut([{ match: isWrite, times: 10, status: 500 }]);
  });

  test('answers 503 to a burst of everything', async () => {
    await rollOut([{ times: 10, status: 503 }]);
  });

  test('breaks connections under requests', async () => {
    await rollOut([{ times: 10, reset: true }]);
  });

  test('is slow', async () => {
    await rollOut([{ match: isWrite, times: 15, delayMs: 200 }]);
  });
});

async function valuesOf(story: Story, count: number): Promise<(string | undefined)[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => story.value(`app-${index}`)));
}
