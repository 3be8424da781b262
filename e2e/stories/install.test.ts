import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KubeObject } from '@fluvial/kube';
import { parseYaml } from '@fluvial/yaml';
import { request } from 'undici';
import { expect, test } from 'vitest';
import { installKinds } from '../lib/cluster.ts';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { useStory } from '../lib/story.ts';

const crds = fileURLToPath(new URL('../../crds/', import.meta.url));

describeOnClusters('Installing', (cluster) => {
  const story = useStory(cluster);

  test('the manifests of all kinds apply, and every version is served', async () => {
    const objects = readdirSync(crds).flatMap((file) => parseYaml(readFileSync(path.join(crds, file), 'utf8')));
    expect(objects.length).toBe(15);
    await installKinds(story.kube, objects as KubeObject[]);
  });

  test('controllers are ready with nothing to do, and write nothing but their lease', async () => {
    for (const controller of story.controllers) {
      expect((await request(controller.app.metricsUrl)).statusCode).toBe(200);
      expect(controller.proxy.requests.filter(({ verb }) => verb === 'WATCH').length).toBeGreaterThan(0);
      expect(controller.requestsSince(0).filter((text) => !text.startsWith('GET '))).toEqual([]);
    }
  });

  test('flux finds the cluster to its liking', async () => {
    const check = await story.flux('check', '--pre');
    expect(check.exitCode, check.stderr).toBe(0);
    expect(check.stderr).toContain('prerequisites checks passed');
    const all = await story.flux('get', 'all');
    expect(all.exitCode, all.stderr).toBe(0);
  });
});
