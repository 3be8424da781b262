import { type Case, type Exchange, type Group, MERGE_PATCH } from '../lib/case.ts';

type Fields = { readonly [field: string]: unknown };

const core = (plural: string) => `/api/v1/namespaces/{ns}/${plural}`;
const pod = (name: string, container: Fields = {}, spec: Fields = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'example.org/app:1', ...container }], ...spec },
});
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: {
    replicas: 0,
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'example.org/app:1' }] } },
  },
};
const limitRange = (...limits: readonly Fields[]) => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'l' },
  spec: { limits },
});
const claim = (storage: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'a' },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'none-such', resources: { requests: { storage } } },
});

/** Labels the case's namespace, then plays the requests. */
function labelled(name: string, labels: Fields, requests: readonly Exchange[]): Case {
  return {
    name,
    async run(session) {
      const body = { metadata: { labels } };
      await session.http('PATCH', '/api/v1/namespaces/{ns}', { type: MERGE_PATCH, body, unrecorded: true });
      // The plugin hears of labels by a watch.
      await new Promise((resolve) => setTimeout(resolve, 300));
      for (const [method, path, object] of requests) await session.http(method, path, { body: object });
    },
  };
}

/** Plays requests once the limits or the quota are known. */
function limited(name: string, plural: string, object: Fields, requests: readonly Exchange[]): Case {
  return {
    name,
    async run(session) {
      await session.http('POST', core(plural), { body: object, unrecorded: true });
      await new Promise((resolve) => setTimeout(resolve, 1500));
      for (const [method, path, body] of requests) await session.http(method, path, { body });
    },
  };
}

const post = (plural: string, body: unknown): Exchange => ['POST', core(plural), body];
const quota = (hard: Fields) => ({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q' }, spec: { hard } });
const resources = (requests: Fields, limits?: Fields) => ({
  resources: { requests, ...(limits === undefined ? {} : { limits }) },
});
const enforce = (level: string) => ({ 'pod-security.kubernetes.io/enforce': level });
const warn = (level: string) => ({ 'pod-security.kubernetes.io/warn': level });
const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** Plugins that are on by default: what they fill in, what they refuse. */
export const builtinAdmission: Group = {
  name: 'builtin-admission',
  cases: [
    limited(
      'limit range: containers',
      'limitranges',
      limitRange({
        type: 'Container',
        default: { cpu: '500m', memory: '1Gi' },
        defaultRequest: { cpu: '100m' },
        max: { cpu: '1' },
        min: { memory: '64Mi' },
      }),
      [
        post('pods', pod('a')),
        post('pods', pod('b', { resources: { limits: { cpu: '2' } } })),
        post('pods', pod('c', resources({ memory: '1Mi' }))),
        post('pods', pod('d', resources({ cpu: '3', memory: '1Mi' }, { cpu: '3' }))),
        post('pods', pod('e', {}, { initContainers: [{ name: 'i', image: 'example.org/init:1' }] })),
      ],
    ),
    limited('limit range: pods', 'limitranges', limitRange({ type: 'Pod', max: { cpu: '1' } }), [
      post('pods', pod('a')),
      post('pods', pod('b', { resources: { limits: { cpu: '2' } } })),
      post('pods', pod('c', { resources: { limits: { cpu: '1' } } })),
    ]),
    limited(
      'limit range: claims',
      'limitranges',
      limitRange({ type: 'PersistentVolumeClaim', max: { storage: '1Gi' }, min: { storage: '10Mi' } }),
      [post('persistentvolumeclaims', claim('2Gi')), post('persistentvolumeclaims', claim('1Mi'))],
    ),
    limited('quota: pods and their requests', 'resourcequotas', quota({ pods: '1', 'requests.cpu': '1' }), [
      post('pods', pod('a')),
      post('pods', pod('a', resources({ cpu: '2' }))),
      post('pods', pod('a', resources({ cpu: '500m' }))),
      post('pods', pod('b', resources({ cpu: '600m' }))),
    ]),
    limited('quota: counts of kinds', 'resourcequotas', quota({ services: '0', 'count/secrets': '1' }), [
      post('services', { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 1 }] } }),
      post('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }),
      post('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'b' } }),
    ]),
    labelled('pod security: baseline', enforce('baseline'), [
      post(
        'pods',
        pod(
          'a',
          { ports: [{ containerPort: 80, hostPort: 80 }], securityContext: { capabilities: { add: ['SYS_ADMIN'] } } },
          { hostNetwork: true, hostPID: true, volumes: [{ name: 'h', hostPath: { path: '/x' } }] },
        ),
      ),
      post('pods', pod('b')),
    ]),
    labelled('pod security: restricted', enforce('restricted'), [
      post('pods', pod('a')),
      post('pods', pod('b', { securityContext: restricted })),
      post(
        'pods',
        pod(
          'c',
          { securityContext: { allowPrivilegeEscalation: false, runAsUser: 0 } },
          { securityContext: { runAsNonRoot: true } },
        ),
      ),
      post('pods', pod('d', { securityContext: restricted }, { volumes: [{ name: 'h', hostPath: { path: '/x' } }] })),
    ]),
    labelled('pod security: restricted, two containers', enforce('restricted'), [
      post('pods', pod('a', {}, { initContainers: [{ name: 'i', image: 'example.org/init:1' }] })),
    ]),
    labelled('pod security: workloads are warned', enforce('restricted'), [
      ['POST', '/apis/apps/v1/namespaces/{ns}/deployments', deployment],
    ]),
    labelled('pod security: warnings', warn('restricted'), [
      post('pods', pod('a')),
      ['POST', '/apis/apps/v1/namespaces/{ns}/deployments', deployment],
    ]),
    {
      name: 'pod security: a level that is none',
      async run(session) {
        const body = { metadata: { labels: enforce('strict') } };
        await session.http('PATCH', '/api/v1/namespaces/{ns}', { type: MERGE_PATCH, body });
      },
    },
    {
      name: 'priority: of a class',
      async run(session) {
        const body = {
          apiVersion: 'scheduling.k8s.io/v1',
          kind: 'PriorityClass',
          metadata: { name: 'p-{id}' },
          value: 7,
        };
        const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';
        await session.http('POST', classes, { body, unrecorded: true });
        await new Promise((resolve) => setTimeout(resolve, 300));
        await session.http('POST', core('pods'), { body: pod('a', {}, { priorityClassName: 'p-{id}' }) });
        await session.http('DELETE', `${classes}/p-{id}`, { unrecorded: true });
      },
    },
    {
      name: 'token: an account that wants none',
      async run(session) {
        const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 's' } };
        await session.http('POST', core('serviceaccounts'), {
          body: { ...account, automountServiceAccountToken: false },
        });
        await new Promise((resolve) => setTimeout(resolve, 300));
        await session.http('POST', core('pods'), { body: pod('a', {}, { serviceAccountName: 's' }) });
        await session.http('POST', core('pods'), {
          body: pod('b', {}, { serviceAccountName: 's', automountServiceAccountToken: true }),
        });
      },
    },
  ],
};
