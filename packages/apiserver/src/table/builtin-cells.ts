import { asArray, asNumber, asObject, asString, asStringMap, dig } from '../json.ts';
import { printLabelSelector } from '../rest/selectors.ts';
import type { JsonObject, KubeObject } from '../types.ts';
import type { Cell } from './cells.ts';
import { ageOf, humanDuration } from './human-duration.ts';

type Cells = (object: KubeObject, now: Date) => { [column: string]: Cell };

const NONE = '<none>';
const UNSET = '<unset>';

function count(value: unknown): number {
  return Object.keys(asObject(value)).length;
}

function orNone(value: unknown): string {
  return value === undefined || value === null || value === '' ? NONE : String(value);
}

/** Names and images of a pod template's containers, for wide output. */
function containers(podSpec: unknown): { Containers: string; Images: string } {
  const list = asArray(asObject(podSpec)['containers']).map(asObject);
  return {
    Containers: list.map((c) => asString(c['name'])).join(','),
    Images: list.map((c) => asString(c['image'])).join(','),
  };
}

function selector(value: unknown): string {
  return printLabelSelector(value) || NONE;
}

function mapSelector(value: unknown): string {
  const text = Object.entries(asStringMap(value))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([k, v]) => `${k}=${v}`)
    .join(',');
  return text === '' ? NONE : text;
}

/** The one word that tells how a pod is. */
function podStatus(object: KubeObject): {
  status: string;
  ready: number;
  total: number;
  restarts: number;
  last: string | undefined;
} {
  const status = asObject(object['status']);
  const spec = asObject(object['spec']);
  let reason = asString(status['reason']) || asString(status['phase']);
  const total = asArray(spec['containers']).length;
  let ready = 0;
  let restarts = 0;
  let last: string | undefined;
  let initializing = false;
  const initTotal = asArray(spec['initContainers']).length;
  asArray(status['initContainerStatuses']).forEach((entry, i) => {
    const container = asObject(entry);
    restarts += asNumber(container['restartCount']);
    const terminated = dig(container, 'state', 'terminated');
    if (asNumber(dig(terminated, 'exitCode'), terminated === undefined ? 1 : 0) === 0) return;
    if (initializing) return;
    initializing = true;
    const waiting = asString(dig(container, 'state', 'waiting', 'reason'));
    if (terminated !== undefined)
      reason = `Init:${asString(dig(terminated, 'reason')) || `ExitCode:${asNumber(dig(terminated, 'exitCode'))}`}`;
    else if (waiting !== '' && waiting !== 'PodInitializing') reason = `Init:${waiting}`;
    else reason = `Init:${i}/${initTotal}`;
  });
  if (!initializing) {
    let running = false;
    const list = asArray(status['containerStatuses']).map(asObject);
    for (const container of [...list].reverse()) {
      restarts += asNumber(container['restartCount']);
      const state = asObject(container['state']);
      const finished = dig(container, 'lastState', 'terminated', 'finishedAt');
      if (typeof finished === 'string' && (last === undefined || finished > last)) last = finished;
      const waiting = asString(dig(state, 'waiting', 'reason'));
      const terminated = state['terminated'];
      if (waiting !== '') reason = waiting;
      else if (terminated !== undefined) {
        reason = asString(dig(terminated, 'reason')) || `ExitCode:${asNumber(dig(terminated, 'exitCode'))}`;
      } else if (container['ready'] === true && state['running'] !== undefined) {
        running = true;
        ready++;
      }
    }
    if (reason === 'Completed' && running) {
      const isReady = asArray(status['conditions']).some(
        (c) => asObject(c)['type'] === 'Ready' && asObject(c)['status'] === 'True',
      );
      reason = isReady ? 'Running' : 'NotReady';
    }
  }
  if (object.metadata.deletionTimestamp !== undefined)
    reason = status['reason'] === 'NodeLost' ? 'Unknown' : 'Terminating';
  return { status: reason, ready, total, restarts, last };
}

