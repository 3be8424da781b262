import { asArray, asObject, asString, cloneJson, equalJson } from '../json.ts';
import { randomSuffix } from '../rest/api-context.ts';
import type { StrategyContext } from '../rest/resource.ts';
import type { JsonObject, KubeObject } from '../types.ts';
import { TEMPLATE_GENERATION } from './defaults/workloads.ts';
import { ServiceAllocator } from './service-allocator.ts';

/** What the server fills in, resets or allocates, after defaults and before validation. */
export interface Preparation {
  create?(object: KubeObject, context: StrategyContext): void;
  update?(object: KubeObject, old: KubeObject, context: StrategyContext): void;
}

const namespaces: Preparation = {
  create(object) {
    const spec = asObject(object['spec']);
    const finalizers = asArray(spec['finalizers']).filter((name) => name !== 'kubernetes');
    object['spec'] = { ...spec, finalizers: [...finalizers, 'kubernetes'] };
    object['status'] = { phase: 'Active' };
  },
  update(object, old) {
    object['spec'] = { ...asObject(object['spec']), finalizers: asObject(old['spec'])['finalizers'] };
    if (old['status'] !== undefined) object['status'] = old['status'];
  },
};

const secrets: Preparation = {
  update(object, old) {
    // A Secret without a type keeps the one it has.
    if (object['type'] === undefined) object['type'] = old['type'];
  },
};

const daemonSets: Preparation = {
  create: (object) => {
    object['status'] = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
  },
  update(object, old) {
    const before = Number(old.metadata.annotations?.[TEMPLATE_GENERATION] ?? '1') || 1;
    const changed = !equalJson(asObject(object['spec'])['template'], asObject(old['spec'])['template']);
    object.metadata.annotations = {
      ...object.metadata.annotations,
      [TEMPLATE_GENERATION]: String(before + (changed ? 1 : 0)),
    };
  },
};

function allocator(context: StrategyContext): ServiceAllocator {
  return ServiceAllocator.of(context.bucket('/services'));
}

function completeService(object: KubeObject, old: KubeObject | undefined, context: StrategyContext): void {
  const spec = object['spec'] as JsonObject;
  const before = asObject(old?.['spec']);
  if (spec['type'] === 'ExternalName') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'])
      delete spec[field];
    if (old === undefined || object['status'] === undefined) object['status'] = { loadBalancer: {} };
    return;
  }
  if (spec['clusterIP'] === undefined) {
    const ips = asArray(spec['clusterIPs']);
    if (ips.length > 0) spec['clusterIP'] = ips[0];
    else if (before['clusterIP'] !== undefined) spec['clusterIP'] = before['clusterIP'];
    else spec['clusterIP'] = allocator(context).address(object);
  }
  if (spec['clusterIPs'] === undefined)
    spec['clusterIPs'] =
      before['clusterIP'] === spec['clusterIP'] && before['clusterIPs'] ? before['clusterIPs'] : [spec['clusterIP']];
  if (spec['clusterIP'] === 'None' && spec['selector'] === undefined && old === undefined) {
    // A headless Service without a selector is taken to be of both families.
    if (spec['ipFamilyPolicy'] === undefined) spec['ipFamilyPolicy'] = 'RequireDualStack';
    if (spec['ipFamilies'] === undefined && spec['ipFamilyPolicy'] !== 'SingleStack')
      spec['ipFamilies'] = ['IPv4', 'IPv6'];
  }
  if (spec['ipFamilies'] === undefined) spec['ipFamilies'] = before['ipFamilies'] ?? ['IPv4'];
  if (spec['ipFamilyPolicy'] === undefined) spec['ipFamilyPolicy'] = before['ipFamilyPolicy'] ?? 'SingleStack';
  const external =
    spec['type'] === 'NodePort' || (spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false);
  if (external) {
    // Ports that were there keep their number.
    const known = asArray(before['ports']).map(asObject);
    for (const entry of asArray(spec['ports'])) {
      const port = asObject(entry);
      const same = known.find((p) => p['port'] === port['port'] && p['protocol'] === port['protocol']);
      if (port['nodePort'] === undefined && same?.['nodePort'] !== undefined) port['nodePort'] = same['nodePort'];
    }
    allocator(context).nodePorts(object, asArray(spec['ports']));
  } else if (old !== undefined && before['type'] !== spec['type']) {
    for (const entry of asArray(spec['ports'])) delete asObject(entry)['nodePort'];
    delete spec['externalTrafficPolicy'];
    delete spec['allocateLoadBalancerNodePorts'];
  }
  if (old === undefined || object['status'] === undefined) object['status'] = { loadBalancer: {} };
}

