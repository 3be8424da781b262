import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../start-api-server.ts';
import {
  type Answer,
  configMap,
  createTestClient,
  deployment,
  MERGE,
  type TestClient,
} from '../testing/test-client.ts';

let server: ApiServer;
let api: TestClient;
let count = 0;

beforeAll(async () => {
  server = await startApiServer({ skipWorkloads: 'skipped-*' });
  api = createTestClient(server);
});
afterAll(() => server.close());

async function namespace(name = `controllers-${count++}`): Promise<string> {
  await api.ok('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

const condition = (object: Answer, type: string) =>
  (object.status?.conditions ?? []).find((c: Answer) => c.type === type);

describe('namespaces', () => {
  test('get their service account and root certificate', async () => {
    const ns = await namespace();
    const live = await api.ok('GET', `/api/v1/namespaces/${ns}`);
    expect(live).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': ns } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    await api.until(`/api/v1/namespaces/${ns}/serviceaccounts/default`, (_body, status) => status === 200);
    const root = await api.until(
      `/api/v1/namespaces/${ns}/configmaps/kube-root-ca.crt`,
      (_body, status) => status === 200,
    );
    expect(root.data['ca.crt']).toBe(server.certificate);
  });

  test('end when everything in them has, and take nothing new meanwhile', async () => {
    const ns = await namespace();
    const path = `/api/v1/namespaces/${ns}`;
    await api.ok('POST', `${path}/configmaps`, configMap('held', {}, { finalizers: ['a.b/c'] }));
    await api.ok('POST', `${path}/persistentvolumeclaims`, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'p' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    expect((await api.ok('DELETE', path)).status.phase).toBe('Terminating');
    const refused = await api.call('POST', `${path}/configmaps`, configMap('late'));
    expect([refused.status, refused.body.message]).toEqual([
      403,
      `configmaps "late" is forbidden: unable to create new content in namespace ${ns} because it is being terminated`,
    ]);
    await api.until(`${path}/configmaps/held`, (body) => body.metadata?.deletionTimestamp !== undefined);
    expect((await api.call('GET', path)).status).toBe(200);
    await api.ok('PATCH', `${path}/configmaps/held`, { metadata: { finalizers: null } }, { type: MERGE });
    await api.until(path, (_body, status) => status === 404);
  });
});

describe('garbage collection', () => {
  async function family(): Promise<{ path: string; owner: Answer }> {
    const path = `/api/v1/namespaces/${await namespace()}/configmaps`;
    const owner = await api.ok('POST', path, configMap('owner'));
    const ownerReferences = [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid, blockOwnerDeletion: true },
    ];
    await api.ok('POST', path, configMap('child', {}, { ownerReferences }));
    return { path, owner };
  }

  test('in the background: the owner goes first', async () => {
    const { path } = await family();
    await api.ok('DELETE', `${path}/owner?propagationPolicy=Background`);
    expect((await api.call('GET', `${path}/owner`)).status).toBe(404);
    await api.until(`${path}/child`, (_body, status) => status === 404);
  });

  test('in the foreground: the owner goes last', async () => {
    const { path } = await family();
    const marked = await api.ok('DELETE', `${path}/owner`, { propagationPolicy: 'Foreground' });
    expect(marked.metadata.finalizers).toEqual(['foregroundDeletion']);
    await api.until(`${path}/owner`, (_body, status) => status === 404);
    expect((await api.call('GET', `${path}/child`)).status).toBe(404);
  });

  test('orphaned: the child stays without its owner', async () => {
    const { path } = await family();
    await api.ok('DELETE', `${path}/owner`, { propagationPolicy: 'Orphan' });
    await api.until(`${path}/owner`, (_body, status) => status === 404);
    const child = await api.ok('GET', `${path}/child`);
    expect(child.metadata.ownerReferences).toBeUndefined();
  });
});

describe('events', () => {
  test('go some time after their last write', async () => {
    const short = await startApiServer({ simulator: false, eventTtlMs: 30 });
    const client = createTestClient(short);
    const involvedObject = { kind: 'Pod', name: 'x', namespace: 'default' };
    const body = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e' },
      involvedObject,
      reason: 'R',
      message: 'm',
      type: 'Normal',
    };
    await client.ok('POST', '/api/v1/namespaces/default/events', body);
    await client.until('/api/v1/namespaces/default/events', ({ items }) => items.length === 0);
    await short.close();
  });

  test('are seen through both of their groups', async () => {
    const ns = await namespace();
    const involvedObject = { kind: 'Pod', name: 'x', namespace: ns };
    const body = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e' },
      involvedObject,
      reason: 'R',
      message: 'm',
      type: 'Normal',
    };
    await api.ok('POST', `/api/v1/namespaces/${ns}/events`, body);
    const other = await api.ok('GET', `/apis/events.k8s.io/v1/namespaces/${ns}/events/e`);
    expect(other).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'm', regarding: involvedObject, reason: 'R' });
    const { items } = await api.ok(
      'GET',
      `/api/v1/namespaces/${ns}/events?fieldSelector=involvedObject.name%3Dx,reason%3DR`,
    );
    expect(items).toHaveLength(1);
  });
});

