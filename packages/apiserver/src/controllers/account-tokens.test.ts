import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../start-api-server.ts';
import { createTestClient, type TestClient } from '../testing/test-client.ts';

let server: ApiServer;
let api: TestClient;

beforeAll(async () => {
  server = await startApiServer({ simulator: false });
  api = createTestClient(server);
});
afterAll(() => server.close());

const base = '/api/v1/namespaces/default';
const secretOf = (account: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: account, annotations: { 'kubernetes.io/service-account.name': account } },
  type: 'kubernetes.io/service-account-token',
});

test('a token Secret is filled, its token is one of the account, and both go with the account', async () => {
  await api.ok('POST', `${base}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot' },
  });
  await api.ok('POST', `${base}/secrets`, secretOf('robot'));
  const { data } = await api.until(`${base}/secrets/robot`, (body) => body.data?.token !== undefined);
  const text = (field: string) => Buffer.from(data[field], 'base64').toString();
  expect(text('namespace')).toBe('default');
  expect(text('ca.crt')).toBe(server.certificate);
  const ask = () =>
    fetch(`${server.plainUrl}/apis/authentication.k8s.io/v1/selfsubjectreviews`, {
      method: 'POST',
      headers: { authorization: `Bearer ${text('token')}`, 'content-type': 'application/json' },
      body: '{}',
    });
  const { status } = (await (await ask()).json()) as { status: { userInfo: { username: string } } };
  expect(status.userInfo.username).toBe('system:serviceaccount:default:robot');
  await api.ok('DELETE', `${base}/serviceaccounts/robot`);
  await api.until(`${base}/secrets/robot`, (_body, code) => code === 404);
  expect((await ask()).status).toBe(401);
});

test('a token Secret of nobody goes', async () => {
  await api.ok('POST', `${base}/secrets`, secretOf('nobody'));
  await api.until(`${base}/secrets/nobody`, (_body, code) => code === 404);
});
