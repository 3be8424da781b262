import { asArray, asObject, isObject } from '../json.ts';
import type { JsonObject, KubeObject } from '../types.ts';

type Defaults = (object: KubeObject) => void;

/** Sets a field that is absent. */
function set(target: JsonObject, field: string, value: unknown): void {
  if (target[field] === undefined) target[field] = value;
}

function objectsOf(value: unknown): JsonObject[] {
  return asArray(value).filter(isObject);
}

/** The spec of a pod or of a pod template: core/v1 SetDefaults_PodSpec and what it contains. */
function defaultPodSpec(spec: JsonObject, podItself: boolean): void {
  set(spec, 'dnsPolicy', 'ClusterFirst');
  set(spec, 'restartPolicy', 'Always');
  set(spec, 'securityContext', {});
  set(spec, 'terminationGracePeriodSeconds', 30);
  set(spec, 'schedulerName', 'default-scheduler');
  if (podItself) set(spec, 'enableServiceLinks', true);
  const account = spec['serviceAccountName'] ?? spec['serviceAccount'];
  if (account !== undefined) {
    set(spec, 'serviceAccountName', account);
    spec['serviceAccount'] = spec['serviceAccountName'];
  }
  const hostNetwork = spec['hostNetwork'] === true;
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of objectsOf(spec[list])) defaultContainer(container, podItself, hostNetwork);
  }
  for (const volume of objectsOf(spec['volumes'])) defaultVolume(volume);
}

function defaultContainer(container: JsonObject, podItself: boolean, hostNetwork: boolean): void {
  set(container, 'terminationMessagePath', '/dev/termination-log');
  set(container, 'terminationMessagePolicy', 'File');
  if (container['imagePullPolicy'] === undefined) {
    const image = typeof container['image'] === 'string' ? container['image'] : '';
    container['imagePullPolicy'] = isLatest(image) ? 'Always' : 'IfNotPresent';
  }
  for (const port of objectsOf(container['ports'])) {
    set(port, 'protocol', 'TCP');
    if (podItself && hostNetwork && port['containerPort'] !== undefined) set(port, 'hostPort', port['containerPort']);
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (isObject(container[probe])) defaultProbe(container[probe]);
  }
  const lifecycle = asObject(container['lifecycle']);
  for (const hook of ['postStart', 'preStop']) defaultHttpGet(asObject(lifecycle[hook])['httpGet']);
  for (const variable of objectsOf(container['env'])) {
    const field = asObject(variable['valueFrom'])['fieldRef'];
    if (isObject(field)) set(field, 'apiVersion', 'v1');
    const resource = asObject(variable['valueFrom'])['resourceFieldRef'];
    if (isObject(resource)) set(resource, 'divisor', '0');
  }
  const resources = asObject(container['resources']);
  const limits = asObject(resources['limits']);
  if (podItself && Object.keys(limits).length > 0) {
    // Requests that are not given are the limits.
    const requests = { ...asObject(resources['requests']) };
    for (const [name, value] of Object.entries(limits)) set(requests, name, value);
    resources['requests'] = requests;
  }
}

function isLatest(image: string): boolean {
  if (image.includes('@')) return false;
  const last = image.slice(image.lastIndexOf('/') + 1);
  const tag = last.includes(':') ? last.slice(last.indexOf(':') + 1) : 'latest';
  return tag === 'latest';
}

function defaultProbe(probe: JsonObject): void {
  set(probe, 'timeoutSeconds', 1);
  set(probe, 'periodSeconds', 10);
  set(probe, 'successThreshold', 1);
  set(probe, 'failureThreshold', 3);
  defaultHttpGet(probe['httpGet']);
  if (isObject(probe['grpc'])) set(probe['grpc'], 'service', '');
}

function defaultHttpGet(action: unknown): void {
  if (!isObject(action)) return;
  set(action, 'path', '/');
  set(action, 'scheme', 'HTTP');
}

const MODE_0644 = 420;

