import { Agent, request } from 'undici';
import { expect, test } from 'vitest';
import { findControlPlaneAssets, kubernetesVersion, startControlPlane } from './index.ts';

const assets = findControlPlaneAssets();

// Needs the binaries: see the README of this room.
test.skipIf(assets === undefined)(
  'a control plane is ready, and an API server that crashes keeps what it had',
  async () => {
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
    const plane = await startControlPlane(assets ?? '');
    const call = async (path: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }> => {
      const answer = await request(plane.url + path, {
        dispatcher,
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${plane.token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.statusCode, json: (await answer.body.json()) as Record<string, unknown> };
    };
    try {
      if (!process.env['KUBEBUILDER_ASSETS'])
        expect((await call('/version')).json['gitVersion']).toBe(kubernetesVersion);
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' }, data: { a: 'b' } };
      expect((await call('/api/v1/namespaces/default/configmaps', object)).status).toBe(201);
      await plane.restartApiServer();
      expect((await call('/api/v1/namespaces/default/configmaps/kept')).json['data']).toEqual({ a: 'b' });
      expect(plane.memoryBytes()).toBeGreaterThan(0);
    } finally {
      await plane.stop();
      await dispatcher.close();
    }
  },
);