describe('workloads', () => {
  test('a Deployment becomes available, and again after a change', async () => {
    const path = `/apis/apps/v1/namespaces/${await namespace()}/deployments`;
    await api.ok('POST', path, deployment('web', { replicas: 2 }));
    const done = (body: Answer) =>
      body.status?.availableReplicas === 2 && body.status.observedGeneration === body.metadata.generation;
    const live = await api.until(`${path}/web`, done);
    expect(live.metadata.generation).toBe(1);
    expect(condition(live, 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
    expect(condition(live, 'Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' });
    await api.ok('PATCH', `${path}/web`, { spec: { template: { metadata: { labels: { v: '2' } } } } }, { type: MERGE });
    const rolled = await api.until(`${path}/web`, (body) => done(body) && body.metadata.generation === 2);
    expect(rolled.metadata.annotations['deployment.kubernetes.io/revision']).toBe('2');
    const pods = path.replace('/apis/apps/v1', '/api/v1').replace('deployments', 'pods');
    await api.until(
      pods,
      (body) => body.items.length === 2 && body.items.every((p: Answer) => p.status.phase === 'Running'),
    );
    await api.ok('DELETE', `${path}/web`);
    await api.until(pods, (body) => body.items.length === 0);
  });

  test('told to fail, it says so', async () => {
    const path = `/apis/apps/v1/namespaces/${await namespace()}/deployments`;
    await api.ok('POST', path, {
      ...deployment('web'),
      metadata: { name: 'web', annotations: { 'sandbox.fluvial.dev/fail': 'no such image' } },
    });
    const live = await api.until(`${path}/web`, (body) => condition(body, 'Progressing')?.status === 'False');
    expect(condition(live, 'Progressing').reason).toBe('ProgressDeadlineExceeded');
  });

  test('a Job completes, a StatefulSet, a DaemonSet, a load balancer and a claim are served', async () => {
    const ns = await namespace();
    const pod = {
      metadata: { labels: { app: 'a' } },
      spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] },
    };
    await api.ok('POST', `/apis/batch/v1/namespaces/${ns}/jobs`, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'j' },
      spec: { template: pod },
    });
    const job = await api.until(
      `/apis/batch/v1/namespaces/${ns}/jobs/j`,
      (body) => condition(body, 'Complete') !== undefined,
    );
    expect(job.status).toMatchObject({
      succeeded: 1,
      startTime: expect.any(String),
      completionTime: expect.any(String),
    });
    const apps = `/apis/apps/v1/namespaces/${ns}`;
    await api.ok('POST', `${apps}/statefulsets`, { ...deployment('s', { serviceName: 'a' }), kind: 'StatefulSet' });
    const set = await api.until(`${apps}/statefulsets/s`, (body) => body.status?.readyReplicas === 1);
    expect(set.status.currentRevision).toBe(set.status.updateRevision);
    await api.ok('POST', `${apps}/daemonsets`, { ...deployment('d'), kind: 'DaemonSet' });
    await api.until(`${apps}/daemonsets/d`, (body) => body.status?.numberReady === 1);
    const spec = { type: 'LoadBalancer', ports: [{ port: 80 }] };
    await api.ok('POST', `/api/v1/namespaces/${ns}/services`, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'lb' },
      spec,
    });
    await api.until(
      `/api/v1/namespaces/${ns}/services/lb`,
      (body) => (body.status?.loadBalancer?.ingress ?? []).length === 1,
    );
    const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    await api.ok('POST', `/api/v1/namespaces/${ns}/persistentvolumeclaims`, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'p' },
      spec: claim,
    });
    await api.until(`/api/v1/namespaces/${ns}/persistentvolumeclaims/p`, (body) => body.status?.phase === 'Bound');
  });

  test('namespaces that are skipped stay as their clients leave them', async () => {
    const path = `/apis/apps/v1/namespaces/${await namespace('skipped-a')}/deployments`;
    await api.ok('POST', path, deployment('web'));
    const marker = `/apis/apps/v1/namespaces/${await namespace()}/deployments`;
    await api.ok('POST', marker, deployment('web'));
    await api.until(`${marker}/web`, (body) => body.status?.availableReplicas === 1);
    expect((await api.ok('GET', `${path}/web`)).status).toEqual({});
  });
});
