import { kind, type Manifest } from './manifest.ts';

const pod = kind('v1', 'Pod', 'pods');
const container = (more: object = {}) => ({ name: 'c', image: 'example.org/app:1', ...more });
const podWith = (name: string, containerFields: object, spec: object = {}) =>
  pod(name, { spec: { containers: [container(containerFields)], ...spec } });
const podOf = (name: string, spec: object) => pod(name, { spec: { containers: [container()], ...spec } });

/** Pods: what the server fills in, field by field. */
export const pods: readonly Manifest[] = [
  podWith('only what is required', {}),
  podWith('image without a tag', { image: 'nginx' }),
  podWith('image with latest', { image: 'registry:5000/nginx:latest' }),
  podWith('image with a digest', { image: `nginx@sha256:${'0'.repeat(64)}` }),
  podWith('image with a tag and a registry port', { image: 'registry:5000/nginx:1.2' }),
  podWith('ports', { ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP', name: 'dns' }] }),
  podWith('ports on the host network', { ports: [{ containerPort: 80 }] }, { hostNetwork: true }),
  podWith('http probes', {
    livenessProbe: { httpGet: { port: 80 } },
    readinessProbe: { httpGet: { port: 'web', path: '/ready', scheme: 'HTTPS' }, initialDelaySeconds: 0 },
    startupProbe: { httpGet: { port: 80, httpHeaders: [{ name: 'A', value: 'b' }] }, failureThreshold: 30 },
    ports: [{ containerPort: 80, name: 'web' }],
  }),
  podWith('tcp, exec and grpc probes', {
    livenessProbe: { tcpSocket: { port: 80 } },
    readinessProbe: { exec: { command: ['true'] }, timeoutSeconds: 0 },
    startupProbe: { grpc: { port: 9000 }, terminationGracePeriodSeconds: 5 },
  }),
  podWith('lifecycle', { lifecycle: { postStart: { httpGet: { port: 80 } }, preStop: { sleep: { seconds: 3 } } } }),
  podWith('env of all sources', {
    env: [
      { name: 'EMPTY', value: '' },
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1024Ki' } } },
      { name: 'CM', valueFrom: { configMapKeyRef: { name: 'a', key: 'b', optional: false } } },
      { name: 'SECRET', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
    ],
    envFrom: [{ configMapRef: { name: 'a' } }, { prefix: 'P_', secretRef: { name: 'b', optional: true } }],
  }),
  podWith('limits only', { resources: { limits: { cpu: '0.5', memory: '1024Mi' } } }),
  podWith('requests only', { resources: { requests: { cpu: 0.1, memory: '1.5Gi', 'ephemeral-storage': '1e3' } } }),
  podWith('quantities', {
    resources: {
      requests: { cpu: '1000m', memory: '1000000', 'example.org/a': '3' },
      limits: { cpu: '2.50', memory: '0.1Gi', 'example.org/a': 3 },
    },
  }),
  podWith('guaranteed', { resources: { limits: { cpu: 1, memory: '1Gi' }, requests: { cpu: '1', memory: '1024Mi' } } }),
  podWith('empty resources', { resources: {}, args: [], command: [], env: [], ports: [], volumeMounts: [] }),
  podWith('security contexts', {
    securityContext: {
      runAsUser: 0,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: [] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  }),
  podOf('pod security context', {
    securityContext: { fsGroup: 0, runAsNonRoot: true, runAsUser: 1000, sysctls: [], supplementalGroups: [1] },
  }),
  podOf('init, sidecar and several containers', {
    initContainers: [
      { name: 'init', image: 'busybox' },
      { name: 'sidecar', image: 'busybox:1', restartPolicy: 'Always', readinessProbe: { exec: { command: ['a'] } } },
    ],
    containers: [container(), { name: 'd', image: 'd:latest', imagePullPolicy: 'Never', tty: false, stdin: true }],
  }),
  podOf('empty dir, host path, claim and an unnamed source', {
    volumes: [
      { name: 'none' },
      { name: 'a', emptyDir: {} },
      { name: 'b', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
      { name: 'c', hostPath: { path: '/x' } },
      { name: 'd', hostPath: { path: '/y', type: 'DirectoryOrCreate' } },
      { name: 'e', persistentVolumeClaim: { claimName: 'x', readOnly: false } },
    ],
  }),
  podOf('config map, secret, downward and projected volumes', {
    volumes: [
      { name: 'a', configMap: { name: 'x' } },
      { name: 'b', configMap: { name: 'x', items: [{ key: 'a', path: 'b' }], defaultMode: 0 } },
      { name: 'c', secret: { secretName: 's', optional: true } },
      { name: 'd', downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      {
        name: 'e',
        projected: {
          sources: [
            { serviceAccountToken: { path: 'token' } },
            { configMap: { name: 'x' } },
            { secret: { name: 'y', items: [{ key: 'a', path: 'b', mode: 256 }] } },
            { downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'metadata.name' } }] } },
          ],
        },
      },
    ],
  }),
  podOf('network and block volumes', {
    volumes: [
      { name: 'a', nfs: { server: 's', path: '/p' } },
      { name: 'b', iscsi: { targetPortal: '1.2.3.4', iqn: 'iqn.2001-04.com.example:storage', lun: 0 } },
      { name: 'c', csi: { driver: 'secrets-store.csi.k8s.io', readOnly: true, volumeAttributes: { a: 'b' } } },
      { name: 'e', image: { reference: 'example.org/data' } },
      {
        name: 'f',
        ephemeral: {
          volumeClaimTemplate: {
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        },
      },
    ],
  }),
  podWith(
    'mounts',
    {
      volumeMounts: [
        { name: 'a', mountPath: '/a' },
        { name: 'a', mountPath: '/b', subPath: 'x', readOnly: true },
        { name: 'a', mountPath: '/c', readOnly: false, mountPropagation: 'None' },
      ],
    },
    { volumes: [{ name: 'a', emptyDir: {} }] },
  ),
  podOf('tolerations', {
    tolerations: [
      { key: 'a', operator: 'Exists' },
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
    ],
  }),
  podOf('affinity and spreading', {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
        },
      },
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, podAffinityTerm: { topologyKey: 'h', labelSelector: { matchLabels: { a: 'b' } } } },
        ],
      },
    },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { a: 'b' } } },
    ],
  }),
  podOf('names, hosts and dns', {
    hostname: 'h',
    subdomain: 's',
    hostAliases: [{ ip: '1.2.3.4', hostnames: ['x'] }],
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['1.1.1.1'], options: [{ name: 'ndots', value: '2' }] },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
  }),
  podOf('switches', {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    shareProcessNamespace: true,
    hostPID: false,
    hostIPC: false,
    terminationGracePeriodSeconds: 0,
    activeDeadlineSeconds: 10,
    restartPolicy: 'Never',
    setHostnameAsFQDN: false,
    priorityClassName: 'system-node-critical',
    readinessGates: [{ conditionType: 'example.org/ready' }],
    os: { name: 'linux' },
  }),
  podOf('resources of the pod', { resources: { limits: { cpu: '1', memory: '1Gi' } } }),
  podOf('gated', { schedulingGates: [{ name: 'example.org/wait' }] }),
  podOf('the old name of the service account', { serviceAccount: 'default' }),
];