function readinessGates(object: KubeObject): string {
  const gates = asArray(dig(object, 'spec', 'readinessGates')).map((gate) => asString(asObject(gate)['conditionType']));
  if (gates.length === 0) return NONE;
  const conditions = asArray(dig(object, 'status', 'conditions')).map(asObject);
  const open = gates.filter((gate) => conditions.some((c) => c['type'] === gate && c['status'] === 'True'));
  return `${open.length}/${gates.length}`;
}

const pods: Cells = (object, now) => {
  const { status, ready, total, restarts, last } = podStatus(object);
  return {
    Ready: `${ready}/${total}`,
    Status: status,
    Restarts: restarts > 0 && last !== undefined ? `${restarts} (${ageOf(last, now)} ago)` : String(restarts),
    IP: orNone(dig(object, 'status', 'podIP')),
    Node: orNone(dig(object, 'spec', 'nodeName')),
    'Nominated Node': orNone(dig(object, 'status', 'nominatedNodeName')),
    'Readiness Gates': readinessGates(object),
  };
};

const deployments: Cells = (object) => {
  const status = asObject(object['status']);
  return {
    Ready: `${asNumber(status['readyReplicas'])}/${asNumber(dig(object, 'spec', 'replicas'))}`,
    'Up-to-date': asNumber(status['updatedReplicas']),
    Available: asNumber(status['availableReplicas']),
    ...containers(dig(object, 'spec', 'template', 'spec')),
    Selector: selector(dig(object, 'spec', 'selector')),
  };
};

const statefulSets: Cells = (object) => ({
  Ready: `${asNumber(dig(object, 'status', 'readyReplicas'))}/${asNumber(dig(object, 'spec', 'replicas'))}`,
  ...containers(dig(object, 'spec', 'template', 'spec')),
});

const replicaSets: Cells = (object) => ({
  Desired: asNumber(dig(object, 'spec', 'replicas')),
  Current: asNumber(dig(object, 'status', 'replicas')),
  Ready: asNumber(dig(object, 'status', 'readyReplicas')),
  ...containers(dig(object, 'spec', 'template', 'spec')),
  Selector:
    object.kind === 'ReplicationController'
      ? mapSelector(dig(object, 'spec', 'selector'))
      : selector(dig(object, 'spec', 'selector')),
});

const daemonSets: Cells = (object) => {
  const status = asObject(object['status']);
  return {
    Desired: asNumber(status['desiredNumberScheduled']),
    Current: asNumber(status['currentNumberScheduled']),
    Ready: asNumber(status['numberReady']),
    'Up-to-date': asNumber(status['updatedNumberScheduled']),
    Available: asNumber(status['numberAvailable']),
    'Node Selector': mapSelector(dig(object, 'spec', 'template', 'spec', 'nodeSelector')),
    ...containers(dig(object, 'spec', 'template', 'spec')),
    Selector: selector(dig(object, 'spec', 'selector')),
  };
};

const jobs: Cells = (object, now) => {
  const spec = asObject(object['spec']);
  const status = asObject(object['status']);
  const done = asNumber(status['succeeded']);
  const parallelism = asNumber(spec['parallelism']);
  const completions =
    typeof spec['completions'] === 'number'
      ? `${done}/${spec['completions']}`
      : parallelism > 1
        ? `${done}/1 of ${parallelism}`
        : `${done}/1`;
  const holds = (type: string) =>
    asArray(status['conditions']).some((c) => asObject(c)['type'] === type && asObject(c)['status'] === 'True');
  const word = holds('Complete')
    ? 'Complete'
    : holds('Failed')
      ? 'Failed'
      : object.metadata.deletionTimestamp !== undefined
        ? 'Terminating'
        : holds('Suspended')
          ? 'Suspended'
          : holds('FailureTarget')
            ? 'FailureTarget'
            : holds('SuccessCriteriaMet')
              ? 'SuccessCriteriaMet'
              : 'Running';
  const start = Date.parse(asString(status['startTime']));
  const end = status['completionTime'] === undefined ? now.getTime() : Date.parse(asString(status['completionTime']));
  return {
    Status: word,
    Completions: completions,
    Duration: Number.isNaN(start) ? '' : humanDuration(end - start),
    ...containers(dig(spec, 'template', 'spec')),
    Selector: selector(spec['selector']),
  };
};