function defaultVolume(volume: JsonObject): void {
  const sources = Object.keys(volume).filter((key) => key !== 'name');
  if (sources.length === 0) volume['emptyDir'] = {};
  for (const kind of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    if (isObject(volume[kind])) set(volume[kind], 'defaultMode', MODE_0644);
  }
  for (const source of objectsOf(asObject(volume['projected'])['sources'])) {
    if (isObject(source['serviceAccountToken'])) set(source['serviceAccountToken'], 'expirationSeconds', 3600);
    defaultDownward(asObject(source['downwardAPI'])['items']);
  }
  defaultDownward(asObject(volume['downwardAPI'])['items']);
  if (isObject(volume['hostPath'])) set(volume['hostPath'], 'type', '');
  if (isObject(volume['image'])) {
    const reference = typeof volume['image']['reference'] === 'string' ? volume['image']['reference'] : '';
    set(volume['image'], 'pullPolicy', isLatest(reference) ? 'Always' : 'IfNotPresent');
  }
  const template = asObject(asObject(volume['ephemeral'])['volumeClaimTemplate'])['spec'];
  if (isObject(template)) set(template, 'volumeMode', 'Filesystem');
  const iscsi = volume['iscsi'];
  if (isObject(iscsi)) set(iscsi, 'iscsiInterface', 'default');
  const rbd = volume['rbd'];
  if (isObject(rbd)) {
    set(rbd, 'pool', 'rbd');
    set(rbd, 'user', 'admin');
    set(rbd, 'keyring', '/etc/ceph/keyring');
  }
}

function defaultDownward(items: unknown): void {
  for (const item of objectsOf(items)) if (isObject(item['fieldRef'])) set(item['fieldRef'], 'apiVersion', 'v1');
}

/** The template of a workload; makes `spec.template.spec` when a client left it out, as Go's structs do. */
function defaultTemplate(spec: JsonObject): void {
  if (!isObject(spec['template'])) spec['template'] = {};
  const template = spec['template'] as JsonObject;
  if (!isObject(template['metadata'])) template['metadata'] = {};
  if (!isObject(template['spec'])) template['spec'] = {};
  defaultPodSpec(template['spec'] as JsonObject, false);
}

function templateLabels(spec: JsonObject): JsonObject {
  return asObject(asObject(asObject(spec['template'])['metadata'])['labels']);
}

function specOf(object: KubeObject): JsonObject {
  if (!isObject(object['spec'])) object['spec'] = {};
  return object['spec'] as JsonObject;
}

const deployments: Defaults = (object) => {
  const spec = specOf(object);
  defaultTemplate(spec);
  set(spec, 'replicas', 1);
  if (!isObject(spec['strategy'])) spec['strategy'] = {};
  const strategy = spec['strategy'] as JsonObject;
  if (strategy['type'] === undefined || strategy['type'] === '') strategy['type'] = 'RollingUpdate';
  if (strategy['type'] === 'RollingUpdate') {
    if (!isObject(strategy['rollingUpdate'])) strategy['rollingUpdate'] = {};
    const rolling = strategy['rollingUpdate'] as JsonObject;
    set(rolling, 'maxUnavailable', '25%');
    set(rolling, 'maxSurge', '25%');
  }
  set(spec, 'revisionHistoryLimit', 10);
  set(spec, 'progressDeadlineSeconds', 600);
};

/** Counts the changes of a DaemonSet's template. */
export const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const statefulSets: Defaults = (object) => {
  const spec = specOf(object);
  defaultTemplate(spec);
  set(spec, 'podManagementPolicy', 'OrderedReady');
  if (!isObject(spec['updateStrategy'])) spec['updateStrategy'] = {};
  const strategy = spec['updateStrategy'] as JsonObject;
  if (strategy['type'] === undefined || strategy['type'] === '') strategy['type'] = 'RollingUpdate';
  if (strategy['type'] === 'RollingUpdate') {
    if (!isObject(strategy['rollingUpdate'])) strategy['rollingUpdate'] = {};
    const rolling = strategy['rollingUpdate'] as JsonObject;
    set(rolling, 'partition', 0);
  }
  if (!isObject(spec['persistentVolumeClaimRetentionPolicy'])) spec['persistentVolumeClaimRetentionPolicy'] = {};
  const retention = spec['persistentVolumeClaimRetentionPolicy'] as JsonObject;
  set(retention, 'whenDeleted', 'Retain');
  set(retention, 'whenScaled', 'Retain');
  set(spec, 'replicas', 1);
  set(spec, 'revisionHistoryLimit', 10);
  for (const claim of objectsOf(spec['volumeClaimTemplates'])) {
    claim['kind'] = 'PersistentVolumeClaim';
    claim['apiVersion'] = 'v1';
    if (isObject(claim['spec'])) set(claim['spec'], 'volumeMode', 'Filesystem');
    const status = isObject(claim['status']) ? claim['status'] : {};
    set(status, 'phase', 'Pending');
    claim['status'] = status;
  }
};

