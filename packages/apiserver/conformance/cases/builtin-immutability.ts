import { APPLY_PATCH, type Case, type Exchange, exchange, type Group, JSON_PATCH, MERGE_PATCH } from '../lib/case.ts';
import { kind, type Manifest } from './builtin-manifests/manifest.ts';

type Spec = { readonly [field: string]: unknown };

/** Creates an object and then tries changes, each as a merge patch (a list is a JSON patch). */
function changes(name: string, { collection, object, namespaced }: Manifest, patches: readonly unknown[]): Case {
  const path = `${collection}/${object.metadata.name}`;
  return {
    name,
    async run(session) {
      await session.http('POST', collection, { body: object });
      for (const patch of patches) {
        const type = Array.isArray(patch) ? JSON_PATCH : MERGE_PATCH;
        const { status, body } = await session.http('PATCH', path, { type, body: patch, unrecorded: true });
        // A status may change at any time, and with it all versions.
        const { status: _status, metadata: _metadata, ...rest } = body;
        session.record(`PATCH ${JSON.stringify(patch)}`, {
          status,
          ...(status === 200 ? { ...rest, generation: _metadata.generation, labels: _metadata.labels } : { body }),
        });
      }
      if (!namespaced) await session.http('DELETE', path, { unrecorded: true });
    },
  };
}

const selector = { matchLabels: { app: 'a' } };
const container = { name: 'c', image: 'example.org/app:1' };
const template = (spec: Spec = {}) => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [container], ...spec },
});
const workload = { replicas: 0, selector, template: template() };
const spec = (fields: Spec) => ({ spec: fields });
const manifestOf = (apiVersion: string, name: string, plural: string, fields: Spec, namespaced = true) =>
  kind(apiVersion, name, plural, namespaced)('', fields);

const deployment = manifestOf('apps/v1', 'Deployment', 'deployments', spec({ ...workload, paused: true }));
const statefulSet = manifestOf(
  'apps/v1',
  'StatefulSet',
  'statefulsets',
  spec({
    ...workload,
    serviceName: 's',
    volumeClaimTemplates: [
      {
        metadata: { name: 'd' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ],
  }),
);
const daemonSet = manifestOf(
  'apps/v1',
  'DaemonSet',
  'daemonsets',
  spec({ selector, template: template({ nodeSelector: { no: 'ne' } }) }),
);
const replicaSet = manifestOf('apps/v1', 'ReplicaSet', 'replicasets', spec(workload));
const job = manifestOf(
  'batch/v1',
  'Job',
  'jobs',
  spec({ template: template({ restartPolicy: 'Never', schedulingGates: [{ name: 'a.b/c' }] }) }),
);
const cronJob = manifestOf(
  'batch/v1',
  'CronJob',
  'cronjobs',
  spec({
    schedule: '0 0 1 1 *',
    suspend: true,
    jobTemplate: { spec: { template: template({ restartPolicy: 'Never' }) } },
  }),
);
const pod = manifestOf('v1', 'Pod', 'pods', spec({ containers: [container] }));
const service = manifestOf(
  'v1',
  'Service',
  'services',
  spec({ selector: { a: 'b' }, ports: [{ port: 80, name: 'a' }] }),
);
const headless = manifestOf(
  'v1',
  'Service',
  'services',
  spec({ clusterIP: 'None', selector: { a: 'b' }, ports: [{ port: 80 }] }),
);
const claim = manifestOf(
  'v1',
  'PersistentVolumeClaim',
  'persistentvolumeclaims',
  spec({ accessModes: ['ReadWriteOnce'], storageClassName: 'none-such', resources: { requests: { storage: '1Gi' } } }),
);
const volume = manifestOf(
  'v1',
  'PersistentVolume',
  'persistentvolumes',
  spec({
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'none-such',
    capacity: { storage: '1Gi' },
    hostPath: { path: '/x' },
  }),
  false,
);
const storageClass = manifestOf(
  'storage.k8s.io/v1',
  'StorageClass',
  'storageclasses',
  { provisioner: 'a.b/c', parameters: { a: 'b' } },
  false,
);
const roleBinding = manifestOf('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', {
  roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: 'rbac.authorization.k8s.io' },
});
const clusterRoleBinding = manifestOf(
  'rbac.authorization.k8s.io/v1',
  'ClusterRoleBinding',
  'clusterrolebindings',
  { roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: 'rbac.authorization.k8s.io' } },
  false,
);
const configMap = manifestOf('v1', 'ConfigMap', 'configmaps', { data: { a: 'b' }, immutable: true });
const secret = manifestOf('v1', 'Secret', 'secrets', { data: { a: 'Yg==' }, type: 'Opaque' });
const frozenSecret = manifestOf('v1', 'Secret', 'secrets', { data: { a: 'Yg==' }, immutable: true });
const priorityClass = manifestOf('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', { value: 5 }, false);
const ingressClass = manifestOf(
  'networking.k8s.io/v1',
  'IngressClass',
  'ingressclasses',
  spec({ controller: 'a.b/c' }),
  false,
);
const ingress = manifestOf(
  'networking.k8s.io/v1',
  'Ingress',
  'ingresses',
  spec({ defaultBackend: { service: { name: 'x', port: { number: 80 } } } }),
);
const budget = manifestOf(
  'policy/v1',
  'PodDisruptionBudget',
  'poddisruptionbudgets',
  spec({ minAvailable: 1, selector }),
);
const driver = manifestOf('storage.k8s.io/v1', 'CSIDriver', 'csidrivers', spec({}), false);
const runtimeClass = manifestOf('node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', { handler: 'runsc' }, false);