const cronJobs: Cells = (object, now) => ({
  Schedule: asString(dig(object, 'spec', 'schedule')),
  Timezone: orNone(dig(object, 'spec', 'timeZone')),
  Suspend: dig(object, 'spec', 'suspend') === true ? 'True' : 'False',
  Active: asArray(dig(object, 'status', 'active')).length,
  'Last Schedule':
    dig(object, 'status', 'lastScheduleTime') === undefined
      ? NONE
      : ageOf(dig(object, 'status', 'lastScheduleTime'), now),
  ...containers(dig(object, 'spec', 'jobTemplate', 'spec', 'template', 'spec')),
  Selector: selector(dig(object, 'spec', 'jobTemplate', 'spec', 'selector')),
});

const services: Cells = (object) => {
  const spec = asObject(object['spec']);
  const ports = asArray(spec['ports']).map((entry) => {
    const port = asObject(entry);
    const node = asNumber(port['nodePort']);
    return `${asNumber(port['port'])}${node > 0 ? `:${node}` : ''}/${asString(port['protocol'])}`;
  });
  return {
    Type: asString(spec['type']),
    'Cluster-IP': orNone(spec['clusterIP']),
    'External-IP': externalAddress(object),
    'Port(s)': ports.length === 0 ? NONE : ports.join(','),
    Selector: mapSelector(spec['selector']),
  };
};

function loadBalancerAddresses(status: unknown): string {
  return asArray(dig(status, 'loadBalancer', 'ingress'))
    .map((entry) => asString(asObject(entry)['ip']) || asString(asObject(entry)['hostname']))
    .filter((text) => text !== '')
    .join(',');
}

function externalAddress(object: KubeObject): string {
  const spec = asObject(object['spec']);
  const fixed = asArray(spec['externalIPs']).map(asString).join(',');
  switch (spec['type']) {
    case 'ExternalName':
      return asString(spec['externalName']);
    case 'LoadBalancer': {
      const addresses = loadBalancerAddresses(object['status']);
      if (addresses !== '') return fixed === '' ? addresses : `${addresses},${fixed}`;
      return fixed === '' ? '<pending>' : fixed;
    }
    default:
      return fixed === '' ? NONE : fixed;
  }
}

const ingresses: Cells = (object) => {
  const spec = asObject(object['spec']);
  const hosts = asArray(spec['rules']).map((rule) => asString(asObject(rule)['host']) || '*');
  const shown = hosts.length > 3 ? `${hosts.slice(0, 3).join(',')} + ${hosts.length - 3} more...` : hosts.join(',');
  return {
    Class: orNone(spec['ingressClassName']),
    Hosts: shown === '' ? '*' : shown,
    Address: loadBalancerAddresses(object['status']),
    Ports: asArray(spec['tls']).length > 0 ? '80, 443' : '80',
  };
};

