import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiServer, startApiServer } from '@fluvial/apiserver';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createInformer } from './create-informer.ts';
import { createKubeClient } from './create-kube-client.ts';
import { isAlreadyExists, isConflict, isInvalid, isNotFound } from './errors.ts';
import type { KubeClient } from './kube-client.ts';
import { bearerToken } from './kube-config.ts';
import { loadKubeConfig } from './load-kube-config.ts';
import type { KubeObject } from './types.ts';

const configMaps = { apiVersion: 'v1', kind: 'ConfigMap' };
const configMap = (name: string, data: Record<string, string> = {}): KubeObject => ({
  ...configMaps,
  metadata: { name, namespace: 'default' },
  data,
});

let server: ApiServer;
let client: KubeClient;

beforeEach(async () => {
  server = await startApiServer({ token: 'test-token' });
  client = createKubeClient({ server: server.plainUrl, authorize: bearerToken('test-token') });
});

afterEach(async () => {
  await client.close();
  await server.close();
});

describe('on the embedded API server', () => {
  test('a kubeconfig with its certificate authority', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'kube-'));
    const path = join(dir, 'kubeconfig');
    writeFileSync(path, server.kubeconfig());
    const secure = createKubeClient(await loadKubeConfig({ kubeconfig: path, env: {} }));
    expect(secure.config.server).toMatch(/^https:/);
    const { items } = await secure.list({ apiVersion: 'v1', kind: 'Namespace' });
    expect(items.map((o) => o.metadata.name)).toContain('default');
    await secure.close();
    rmSync(dir, { recursive: true });
  });

  test('a whole life of an object', async () => {
    const created = await client.create(configMap('a', { x: '1' }));
    expect(created.metadata.uid).toBeTruthy();
    expect(isAlreadyExists(await client.create(configMap('a')).catch((e: unknown) => e))).toBe(true);
    const patched = await client.patch(configMaps, 'a', 'default', { type: 'merge', body: { data: { y: '2' } } });
    expect(patched.data).toEqual({ x: '1', y: '2' });
    expect(isConflict(await client.replace({ ...created, data: {} }).catch((e: unknown) => e))).toBe(true);
    const dry = await client.apply(configMap('a', { z: '3' }), { fieldManager: 'me', dryRun: true });
    expect(dry.data).toEqual({ x: '1', y: '2', z: '3' });
    const only = await client.get(configMaps, 'a', 'default', { metadataOnly: true });
    expect(Object.keys(only).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
    expect(isInvalid(await client.create(configMap('Not Valid')).catch((e: unknown) => e))).toBe(true);
    await client.delete(configMaps, 'a', 'default', { preconditions: { uid: created.metadata.uid } });
    expect(isNotFound(await client.get(configMaps, 'a', 'default').catch((e: unknown) => e))).toBe(true);
    expect(await client.find(configMaps, 'a', 'default')).toBeUndefined();
  });

  test('lists page by page', async () => {
    await Promise.all(Array.from({ length: 25 }, (_, i) => client.create(configMap(`c-${i}`))));
    const { items } = await client.list(configMaps, { namespace: 'default', limit: 10 });
    expect(items.filter((o) => o.metadata.name.startsWith('c-'))).toHaveLength(25);
  });

  test('an informer sees every change once and in order, however often its watch is cut', async () => {
    const stop = new AbortController();
    const informer = createInformer(client, configMaps, { namespace: 'default', backoffMs: { first: 1, max: 5 } });
    const seen = new Map<string, KubeObject>();
    const wrong: string[] = [];
    informer.onChange(({ type, object, old }) => {
      const { name } = object.metadata;
      const before = seen.get(name);
      if ((type === 'added') !== (before === undefined)) wrong.push(`${type} ${name}`);
      if (old !== undefined && old !== before) wrong.push(`${type} ${name}: not from what was told`);
      if (type === 'deleted') seen.delete(name);
      else seen.set(name, object);
    });
    informer.start(stop.signal);
    await informer.synced;
    const work = async (worker: number) => {
      for (let i = 0; i < 40; i++) {
        const name = `w${worker}-${i % 7}`;
        const step = (i * 7 + worker * 3) % 5;
        if (step === 4) await client.delete(configMaps, name, 'default').catch(() => undefined);
        else await client.apply(configMap(name, { i: String(i) }), { fieldManager: 'test', force: true });
        if (i % 10 === worker) server.dropWatches();
      }
    };
    await Promise.all([0, 1, 2, 3].map(work));
    const last = await client.create(configMap('last'));
    while (informer.get('default', 'last') === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
    const { items } = await client.list(configMaps, { namespace: 'default' });
    const view = (objects: Iterable<KubeObject>) =>
      [...objects].map((o) => `${o.metadata.name} ${o.metadata.uid} ${o.metadata.resourceVersion}`).sort();
    expect(view(informer.list())).toEqual(view(items));
    expect(view(seen.values())).toEqual(view(items));
    expect(view(items)).toContain(`last ${last.metadata.uid} ${last.metadata.resourceVersion}`);
    expect(wrong).toEqual([]);
    stop.abort(new Error('done'));
  });

  test('a kind whose definition arrives later', async () => {
    const thing = { apiVersion: 'late.example.com/v1', kind: 'Thing', metadata: { name: 'one', namespace: 'default' } };
    await expect(client.create(thing)).rejects.toMatchObject({ code: 'NO_MATCH' });
    await client.create({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.late.example.com' },
      spec: {
        group: 'late.example.com',
        scope: 'Namespaced',
        names: { kind: 'Thing', plural: 'things', singular: 'thing', listKind: 'ThingList', shortNames: ['th'] },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    let created: KubeObject | undefined;
    while (created === undefined) created = await client.create(thing).catch(() => undefined);
    expect((await client.mapper.resolveName('th')).kind).toBe('Thing');
  });
});