const daemonSets: Defaults = (object) => {
  object.metadata.annotations ??= {};
  object.metadata.annotations[TEMPLATE_GENERATION] ??= '1';
  const spec = specOf(object);
  defaultTemplate(spec);
  if (!isObject(spec['updateStrategy'])) spec['updateStrategy'] = {};
  const strategy = spec['updateStrategy'] as JsonObject;
  if (strategy['type'] === undefined || strategy['type'] === '') strategy['type'] = 'RollingUpdate';
  if (strategy['type'] === 'RollingUpdate') {
    if (!isObject(strategy['rollingUpdate'])) strategy['rollingUpdate'] = {};
    const rolling = strategy['rollingUpdate'] as JsonObject;
    set(rolling, 'maxUnavailable', 1);
    set(rolling, 'maxSurge', 0);
  }
  set(spec, 'revisionHistoryLimit', 10);
};

const replicaSets: Defaults = (object) => {
  const spec = specOf(object);
  if (isObject(spec['template'])) defaultTemplate(spec);
  set(spec, 'replicas', 1);
};

const replicationControllers: Defaults = (object) => {
  const spec = specOf(object);
  if (isObject(spec['template'])) defaultTemplate(spec);
  const labels = templateLabels(spec);
  if (Object.keys(labels).length > 0) {
    if (spec['selector'] === undefined) spec['selector'] = { ...labels };
    if (object.metadata.labels === undefined) object.metadata.labels = { ...labels } as { [key: string]: string };
  }
  set(spec, 'replicas', 1);
};

function defaultJobSpec(spec: JsonObject): void {
  defaultTemplate(spec);
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) {
    spec['completions'] = 1;
    spec['parallelism'] = 1;
  }
  set(spec, 'parallelism', 1);
  if (spec['backoffLimitPerIndex'] === undefined) set(spec, 'backoffLimit', 6);
  else set(spec, 'backoffLimit', 2147483647);
  set(spec, 'completionMode', 'NonIndexed');
  set(spec, 'suspend', false);
  set(spec, 'podReplacementPolicy', spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed');
}

const jobs: Defaults = (object) => {
  const spec = specOf(object);
  defaultJobSpec(spec);
  set(spec, 'manualSelector', false);
  const labels = templateLabels(spec);
  if (object.metadata.labels === undefined && Object.keys(labels).length > 0) {
    object.metadata.labels = { ...labels } as { [key: string]: string };
  }
};

const cronJobs: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'concurrencyPolicy', 'Allow');
  set(spec, 'suspend', false);
  set(spec, 'successfulJobsHistoryLimit', 3);
  set(spec, 'failedJobsHistoryLimit', 1);
  const template = asObject(spec['jobTemplate']);
  if (isObject(template['spec'])) {
    // A CronJob's template gets the pod defaults only; the rest comes when the Job is made.
    defaultTemplate(template['spec']);
  }
};

const pods: Defaults = (object) => {
  const spec = specOf(object);
  defaultPodSpec(spec, true);
};

const services: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'sessionAffinity', 'None');
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig'];
  if (spec['sessionAffinity'] === 'ClientIP' && spec['sessionAffinityConfig'] === undefined) {
    spec['sessionAffinityConfig'] = { clientIP: { timeoutSeconds: 10800 } };
  }
  set(spec, 'type', 'ClusterIP');
  for (const port of objectsOf(spec['ports'])) {
    if (port['protocol'] === undefined || port['protocol'] === '') port['protocol'] = 'TCP';
    if (port['targetPort'] === undefined || port['targetPort'] === 0 || port['targetPort'] === '')
      port['targetPort'] = port['port'];
  }
  const external = spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer';
  if (external) set(spec, 'externalTrafficPolicy', 'Cluster');
  if (spec['type'] !== 'ExternalName') set(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec['type'] === 'LoadBalancer') set(spec, 'allocateLoadBalancerNodePorts', true);
};

const podTemplates: Defaults = (object) => {
  defaultTemplate(object);
};

const secrets: Defaults = (object) => {
  // `stringData` is write-only: it becomes data before anybody owns it.
  if (isObject(object['stringData'])) {
    const data = { ...asObject(object['data']) };
    for (const [key, value] of Object.entries(object['stringData'])) {
      data[key] = Buffer.from(String(value), 'utf8').toString('base64');
    }
    if (Object.keys(data).length > 0) object['data'] = data;
    delete object['stringData'];
  }
  set(object, 'type', 'Opaque');
};

const claims: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'volumeMode', 'Filesystem');
};

const volumes: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'persistentVolumeReclaimPolicy', 'Retain');
  set(spec, 'volumeMode', 'Filesystem');
  if (isObject(spec['hostPath'])) set(spec['hostPath'], 'type', '');
};