const services: Preparation = {
  create: (object, context) => completeService(object, undefined, context),
  update: (object, old, context) => completeService(object, old, context),
};

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';

const jobs: Preparation = {
  create(object) {
    const spec = object['spec'] as JsonObject;
    object['status'] = {};
    if (spec['manualSelector'] === true) return;
    const uid = object.metadata.uid!;
    const name = object.metadata.name ?? '';
    const template = asObject(spec['template']);
    const meta = { ...asObject(template['metadata']) };
    // Without labels of its own a Job shares those of its template.
    const shared = object.metadata.labels === undefined || equalJson(object.metadata.labels, asObject(meta['labels']));
    meta['labels'] = {
      ...asObject(meta['labels']),
      'controller-uid': uid,
      'job-name': name,
      [CONTROLLER_UID]: uid,
      [JOB_NAME]: name,
    };
    if (shared) object.metadata.labels = meta['labels'] as { [key: string]: string };
    spec['template'] = { ...template, metadata: meta };
    spec['selector'] = { matchLabels: { [CONTROLLER_UID]: uid } };
  },
  update(object, old) {
    // A manifest that is applied again does not know what was generated.
    const spec = object['spec'] as JsonObject;
    const before = asObject(old['spec']);
    if (spec['selector'] === undefined) spec['selector'] = before['selector'];
    const kept = asObject(asObject(asObject(before['template'])['metadata'])['labels']);
    const template = asObject(spec['template']);
    const meta = asObject(template['metadata']);
    const labels = asObject(meta['labels']);
    const generated = ['controller-uid', 'job-name', CONTROLLER_UID, JOB_NAME].filter(
      (key) => kept[key] !== undefined && labels[key] === undefined,
    );
    if (generated.length > 0 && spec['manualSelector'] !== true) {
      const all = { ...labels };
      for (const key of generated) all[key] = kept[key];
      spec['template'] = { ...template, metadata: { ...meta, labels: all } };
    }
  },
};

const claims: Preparation = {
  create(object, context) {
    const spec = object['spec'] as JsonObject;
    if (spec['storageClassName'] === undefined) {
      for (const storageClass of context.list('storage.k8s.io/storageclasses')) {
        if (storageClass.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true') {
          spec['storageClassName'] = storageClass.metadata.name;
        }
      }
    }
    object['status'] = { phase: 'Pending' };
    addFinalizer(object, 'kubernetes.io/pvc-protection');
  },
};

const persistentVolumes: Preparation = {
  create(object, context) {
    object['status'] = { phase: 'Pending', lastPhaseTransitionTime: context.now };
    addFinalizer(object, 'kubernetes.io/pv-protection');
  },
};

function addFinalizer(object: KubeObject, name: string): void {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(name)) object.metadata.finalizers = [...finalizers, name];
}

const TOLERATIONS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