const events: Cells = (object, now) => {
  const involved = asObject(object['involvedObject'] ?? object['regarding']);
  const source = asObject(object['source'] ?? object['deprecatedSource']);
  const first = object['firstTimestamp'] ?? object['deprecatedFirstTimestamp'];
  const last = object['lastTimestamp'] ?? object['deprecatedLastTimestamp'];
  const series = object['series'];
  const eventTime = object['eventTime'];
  const firstSeen = asString(first) === '' ? ageOf(eventTime, now) : ageOf(first, now);
  const lastSeen =
    series !== undefined
      ? ageOf(dig(series, 'lastObservedTime'), now)
      : asString(last) === ''
        ? firstSeen
        : ageOf(last, now);
  const component =
    asString(source['component']) || asString(object['reportingComponent'] ?? object['reportingController']);
  const host =
    asString(source['host']) || (source['component'] === undefined ? asString(object['reportingInstance']) : '');
  const number =
    series !== undefined ? asNumber(dig(series, 'count')) : asNumber(object['count'] ?? object['deprecatedCount']);
  return {
    'Last Seen': lastSeen,
    Type: asString(object['type']),
    Reason: asString(object['reason']),
    Object: `${asString(involved['kind']).toLowerCase()}/${asString(involved['name'])}`,
    Subobject: asString(involved['fieldPath']),
    Source: host === '' ? component : `${component}, ${host}`,
    Message: asString(object['message'] ?? object['note']).trim(),
    'First Seen': firstSeen,
    Count: number === 0 ? 1 : number,
  };
};

const claims: Cells = (object) => {
  const status = asObject(object['status']);
  const bound = asString(dig(object, 'spec', 'volumeName')) !== '';
  return {
    Status: object.metadata.deletionTimestamp !== undefined ? 'Terminating' : asString(status['phase']),
    Volume: asString(dig(object, 'spec', 'volumeName')),
    Capacity: bound ? asString(dig(status, 'capacity', 'storage')) : '',
    'Access Modes': bound ? accessModes(status['accessModes']) : '',
    StorageClass: asString(dig(object, 'spec', 'storageClassName')),
    VolumeAttributesClass: asString(dig(object, 'spec', 'volumeAttributesClassName')) || UNSET,
    VolumeMode: asString(dig(object, 'spec', 'volumeMode')) || UNSET,
  };
};

const MODES: { readonly [mode: string]: string } = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(value: unknown): string {
  return asArray(value)
    .map((mode) => MODES[asString(mode)] ?? asString(mode))
    .join(',');
}

const volumes: Cells = (object) => {
  const spec = asObject(object['spec']);
  const claim = asObject(spec['claimRef']);
  return {
    Capacity: asString(dig(spec, 'capacity', 'storage')),
    'Access Modes': accessModes(spec['accessModes']),
    'Reclaim Policy': asString(spec['persistentVolumeReclaimPolicy']),
    Status: object.metadata.deletionTimestamp !== undefined ? 'Terminating' : asString(dig(object, 'status', 'phase')),
    Claim: claim['name'] === undefined ? '' : `${asString(claim['namespace'])}/${asString(claim['name'])}`,
    StorageClass: asString(spec['storageClassName']),
    VolumeAttributesClass: asString(spec['volumeAttributesClassName']) || UNSET,
    Reason: asString(dig(object, 'status', 'reason')),
    VolumeMode: asString(spec['volumeMode']) || UNSET,
  };
};

const nodes: Cells = (object) => {
  const status = asObject(object['status']);
  const info = asObject(status['nodeInfo']);
  const isReady = asArray(status['conditions']).find((c) => asObject(c)['type'] === 'Ready');
  const words = [isReady === undefined ? 'Unknown' : asObject(isReady)['status'] === 'True' ? 'Ready' : 'NotReady'];
  if (dig(object, 'spec', 'unschedulable') === true) words.push('SchedulingDisabled');
  const roles = Object.keys(object.metadata.labels ?? {})
    .filter((key) => key.startsWith('node-role.kubernetes.io/'))
    .map((key) => key.slice('node-role.kubernetes.io/'.length))
    .sort();
  const address = (type: string) =>
    orNone(asObject(asArray(status['addresses']).find((a) => asObject(a)['type'] === type))['address']);
  return {
    Status: words.join(','),
    Roles: roles.length === 0 ? NONE : roles.join(','),
    Version: asString(info['kubeletVersion']),
    'Internal-IP': address('InternalIP'),
    'External-IP': address('ExternalIP'),
    'OS-Image': asString(info['osImage']) || '<unknown>',
    'Kernel-Version': asString(info['kernelVersion']) || '<unknown>',
    'Container-Runtime': asString(info['containerRuntimeVersion']) || '<unknown>',
  };
};