const namespaces: Defaults = (object) => {
  if (object.metadata.name !== undefined && object.metadata.name !== '') {
    object.metadata.labels ??= {};
    object.metadata.labels['kubernetes.io/metadata.name'] ??= object.metadata.name;
  }
};

const ingresses: Defaults = (object) => {
  const spec = specOf(object);
  for (const rule of objectsOf(spec['rules'])) {
    for (const path of objectsOf(asObject(rule['http'])['paths'])) set(path, 'pathType', 'ImplementationSpecific');
  }
};

const networkPolicies: Defaults = (object) => {
  const spec = specOf(object);
  for (const direction of ['ingress', 'egress']) {
    for (const rule of objectsOf(spec[direction]))
      for (const port of objectsOf(rule['ports'])) set(port, 'protocol', 'TCP');
  }
  if (asArray(spec['policyTypes']).length === 0) {
    spec['policyTypes'] = asArray(spec['egress']).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  }
};

const ingressClasses: Defaults = (object) => {
  const parameters = asObject(object['spec'])['parameters'];
  if (isObject(parameters)) set(parameters, 'scope', 'Cluster');
};

const autoscalers: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'minReplicas', 1);
  if (object.apiVersion === 'autoscaling/v2') {
    if (asArray(spec['metrics']).length === 0) {
      spec['metrics'] = [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ];
    }
    const behavior = spec['behavior'];
    if (isObject(behavior)) {
      behavior['scaleUp'] = scalingRules(behavior['scaleUp'], 0, [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ]);
      behavior['scaleDown'] = scalingRules(behavior['scaleDown'], undefined, [
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ]);
    }
  } else if (spec['targetCPUUtilizationPercentage'] === undefined) spec['targetCPUUtilizationPercentage'] = 80;
};

function scalingRules(given: unknown, window: number | undefined, policies: readonly JsonObject[]): JsonObject {
  const rules: JsonObject = isObject(given) ? { ...given } : {};
  set(rules, 'selectPolicy', 'Max');
  if (window !== undefined) set(rules, 'stabilizationWindowSeconds', window);
  if (asArray(rules['policies']).length === 0) rules['policies'] = policies.map((policy) => ({ ...policy }));
  return rules;
}

const bindings: Defaults = (object) => {
  const role = asObject(object['roleRef']);
  if (isObject(object['roleRef']) && (role['apiGroup'] === undefined || role['apiGroup'] === '')) {
    role['apiGroup'] = 'rbac.authorization.k8s.io';
  }
  for (const subject of objectsOf(object['subjects'])) {
    if (subject['apiGroup'] === undefined || subject['apiGroup'] === '') {
      if (subject['kind'] === 'User' || subject['kind'] === 'Group') subject['apiGroup'] = 'rbac.authorization.k8s.io';
    }
  }
};

const storageClasses: Defaults = (object) => {
  set(object, 'reclaimPolicy', 'Delete');
  set(object, 'volumeBindingMode', 'Immediate');
};

const webhooks: Defaults = (object) => {
  for (const webhook of objectsOf(object['webhooks'])) {
    set(webhook, 'failurePolicy', 'Fail');
    set(webhook, 'matchPolicy', 'Equivalent');
    set(webhook, 'namespaceSelector', {});
    set(webhook, 'objectSelector', {});
    if (object.kind === 'MutatingWebhookConfiguration') set(webhook, 'reinvocationPolicy', 'Never');
    set(webhook, 'timeoutSeconds', 10);
    for (const rule of objectsOf(webhook['rules'])) set(rule, 'scope', '*');
    const service = asObject(webhook['clientConfig'])['service'];
    if (isObject(service)) set(service, 'port', 443);
  }
};

const definitions: Defaults = (object) => {
  const spec = specOf(object);
  if (!isObject(spec['conversion'])) spec['conversion'] = { strategy: 'None' };
  const conversion = spec['conversion'] as JsonObject;
  set(conversion, 'strategy', 'None');
  const names = asObject(spec['names']);
  const kind = typeof names['kind'] === 'string' ? names['kind'] : '';
  if (kind !== '') {
    if (names['singular'] === undefined || names['singular'] === '') names['singular'] = kind.toLowerCase();
    if (names['listKind'] === undefined || names['listKind'] === '') names['listKind'] = `${kind}List`;
  }
};

const apiServices: Defaults = (object) => {
  const service = asObject(object['spec'])['service'];
  if (isObject(service)) set(service, 'port', 443);
};