const pods: Preparation = {
  create(object, context) {
    const spec = object['spec'] as JsonObject;
    if (spec['serviceAccountName'] === undefined) {
      spec['serviceAccountName'] = 'default';
      spec['serviceAccount'] = 'default';
    }
    if (spec['priority'] === undefined) spec['priority'] = 0;
    if (spec['preemptionPolicy'] === undefined) spec['preemptionPolicy'] = 'PreemptLowerPriority';
    if (spec['automountServiceAccountToken'] !== false) mountToken(object, spec, context);
    const tolerations = asArray(spec['tolerations']);
    const missing = TOLERATIONS.filter((key) => !tolerations.some((t) => asObject(t)['key'] === key));
    spec['tolerations'] = [
      ...tolerations,
      ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
    ];
    object['status'] = { phase: 'Pending', qosClass: qosClassOf(spec) };
  },
};

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The ServiceAccount admission plugin: every container sees a token of the pod's account. */
function mountToken(object: KubeObject, spec: JsonObject, context: StrategyContext): void {
  const account = context.lookup(
    '/serviceaccounts',
    `${object.metadata.namespace}/${asString(spec['serviceAccountName'])}`,
  );
  if (account?.['automountServiceAccountToken'] === false) return;
  const containers = [...asArray(spec['initContainers']), ...asArray(spec['containers'])].map(asObject);
  const isMounted = (container: JsonObject) =>
    asArray(container['volumeMounts']).some((m) => asObject(m)['mountPath'] === TOKEN_PATH);
  if (containers.every(isMounted)) return;
  const name = `kube-api-access-${randomSuffix(5)}`;
  for (const container of containers) {
    if (isMounted(container)) continue;
    container['volumeMounts'] = [
      ...asArray(container['volumeMounts']),
      { name, readOnly: true, mountPath: TOKEN_PATH },
    ];
  }
  const field = { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } };
  spec['volumes'] = [
    ...asArray(spec['volumes']),
    {
      name,
      projected: {
        sources: [
          { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          { downwardAPI: { items: [field] } },
        ],
        defaultMode: 420,
      },
    },
  ];
}

/** Guaranteed, Burstable or BestEffort, from the requests and limits of the containers. */
function qosClassOf(spec: JsonObject): string {
  let any = false;
  let guaranteed = true;
  for (const entry of [...asArray(spec['initContainers']), ...asArray(spec['containers'])]) {
    const resources = asObject(asObject(entry)['resources']);
    const limits = asObject(resources['limits']);
    const requests = asObject(resources['requests']);
    for (const name of ['cpu', 'memory']) {
      if (limits[name] !== undefined || requests[name] !== undefined) any = true;
      if (limits[name] === undefined || requests[name] !== limits[name]) guaranteed = false;
    }
  }
  return !any ? 'BestEffort' : guaranteed ? 'Guaranteed' : 'Burstable';
}

const resetStatus =
  (status: JsonObject): Preparation['create'] =>
  (object) => {
    object['status'] = cloneJson(status);
  };

const definitions: Preparation = {
  create(object) {
    const versions = asArray(asObject(object['spec'])['versions']).map(asObject);
    const stored = versions.find((version) => version['storage'] === true);
    object['status'] = {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: stored === undefined ? [] : [asString(stored['name'])],
    };
  },
  update(object, old) {
    const versions = asArray(asObject(object['spec'])['versions']).map(asObject);
    const stored = asString(versions.find((version) => version['storage'] === true)?.['name']);
    const status = asObject(old['status']);
    const known = asArray(status['storedVersions']).map(asString);
    object['status'] =
      stored !== '' && !known.includes(stored) ? { ...status, storedVersions: [...known, stored] } : status;
  },
};

const horizontalPodAutoscalers: Preparation = {
  create: resetStatus({ desiredReplicas: 0, currentMetrics: null }),
};

const signingRequests: Preparation = {
  create(object) {
    object['status'] = {};
  },
};

export const builtinPreparation: ReadonlyMap<string, Preparation> = new Map<string, Preparation>([
  ['/namespaces', namespaces],
  ['/secrets', secrets],
  ['/services', services],
  ['/persistentvolumeclaims', claims],
  ['/persistentvolumes', persistentVolumes],
  ['/pods', pods],
  ['apiextensions.k8s.io/customresourcedefinitions', definitions],
  ['apps/deployments', { create: resetStatus({}) }],
  ['apps/daemonsets', daemonSets],
  ['apps/replicasets', { create: resetStatus({ replicas: 0 }) }],
  ['apps/statefulsets', { create: resetStatus({ replicas: 0, availableReplicas: 0 }) }],
  ['/replicationcontrollers', { create: resetStatus({ replicas: 0 }) }],
  ['autoscaling/horizontalpodautoscalers', horizontalPodAutoscalers],
  ['batch/cronjobs', { create: resetStatus({}) }],
  ['batch/jobs', jobs],
  ['certificates.k8s.io/certificatesigningrequests', signingRequests],
  ['networking.k8s.io/ingresses', { create: resetStatus({ loadBalancer: {} }) }],
  [
    'policy/poddisruptionbudgets',
    { create: resetStatus({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }) },
  ],
  ['/resourcequotas', { create: resetStatus({}) }],
]);
