import { expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';
import { kustomizations, ociRepositories, waitFor } from '../lib/wait-for.ts';

const files = (value: string) => ({ 'settings.yaml': configMap('settings', value) });

describeOnClusters('flux suspend and resume', (cluster) => {
  const story = useStory(cluster);

  async function flux(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await story.flux(...args);
    expect(exitCode, `flux ${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
    return stdout + stderr;
  }

  test('a Kustomization that is suspended stays as it is when its source moves on', async () => {
    await story.applied('app', await story.deploy('app', files('one')));
    expect(await flux('suspend', 'kustomization', 'app')).toContain('kustomization suspended');
    expect(await flux('get', 'kustomizations')).toMatch(/app\s.*\sTrue\s+True/);

    const digest = await story.upgrade('app', files('two'));
    await waitFor('the source is at the next version', async () => {
      const { status } = await story.kube.get(ociRepositories, 'app', story.namespace);
      return (status as { artifact: { revision: string } }).artifact.revision.endsWith(digest) ? true : undefined;
    });
    expect(await story.value('settings')).toBe('one');
  });

  test('resume makes up for it and waits until it is done', async () => {
    expect(await flux('resume', 'kustomization', 'app')).toContain('applied revision latest@sha256:');
    expect(await story.value('settings')).toBe('two');
  });

  test('a source that is suspended is not fetched, not even when asked for', async () => {
    await flux('suspend', 'source', 'oci', 'app');
    const before = await story.kube.get(kustomizations, 'app', story.namespace);
    await story.push('app', files('three'));
    const refused = await story.flux('reconcile', 'source', 'oci', 'app');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('resource is suspended');
    const digest = await story.push('app', files('three'));
    await flux('resume', 'source', 'oci', 'app');
    await story.applied('app', digest);
    expect((before['status'] as { lastAppliedRevision: string }).lastAppliedRevision).not.toContain(digest);
    expect(await story.value('settings')).toBe('three');
  });

  test('a reconciliation with its source brings the next version in one go', async () => {
    const digest = await story.push('app', files('four'));
    expect(await flux('reconcile', 'kustomization', 'app', '--with-source')).toContain(digest);
    expect(await story.value('settings')).toBe('four');
  });
});
