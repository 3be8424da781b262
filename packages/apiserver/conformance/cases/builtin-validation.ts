import { type Case, exchange, type Group } from '../lib/case.ts';
import { kind, type Manifest } from './builtin-manifests/manifest.ts';

type Spec = { readonly [field: string]: unknown };

/** What the server says to objects that it refuses: all errors, in order. */
function refused(name: string, manifests: readonly Manifest[]): Case {
  return exchange(
    name,
    manifests.map(({ collection, object }) => ['POST', collection, object]),
  );
}

const pod = kind('v1', 'Pod', 'pods');
const deployment = kind('apps/v1', 'Deployment', 'deployments');
const statefulSet = kind('apps/v1', 'StatefulSet', 'statefulsets');
const daemonSet = kind('apps/v1', 'DaemonSet', 'daemonsets');
const replicaSet = kind('apps/v1', 'ReplicaSet', 'replicasets');
const job = kind('batch/v1', 'Job', 'jobs');
const cronJob = kind('batch/v1', 'CronJob', 'cronjobs');
const service = kind('v1', 'Service', 'services');
const ingress = kind('networking.k8s.io/v1', 'Ingress', 'ingresses');
const networkPolicy = kind('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies');
const configMap = kind('v1', 'ConfigMap', 'configmaps');
const secret = kind('v1', 'Secret', 'secrets');
const claim = kind('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims');
const volume = kind('v1', 'PersistentVolume', 'persistentvolumes', false);
const storageClass = kind('storage.k8s.io/v1', 'StorageClass', 'storageclasses', false);
const role = kind('rbac.authorization.k8s.io/v1', 'Role', 'roles');
const clusterRole = kind('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', false);
const roleBinding = kind('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings');
const scaler = kind('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers');
const budget = kind('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets');
const quota = kind('v1', 'ResourceQuota', 'resourcequotas');
const limitRange = kind('v1', 'LimitRange', 'limitranges');
const priorityClass = kind('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', false);

const selector = { matchLabels: { app: 'a' } };
const container = { name: 'c', image: 'example.org/app:1' };
const template = (spec: Spec = {}) => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [container], ...spec },
});
const podWith = (name: string, fields: Spec, spec: Spec = {}) =>
  pod(name, { spec: { containers: [{ ...container, ...fields }], ...spec } });
const podOf = (name: string, spec: Spec) => pod(name, { spec: { containers: [container], ...spec } });
const deploymentOf = (name: string, spec: Spec) =>
  deployment(name, { spec: { replicas: 0, selector, template: template(), ...spec } });
const jobOf = (name: string, spec: Spec) =>
  job(name, { spec: { suspend: true, template: template({ restartPolicy: 'Never' }), ...spec } });
const serviceOf = (name: string, spec: Spec) => service(name, { spec: { ports: [{ port: 80 }], ...spec } });
const cronOf = (name: string, spec: Spec, metadata: Spec = {}) =>
  cronJob(
    name,
    {
      spec: {
        schedule: '0 0 * * *',
        suspend: true,
        jobTemplate: { spec: { template: template({ restartPolicy: 'Never' }) } },
        ...spec,
      },
    },
    metadata,
  );

