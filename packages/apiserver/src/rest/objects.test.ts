import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../start-api-server.ts';
import {
  configMap,
  createTestClient,
  deployment,
  JSON_PATCH,
  MERGE,
  STRATEGIC,
  TABLE,
  type TestClient,
} from '../testing/test-client.ts';

let server: ApiServer;
let api: TestClient;
let count = 0;

beforeAll(async () => {
  server = await startApiServer({ simulator: false });
  api = createTestClient(server);
});
afterAll(() => server.close());

async function namespace(): Promise<string> {
  const name = `objects-${count++}`;
  await api.ok('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return `/api/v1/namespaces/${name}`;
}

describe('requests without permission', () => {
  test('a wrong token is 401, none is nobody', async () => {
    const ask = (value: string) =>
      api.call('GET', '/api/v1/namespaces', undefined, { headers: { Authorization: value } });
    const wrong = await ask('Bearer nope');
    expect(wrong.status).toBe(401);
    expect(wrong.body).toMatchObject({ kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized' });
    for (const value of ['', 'Basic x']) {
      const { status, body } = await ask(value);
      expect(status).toBe(403);
      expect(body.message).toContain('User "system:anonymous" cannot list resource "namespaces"');
    }
    expect((await api.call('GET', '/readyz', undefined, { headers: { Authorization: '' } })).status).toBe(200);
  });
});

describe('create, read, update, delete', () => {
  test('a ConfigMap lives and dies', async () => {
    const ns = await namespace();
    const made = await api.ok('POST', `${ns}/configmaps`, configMap('a', { x: '1' }));
    expect(made.metadata).toMatchObject({
      name: 'a',
      resourceVersion: expect.stringMatching(/^\d+$/),
      uid: expect.any(String),
    });
    expect(made.metadata.managedFields).toEqual([
      {
        manager: 'tester',
        operation: 'Update',
        apiVersion: 'v1',
        time: made.metadata.creationTimestamp,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:x': {} } },
      },
    ]);
    const patched = await api.ok('PATCH', `${ns}/configmaps/a`, { data: { y: '2', x: null } }, { type: MERGE });
    expect(patched.data).toEqual({ y: '2' });
    const same = await api.ok('PATCH', `${ns}/configmaps/a`, { data: { y: '2' } }, { type: MERGE });
    expect(same.metadata.resourceVersion).toBe(patched.metadata.resourceVersion);
    const gone = await api.ok('DELETE', `${ns}/configmaps/a`);
    expect(gone).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'a', kind: 'configmaps' } });
    expect((await api.call('GET', `${ns}/configmaps/a`)).body.message).toBe('configmaps "a" not found');
  });

  test('generateName, dry run', async () => {
    const ns = await namespace();
    const made = await api.ok('POST', `${ns}/configmaps`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { generateName: 'x-' },
    });
    expect(made.metadata.name).toMatch(/^x-[a-z0-9]{5}$/);
    await api.ok('POST', `${ns}/configmaps?dryRun=All`, configMap('dry'));
    expect((await api.call('GET', `${ns}/configmaps/dry`)).status).toBe(404);
  });

  test.each<[string, (ns: string) => [string, string, unknown?, string?], number, string]>([
    [
      'a bad name',
      (ns) => ['POST', `${ns}/configmaps`, configMap('Bad_Name')],
      422,
      'ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of',
    ],
    [
      'no name',
      (ns) => ['POST', `${ns}/configmaps`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }],
      422,
      'metadata.name: Required value: name or generateName is required',
    ],
    [
      'a wrong type',
      (ns) => ['POST', `${ns}/configmaps`, { ...configMap('x'), data: { a: 1 } }],
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    ],
    [
      'an unknown field, strictly',
      (ns) => ['POST', `${ns}/configmaps?fieldValidation=Strict`, { ...configMap('x'), datas: {} }],
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datas"',
    ],
    [
      'another kind',
      (ns) => ['POST', `${ns}/configmaps`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }],
      400,
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
    ],
    [
      'broken JSON',
      (ns) => ['POST', `${ns}/configmaps`, '{'],
      400,
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({)",
    ],
    [
      'a missing namespace',
      () => ['POST', '/api/v1/namespaces/none/configmaps', configMap('x')],
      404,
      'namespaces "none" not found',
    ],
    ['an unknown resource', (ns) => ['GET', `${ns}/nothings`], 404, 'the server could not find the requested resource'],
    [
      'a stale version',
      (ns) => ['PUT', `${ns}/configmaps/kube-root-ca.crt`, configMap('kube-root-ca.crt', {}, { resourceVersion: '1' })],
      409,
      'Operation cannot be fulfilled on configmaps "kube-root-ca.crt": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [
      'another name in the URL',
      (ns) => ['PUT', `${ns}/configmaps/kube-root-ca.crt`, configMap('b')],
      400,
      'the name of the object (b) does not match the name on the URL (kube-root-ca.crt)',
    ],
    [
      'a failed test operation',
      (ns) => ['PATCH', `${ns}/configmaps/kube-root-ca.crt`, [{ op: 'test', path: '/data/q', value: '1' }], JSON_PATCH],
      422,
      'the server rejected our request due to an error in our request',
    ],
    [
      'a media type nobody knows',
      (ns) => ['POST', `${ns}/configmaps`, 'x', 'text/foo'],
      415,
      'the body of the request was in an unknown format - accepted media types include: application/json',
    ],
    [
      'the default namespace',
      () => ['DELETE', '/api/v1/namespaces/default'],
      403,
      'namespaces "default" is forbidden: this namespace may not be deleted',
    ],
  ])("%s is refused in upstream's words", async (_what, request, code, message) => {
    const ns = await namespace();
    await api.until(`${ns}/configmaps/kube-root-ca.crt`, (_body, status) => status === 200);
    const [method, path, body, type] = request(ns);
    const answer = await api.call(method, path, body, type === undefined ? {} : { type });
    expect(answer.body.message).toContain(message);
    expect(answer.status).toBe(code);
  });

  test('unknown fields are warned of by default', async () => {
    const ns = await namespace();
    const { headers } = await api.call('POST', `${ns}/configmaps`, { ...configMap('x'), foo: 1 });
    expect(headers['warning']).toBe('299 - "unknown field \\"foo\\""');
  });

  test('a body over 3 MiB is 413 and the server goes on', async () => {
    const ns = await namespace();
    const big = configMap('big', { a: 'x'.repeat(4 * 1024 * 1024) });
    const { status, body } = await api.call('POST', `${ns}/configmaps`, big);
    expect(status).toBe(413);
    expect(body.reason).toBe('RequestEntityTooLarge');
    await api.ok('GET', ns);
  });

  test('prototype keys never reach an object', async () => {
    const ns = await namespace();
    const text = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"p","labels":{"__proto__":"x"}},"data":{"__proto__":"y","a":"b"}}`;
    const made = await api.ok('POST', `${ns}/configmaps`, text);
    expect(made.data).toEqual({ a: 'b' });
    expect(({} as { [k: string]: unknown })['a']).toBeUndefined();
  });
});

describe('immutable fields', () => {
  test('an immutable ConfigMap', async () => {
    const ns = await namespace();
    await api.ok('POST', `${ns}/configmaps`, { ...configMap('f', { a: 'b' }), immutable: true });
    const { status, body } = await api.call('PATCH', `${ns}/configmaps/f`, { data: { a: 'c' } }, { type: MERGE });
    expect([status, body.message]).toEqual([
      422,
      'ConfigMap "f" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    ]);
  });

  test('the selector of a Deployment, and what bumps its generation', async () => {
    const ns = (await namespace()).replace('/api/v1', '/apis/apps/v1');
    await api.ok('POST', `${ns}/deployments`, deployment('web'));
    const { body } = await api.call(
      'PATCH',
      `${ns}/deployments/web`,
      { spec: { selector: { matchLabels: { x: 'y' } } } },
      { type: MERGE },
    );
    expect(body.message).toBe(
      'Deployment.apps "web" is invalid: [spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`, spec.selector: Invalid value: {"matchLabels":{"app":"a","x":"y"}}: field is immutable]',
    );
    const generation = async (patch: unknown, type = MERGE) =>
      (await api.ok('PATCH', `${ns}/deployments/web`, patch, { type })).metadata.generation;
    expect(await generation({ metadata: { labels: { a: 'b' } } })).toBe(1);
    expect(await generation({ metadata: { annotations: { a: 'b' } } })).toBe(2);
    expect(
      await generation({ spec: { template: { spec: { containers: [{ name: 'c', image: 'z' }] } } } }, STRATEGIC),
    ).toBe(3);
    expect(await generation({ status: { replicas: 1 } })).toBe(3);
  });

  test('a StatefulSet', async () => {
    const ns = (await namespace()).replace('/api/v1', '/apis/apps/v1');
    await api.ok('POST', `${ns}/statefulsets`, { ...deployment('s', { serviceName: 'a' }), kind: 'StatefulSet' });
    const { body } = await api.call('PATCH', `${ns}/statefulsets/s`, { spec: { serviceName: 'b' } }, { type: MERGE });
    expect(body.message).toContain(
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy'",
    );
  });

  test('a Job, a role reference, a cluster IP', async () => {
    const ns = await namespace();
    const in_ = (group: string) => ns.replace('/api/v1', `/apis/${group}`);
    const pod = (image: string) => ({ spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } });
    await api.ok('POST', `${in_('batch/v1')}/jobs`, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'j' },
      spec: { template: pod('a') },
    });
    const job = await api.call('PATCH', `${in_('batch/v1')}/jobs/j`, { spec: { template: pod('b') } }, { type: MERGE });
    expect(job.body.message).toMatch(
      /^Job\.batch "j" is invalid: spec\.template: Invalid value: .*: field is immutable$/,
    );
    const rbac = 'rbac.authorization.k8s.io';
    const binding = {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'b' },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'x' },
    };
    await api.ok('POST', `${in_(`${rbac}/v1`)}/rolebindings`, binding);
    const role = await api.call(
      'PATCH',
      `${in_(`${rbac}/v1`)}/rolebindings/b`,
      { roleRef: { name: 'y' } },
      { type: MERGE },
    );
    expect(role.body.message).toBe(
      'RoleBinding.rbac.authorization.k8s.io "b" is invalid: roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"y"}: cannot change roleRef',
    );
    await api.ok('POST', `${ns}/services`, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { ports: [{ port: 80 }] },
    });
    const service = await api.call(
      'PATCH',
      `${ns}/services/s`,
      { spec: { clusterIP: '10.96.1.1', clusterIPs: ['10.96.1.1'] } },
      { type: MERGE },
    );
    expect(service.body.message).toBe(
      'Service "s" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.1.1"]: may not change once set',
    );
  });
});

