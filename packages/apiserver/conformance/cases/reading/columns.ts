import type { Case } from '../../lib/case.ts';
import { clusterTable, labelled, pod, selector, tableOf } from './column-pieces.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
const subjects = [
  { kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' },
  { kind: 'Group', name: 'g', apiGroup: 'rbac.authorization.k8s.io' },
  { kind: 'ServiceAccount', name: 's', namespace: 'n' },
];
const ADMISSION = 'admissionregistration.k8s.io/v1';
const FLOW = 'flowcontrol.apiserver.k8s.io/v1';
const policed = {
  matchConstraints: {
    resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['limitranges'] }],
  },
};

/** What `kubectl get` prints of built-in kinds. */
export const columnCases: readonly Case[] = [
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
  clusterTable('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', {
    webhooks: [],
  }),
  clusterTable(ADMISSION, 'ValidatingAdmissionPolicy', 'validatingadmissionpolicies', {
    spec: { ...policed, paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'true' }] },
  }),
  clusterTable(ADMISSION, 'ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', {
    spec: {
      policyName: 'p',
      validationActions: ['Deny'],
      paramRef: { name: 'n', namespace: 'ns', parameterNotFoundAction: 'Deny' },
    },
  }),
  clusterTable(ADMISSION, 'MutatingAdmissionPolicy', 'mutatingadmissionpolicies', {
    spec: {
      ...policed,
      paramKind: { apiVersion: 'apps/v1', kind: 'Deployment' },
      reinvocationPolicy: 'Never',
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "remove", path: "/a"}]' } }],
    },
  }),
  clusterTable(ADMISSION, 'MutatingAdmissionPolicyBinding', 'mutatingadmissionpolicybindings', {
    spec: { policyName: 'p', paramRef: { selector: { matchLabels: { a: 'b' } }, parameterNotFoundAction: 'Allow' } },
  }),
  clusterTable(FLOW, 'FlowSchema', 'flowschemas', {
    spec: {
      priorityLevelConfiguration: { name: 'none' },
      matchingPrecedence: 77,
      distinguisherMethod: { type: 'ByUser' },
    },
  }),
  clusterTable(FLOW, 'PriorityLevelConfiguration', 'prioritylevelconfigurations', {
    spec: {
      type: 'Limited',
      limited: {
        nominalConcurrencyShares: 3,
        limitResponse: { type: 'Queue', queuing: { queues: 4, handSize: 2, queueLengthLimit: 9 } },
      },
    },
  }),
  clusterTable('networking.k8s.io/v1', 'ServiceCIDR', 'servicecidrs', {
    spec: { cidrs: ['10.99.0.0/16', 'fd00:99::/112'] },
  }),
  clusterTable('storage.k8s.io/v1', 'CSINode', 'csinodes', {
    spec: { drivers: [{ name: 'd', nodeID: 'n', topologyKeys: [] }] },
  }),
  clusterTable('storage.k8s.io/v1', 'VolumeAttachment', 'volumeattachments', {
    spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'v' } },
  }),
  clusterTable('storage.k8s.io/v1', 'VolumeAttributesClass', 'volumeattributesclasses', {
    driverName: 'd.example.com',
    parameters: { a: 'b' },
  }),
  tableOf('resource.k8s.io/v1', 'ResourceClaim', 'resourceclaims', {
    spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c' } }] } },
  }),
  clusterTable('resource.k8s.io/v1', 'ResourceSlice', 'resourceslices', {
    spec: { driver: 'd.example.com', nodeName: 'n', pool: { name: 'p', generation: 1, resourceSliceCount: 1 } },
  }),
  clusterTable(
    FLOW,
    'PriorityLevelConfiguration',
    'prioritylevelconfigurations',
    {
      spec: { type: 'Limited', limited: { nominalConcurrencyShares: 0, limitResponse: { type: 'Reject' } } },
    },
    ' without a queue',
  ),
  clusterTable(
    'storage.k8s.io/v1',
    'VolumeAttachment',
    'volumeattachments',
    {
      spec: {
        attacher: 'a',
        nodeName: 'n',
        source: {
          inlineVolumeSpec: {
            accessModes: ['ReadWriteOnce'],
            csi: { driver: 'd', volumeHandle: 'h' },
          },
        },
      },
    },
    ' of an inline volume',
  ),
  clusterTable(
    'resource.k8s.io/v1',
    'ResourceSlice',
    'resourceslices',
    {
      spec: { driver: 'd.example.com', allNodes: true, pool: { name: 'p', generation: 1, resourceSliceCount: 1 } },
    },
    ' of all nodes',
  ),
];
