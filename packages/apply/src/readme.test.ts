import { readFileSync } from 'node:fs';
import { createInformerCache, type KubeObject } from '@fluvial/kube';
import { expect, test } from 'vitest';
import {
  createApplier,
  createObservedState,
  diffInventory,
  formatChanges,
  inventoryOf,
  prepareObjects,
} from './index.ts';
import { startSmallApiServer } from './testing/small-api-server.ts';

test('the example of the README', async () => {
  const server = await startSmallApiServer();
  const { client } = server;
  const stop = new AbortController();
  const { signal } = stop;
  const owner = { name: 'app', namespace: 'flux-system' };
  const objects: KubeObject[] = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'apps' }, data: {} },
  ];
  const oldInventory = [{ id: 'apps_old__ConfigMap', v: 'v1' }];
  // begin
  const informers = createInformerCache(client, { signal });
  const observed = createObservedState({ informers, client });
  const applier = createApplier({ client, fieldManager: 'kustomize-controller', observed, concurrency: 4 });

  const changes = await applier.applySet(prepareObjects(objects, { owner }), { signal });
  await applier.prune(diffInventory(oldInventory, inventoryOf(changes)), { owner, signal });
  await applier.waitForReady(changes, { timeoutMs: 60_000, signal });
  formatChanges(changes); // "ConfigMap/apps/settings created"
  // end
  expect(formatChanges(changes)).toBe('ConfigMap/apps/settings created');
  stop.abort();
  await server.close();

  const source = readFileSync(new URL(import.meta.url), 'utf8');
  const example = source.split('// begin\n')[1]!.split('  // end\n')[0]!.replace(/^ {2}/gm, '');
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(example);
});