describe('defaults', () => {
  test('a Deployment and its pods', async () => {
    const ns = (await namespace()).replace('/api/v1', '/apis/apps/v1');
    const { spec } = await api.ok('POST', `${ns}/deployments`, deployment('web'));
    expect(spec).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: {
        spec: {
          dnsPolicy: 'ClusterFirst',
          restartPolicy: 'Always',
          schedulerName: 'default-scheduler',
          securityContext: {},
          terminationGracePeriodSeconds: 30,
        },
      },
    });
    expect(spec.template.spec.containers).toEqual([
      {
        name: 'c',
        image: 'example.com/a:1',
        imagePullPolicy: 'IfNotPresent',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ]);
  });

  test('a Service, a Secret, quantities', async () => {
    const ns = await namespace();
    const { spec } = await api.ok('POST', `${ns}/services`, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { ports: [{ port: 80 }] },
    });
    expect(spec).toMatchObject({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilies: ['IPv4'],
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    });
    expect(spec.clusterIPs).toEqual([spec.clusterIP]);
    const secret = await api.ok('POST', `${ns}/secrets`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      stringData: { a: 'b' },
    });
    expect([secret.type, secret.data, secret.stringData]).toEqual(['Opaque', { a: 'Yg==' }, undefined]);
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q' },
      spec: { hard: { cpu: '0.5', memory: '1024Mi', pods: 10 } },
    };
    expect((await api.ok('POST', `${ns}/resourcequotas`, quota)).spec.hard).toEqual({
      cpu: '500m',
      memory: '1Gi',
      pods: '10',
    });
  });
});