const csiDrivers: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'attachRequired', true);
  set(spec, 'podInfoOnMount', false);
  set(spec, 'storageCapacity', false);
  set(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
  if (asArray(spec['volumeLifecycleModes']).length === 0) spec['volumeLifecycleModes'] = ['Persistent'];
  set(spec, 'requiresRepublish', false);
  set(spec, 'seLinuxMount', false);
};

const priorityClasses: Defaults = (object) => {
  set(object, 'preemptionPolicy', 'PreemptLowerPriority');
};

const limitRanges: Defaults = (object) => {
  for (const limit of objectsOf(asObject(object['spec'])['limits'])) {
    if (limit['type'] !== 'Container') continue;
    const max = asObject(limit['max']);
    const min = asObject(limit['min']);
    const limits = { ...asObject(limit['default']) };
    const requests = { ...asObject(limit['defaultRequest']) };
    for (const [name, value] of Object.entries(max)) set(limits, name, value);
    for (const [name, value] of Object.entries(limits)) set(requests, name, value);
    for (const [name, value] of Object.entries(min)) set(requests, name, value);
    if (Object.keys(limits).length > 0) limit['default'] = limits;
    if (Object.keys(requests).length > 0) limit['defaultRequest'] = requests;
  }
};

const endpointSlices: Defaults = (object) => {
  for (const port of objectsOf(object['ports'])) {
    set(port, 'name', '');
    set(port, 'protocol', 'TCP');
  }
};

const endpoints: Defaults = (object) => {
  for (const subset of objectsOf(object['subsets']))
    for (const port of objectsOf(subset['ports'])) set(port, 'protocol', 'TCP');
};

const events: Defaults = (object) => {
  for (const field of ['firstTimestamp', 'lastTimestamp', 'eventTime'])
    if (object[field] === undefined) object[field] = null;
};

const signingRequests: Defaults = (object) => {
  set(specOf(object), 'usages', ['digital signature', 'key encipherment']);
};

const admissionPolicies: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'failurePolicy', 'Fail');
  const constraints = spec['matchConstraints'];
  if (isObject(constraints)) {
    set(constraints, 'matchPolicy', 'Equivalent');
    set(constraints, 'namespaceSelector', {});
    set(constraints, 'objectSelector', {});
    for (const rule of objectsOf(constraints['resourceRules'])) set(rule, 'scope', '*');
  }
};

/** Defaults of the built-in kinds by `group/plural`. Objects are decoded and changed in place. */
export const builtinDefaults: ReadonlyMap<string, Defaults> = new Map<string, Defaults>([
  ['/endpoints', endpoints],
  ['/events', events],
  ['/limitranges', limitRanges],
  ['/namespaces', namespaces],
  ['/persistentvolumeclaims', claims],
  ['/persistentvolumes', volumes],
  ['/pods', pods],
  ['/podtemplates', podTemplates],
  ['/replicationcontrollers', replicationControllers],
  ['/secrets', secrets],
  ['/services', services],
  ['admissionregistration.k8s.io/mutatingadmissionpolicies', admissionPolicies],
  ['admissionregistration.k8s.io/mutatingwebhookconfigurations', webhooks],
  ['admissionregistration.k8s.io/validatingadmissionpolicies', admissionPolicies],
  ['admissionregistration.k8s.io/validatingwebhookconfigurations', webhooks],
  ['apiextensions.k8s.io/customresourcedefinitions', definitions],
  ['apiregistration.k8s.io/apiservices', apiServices],
  ['apps/daemonsets', daemonSets],
  ['apps/deployments', deployments],
  ['apps/replicasets', replicaSets],
  ['apps/statefulsets', statefulSets],
  ['autoscaling/horizontalpodautoscalers', autoscalers],
  ['batch/cronjobs', cronJobs],
  ['batch/jobs', jobs],
  ['certificates.k8s.io/certificatesigningrequests', signingRequests],
  ['discovery.k8s.io/endpointslices', endpointSlices],
  ['networking.k8s.io/ingressclasses', ingressClasses],
  ['networking.k8s.io/ingresses', ingresses],
  ['networking.k8s.io/networkpolicies', networkPolicies],
  ['rbac.authorization.k8s.io/clusterrolebindings', bindings],
  ['rbac.authorization.k8s.io/rolebindings', bindings],
  ['scheduling.k8s.io/priorityclasses', priorityClasses],
  ['storage.k8s.io/csidrivers', csiDrivers],
  ['storage.k8s.io/storageclasses', storageClasses],
]);
