import { type Case, exchange, type Group } from '../lib/case.ts';
import { kind, type Manifest } from './builtin-manifests/manifest.ts';

type Spec = { readonly [field: string]: unknown };

/** Manifests as dry runs: what is refused, with all its errors in order, and what is warned about. */
function tried(name: string, manifests: readonly Manifest[]): Case {
  return exchange(
    name,
    manifests.map(({ collection, object }) => ['POST', `${collection}?dryRun=All`, object]),
  );
}

const pod = kind('v1', 'Pod', 'pods');
const node = kind('v1', 'Node', 'nodes', false);
const definition = kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', false);
const container = { name: 'c', image: 'example.org/app:1' };
const selector = { matchLabels: { app: 'a' } };
const template = (spec: Spec = {}) => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [container], ...spec },
});
const podOf = (spec: Spec) => pod('', { spec: { containers: [container], ...spec } });
const podWith = (fields: Spec, spec: Spec = {}) => podOf({ containers: [{ ...container, ...fields }], ...spec });
const volumeOf = (source: Spec) => podOf({ volumes: [{ name: 'v', ...source }] });
const hard = 'requiredDuringSchedulingIgnoredDuringExecution';

const podCases: readonly Case[] = [
  tried('pod: sources of volumes', [
    volumeOf({ secret: { items: [{ key: '', path: '../x', mode: 512 }], defaultMode: -1 } }),
    volumeOf({ iscsi: { targetPortal: '', iqn: 'x', lun: 256, chapAuthSession: true } }),
    volumeOf({ fc: { targetWWNs: ['a'], wwids: ['b'] } }),
    volumeOf({ azureDisk: { diskName: 'a', diskURI: 'x', kind: 'Managed', cachingMode: 'None' } }),
    volumeOf({ csi: { driver: 'A_', nodePublishSecretRef: {} } }),
    volumeOf({ emptyDir: {}, downwardAPI: {}, cephfs: { monitors: [] } }),
    volumeOf({ ephemeral: { volumeClaimTemplate: { metadata: { name: 'x' }, spec: {} } } }),
    volumeOf({ projected: { sources: [{ serviceAccountToken: { path: '/x', expirationSeconds: 5 } }] } }),
    volumeOf({ downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'status.podIP' } }, { path: 'b' }] } }),
  ]),
  tried('pod: mounts and devices', [
    podWith(
      {
        volumeMounts: [{ name: 'v', mountPath: '/x', subPath: 'a', subPathExpr: 'b', recursiveReadOnly: 'Enabled' }],
        volumeDevices: [{ name: 'v', devicePath: '/x' }, { name: 'w' }],
      },
      { volumes: [{ name: 'v', emptyDir: {} }] },
    ),
    podWith(
      { volumeMounts: [{ name: 'v', mountPath: '/x', mountPropagation: 'Bidirectional' }] },
      { volumes: [{ name: 'v', emptyDir: {} }] },
    ),
  ]),
  tried('pod: probes and hooks', [
    podWith({ livenessProbe: { httpGet: { port: 80, scheme: 'FTP', httpHeaders: [{ name: 'a b' }] } } }),
    podWith({ readinessProbe: { tcpSocket: { port: 80 }, terminationGracePeriodSeconds: 0 } }),
    podWith({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }),
    podOf({ initContainers: [{ name: 'i', image: 'x', lifecycle: {}, livenessProbe: {} }] }),
  ]),
  tried('pod: restart rules and resizing', [
    podWith({ restartPolicyRules: [{ action: 'Nope' }, { action: 'Restart', exitCodes: { operator: 'Is' } }] }),
    podWith({ resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }, { restartPolicy: 'Never' }),
    podOf({ ephemeralContainers: [{ name: 'c', image: 'x', ports: [{ containerPort: 1 }] }] }),
  ]),
  tried('pod: references in variables', [
    podWith({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } }] }),
    podWith({ env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1Ki' } } }] }),
    podWith({ env: [{ name: 'A', valueFrom: { fileKeyRef: { key: 'a', path: '../b', volumeName: 'v' } } }] }),
    podWith({ envFrom: [{ prefix: 'é', secretRef: { name: 'A' } }] }),
  ]),
  tried('pod: security', [
    podWith({ securityContext: { allowPrivilegeEscalation: false, capabilities: { add: ['CAP_SYS_ADMIN'] } } }),
    podWith({ securityContext: { procMount: 'Unmasked', appArmorProfile: { type: 'Localhost' } } }),
    podOf({ securityContext: { sysctls: [{ name: 'net.x' }, { name: 'A' }, {}] }, hostNetwork: true }),
    podOf({ securityContext: { seccompProfile: { type: 'RuntimeDefault', localhostProfile: 'x' } } }),
    podOf({ os: { name: 'windows' }, hostPID: true, securityContext: { runAsUser: 1 } }),
    podOf({ os: { name: 'linux' }, securityContext: { windowsOptions: { runAsUserName: '' } } }),
  ]),
  tried('pod: placement', [
    podOf({ tolerations: [{ operator: 'Lt' }, { key: 'a', value: 'a b' }] }),
    podOf({ topologySpreadConstraints: [{ maxSkew: 0, minDomains: 0, whenUnsatisfiable: 'ScheduleAnyway' }] }),
    podOf({ affinity: { nodeAffinity: { [hard]: { nodeSelectorTerms: [{ matchFields: [{ key: 'a' }] }] } } } }),
    podOf({
      affinity: { podAffinity: { [hard]: [{ topologyKey: 'a b', namespaces: ['A'], matchLabelKeys: ['x'] }] } },
    }),
  ]),
  tried('pod: names, addresses and domains', [
    podOf({ hostAliases: [{ ip: 'x', hostnames: ['A'] }], dnsConfig: { searches: ['a_b', 'A'], options: [{}] } }),
    podOf({ hostnameOverride: 'a', hostNetwork: true, runtimeClassName: 'A' }),
    podOf({ resourceClaims: [{ name: 'a' }], schedulingGates: [{ name: 'a' }, { name: 'a' }] }),
    podOf({ hostUsers: false, hostIPC: true, preemptionPolicy: '' }),
  ]),
  tried('pod: resources', [
    podWith({ resources: { limits: { 'hugepages-2Mi': '3Mi' } } }),
    podWith({ resources: { claims: [{ name: 'a' }, { name: 'a' }] } }),
    podOf({ resources: { requests: { cpu: '1', storage: '1Gi' } } }),
    podWith({ resources: { requests: { cpu: '2' } } }, { resources: { requests: { cpu: '1' } } }),
  ]),
  tried('pod: warnings', [
    podWith({ ports: [{ containerPort: 80, name: 'a' }, { containerPort: 80 }] }),
    podOf({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' }, terminationGracePeriodSeconds: -1 }),
    podOf({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' }] }),
    volumeOf({ gitRepo: { repository: 'x' } }),
    volumeOf({
      configMap: {
        name: 'x',
        items: [
          { key: 'a', path: 'b' },
          { key: 'c', path: 'b/d' },
        ],
      },
    }),
    pod('', { spec: { containers: [container] } }, { name: 'a.b' }),
  ]),
];

const deployment = kind('apps/v1', 'Deployment', 'deployments');
const statefulSet = kind('apps/v1', 'StatefulSet', 'statefulsets');
const job = kind('batch/v1', 'Job', 'jobs');
const cronJob = kind('batch/v1', 'CronJob', 'cronjobs');
const podTemplate = kind('v1', 'PodTemplate', 'podtemplates');
const controller = kind('v1', 'ReplicationController', 'replicationcontrollers');
const never = template({ restartPolicy: 'Never' });
const jobOf = (spec: Spec) => job('', { spec: { suspend: true, template: never, ...spec } });
const indexed = { completionMode: 'Indexed', completions: 2 };

const workloadCases: readonly Case[] = [
  tried('workloads: selectors and claims', [
    deployment('', {
      spec: { selector: { matchExpressions: [{ key: 'a b', operator: 'Is' }] }, template: template() },
    }),
    statefulSet('', {
      spec: { selector, template: template(), volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: {} }, {}] },
    }),
    statefulSet('', {
      spec: {
        selector: { matchLabels: { app: 'a b' } },
        template: template(),
        persistentVolumeClaimRetentionPolicy: { whenScaled: 'Nope' },
      },
    }),
    podTemplate('', { template: { spec: {} } }),
    controller('', { spec: { selector: { b: 'c' }, template: template({ restartPolicy: 'Never' }) } }),
  ]),
  tried('jobs: policies', [
    jobOf({ podFailurePolicy: { rules: [{ action: 'FailIndex' }, { action: '', onExitCodes: { operator: 'In' } }] } }),
    jobOf({ successPolicy: { rules: [{ succeededCount: 1 }] } }),
    jobOf({ ...indexed, successPolicy: { rules: [{ succeededIndexes: '1-0', succeededCount: 3 }] } }),
    jobOf({ ...indexed, maxFailedIndexes: 3, managedBy: 'x' }),
    cronJob('', {
      spec: { schedule: '@daily', timeZone: 'No/Where', jobTemplate: { spec: { template: never, selector } } },
    }),
  ]),
];

const scaler = kind('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers');
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' };
const scalerOf = (spec: Spec) => scaler('', { spec: { scaleTargetRef: target, maxReplicas: 3, ...spec } });
const hooks = kind(
  'admissionregistration.k8s.io/v1',
  'ValidatingWebhookConfiguration',
  'validatingwebhookconfigurations',
  false,
);
const policy = kind(
  'admissionregistration.k8s.io/v1',
  'ValidatingAdmissionPolicy',
  'validatingadmissionpolicies',
  false,
);
const binding = kind(
  'admissionregistration.k8s.io/v1',
  'ValidatingAdmissionPolicyBinding',
  'validatingadmissionpolicybindings',
  false,
);
const ingressClass = kind('networking.k8s.io/v1', 'IngressClass', 'ingressclasses', false);
const ingress = kind('networking.k8s.io/v1', 'Ingress', 'ingresses');
const storageClass = kind('storage.k8s.io/v1', 'StorageClass', 'storageclasses', false);
const driver = kind('storage.k8s.io/v1', 'CSIDriver', 'csidrivers', false);
const csiNode = kind('storage.k8s.io/v1', 'CSINode', 'csinodes', false);
const attachment = kind('storage.k8s.io/v1', 'VolumeAttachment', 'volumeattachments', false);
const attributes = kind('storage.k8s.io/v1', 'VolumeAttributesClass', 'volumeattributesclasses', false);
const capacity = kind('storage.k8s.io/v1', 'CSIStorageCapacity', 'csistoragecapacities');
const runtimeClass = kind('node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', false);
const claim = kind('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims');
const volume = kind('v1', 'PersistentVolume', 'persistentvolumes', false);
const service = kind('v1', 'Service', 'services');
const serviceOf = (spec: Spec) => service('', { spec: { ports: [{ port: 80 }], ...spec } });

const otherCases: readonly Case[] = [
  tried('autoscalers: metrics and behavior', [
    scalerOf({ metrics: [{ type: 'Pods', object: {}, external: {} }, { type: 'Nope' }] }),
    scalerOf({ metrics: [{ type: 'Resource', resource: { name: '', target: { averageUtilization: 0 } } }] }),
    scalerOf({
      metrics: [{ type: 'ContainerResource', containerResource: { name: 'x', container: 'A', target: {} } }],
    }),
    scalerOf({
      behavior: { scaleUp: { policies: [{ type: 'x', value: 0, periodSeconds: 9999 }], selectPolicy: 'x' } },
    }),
  ]),
  tried('webhooks and admission policies', [
    hooks('', { webhooks: [{ name: 'a.b', clientConfig: {}, rules: [{}], timeoutSeconds: 31 }] }),
    hooks('', {
      webhooks: [
        { name: 'a.b.c', sideEffects: 'Some', admissionReviewVersions: ['v9'], clientConfig: { url: 'http://u@/x?y' } },
      ],
    }),
    policy('', { spec: { failurePolicy: 'x', paramKind: {}, matchConstraints: { resourceRules: [] } } }),
    binding('', { spec: { policyName: '', paramRef: {}, validationActions: ['Deny', 'Warn', 'Warn', 'x'] } }),
  ]),
  tried('ingresses and their classes', [
    ingressClass('', { spec: { controller: 'x', parameters: { kind: '', name: 'a/b', scope: 'Namespace' } } }),
    ingress('', {
      spec: { ingressClassName: '', defaultBackend: { resource: { kind: '', name: '' } }, tls: [{ secretName: 'A' }] },
    }),
  ]),
  tried('storage', [
    storageClass('', {
      provisioner: 'x',
      parameters: { '': 'a' },
      allowedTopologies: [{}, { matchLabelExpressions: [{ key: 'a', values: ['b', 'b'] }, { key: 'a' }] }],
    }),
    driver('', {
      spec: { tokenRequests: [{ audience: 'a', expirationSeconds: 1 }, { audience: 'a' }], fsGroupPolicy: 'x' },
    }),
    csiNode('', { spec: { drivers: [{ name: '', nodeID: '', topologyKeys: ['', 'a', 'a'] }] } }),
    attachment('', {
      spec: { attacher: '', nodeName: '', source: { inlineVolumeSpec: { capacity: { storage: '1' } } } },
    }),
    attributes('', { driverName: '' }),
    capacity('', { storageClassName: '', capacity: '-1', nodeTopology: { matchLabels: { 'a b': 'c' } } }),
    runtimeClass('', { handler: 'A', overhead: { podFixed: { x: '1' } }, scheduling: { tolerations: [{}, {}] } }),
    claim('', { spec: { dataSourceRef: { kind: 'x', name: '' }, selector: { matchLabels: { a: 'b c' } } } }),
    volume('', { spec: { capacity: { storage: '-1', x: '1' }, hostPath: { path: '/' }, nfs: {}, csi: {} } }),
    volume('', {
      spec: {
        capacity: { storage: '1' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Recycle',
        hostPath: { path: '/' },
      },
    }),
  ]),
  tried('nodes and definitions', [
    node('', { spec: { externalID: 'x' } }),
    definition('', {
      metadata: { name: 'things.{id}.example.com' },
      spec: {
        group: '{id}.example.com',
        scope: 'Cluster',
        names: { plural: 'things', kind: 'Thing' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
        conversion: {},
      },
    }),
  ]),
  tried('services', [
    serviceOf({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_401 } } }),
    serviceOf({ trafficDistribution: 'Nope', loadBalancerClass: 'a b' }),
    serviceOf({ type: 'LoadBalancer', loadBalancerClass: 'a b' }),
    serviceOf({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' }),
  ]),
];

/** What a user forgets and mistypes in manifests of the built-in kinds, rule by rule. */
export const builtinRules: Group = { name: 'builtin-rules', cases: [...podCases, ...workloadCases, ...otherCases] };