describe('deletion', () => {
  test('finalizers hold an object until the last is gone', async () => {
    const ns = await namespace();
    await api.ok('POST', `${ns}/configmaps`, configMap('f', {}, { finalizers: ['a.b/c'] }));
    const marked = await api.ok('DELETE', `${ns}/configmaps/f`);
    expect(marked.metadata.deletionTimestamp).toEqual(expect.any(String));
    const added = await api.call(
      'PATCH',
      `${ns}/configmaps/f`,
      { metadata: { finalizers: ['a.b/c', 'x.y/z'] } },
      { type: MERGE },
    );
    expect(added.body.message).toContain(
      'no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.y/z"}',
    );
    await api.ok('PATCH', `${ns}/configmaps/f`, { metadata: { finalizers: null } }, { type: MERGE });
    expect((await api.call('GET', `${ns}/configmaps/f`)).status).toBe(404);
  });

  test('preconditions', async () => {
    const ns = await namespace();
    await api.ok('POST', `${ns}/configmaps`, configMap('p'));
    const { status, body } = await api.call('DELETE', `${ns}/configmaps/p`, { preconditions: { uid: 'x' } });
    expect(status).toBe(409);
    expect(body.message).toContain('the UID in the precondition (x) does not match the UID in record');
  });

  test('a collection by label', async () => {
    const ns = await namespace();
    await api.ok('POST', `${ns}/configmaps`, configMap('a', {}, { labels: { p: 'q' } }));
    await api.ok('POST', `${ns}/configmaps`, configMap('b'));
    await api.ok('DELETE', `${ns}/configmaps?labelSelector=p=q`);
    const { items } = await api.ok('GET', `${ns}/configmaps`);
    expect(items.map((item: { metadata: { name: string } }) => item.metadata.name)).not.toContain('a');
  });
});