const autoscalers: Cells = (object) => {
  const spec = asObject(object['spec']);
  const target = asObject(spec['scaleTargetRef']);
  const min = spec['minReplicas'];
  return {
    Reference: `${asString(target['kind'])}/${asString(target['name'])}`,
    Targets: autoscalerTargets(spec, asObject(object['status'])),
    MinPods: min === undefined ? UNSET : String(min),
    MaxPods: asNumber(spec['maxReplicas']),
    Replicas: asNumber(dig(object, 'status', 'currentReplicas')),
  };
};

function autoscalerTargets(spec: JsonObject, status: JsonObject): string {
  if (spec['metrics'] === undefined) {
    const target = spec['targetCPUUtilizationPercentage'];
    return `cpu: <unknown>/${target === undefined ? '<auto>' : `${String(target)}%`}`;
  }
  const current = asArray(status['currentMetrics']).map(asObject);
  const texts = asArray(spec['metrics']).map((entry, i) => {
    const metric = asObject(entry);
    const field =
      {
        Resource: 'resource',
        Pods: 'pods',
        Object: 'object',
        External: 'external',
        ContainerResource: 'containerResource',
      }[asString(metric['type'])] ?? '';
    const of = asObject(metric[field]);
    const target = asObject(of['target']);
    const utilization = target['averageUtilization'];
    const now = dig(current[i], field, 'current');
    const name = field === 'resource' ? `${asString(of['name'])}: ` : '';
    if (utilization !== undefined) {
      const value = dig(now, 'averageUtilization');
      return `${name}${value === undefined ? '<unknown>' : `${String(value)}%`}/${String(utilization)}%`;
    }
    const average = target['averageValue'];
    const value = dig(now, average === undefined ? 'value' : 'averageValue');
    return `${name}${value === undefined ? '<unknown>' : String(value)}/${String(average ?? target['value'] ?? '')}${average !== undefined && field !== 'resource' && field !== 'pods' ? ' (avg)' : ''}`;
  });
  if (texts.length === 0) return NONE;
  return texts.length > 2 ? `${texts.slice(0, 2).join(', ')} + ${texts.length - 2} more...` : texts.join(', ');
}

const budgets: Cells = (object) => ({
  'Min Available': text(dig(object, 'spec', 'minAvailable')),
  'Max Unavailable': text(dig(object, 'spec', 'maxUnavailable')),
  'Allowed Disruptions': asNumber(dig(object, 'status', 'disruptionsAllowed')),
});

function text(value: unknown): string {
  return value === undefined ? 'N/A' : String(value);
}

const bindings: Cells = (object) => {
  const role = asObject(object['roleRef']);
  const subjects = asArray(object['subjects']).map(asObject);
  const of = (kind: string) =>
    subjects
      .filter((s) => s['kind'] === kind)
      .map((s) =>
        kind === 'ServiceAccount' ? `${asString(s['namespace'])}/${asString(s['name'])}` : asString(s['name']),
      )
      .join(', ');
  return {
    Role: `${asString(role['kind'])}/${asString(role['name'])}`,
    Users: of('User'),
    Groups: of('Group'),
    ServiceAccounts: of('ServiceAccount'),
  };
};

const endpointSlices: Cells = (object) => {
  const ports = asArray(object['ports']).map((p) => String(asObject(p)['port'] ?? ''));
  const addresses = asArray(object['endpoints']).flatMap((e) => asArray(asObject(e)['addresses']).map(asString));
  return {
    AddressType: asString(object['addressType']),
    Ports: ports.length === 0 ? UNSET : ports.join(','),
    Endpoints: shorten(addresses) || UNSET,
  };
};

