import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../start-api-server.ts';
import { APPLY, configMap, createTestClient, deployment, type TestClient } from '../testing/test-client.ts';

let server: ApiServer;
let api: TestClient;

beforeAll(async () => {
  server = await startApiServer({ simulator: false });
  api = createTestClient(server);
});
afterAll(() => server.close());

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

describe('server-side apply', () => {
  test('two managers, a conflict, force, and what is left to whom', async () => {
    const apply = (manager: string, data: object, more = '') =>
      api.call('PATCH', `${CONFIG_MAPS}/c?fieldManager=${manager}${more}`, configMap('c', data as never), {
        type: APPLY,
      });
    expect((await apply('one', { a: '1', b: '1' })).status).toBe(201);
    const refused = await apply('two', { a: '2' });
    expect([refused.status, refused.body.message]).toEqual([
      409,
      'Apply failed with 1 conflict: conflict with "one": .data.a',
    ]);
    expect(refused.body.details.causes).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
    ]);
    expect((await apply('two', { a: '2' }, '&force=true')).status).toBe(200);
    await apply('one', {});
    const live = await api.ok('GET', `${CONFIG_MAPS}/c`);
    expect(live.data).toEqual({ a: '2' });
    const owned = Object.fromEntries(
      live.metadata.managedFields.map((m: { manager: string; fieldsV1: object }) => [m.manager, m.fieldsV1]),
    );
    expect(owned).toEqual({ one: { 'f:data': {} }, two: { 'f:data': { 'f:a': {} } } });
  });

  test('the same again changes nothing, a dry run neither', async () => {
    const path = `${DEPLOYMENTS}/d?fieldManager=m`;
    const first = await api.ok('PATCH', path, deployment('d'), { type: APPLY });
    const again = await api.ok('PATCH', path, deployment('d'), { type: APPLY });
    expect(again).toEqual(first);
    const dry = await api.ok('PATCH', `${path}&dryRun=All`, deployment('d', { replicas: 7 }), { type: APPLY });
    expect([dry.spec.replicas, dry.metadata.generation]).toEqual([7, 2]);
    expect(await api.ok('GET', `${DEPLOYMENTS}/d`)).toEqual(first);
  });

  test('a YAML body, and a Secret with stringData', async () => {
    const yaml = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  a: yes\n';
    const refused = await api.call('PATCH', '/api/v1/namespaces/default/secrets/s?fieldManager=m', yaml, {
      type: APPLY,
    });
    expect(refused.body.message).toContain('.stringData.a: expected string');
    const made = await api.ok(
      'PATCH',
      '/api/v1/namespaces/default/secrets/s?fieldManager=m',
      yaml.replace('yes', '"x"'),
      { type: APPLY },
    );
    expect(made.data).toEqual({ a: 'eA==' });
  });

  test("refusals in upstream's words", async () => {
    const call = (body: unknown, query = '?fieldManager=m') =>
      api.call('PATCH', `${CONFIG_MAPS}/r${query}`, body, { type: APPLY });
    expect((await call(configMap('r'), '')).body.message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
    const unknown = await call({ ...configMap('r'), foo: 'x' });
    expect([unknown.status, unknown.body.message]).toEqual([
      500,
      'failed to create typed patch object (/r; /v1, Kind=ConfigMap): .foo: field not declared in schema',
    ]);
    expect((await call({ ...configMap('r'), kind: 'Secret' })).body.message).toBe(
      'invalid object type: /v1, Kind=Secret',
    );
  });

  test('status is a subresource with its own owners', async () => {
    await api.ok('PATCH', `${DEPLOYMENTS}/st?fieldManager=m`, deployment('st'), { type: APPLY });
    const status = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'st' }, status: { replicas: 1 } };
    const live = await api.ok('PATCH', `${DEPLOYMENTS}/st/status?fieldManager=k`, status, { type: APPLY });
    expect(live.status).toEqual({ replicas: 1 });
    expect(
      live.metadata.managedFields.map((m: { manager: string; subresource?: string }) => [m.manager, m.subresource]),
    ).toEqual([
      ['k', 'status'],
      ['m', undefined],
    ]);
    const scaled = await api.ok(
      'PATCH',
      `${DEPLOYMENTS}/st/scale`,
      { spec: { replicas: 4 } },
      { type: 'application/merge-patch+json' },
    );
    expect(scaled).toMatchObject({ kind: 'Scale', spec: { replicas: 4 }, status: { replicas: 1, selector: 'app=a' } });
  });
});