describe('tables', () => {
  test('cells of a Deployment and of a ConfigMap', async () => {
    const ns = await namespace();
    await api.ok('POST', `${ns.replace('/api/v1', '/apis/apps/v1')}/deployments`, deployment('web', { replicas: 2 }));
    const table = await api.ok('GET', `${ns.replace('/api/v1', '/apis/apps/v1')}/deployments`, undefined, {
      accept: TABLE,
    });
    expect(table.columnDefinitions.map((c: { name: string }) => c.name)).toEqual([
      'Name',
      'Ready',
      'Up-to-date',
      'Available',
      'Age',
      'Containers',
      'Images',
      'Selector',
    ]);
    expect(table.rows[0].cells).toEqual(['web', '0/2', 0, 0, expect.any(String), 'c', 'example.com/a:1', 'app=a']);
    expect(table.rows[0].object.kind).toBe('PartialObjectMetadata');
  });
});

describe('protobuf', () => {
  test('is passed over in Accept for JSON, and refused where nothing else is wanted', async () => {
    const both = await api.call('GET', '/api/v1/namespaces', undefined, {
      accept: 'application/vnd.kubernetes.protobuf,application/json',
    });
    expect([both.status, both.headers['content-type']]).toEqual([200, 'application/json']);
    expect(
      (await api.call('GET', '/api/v1/namespaces', undefined, { accept: 'application/vnd.kubernetes.protobuf' }))
        .status,
    ).toBe(406);
  });

  test('bodies of Go clients are read', async () => {
    const ns = await namespace();
    const text = (number: number, value: string | Buffer) => {
      const bytes = Buffer.from(value);
      return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
    };
    const entry = Buffer.concat([text(1, 'k'), text(2, 'v')]);
    const object = Buffer.concat([text(1, text(1, 'proto')), text(2, entry)]);
    const body = Buffer.concat([
      Buffer.from([0x6b, 0x38, 0x73, 0]),
      text(1, Buffer.concat([text(1, 'v1'), text(2, 'ConfigMap')])),
      text(2, object),
    ]);
    const made = await api.ok('POST', `${ns}/configmaps`, body, { type: 'application/vnd.kubernetes.protobuf' });
    expect([made.metadata.name, made.data]).toEqual(['proto', { k: 'v' }]);
    const broken = await api.call('POST', `${ns}/configmaps`, body.subarray(0, body.length - 3), {
      type: 'application/vnd.kubernetes.protobuf',
    });
    expect(broken.status).toBe(400);
  });
});
