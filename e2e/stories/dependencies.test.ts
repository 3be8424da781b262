import { expect, test } from 'vitest';
import { describeOnClusters } from '../lib/describe-on-clusters.ts';
import { configMap } from '../lib/push-files.ts';
import { useStory } from '../lib/story.ts';
import { kustomizations, readyOf, waitFor } from '../lib/wait-for.ts';

const links = 50;

describeOnClusters('Dependencies', (cluster) => {
  // No timer can carry a chain forward before the test has long given up.
  const story = useStory(cluster, { kustomizeFlags: ['--requeue-dependency=1h'] });
  const patient = { retryInterval: '1h' };

  test('a chain of 50 runs through in order, moved by events alone', async () => {
    const name = (index: number) => `link-${String(index).padStart(2, '0')}`;
    const digest = await story.push('chain', { 'one.yaml': configMap('one', 'x') });
    // The last link first: each waits for one that does not exist yet.
    for (let index = links - 1; index >= 0; index--) {
      await story.applyKustomization(name(index), {
        ...patient,
        namePrefix: `${name(index)}-`,
        sourceRef: { kind: 'OCIRepository', name: 'chain' },
        ...(index === 0 ? {} : { dependsOn: [{ name: name(index - 1) }] }),
      });
    }
    await story.applySource('chain');
    for (let index = 0; index < links; index++) await story.applied(name(index), digest);

    const { items } = await story.kube.list({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace: story.namespace });
    const made = items
      .filter(({ metadata }) => metadata.name.startsWith('link-'))
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map(({ metadata }) => metadata.name);
    expect(made).toEqual(Array.from({ length: links }, (_, index) => `${name(index)}-one`));
    // A link looks when it is new, when its source has come, and when the link before it is ready: not again and again.
    const runs = await story.kustomize.finishedRuns();
    const total = Array.from({ length: links }, (_, index) => runs.get(name(index)) ?? 0).reduce((a, b) => a + b, 0);
    expect(total).toBeLessThanOrEqual(links * 8);
  });

  test('readyExpr lets a dependent wait for more than readiness', async () => {
    const files = { 'one.yaml': configMap('one', 'x') };
    await story.deploy('database', files, { ...patient, namePrefix: 'database-' });
    await story.ready('database');
    await story.applyKustomization('backend', {
      ...patient,
      namePrefix: 'backend-',
      sourceRef: { kind: 'OCIRepository', name: 'database' },
      dependsOn: [
        {
          name: 'database',
          readyExpr: "dep.metadata.?labels['schema'].orValue('') == self.metadata.?labels['schema'].orValue('none')",
        },
      ],
    });
    const label = (name: string, schema: string) =>
      story.kube.patch(kustomizations, name, story.namespace, {
        type: 'merge',
        fieldManager: 'e2e-labels',
        body: { metadata: { labels: { schema } } },
      });
    await story.ready('backend', { status: 'False', message: /not ready according to readyExpr eval/ });
    expect(await story.value('backend-one')).toBeUndefined();

    await label('backend', 'v2');
    await label('database', 'v1');
    expect(readyOf(await story.kube.get(kustomizations, 'backend', story.namespace))?.status).toBe('False');
    await label('database', 'v2');
    await story.ready('backend');
    expect(await story.value('backend-one')).toBe('x');
  });

  test('a dependent follows its dependency to the next revision, after it', async () => {
    await story.deploy('base', { 'one.yaml': configMap('base-value', '1') }, patient);
    await story.applyKustomization('top', {
      ...patient,
      namePrefix: 'top-',
      sourceRef: { kind: 'OCIRepository', name: 'base' },
      dependsOn: [{ name: 'base' }],
    });
    await story.ready('top');
    const digest = await story.upgrade('base', { 'one.yaml': configMap('base-value', '2') });
    await story.applied('top', digest);
    await waitFor('both are at the next version', async () =>
      (await story.value('base-value')) === '2' && (await story.value('top-base-value')) === '2' ? true : undefined,
    );
  });
});
