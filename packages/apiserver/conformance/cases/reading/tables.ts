import { type Case, exchange, type Group, PARTIAL, PARTIAL_LIST, TABLE, YAML } from '../../lib/case.ts';
import type { Json } from '../../lib/session.ts';
import { widget, withWidgets } from './crd.ts';
import { ask, configMap, configMaps, given } from './pieces.ts';

/** Columns and cells; ages are words of the clock. */
function cellsOf(table: Json): unknown {
  return {
    kind: table.kind,
    apiVersion: table.apiVersion,
    columns: table.columnDefinitions?.map((c: Json) => `${c.name}|${c.type}|${c.format}|${c.priority}`),
    rows: table.rows?.map(({ cells, object }: Json) => ({
      cells: cells.map((cell: Json) => (typeof cell === 'string' && /^\d+[smhd]/.test(cell) ? '<age>' : cell)),
      object: object === undefined ? undefined : [object.kind, object.apiVersion, object.metadata?.name],
    })),
  };
}

const pod = {
  containers: [
    { name: 'c', image: 'nginx:1' },
    { name: 'd', image: 'busybox' },
  ],
};
const labelled = { metadata: { labels: { app: 'x' } }, spec: pod };
const selector = { matchLabels: { app: 'x' } };

/** The table of one object of a kind that no controller touches. */
function tableOf(apiVersion: string, kind: string, plural: string, content: object): Case {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const path = `${base}/namespaces/{ns}/${plural}`;
  return {
    name: `columns of ${plural}`,
    async run(session) {
      await given(session, path, {
        apiVersion,
        kind,
        metadata: { name: 'x-{id}', labels: { of: 'table' } },
        ...content,
      });
      await ask(session, 'list', `${path}?labelSelector=of%3Dtable`, cellsOf, { accept: TABLE });
      await ask(session, 'one', `${path}/x-{id}`, cellsOf, { accept: TABLE });
    },
  };
}

function clusterTable(apiVersion: string, kind: string, plural: string, content: object): Case {
  const path = `/apis/${apiVersion}/${plural}`.replace('/apis/v1/', '/api/v1/');
  return {
    name: `columns of ${plural}`,
    async run(session) {
      const body = { apiVersion, kind, metadata: { name: 'x-{id}' }, ...content };
      const { status, body: answer } = await session.http('POST', path, { body, unrecorded: true });
      if (status !== 201) throw new Error(JSON.stringify(answer));
      await ask(session, 'one', `${path}/x-{id}`, cellsOf, { accept: TABLE });
      await session.http('DELETE', `${path}/x-{id}`, { unrecorded: true });
    },
  };
}

