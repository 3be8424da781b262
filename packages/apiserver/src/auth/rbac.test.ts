import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../start-api-server.ts';
import { createTestClient, type TestClient } from '../testing/test-client.ts';

let server: ApiServer;
let api: TestClient;
const NS = '/api/v1/namespaces/default';
const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
const RBAC_VERSION = 'rbac.authorization.k8s.io/v1';

beforeAll(async () => {
  server = await startApiServer({ simulator: false });
  api = createTestClient(server);
  await api.until(`${NS}/configmaps/kube-root-ca.crt`, (_body, status) => status === 200);
  await api.ok('POST', `${RBAC}/roles`, {
    apiVersion: RBAC_VERSION,
    kind: 'Role',
    metadata: { name: 'r' },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }],
  });
  const subjects = [
    { kind: 'User', name: 'jane' },
    { kind: 'ServiceAccount', name: 'default', namespace: 'default' },
  ];
  await api.ok('POST', `${RBAC}/rolebindings`, {
    apiVersion: RBAC_VERSION,
    kind: 'RoleBinding',
    metadata: { name: 'rb' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
    subjects,
  });
});
afterAll(() => server.close());

const as = (user: string, ...groups: string[]) => ({
  headers: { 'Impersonate-User': user, ...(groups.length > 0 ? { 'Impersonate-Group': groups.join(',') } : {}) },
});

describe('authorization', () => {
  test('a user may do what the roles say, in the namespaces they say', async () => {
    expect((await api.call('GET', `${NS}/configmaps`, undefined, as('jane'))).status).toBe(200);
    const secrets = await api.call('GET', `${NS}/secrets`, undefined, as('jane'));
    expect([secrets.status, secrets.body.message]).toEqual([
      403,
      'secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "default"',
    ]);
    expect((await api.call('DELETE', `${NS}/configmaps/kube-root-ca.crt`, undefined, as('jane'))).body.message).toBe(
      'configmaps "kube-root-ca.crt" is forbidden: User "jane" cannot delete resource "configmaps" in API group "" in the namespace "default"',
    );
    expect((await api.call('GET', '/apis/apps/v1/deployments', undefined, as('jane'))).body.message).toBe(
      'deployments.apps is forbidden: User "jane" cannot list resource "deployments" in API group "apps" at the cluster scope',
    );
    expect((await api.call('GET', `${NS}/secrets`, undefined, as('jane', 'system:masters'))).status).toBe(200);
  });

  test('reviews answer the same', async () => {
    const review = async (verb: string) => {
      const spec = { user: 'jane', resourceAttributes: { verb, resource: 'configmaps', namespace: 'default' } };
      const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
      return (await api.ok('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', body)).status;
    };
    expect(await review('list')).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "rb/default" of Role "r" to User "jane"',
    });
    expect(await review('delete')).toEqual({ allowed: false });
  });

  test('a requested token is its service account', async () => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const { status } = await api.ok('POST', `${NS}/serviceaccounts/default/token`, body);
    const bearer = { headers: { Authorization: `Bearer ${status.token}` } };
    expect((await api.call('GET', `${NS}/configmaps`, undefined, bearer)).status).toBe(200);
    const denied = await api.call('GET', `${NS}/secrets`, undefined, bearer);
    expect(denied.body.message).toContain(
      'User "system:serviceaccount:default:default" cannot list resource "secrets"',
    );
    const forged = await api.call('GET', `${NS}/configmaps`, undefined, {
      headers: { Authorization: `Bearer ${status.token}x` },
    });
    expect(forged.status).toBe(401);
    const other = await api.call('GET', `${NS}/configmaps`, undefined, {
      headers: { ...bearer.headers, 'Impersonate-User': 'jane' },
    });
    expect(other.body.message).toContain('cannot impersonate-on:user-info:list resource "configmaps"');
  });

  test('nobody grants more than they have', async () => {
    await api.ok('POST', `${RBAC}/roles`, {
      apiVersion: RBAC_VERSION,
      kind: 'Role',
      metadata: { name: 'roles' },
      rules: [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['create'] }],
    });
    await api.ok('POST', `${RBAC}/rolebindings`, {
      apiVersion: RBAC_VERSION,
      kind: 'RoleBinding',
      metadata: { name: 'roles' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'roles' },
      subjects: [{ kind: 'User', name: 'jane' }],
    });
    const role = (name: string, verbs: string[]) => ({
      apiVersion: RBAC_VERSION,
      kind: 'Role',
      metadata: { name },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs }],
    });
    expect((await api.call('POST', `${RBAC}/roles`, role('held', ['get']), as('jane'))).status).toBe(201);
    const refused = await api.call('POST', `${RBAC}/roles`, role('more', ['get', 'delete', 'patch']), as('jane'));
    expect(refused.body.message).toBe(
      'roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["configmaps"], Verbs:["delete" "patch"]}',
    );
  });

  test('a cluster role is the sum of those that it selects', async () => {
    const admin = await api.until('/apis/rbac.authorization.k8s.io/v1/clusterroles/admin', (body) =>
      body.rules?.some((rule: { resources?: string[] }) => rule.resources?.includes('pods/log')),
    );
    expect(JSON.stringify(admin.rules)).toContain('rolebindings');
  });
});