const podCases: readonly Case[] = [
  refused('pod: no containers', [pod('', { spec: {} }), pod('', { spec: { containers: [] } }), pod('', {})]),
  refused('pod: container names', [
    podOf('', { containers: [{}] }),
    podOf('', { containers: [{ name: 'A_b', image: 'x' }] }),
    podOf('', { containers: [container, container] }),
    podOf('', { containers: [{ name: 'x'.repeat(64), image: ' x ' }] }),
    podOf('', { initContainers: [container] }),
  ]),
  refused('pod: ports', [
    podWith('', { ports: [{}] }),
    podWith('', { ports: [{ containerPort: 70000 }] }),
    podWith('', {
      ports: [
        { containerPort: 80, name: 'a' },
        { containerPort: 81, name: 'a' },
      ],
    }),
    podWith('', { ports: [{ containerPort: 80, name: 'much-too-long-for-a-port' }] }),
    podWith('', { ports: [{ containerPort: 80, name: 'UPPER' }] }),
    podWith('', { ports: [{ containerPort: 80, protocol: 'HTTP' }] }),
    podWith('', { ports: [{ containerPort: 80, hostPort: 81 }] }, { hostNetwork: true }),
    podWith('', {
      ports: [
        { containerPort: 80, hostPort: 80 },
        { containerPort: 81, hostPort: 80 },
      ],
    }),
  ]),
  refused('pod: env', [
    podWith('', { env: [{}] }),
    podWith('', { env: [{ name: 'a=b', value: 'x' }] }),
    podWith('', { env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
    podWith('', { env: [{ name: 'A', valueFrom: {} }] }),
    podWith('', { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nothing' } } }] }),
    podWith('', { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: '', key: '' } } }] }),
    podWith('', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'A_', key: 'a b' } } }] }),
    podWith('', { envFrom: [{}] }),
    podWith('', { envFrom: [{ configMapRef: {} }] }),
  ]),
  refused('pod: mounts', [
    podWith('', { volumeMounts: [{ name: 'v', mountPath: '/x' }] }),
    podWith('', { volumeMounts: [{}] }),
    podWith(
      '',
      {
        volumeMounts: [
          { name: 'v', mountPath: '/x' },
          { name: 'v', mountPath: '/x' },
        ],
      },
      {
        volumes: [{ name: 'v', emptyDir: {} }],
      },
    ),
    podWith(
      '',
      { volumeMounts: [{ name: 'v', mountPath: '/x', subPath: '../a' }] },
      { volumes: [{ name: 'v', emptyDir: {} }] },
    ),
  ]),
  refused('pod: volumes', [
    podOf('', { volumes: [{}] }),
    podOf('', { volumes: [{ name: 'v' }, { name: 'v' }] }),
    podOf('', { volumes: [{ name: 'A', emptyDir: {}, configMap: { name: 'x' } }] }),
    podOf('', { volumes: [{ name: 'v', configMap: {} }] }),
    podOf('', { volumes: [{ name: 'v', secret: {} }] }),
    podOf('', { volumes: [{ name: 'v', persistentVolumeClaim: {} }] }),
    podOf('', { volumes: [{ name: 'v', hostPath: {} }] }),
    podOf('', { volumes: [{ name: 'v', hostPath: { path: '/a/../b', type: 'Bad' } }] }),
    podOf('', {
      volumes: [{ name: 'v', configMap: { name: 'x', defaultMode: 1000, items: [{ key: '', path: '/a' }] } }],
    }),
    podOf('', { volumes: [{ name: 'v', nfs: {} }] }),
    podOf('', { volumes: [{ name: 'v', csi: {} }] }),
    podOf('', { volumes: [{ name: 'v', projected: {} }] }),
  ]),
  refused('pod: resources', [
    podWith('', { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
    podWith('', { resources: { requests: { cpu: '-1' } } }),
    podWith('', { resources: { requests: { cup: '1' } } }),
    podWith('', { resources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } } }),
    podWith('', { resources: { limits: { memory: 'lots' } } }),
    podWith('', { resources: { requests: { 'example.org/a': '1' } } }),
    podWith('', { resources: { limits: { memory: '1.5' } } }),
  ]),
  refused('pod: probes', [
    podWith('', { livenessProbe: {} }),
    podWith('', { livenessProbe: { httpGet: { port: 0 } } }),
    podWith('', { livenessProbe: { httpGet: { port: 80 }, exec: { command: ['a'] } } }),
    podWith('', { livenessProbe: { exec: {} } }),
    podWith('', { livenessProbe: { tcpSocket: { port: 'NAME' } } }),
    podWith('', { readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: -1 } }),
    podWith('', { livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 } }),
    podWith('', { lifecycle: { preStop: {} } }),
  ]),
  refused('pod: policies', [
    podOf('', { restartPolicy: 'Sometimes' }),
    podOf('', { dnsPolicy: 'Mine' }),
    podOf('', { dnsPolicy: 'None' }),
    podWith('', { imagePullPolicy: 'Sometimes' }),
    podWith('', { terminationMessagePolicy: 'X' }),
    podOf('', { terminationGracePeriodSeconds: -1 }),
    podOf('', { activeDeadlineSeconds: 0 }),
    podOf('', { hostname: 'A_B', subdomain: '-' }),
    podOf('', { nodeSelector: { 'a b': 'c d' } }),
    podOf('', { imagePullSecrets: [{}] }),
  ]),
  refused('pod: security', [
    podWith('', { securityContext: { runAsUser: -1 } }),
    podOf('', { securityContext: { fsGroup: -1, supplementalGroups: [-1] } }),
    podWith('', { securityContext: { seccompProfile: { type: 'Localhost' } } }),
    podWith('', { securityContext: { seccompProfile: { type: 'X' } } }),
  ]),
  refused('pod: scheduling', [
    podOf('', { tolerations: [{ operator: 'Equal' }] }),
    podOf('', { tolerations: [{ key: 'a', operator: 'Exists', value: 'x' }] }),
    podOf('', { tolerations: [{ key: 'a', effect: 'X' }] }),
    podOf('', { tolerations: [{ key: 'a', tolerationSeconds: 1 }] }),
    podOf('', { topologySpreadConstraints: [{}] }),
    podOf('', { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] } } }),
    podOf('', { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } }),
  ]),
  refused('pod: metadata', [
    pod('', { spec: { containers: [container] } }, { labels: { 'a b': 'c d' } }),
    pod('', { spec: { containers: [container] } }, { annotations: { 'a/b/c': 'x' } }),
    pod('', { spec: { containers: [container] } }, { name: 'A_b' }),
  ]),
  refused('pod: service account', [podOf('', { serviceAccountName: 'none-such' })]),
  refused('pod: priority', [podOf('', { priorityClassName: 'none-such' }), podOf('', { priority: 5 })]),
];