function shorten(list: readonly string[]): string {
  return list.length > 3 ? `${list.slice(0, 3).join(',')} + ${list.length - 3} more...` : list.join(',');
}

const endpoints: Cells = (object) => {
  const list = asArray(object['subsets']).flatMap((entry) => {
    const subset = asObject(entry);
    const ips = asArray(subset['addresses']).map((address) => asString(asObject(address)['ip']));
    const ports = asArray(subset['ports']).map((port) => asNumber(asObject(port)['port']));
    return ports.length === 0 ? ips : ports.flatMap((port) => ips.map((ip) => `${ip}:${port}`));
  });
  return { Endpoints: shorten(list) || NONE };
};

const storageClasses: Cells = (object) => {
  const isDefault = object.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
  return {
    Name: isDefault ? `${object.metadata.name} (default)` : (object.metadata.name ?? ''),
    Provisioner: asString(object['provisioner']),
    ReclaimPolicy: asString(object['reclaimPolicy']) || 'Delete',
    VolumeBindingMode: asString(object['volumeBindingMode']) || 'Immediate',
    AllowVolumeExpansion: object['allowVolumeExpansion'] === true,
  };
};

const counted =
  (column: string, ...path: string[]): Cells =>
  (object) => ({ [column]: asArray(dig(object, ...path)).length });

