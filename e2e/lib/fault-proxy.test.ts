import { startApiServer } from '@fluvial/apiserver';
import { bearerToken, createKubeClient, type KubeClient, parseKubeConfig } from '@fluvial/kube';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { configMaps, waitFor } from './wait-for.ts';

describe('a fault proxy', () => {
  let server: Awaited<ReturnType<typeof startApiServer>>;
  let proxy: FaultProxy;
  let kube: KubeClient;
  const closing = new AbortController();

  beforeAll(async () => {
    server = await startApiServer({});
    proxy = await startFaultProxy({ server: server.plainUrl, authorize: bearerToken(server.token) });
    kube = createKubeClient(await parseKubeConfig(proxy.kubeconfig), { maxRetries: 0 });
  });
  afterAll(async () => {
    closing.abort();
    await kube.close();
    await proxy.close();
    await server.close();
  });
  const list = () => kube.list(configMaps, { namespace: 'default' });

  test('passes requests on and writes them down', async () => {
    await list();
    expect(proxy.requests.at(-1)).toMatchObject({
      verb: 'GET',
      path: '/api/v1/namespaces/default/configmaps',
      status: 200,
    });
  });

  test('lets nobody else through', async () => {
    const { server: url } = await parseKubeConfig(proxy.kubeconfig);
    expect((await request(`${url}/api/v1/namespaces`)).statusCode).toBe(401);
  });

  test('answers what it was told to, as often as it was told to', async () => {
    const fault = proxy.inject({ status: 500, times: 2, match: ({ verb }) => verb === 'GET' });
    await expect(list()).rejects.toMatchObject({ code: 500 });
    await expect(list()).rejects.toMatchObject({ code: 500 });
    await list();
    expect(fault.met).toBe(2);
    proxy.inject({ status: 429, retryAfter: 7 });
    await expect(list()).rejects.toMatchObject({ code: 429, retryAfterMs: 7000 });
    // The client takes one broken connection for an old one, and tries another.
    const reset = proxy.inject({ reset: true, times: Infinity });
    await expect(list()).rejects.toMatchObject({ code: 'CONNECTION' });
    reset.remove();
  });

  test('cuts watches, and silences them', async () => {
    let ended = 0;
    const seen: string[] = [];
    const open = async () => {
      for await (const { object } of kube.watch(configMaps, { namespace: 'default', signal: closing.signal }))
        seen.push(object.metadata.name);
    };
    const watch = async () => {
      const before = proxy.requests.filter(({ verb, status }) => verb === 'WATCH' && status === 200).length;
      open().then(
        () => ended++,
        () => ended++,
      );
      await waitFor('the watch', async () =>
        proxy.requests.filter(({ verb, status }) => verb === 'WATCH' && status === 200).length > before
          ? true
          : undefined,
      );
    };
    await watch();
    expect(proxy.cutWatches()).toBe(1);
    await waitFor('its end', async () => (ended === 1 ? true : undefined));
    await watch();
    expect(proxy.silenceWatches()).toBe(1);
    await kube.create({ ...configMaps, metadata: { name: 'unseen', namespace: 'default' } });
    await list();
    expect(ended).toBe(1);
    expect(seen).not.toContain('unseen');
  });

  test('goes down and comes back', async () => {
    await proxy.goDown();
    await expect(list()).rejects.toMatchObject({ code: 'CONNECTION' });
    await proxy.comeBack();
    await list();
  });
});