const workloadCases: readonly Case[] = [
  refused('deployment: selector', [
    deployment('', {}),
    deployment('', { spec: { template: template() } }),
    deployment('', { spec: { selector, template: { spec: { containers: [container] } } } }),
    deployment('', { spec: { selector: { matchLabels: { b: 'c' } }, template: template() } }),
    deployment('', { spec: { selector: {}, template: template() } }),
    deploymentOf('', { selector: { matchLabels: { app: 'a' }, matchExpressions: [{ key: 'x', operator: 'In' }] } }),
    deploymentOf('', { selector: { matchLabels: { 'a b': 'c d' } } }),
    deploymentOf('', { selector: { matchExpressions: [{ key: 'app', operator: 'Like', values: ['a'] }] } }),
  ]),
  refused('deployment: numbers', [
    deploymentOf('', { replicas: -1 }),
    deploymentOf('', { minReadySeconds: -1, revisionHistoryLimit: -1, progressDeadlineSeconds: -1 }),
    deploymentOf('', { progressDeadlineSeconds: 5, minReadySeconds: 5 }),
  ]),
  refused('deployment: strategy', [
    deploymentOf('', { strategy: { type: 'Foo' } }),
    deploymentOf('', { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }),
    deploymentOf('', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    deploymentOf('', { strategy: { rollingUpdate: { maxSurge: 'x', maxUnavailable: '200%' } } }),
    deploymentOf('', { strategy: { rollingUpdate: { maxSurge: -1 } } }),
  ]),
  refused('deployment: template', [
    deploymentOf('', { template: template({ restartPolicy: 'Never' }) }),
    deploymentOf('', { template: template({ containers: [] }) }),
    deploymentOf('', { template: template({ activeDeadlineSeconds: 5 }) }),
    deploymentOf('', {
      template: template({ containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath: '/x' }] }] }),
    }),
    deploymentOf('', {
      template: { metadata: { labels: { app: 'a', 'x y': 'z' } }, spec: { containers: [container] } },
    }),
  ]),
  refused('deployment: types', [
    deploymentOf('', { replicas: 'x' }),
    deploymentOf('', { template: { spec: { containers: 'x' } } }),
    deploymentOf('', { template: template({ containers: [{ ...container, imagePullPolicy: 1 }] }) }),
    deploymentOf('', { template: template({ nodeSelector: 'x' }) }),
    deploymentOf('', { template: template({ nodeSelector: { a: true } }) }),
    deploymentOf('', { template: template({ containers: [{ ...container, args: [1] }] }) }),
    deploymentOf('', { template: template({ hostNetwork: 'yes' }) }),
    deploymentOf('', { strategy: { rollingUpdate: { maxSurge: true } } }),
    deploymentOf('', { template: template({ containers: [{ ...container, resources: { limits: { cpu: 'zz' } } }] }) }),
    deploymentOf('', { template: template({ containers: [{ ...container, resources: { limits: { cpu: true } } }] }) }),
  ]),
  refused('stateful set', [
    statefulSet('', { spec: {} }),
    statefulSet('', { spec: { selector, template: template(), podManagementPolicy: 'X' } }),
    statefulSet('', { spec: { selector, template: template(), updateStrategy: { type: 'X' } } }),
    statefulSet('', {
      spec: { selector, template: template(), updateStrategy: { type: 'OnDelete', rollingUpdate: {} } },
    }),
    statefulSet('', { spec: { replicas: -1, selector, template: template({ restartPolicy: 'Never' }) } }),
    statefulSet('', { spec: { selector, template: template(), updateStrategy: { rollingUpdate: { partition: -1 } } } }),
  ]),
  refused('daemon set', [
    daemonSet('', { spec: {} }),
    daemonSet('', { spec: { selector: { matchLabels: { x: 'y' } }, template: template() } }),
    daemonSet('', { spec: { selector, template: template(), updateStrategy: { type: 'X' } } }),
    daemonSet('', {
      spec: { selector, template: template(), updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } },
    }),
    daemonSet('', {
      spec: { selector, template: template(), updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
    }),
  ]),
  refused('replica set', [
    replicaSet('', { spec: {} }),
    replicaSet('', { spec: { replicas: -1, selector, template: template(), minReadySeconds: -1 } }),
  ]),
  refused('job: template', [
    job('', { spec: { template: template() } }),
    job('', { spec: {} }),
    jobOf('', { template: template({ restartPolicy: 'X' }) }),
    jobOf('', { selector: { matchLabels: { a: 'b' } } }),
  ]),
  refused('job: numbers', [
    jobOf('', { parallelism: -1, completions: -1, backoffLimit: -1 }),
    jobOf('', { activeDeadlineSeconds: -1, ttlSecondsAfterFinished: -1 }),
    jobOf('', { completionMode: 'Indexed' }),
    jobOf('', { completionMode: 'X' }),
    jobOf('', { backoffLimitPerIndex: 1 }),
  ]),
  refused('cron job', [
    cronJob('', { spec: {} }),
    cronOf('', { schedule: '* * *' }),
    cronOf('', { schedule: 'x * * * *' }),
    cronOf('', { schedule: '61 * * * *' }),
    cronOf('', { schedule: '@often' }),
    cronOf('', { schedule: 'TZ=UTC 0 0 * * *' }),
    cronOf('', { timeZone: 'Nowhere/City' }),
    cronOf('', { timeZone: '' }),
    cronOf('', { concurrencyPolicy: 'X' }),
    cronOf('', { startingDeadlineSeconds: -1, successfulJobsHistoryLimit: -1, failedJobsHistoryLimit: -1 }),
    cronOf('', {}, { name: 'x'.repeat(53) }),
    cronOf('', { jobTemplate: { spec: { template: template() } } }),
  ]),
];