const RBAC = 'rbac.authorization.k8s.io/v1';
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
const subjects = [
  { kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' },
  { kind: 'Group', name: 'g', apiGroup: 'rbac.authorization.k8s.io' },
  { kind: 'ServiceAccount', name: 's', namespace: 'n' },
];

/** Tables, metadata only, and other forms of an answer. */
export const tables: Group = {
  name: 'tables',
  cases: [
    tableOf('v1', 'ConfigMap', 'configmaps', { data: { a: '1' }, binaryData: { b: 'AAAA' } }),
    tableOf('v1', 'Secret', 'secrets', { stringData: { a: '1', b: '2' }, type: 'example.com/x' }),
    tableOf('v1', 'Service', 'services', {
      spec: {
        selector: { app: 'x' },
        ports: [
          { port: 80, name: 'a' },
          { port: 53, protocol: 'UDP', name: 'b' },
        ],
        clusterIP: 'None',
      },
    }),
    tableOf('v1', 'ServiceAccount', 'serviceaccounts', { secrets: [{ name: 'a' }] }),
    tableOf('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', {
      spec: {
        accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
        storageClassName: 'none',
        resources: { requests: { storage: '1Gi' } },
      },
    }),
    tableOf('v1', 'Endpoints', 'endpoints', {
      subsets: [
        {
          addresses: [{ ip: '1.2.3.4' }, { ip: '1.2.3.5' }],
          ports: [
            { port: 80, name: 'a' },
            { port: 81, name: 'b' },
          ],
        },
      ],
    }),
    tableOf('v1', 'LimitRange', 'limitranges', { spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] } }),
    tableOf('v1', 'PodTemplate', 'podtemplates', { template: labelled }),
    tableOf('v1', 'Pod', 'pods', {
      spec: { ...pod, restartPolicy: 'Never', readinessGates: [{ conditionType: 'example.com/x' }] },
    }),
    tableOf('apps/v1', 'Deployment', 'deployments', {
      spec: { paused: true, replicas: 0, selector, template: labelled },
    }),
    tableOf('apps/v1', 'ControllerRevision', 'controllerrevisions', { revision: 3, data: {} }),
    tableOf('batch/v1', 'CronJob', 'cronjobs', {
      spec: {
        schedule: '0 0 1 1 *',
        suspend: true,
        timeZone: 'Europe/Berlin',
        jobTemplate: { spec: { template: { spec: { ...pod, restartPolicy: 'Never' } } } },
      },
    }),
    tableOf('networking.k8s.io/v1', 'Ingress', 'ingresses', {
      spec: {
        ingressClassName: 'c',
        tls: [{ hosts: ['a'] }],
        rules: [
          { host: 'a.b' },
          {
            host: 'c.d',
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 1 } } } }],
            },
          },
        ],
      },
    }),
    tableOf('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', {
      spec: {
        podSelector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'In', values: ['d', 'e'] }] },
      },
    }),
    tableOf('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['1.2.3.4'] }],
      ports: [{ port: 80, name: 'a', protocol: 'TCP' }],
    }),
    tableOf('coordination.k8s.io/v1', 'Lease', 'leases', { spec: { holderIdentity: 'me', leaseDurationSeconds: 5 } }),
    tableOf('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
      spec: {
        scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'None', name: 'x' },
        minReplicas: 2,
        maxReplicas: 5,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
        ],
      },
    }),
    tableOf('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', { spec: { maxUnavailable: '25%', selector } }),
    tableOf(RBAC, 'Role', 'roles', { rules: [] }),
    tableOf(RBAC, 'RoleBinding', 'rolebindings', { roleRef, subjects }),
    tableOf('events.k8s.io/v1', 'Event', 'events', {
      eventTime: '2026-01-02T03:04:05.000000Z',
      reportingController: 'c',
      reportingInstance: 'i',
      action: 'a',
      reason: 'Why',
      type: 'Normal',
      note: 'A note',
      regarding: { kind: 'Pod', name: 'p', namespace: '{ns}' },
    }),
    tableOf('storage.k8s.io/v1', 'CSIStorageCapacity', 'csistoragecapacities', {
      storageClassName: 'c',
      capacity: '1Gi',
    }),
    clusterTable(RBAC, 'ClusterRole', 'clusterroles', { rules: [] }),
    clusterTable(RBAC, 'ClusterRoleBinding', 'clusterrolebindings', { roleRef, subjects }),
    clusterTable('v1', 'PersistentVolume', 'persistentvolumes', {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteMany'],
        hostPath: { path: '/x' },
        storageClassName: 's',
        persistentVolumeReclaimPolicy: 'Retain',
      },
    }),
    clusterTable('v1', 'Node', 'nodes', {
      metadata: { name: 'x-{id}', labels: { 'node-role.kubernetes.io/worker': '' } },
      spec: { unschedulable: true },
      status: {
        nodeInfo: { kubeletVersion: 'v1', osImage: 'o', kernelVersion: 'k', containerRuntimeVersion: 'c' },
        addresses: [{ type: 'InternalIP', address: '1.2.3.4' }],
      },
    }),
    clusterTable('storage.k8s.io/v1', 'StorageClass', 'storageclasses', {
      provisioner: 'p',
      allowVolumeExpansion: true,
    }),
    clusterTable('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', { value: 5, description: 'd' }),
    clusterTable('networking.k8s.io/v1', 'IngressClass', 'ingressclasses', {
      spec: { controller: 'example.com/c', parameters: { kind: 'P', name: 'n' } },
    }),
    clusterTable('storage.k8s.io/v1', 'CSIDriver', 'csidrivers', { spec: {} }),
    clusterTable('node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', { handler: 'h' }),
    clusterTable(
      'admissionregistration.k8s.io/v1',
      'ValidatingWebhookConfiguration',
      'validatingwebhookconfigurations',
      { webhooks: [] },
    ),
    {
      name: 'columns of custom resources',
      async run(session) {
        const path = await withWidgets(session);
        await given(
          session,
          path,
          widget('a', { size: 3, color: 'red', list: ['x', 'y'], at: '2020-01-02T03:04:05Z' }),
          widget('b'),
        );
        await session.http('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.g{id}.example.com', {
          unrecorded: true,
        });
        const table = await ask(session, 'list', path, cellsOf, { accept: TABLE });
        session.record('descriptions', table.body.columnDefinitions);
        await ask(session, 'one', `${path}/a`, cellsOf, { accept: TABLE });
        await ask(session, 'by field', `${path}?fieldSelector=spec.color%3Dred`);
        await ask(session, 'by a field that is not selectable', `${path}?fieldSelector=spec.size%3D3`);
      },
    },
    {
      name: 'includeObject',
      async run(session) {
        await given(session, configMaps, configMap('a', { of: 'x' }));
        for (const include of ['None', 'Metadata', 'Object', '', 'Foo'])
          await ask(
            session,
            include,
            `${configMaps}?labelSelector=of&includeObject=${include}`,
            (table) => table.rows?.map((row: Json) => Object.keys(row.object ?? {}).sort()),
            { accept: TABLE },
          );
      },
    },
    exchange('a table of one, whole', [
      ['POST', configMaps, configMap('a'), { unrecorded: true }],
      ['GET', `${configMaps}/a`, undefined, { accept: PARTIAL }],
      ['GET', configMaps.replace('{ns}', '{id}-none'), undefined, { accept: TABLE }],
    ]),
    {
      name: 'tables of writes and errors',
      async run(session) {
        await ask(session, 'create', configMaps, cellsOf, { method: 'POST', body: configMap('a'), accept: TABLE });
        await ask(session, 'delete', `${configMaps}/a`, (b) => b.kind, { method: 'DELETE', accept: TABLE });
        await ask(session, 'gone', `${configMaps}/a`, cellsOf, { accept: TABLE });
        await ask(session, 'old version', configMaps, (b) => b.apiVersion, {
          accept: 'application/json;as=Table;v=v1beta1;g=meta.k8s.io',
        });
      },
    },
    exchange('metadata only', [
      ['POST', configMaps, configMap('a', { of: 'x' }), { accept: PARTIAL }],
      ['GET', `${configMaps}?labelSelector=of`, undefined, { accept: PARTIAL_LIST }],
      ['GET', `${configMaps}/a`, undefined, { accept: PARTIAL }],
      ['GET', `${configMaps}/b`, undefined, { accept: PARTIAL }],
      ['DELETE', `${configMaps}/a`, undefined, { accept: PARTIAL }],
    ]),
    {
      name: 'forms that do not fit',
      async run(session) {
        for (const [path, accept] of [
          [`${configMaps}`, PARTIAL],
          [`${configMaps}/kube-root-ca.crt`, PARTIAL_LIST],
          [`${configMaps}`, 'application/json;as=Foo;v=v1;g=meta.k8s.io'],
          [`${configMaps}`, 'application/json;as=Table;v=v2;g=meta.k8s.io'],
          [`${configMaps}`, 'application/json;as=Table'],
        ] as const)
          await ask(session, `${path} ${accept}`, path, (b) => b.kind, { accept });
      },
    },
    {
      name: 'what is accepted',
      async run(session) {
        for (const accept of [
          'application/xml',
          'text/html',
          'text/plain',
          'application/*',
          '*/*',
          'text/html, application/json;q=0.5',
          `${TABLE},application/json`,
          'application/json;as=Foo, application/json',
          'application/json;q=0',
          'application/json; charset=utf-8',
        ]) {
          const { status, body, headers } = await session.http('GET', `${configMaps}/kube-root-ca.crt`, {
            accept,
            unrecorded: true,
          });
          session.record(accept, { status, type: headers['content-type'], kind: body.kind, message: body.message });
        }
      },
    },
    {
      name: 'answers as yaml',
      async run(session) {
        await given(session, configMaps, configMap('a'));
        const { status, headers, body } = await session.http('GET', `${configMaps}/a`, {
          accept: YAML,
          unrecorded: true,
        });
        session.record('yaml', {
          status,
          type: headers['content-type'],
          body: body.replace(/resourceVersion: "\d+"/, 'resourceVersion: N'),
        });
        const missing = await session.http('GET', `${configMaps}/b`, { accept: YAML, unrecorded: true });
        session.record('error', { status: missing.status, type: missing.headers['content-type'], body: missing.body });
      },
    },
    {
      name: 'bodies of unknown types',
      async run(session) {
        for (const type of ['text/plain', 'application/xml', 'application/json; charset=utf-8', 'application/yaml', ''])
          await ask(session, type, configMaps, (b) => b.kind, {
            method: 'POST',
            body: configMap(`t${type.length}`),
            type,
          });
        for (const type of ['text/plain', 'application/json', 'application/foo+json'])
          await ask(session, `patch ${type}`, `${configMaps}/kube-root-ca.crt`, (b) => b.kind, {
            method: 'PATCH',
            body: {},
            type,
          });
      },
    },
    {
      name: 'pretty and HEAD',
      async run(session) {
        const { status, body } = await session.http('GET', `${configMaps}/none?pretty=true`, { unrecorded: true });
        session.record('pretty', { status, body });
        for (const method of ['HEAD', 'OPTIONS', 'POST', 'TRACE']) {
          const answer = await session.http(method, `${configMaps}/none`, { unrecorded: true });
          session.record(method, { status: answer.status, body: answer.body });
        }
      },
    },
  ],
};
