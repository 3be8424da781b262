import { startApiServer } from '@fluvial/apiserver';
import { findControlPlaneAssets, startControlPlane } from '@fluvial/control-plane';
import { bearerToken, createKubeClient, type KubeClient, loadKubeConfig } from '@fluvial/kube';
import { expect, test } from 'vitest';
import { prepareObjects } from '../prepare-objects.ts';
import { runLimited } from '../run-limited.ts';
import { smallObjects } from '../testing/small-objects.ts';
import { findDoubt } from './find-doubt.ts';

const assets = findControlPlaneAssets();

/** What is without doubt, and what the server says to it in a dry run all the same. */
async function refusals(client: KubeClient, seed: number, count: number) {
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'apps' } }, { fieldManager: 'test' });
  const owner = { name: 'app', namespace: 'flux-system' };
  const prepared = prepareObjects(smallObjects(seed, count, 'apps'), { owner });
  const plain = prepared.filter((object) => findDoubt(object) === undefined);
  const refused: string[] = [];
  await runLimited(plain, 8, async (object) => {
    try {
      await client.apply(object, { dryRun: true, force: true, fieldManager: 'kustomize-controller' });
    } catch (error) {
      refused.push(`${String(error)}: ${JSON.stringify(object)}`);
    }
  });
  return { plain, refused };
}

const kinds = 9;

test('the embedded server takes whatever is without doubt', { timeout: 60_000 }, async () => {
  const server = await startApiServer({ token: 'test-token' });
  const client = createKubeClient({ server: server.plainUrl, authorize: bearerToken('test-token') });
  try {
    const { plain, refused } = await refusals(client, 1, 4000);
    expect(refused).toEqual([]);
    // Most of the valid ones are taken for valid, of every kind.
    expect(plain.length).toBeGreaterThan(1200);
    expect(new Set(plain.map(({ kind }) => kind)).size).toBe(kinds);
  } finally {
    await client.close();
    await server.close();
  }
});

test.skipIf(assets === undefined)(
  'kube-apiserver takes whatever is without doubt (skipped without the binaries of a control plane)',
  { timeout: 240_000 },
  async () => {
    const plane = await startControlPlane(assets!);
    const client = createKubeClient(await loadKubeConfig({ kubeconfig: plane.kubeconfig }));
    try {
      const { plain, refused } = await refusals(client, 2, 2400);
      expect(refused).toEqual([]);
      expect(plain.length).toBeGreaterThan(700);
      expect(new Set(plain.map(({ kind }) => kind)).size).toBe(kinds);
    } finally {
      await client.close();
      await plane.stop();
    }
  },
);