/** Cells besides Name and Age by `group/plural`, columns as in kube-apiserver 1.36. */
export const builtinCells: ReadonlyMap<string, Cells> = new Map<string, Cells>([
  ['/configmaps', (object) => ({ Data: count(object['data']) + count(object['binaryData']) })],
  ['/endpoints', endpoints],
  ['/events', events],
  ['/namespaces', (object) => ({ Status: asString(dig(object, 'status', 'phase')) })],
  ['/nodes', nodes],
  ['/persistentvolumeclaims', claims],
  ['/persistentvolumes', volumes],
  ['/pods', pods],
  [
    '/podtemplates',
    (object) => ({
      ...containers(dig(object, 'template', 'spec')),
      'Pod Labels': mapSelector(dig(object, 'template', 'metadata', 'labels')),
    }),
  ],
  ['/replicationcontrollers', replicaSets],
  [
    '/resourcequotas',
    (object) => ({
      Request: quota(object, (name) => !name.startsWith('limits.')),
      Limit: quota(object, (name) => name.startsWith('limits.')),
    }),
  ],
  ['/secrets', (object) => ({ Type: asString(object['type']), Data: count(object['data']) })],
  ['/services', services],
  ['admissionregistration.k8s.io/mutatingwebhookconfigurations', counted('Webhooks', 'webhooks')],
  ['admissionregistration.k8s.io/validatingwebhookconfigurations', counted('Webhooks', 'webhooks')],
  [
    'admissionregistration.k8s.io/validatingadmissionpolicies',
    (object) => ({ Validations: asArray(dig(object, 'spec', 'validations')).length, ParamKind: UNSET }),
  ],
  [
    'admissionregistration.k8s.io/validatingadmissionpolicybindings',
    (object) => ({ PolicyName: asString(dig(object, 'spec', 'policyName')), ParamRef: UNSET }),
  ],
  [
    'apiregistration.k8s.io/apiservices',
    (object) => {
      const service = asObject(dig(object, 'spec', 'service'));
      const available = asArray(dig(object, 'status', 'conditions'))
        .map(asObject)
        .find((c) => c['type'] === 'Available');
      return {
        Service:
          service['name'] === undefined ? 'Local' : `${asString(service['namespace'])}/${asString(service['name'])}`,
        Available:
          available === undefined
            ? 'Unknown'
            : available['status'] === 'True'
              ? 'True'
              : `False (${asString(available['reason'])})`,
      };
    },
  ],
  [
    'apps/controllerrevisions',
    (object) => {
      const owner = object.metadata.ownerReferences?.find((o) => o.controller === true);
      return {
        Controller: owner === undefined ? NONE : `${owner.kind.toLowerCase()}.apps/${owner.name}`,
        Revision: asNumber(object['revision']),
      };
    },
  ],
  ['apps/daemonsets', daemonSets],
  ['apps/deployments', deployments],
  ['apps/replicasets', replicaSets],
  ['apps/statefulsets', statefulSets],
  ['autoscaling/horizontalpodautoscalers', autoscalers],
  ['batch/cronjobs', cronJobs],
  ['batch/jobs', jobs],
  [
    'certificates.k8s.io/certificatesigningrequests',
    (object) => {
      const spec = asObject(object['spec']);
      const seconds = spec['expirationSeconds'];
      const status = asObject(object['status']);
      const types = asArray(status['conditions']).map((one) => asString(asObject(one)['type']));
      const states = ['Approved', 'Denied', 'Failed'].filter((type) => types.includes(type));
      const said = [...states, ...(status['certificate'] === undefined ? [] : ['Issued'])];
      return {
        SignerName: asString(spec['signerName']),
        Requestor: asString(spec['username']),
        RequestedDuration: typeof seconds === 'number' ? humanDuration(seconds * 1000) : NONE,
        Condition: said.length === 0 ? 'Pending' : said.join(','),
      };
    },
  ],
  ['coordination.k8s.io/leases', (object) => ({ Holder: asString(dig(object, 'spec', 'holderIdentity')) })],
  ['discovery.k8s.io/endpointslices', endpointSlices],
  ['events.k8s.io/events', events],
  [
    'networking.k8s.io/ingressclasses',
    (object) => {
      const { kind, name, apiGroup } = asObject(dig(object, 'spec', 'parameters'));
      const type = apiGroup === undefined ? asString(kind) : `${asString(kind)}.${asString(apiGroup)}`;
      return {
        Controller: asString(dig(object, 'spec', 'controller')),
        Parameters: kind === undefined ? NONE : `${type}/${asString(name)}`,
      };
    },
  ],
  ['networking.k8s.io/ingresses', ingresses],
  ['networking.k8s.io/networkpolicies', (object) => ({ 'Pod-Selector': selector(dig(object, 'spec', 'podSelector')) })],
  ['node.k8s.io/runtimeclasses', (object) => ({ Handler: asString(object['handler']) })],
  ['policy/poddisruptionbudgets', budgets],
  ['rbac.authorization.k8s.io/clusterrolebindings', bindings],
  ['rbac.authorization.k8s.io/rolebindings', bindings],
  [
    'scheduling.k8s.io/priorityclasses',
    (object) => ({
      Value: asNumber(object['value']),
      'Global-Default': object['globalDefault'] === true,
      PreemptionPolicy: asString(object['preemptionPolicy']),
    }),
  ],
  [
    'storage.k8s.io/csidrivers',
    (object) => {
      const spec = asObject(object['spec']);
      const tokens = asArray(spec['tokenRequests']).map((t) => asString(asObject(t)['audience']));
      const modes = asArray(spec['volumeLifecycleModes']).map(asString);
      return {
        AttachRequired: spec['attachRequired'] !== false,
        PodInfoOnMount: spec['podInfoOnMount'] === true,
        StorageCapacity: spec['storageCapacity'] === true,
        TokenRequests: tokens.length === 0 ? UNSET : tokens.join(','),
        RequiresRepublish: spec['requiresRepublish'] === true,
        Modes: modes.length === 0 ? NONE : modes.join(','),
      };
    },
  ],
  ['storage.k8s.io/storageclasses', storageClasses],
]);

function quota(object: KubeObject, wanted: (name: string) => boolean): string {
  const hard = asObject(dig(object, 'status', 'hard'));
  const used = asObject(dig(object, 'status', 'used'));
  return Object.keys(hard)
    .filter(wanted)
    .sort()
    .map((name) => `${name}: ${asString(used[name]) || '0'}/${asString(hard[name])}`)
    .join(', ');
}