function applied(name: string, manifest: Manifest, next: Spec): Case {
  const path = `${manifest.collection}/it?fieldManager=applier&force=true`;
  const requests: Exchange[] = [
    ['PATCH', path, manifest.object, { type: APPLY_PATCH, unrecorded: true }],
    ['PATCH', path, { ...manifest.object, ...next }, { type: APPLY_PATCH }],
  ];
  return exchange(name, requests);
}

/** What cannot be changed once it is there, and what changes the generation. */
export const builtinImmutability: Group = {
  name: 'builtin-immutability',
  cases: [
    changes('deployment', deployment, [
      spec({ selector: { matchLabels: { b: 'c' } } }),
      spec({ replicas: 1 }),
      { metadata: { labels: { a: 'b' } } },
      { metadata: { annotations: { a: 'b' } } },
      spec({ template: { metadata: { labels: { app: 'b' } } } }),
    ]),
    changes('stateful set', statefulSet, [
      spec({ selector: { matchLabels: { b: 'c' } }, template: { metadata: { labels: { b: 'c' } } } }),
      spec({ serviceName: 'x' }),
      spec({ podManagementPolicy: 'Parallel' }),
      [{ op: 'replace', path: '/spec/volumeClaimTemplates/0/spec/resources/requests/storage', value: '2Gi' }],
      spec({ minReadySeconds: 5, revisionHistoryLimit: 2 }),
    ]),
    changes('daemon set', daemonSet, [
      spec({ selector: { matchLabels: { b: 'c' } } }),
      spec({ template: { metadata: { annotations: { a: 'b' } } } }),
    ]),
    changes('replica set', replicaSet, [
      spec({ selector: { matchLabels: { b: 'c' } }, template: { metadata: { labels: { b: 'c' } } } }),
      spec({ minReadySeconds: 1 }),
    ]),
    changes('job: template', job, [
      [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'example.org/app:2' }],
    ]),
    changes('job: other fields', job, [
      spec({ completions: 2 }),
      spec({ completionMode: 'Indexed' }),
      spec({ backoffLimitPerIndex: 1 }),
      spec({ parallelism: 0 }),
      spec({ activeDeadlineSeconds: 100, ttlSecondsAfterFinished: 5, backoffLimit: 1 }),
    ]),
    changes('cron job', cronJob, [
      spec({ schedule: '* * * * *' }),
      spec({ jobTemplate: { spec: { backoffLimit: 1 } } }),
    ]),
    changes('pod: image and labels', pod, [
      { metadata: { labels: { a: 'b' } } },
      [{ op: 'replace', path: '/spec/containers/0/image', value: 'example.org/app:2' }],
      spec({ activeDeadlineSeconds: 50 }),
    ]),
    changes('pod: env', pod, [[{ op: 'add', path: '/spec/containers/0/env', value: [{ name: 'A', value: 'b' }] }]]),
    changes('pod: containers', pod, [[{ op: 'add', path: '/spec/containers/-', value: { name: 'd', image: 'x' } }]]),
    changes('pod: restart policy', pod, [spec({ restartPolicy: 'Never' })]),
    changes('service: address', service, [
      spec({ clusterIP: '10.96.77.77' }),
      spec({ clusterIP: 'None' }),
      spec({ clusterIP: null }),
      spec({ ports: [{ port: 81, name: 'b' }] }),
      spec({ ports: [] }),
    ]),
    changes('service: type', service, [
      spec({ type: 'ExternalName', externalName: 'a.b' }),
      spec({ type: 'ClusterIP', externalName: null }),
      spec({ type: 'ExternalName', externalName: 'a.b', clusterIP: null, clusterIPs: null }),
    ]),
    changes('service: node port and back', service, [
      spec({ type: 'NodePort' }),
      spec({ type: 'LoadBalancer' }),
      spec({ type: 'ClusterIP' }),
    ]),
    changes('service: headless', headless, [spec({ clusterIP: '10.96.78.78' }), spec({ ports: null })]),
    changes('claim: class', claim, [spec({ storageClassName: 'other' })]),
    changes('claim: size', claim, [spec({ resources: { requests: { storage: '2Gi' } } })]),
    changes('claim: modes', claim, [spec({ accessModes: ['ReadWriteMany'], volumeMode: 'Block' })]),
    changes('claim: labels', claim, [{ metadata: { labels: { a: 'b' } } }]),
    changes('volume: mode', volume, [spec({ volumeMode: 'Block' }), spec({ capacity: { storage: '2Gi' } })]),
    changes('storage class', storageClass, [
      { parameters: { a: 'c' } },
      { provisioner: 'x.y/z' },
      { reclaimPolicy: 'Retain' },
      { volumeBindingMode: 'WaitForFirstConsumer' },
      { allowVolumeExpansion: true },
    ]),
    changes('role binding', roleBinding, [{ roleRef: { name: 'edit' } }, { subjects: [{ kind: 'User', name: 'u' }] }]),
    changes('cluster role binding', clusterRoleBinding, [{ roleRef: { name: 'edit' } }]),
    changes('config map', configMap, [
      { data: { a: 'c' } },
      { immutable: false },
      { binaryData: { x: 'eA==' } },
      { metadata: { labels: { a: 'b' } } },
    ]),
    changes('secret: type', secret, [{ type: 'example.org/x' }, { stringData: { b: 'c' } }, { data: { a: null } }]),
    changes('secret: immutable', frozenSecret, [{ data: { a: 'Yw==' } }, { immutable: null }]),
    changes('priority class', priorityClass, [{ value: 6 }, { preemptionPolicy: 'Never' }, { description: 'x' }]),
    changes('ingress class', ingressClass, [spec({ controller: 'x.y/z' })]),
    changes('ingress', ingress, [spec({ ingressClassName: 'x' }), spec({ defaultBackend: null })]),
    changes('disruption budget', budget, [spec({ selector: { matchLabels: { b: 'c' } } }), spec({ minAvailable: 2 })]),
    changes('csi driver', driver, [spec({ attachRequired: false }), spec({ podInfoOnMount: true })]),
    changes('runtime class', runtimeClass, [{ handler: 'kata' }]),
    applied('apply: deployment selector', deployment, spec({ ...workload, selector: { matchLabels: { b: 'c' } } })),
    applied('apply: job template', job, spec({ template: template({ restartPolicy: 'OnFailure' }) })),
    applied('apply: service address', service, spec({ clusterIP: '10.96.79.79', ports: [{ port: 80, name: 'a' }] })),
    applied('apply: config map', configMap, { data: { a: 'z' } }),
    applied('apply: role binding', roleBinding, {
      roleRef: { kind: 'ClusterRole', name: 'edit', apiGroup: 'rbac.authorization.k8s.io' },
    }),
  ],
};