const otherCases: readonly Case[] = [
  refused('service: ports', [
    service('', { spec: {} }),
    serviceOf('', { ports: [{}] }),
    serviceOf('', { ports: [{ port: 80 }, { port: 81 }] }),
    serviceOf('', {
      ports: [
        { port: 80, name: 'a' },
        { port: 81, name: 'a' },
      ],
    }),
    serviceOf('', {
      ports: [
        { port: 80, name: 'a' },
        { port: 80, name: 'b' },
      ],
    }),
    serviceOf('', { ports: [{ port: 80, name: 'UPPER' }] }),
    serviceOf('', { ports: [{ port: 80, protocol: 'HTTP' }] }),
    serviceOf('', { ports: [{ port: 99999, targetPort: 99999 }] }),
    serviceOf('', { ports: [{ port: 80, targetPort: 'NOT OK' }] }),
    serviceOf('', { ports: [{ port: 80, nodePort: 30080 }] }),
    serviceOf('', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }),
    serviceOf('', { ports: [{ port: 80, appProtocol: 'a b' }] }),
  ]),
  refused('service: type and addresses', [
    serviceOf('', { type: 'Foo' }),
    serviceOf('', { type: 'ExternalName' }),
    serviceOf('', { type: 'ExternalName', externalName: 'a_b' }),
    serviceOf('', { type: 'ExternalName', externalName: 'a.b', clusterIP: '10.96.0.200' }),
    serviceOf('', { clusterIP: 'x' }),
    serviceOf('', { clusterIP: '8.8.8.8' }),
    serviceOf('', { clusterIP: '10.96.0.1' }),
    serviceOf('', { clusterIP: 'None', type: 'NodePort' }),
    serviceOf('', { sessionAffinity: 'X' }),
    serviceOf('', { externalTrafficPolicy: 'Local' }),
    serviceOf('', { internalTrafficPolicy: 'X' }),
    serviceOf('', { externalIPs: ['x', '127.0.0.1'] }),
    serviceOf('', { loadBalancerSourceRanges: ['10.0.0.0/8'] }),
    serviceOf('', { type: 'LoadBalancer', loadBalancerSourceRanges: ['x'] }),
    serviceOf('', { allocateLoadBalancerNodePorts: true }),
    serviceOf('', { ipFamilies: ['IPv6'] }),
    serviceOf('', { ipFamilyPolicy: 'RequireDualStack' }),
    serviceOf('', { selector: { 'a b': 'c d' } }),
  ]),
  refused('service: name', [
    service('', { spec: { ports: [{ port: 80 }] } }, { name: '1a' }),
    service('', { spec: { ports: [{ port: 80 }] } }, { name: 'a.b' }),
    service('', { spec: { ports: [{ port: 80 }] } }, { name: 'x'.repeat(64) }),
  ]),
  refused('ingress', [
    ingress('', { spec: {} }),
    ingress('', { spec: { rules: [{ host: 'A_b' }, { host: '1.2.3.4' }, { host: '*.a.b' }, { host: 'a.*' }] } }),
    ingress('', { spec: { rules: [{ http: { paths: [] } }] } }),
    ingress('', { spec: { rules: [{ http: { paths: [{ path: 'x', pathType: 'Prefix', backend: {} }] } }] } }),
    ingress('', {
      spec: {
        rules: [{ http: { paths: [{ path: '/', backend: { service: { name: 'a', port: { number: 80 } } } }] } }],
      },
    }),
    ingress('', {
      spec: {
        rules: [
          {
            http: { paths: [{ path: '/', pathType: 'X', backend: { service: { name: 'a', port: { number: 80 } } } }] },
          },
        ],
      },
    }),
    ingress('', { spec: { defaultBackend: { service: { name: 'A_', port: {} } } } }),
    ingress('', { spec: { defaultBackend: { service: { name: 'a', port: { number: 80, name: 'x' } } } } }),
    ingress('', {
      spec: { ingressClassName: 'A_', defaultBackend: { service: { name: 'a', port: { number: 99999 } } } },
    }),
    ingress('', {
      spec: { tls: [{ hosts: ['A_'] }], defaultBackend: { service: { name: 'a', port: { number: 80 } } } },
    }),
  ]),
  refused('network policy', [
    networkPolicy('', { spec: { podSelector: { matchLabels: { 'a b': 'c' } } } }),
    networkPolicy('', { spec: { podSelector: {}, policyTypes: ['X'] } }),
    networkPolicy('', { spec: { podSelector: {}, ingress: [{ from: [{}] }] } }),
    networkPolicy('', { spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 'x' } }] }] } }),
    networkPolicy('', {
      spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/8'] } }] }] },
    }),
    networkPolicy('', {
      spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }] },
    }),
    networkPolicy('', {
      spec: {
        podSelector: {},
        ingress: [{ ports: [{ port: 0 }, { port: 'NOT OK' }, { endPort: 5 }, { port: 10, endPort: 5 }] }],
      },
    }),
  ]),
  refused('config map', [
    configMap('', { data: { 'a b': 'x' } }),
    configMap('', { data: { '..': 'y' } }),
    configMap('', { data: { a: 'x' }, binaryData: { a: 'eA==' } }),
    configMap('', { data: { a: 1 } }),
    configMap('', { binaryData: { a: '*' } }),
  ]),
  refused('secret', [
    secret('', { data: { 'a b': 'eA==' } }),
    secret('', { data: { a: '*' } }),
    secret('', { type: 'kubernetes.io/tls' }),
    secret('', { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'eA==' } }),
    secret('', { type: 'kubernetes.io/dockerconfigjson', data: {} }),
    secret('', { type: 'kubernetes.io/basic-auth' }),
    secret('', { type: 'kubernetes.io/ssh-auth' }),
    secret('', { type: 'kubernetes.io/service-account-token' }),
    secret('', { stringData: { 'a b': 'x' } }),
  ]),
  refused('claim', [
    claim('', { spec: {} }),
    claim('', { spec: { accessModes: ['X'], resources: { requests: { storage: '0' } } } }),
    claim('', {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '-1' } }, volumeMode: 'X' },
    }),
    claim('', {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1' } }, storageClassName: 'A_' },
    }),
    claim('', {
      spec: { accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'], resources: { requests: { storage: '1' } } },
    }),
  ]),
  refused('volume', [
    volume('', { spec: {} }),
    volume('', {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'X',
        hostPath: { path: '/x' },
      },
    }),
    volume('', {
      spec: { capacity: { cpu: '1' }, accessModes: ['X'], hostPath: { path: '/x' }, nfs: { server: 'a', path: '/' } },
    }),
    volume('', { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], local: { path: '/x' } } }),
  ]),
  refused('storage class', [
    storageClass('', {}),
    storageClass('', { provisioner: 'A B' }),
    storageClass('', { provisioner: 'a.b/c', reclaimPolicy: 'X', volumeBindingMode: 'X' }),
  ]),
  refused('roles', [
    role('', { rules: [{}] }),
    role('', { rules: [{ verbs: ['get'] }] }),
    role('', { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] }),
    clusterRole('', { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'], apiGroups: [''], resources: ['pods'] }] }),
    clusterRole('', { aggregationRule: { clusterRoleSelectors: [] } }),
    role('', {}, { name: 'a/b%c' }),
  ]),
  refused('role bindings', [
    roleBinding('', {}),
    roleBinding('', { roleRef: { kind: 'Foo', name: 'x' } }),
    roleBinding('', { roleRef: { kind: 'Role', name: 'x', apiGroup: 'nope' } }),
    roleBinding('', { roleRef: { kind: 'Role', name: 'x' }, subjects: [{}, { kind: 'ServiceAccount', name: 'A_' }] }),
    roleBinding('', {
      roleRef: { kind: 'Role', name: 'x' },
      subjects: [
        { kind: 'User', name: '', apiGroup: 'x' },
        { kind: 'Foo', name: 'x' },
      ],
    }),
  ]),
  refused('autoscaler', [
    scaler('', { spec: {} }),
    scaler('', {
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' },
        maxReplicas: 0,
        minReplicas: 0,
      },
    }),
    scaler('', {
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' },
        minReplicas: 5,
        maxReplicas: 3,
      },
    }),
    scaler('', { spec: { scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'v1' }, maxReplicas: 3 } }),
    scaler('', {
      spec: {
        scaleTargetRef: { kind: 'a/b', name: 'a/b', apiVersion: 'apps/v1' },
        maxReplicas: 3,
        metrics: [{ type: 'X' }, { type: 'Resource' }],
      },
    }),
    scaler('', {
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' },
        maxReplicas: 3,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }],
      },
    }),
  ]),
  refused('disruption budget', [
    budget('', { spec: { minAvailable: 1, maxUnavailable: 1 } }),
    budget('', { spec: { minAvailable: -1 } }),
    budget('', { spec: { maxUnavailable: 'x' } }),
    budget('', { spec: { maxUnavailable: '200%' } }),
  ]),
  refused('quota and limits', [
    quota('', { spec: { hard: { pods: '-1', 'requests.cpu': '1.5' } } }),
    quota('', { spec: { hard: { nothing: '1' } } }),
    quota('', { spec: { hard: { pods: '1.5' }, scopes: ['X'] } }),
    limitRange('', { spec: { limits: [{}] } }),
    limitRange('', { spec: { limits: [{ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } }] } }),
    limitRange('', { spec: { limits: [{ type: 'Pod', default: { cpu: '2' } }, { type: 'Pod' }] } }),
  ]),
  refused('priority class', [
    priorityClass('', { value: 2000000000 }),
    priorityClass('', { value: 1, preemptionPolicy: 'X' }),
    priorityClass('', { value: 1 }, { name: 'system-{id}' }),
  ]),
  refused('namespace', [
    kind('v1', 'Namespace', 'namespaces', false)('', {}, { name: 'a.b' }),
    kind('v1', 'Namespace', 'namespaces', false)('', {}, { name: 'A' }),
    kind('v1', 'Namespace', 'namespaces', false)('', {}, { name: 'default' }),
  ]),
];

/** What users get wrong, and what they are told. */
export const builtinValidation: Group = {
  name: 'builtin-validation',
  cases: [...podCases, ...workloadCases, ...otherCases],
};
