import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createInformerCache, createKubeClient, type KubeObject } from './index.ts';
import { configMap, list, sendJson, startMisbehavingServer } from './testing/misbehaving-server.ts';

test('the example of the README', async () => {
  const server = await startMisbehavingServer();
  server.onOther = (_, response) => sendJson(response, configMap('settings', 1));
  server.onList = [list([configMap('settings', 1)])];
  const config = { server: server.url };
  const stop = new AbortController();
  const { signal } = stop;
  const seen: string[] = [];
  const changes: string[] = [];
  // begin
  const client = createKubeClient(config, {
    onRequest: ({ verb, resource, code }) => seen.push(`${verb} ${resource} ${code}`),
  });
  const settings: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
  };
  await client.apply({ ...settings, data: { colour: 'blue' } }, { fieldManager: 'readme', force: true });

  const informers = createInformerCache(client, { signal });
  const configMaps = informers.informer(settings, { namespace: 'default' });
  configMaps.onChange(({ type, object }) => changes.push(`${type} ${object.metadata.name}`));
  await configMaps.synced;
  // end
  expect(seen).toContain('patch configmaps 200');
  expect(changes).toEqual(['added settings']);
  stop.abort();
  await client.close();
  await server.close();

  const source = readFileSync(new URL(import.meta.url), 'utf8');
  const example = source.split('// begin\n')[1]!.split('  // end\n')[0]!.replace(/^ {2}/gm, '');
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const squeeze = (text: string) => text.replace(/\s+/g, '').replace(/,([})\]])/g, '$1');
  expect(squeeze(readme)).toContain(squeeze(example));
});
