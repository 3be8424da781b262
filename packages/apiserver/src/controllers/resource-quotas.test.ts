import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../start-api-server.ts';
import { configMap, createTestClient, deployment, type TestClient } from '../testing/test-client.ts';

let server: ApiServer;
let api: TestClient;

beforeAll(async () => {
  server = await startApiServer({ simulator: false });
  api = createTestClient(server);
});
afterAll(() => server.close());

test('a quota says what its namespace takes of it, as that changes', async () => {
  const base = '/api/v1/namespaces/default';
  const hard = { configmaps: '9', 'count/deployments.apps': '2', 'requests.cpu': '4', 'services.nodeports': '1' };
  await api.ok('POST', `${base}/resourcequotas`, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q' },
    spec: { hard },
  });
  const used = (wanted: object) =>
    api.until(`${base}/resourcequotas/q`, ({ status }) => {
      return JSON.stringify(status?.used) === JSON.stringify(wanted);
    });
  const none = { configmaps: '1', 'count/deployments.apps': '0', 'requests.cpu': '0', 'services.nodeports': '0' };
  expect((await used(none)).status.hard).toEqual(hard);
  await api.ok('POST', `${base}/configmaps`, configMap('one', {}));
  await api.ok('POST', '/apis/apps/v1/namespaces/default/deployments', deployment('web'));
  await api.ok('POST', `${base}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '1500m' } } }] },
  });
  await used({ ...none, configmaps: '2', 'count/deployments.apps': '1', 'requests.cpu': '1500m' });
  await api.ok('DELETE', `${base}/pods/p`);
  await api.ok('DELETE', `${base}/configmaps/one`);
  await used({ ...none, 'count/deployments.apps': '1' });
});
