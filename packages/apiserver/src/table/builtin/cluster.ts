import { asArray, asNumber, asObject, asString, asStringMap, dig } from '../../json.ts';
import type { KubeObject } from '../../types.ts';
import { ageOf, humanDuration } from '../human-duration.ts';
import { type Cells, count, NONE, orNone, UNSET } from './texts.ts';

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

const counted =
  (column: string, ...path: string[]): Cells =>
  (object) => ({ [column]: asArray(dig(object, ...path)).length });

function quota(object: KubeObject, wanted: (name: string) => boolean): string {
  const hard = asObject(dig(object, 'status', 'hard'));
  const used = asObject(dig(object, 'status', 'used'));
  return Object.keys(hard)
    .filter(wanted)
    .sort()
    .map((name) => `${name}: ${asString(used[name]) || '0'}/${asString(hard[name])}`)
    .join(', ');
}

const policy =
  (column: string, list: string): Cells =>
  (object) => {
    const { apiVersion, kind } = asObject(dig(object, 'spec', 'paramKind'));
    return {
      [column]: asArray(dig(object, 'spec', list)).length,
      ParamKind: kind === undefined ? UNSET : `${asString(apiVersion)}/${asString(kind)}`,
    };
  };

const policyBindings: Cells = (object) => {
  const { name, namespace, selector } = asObject(dig(object, 'spec', 'paramRef'));
  const named = asString(namespace) === '' ? asString(name) : `${asString(namespace)}/${asString(name)}`;
  return {
    PolicyName: asString(dig(object, 'spec', 'policyName')),
    ParamRef: asString(name) !== '' ? named : selector === undefined ? UNSET : goLabelSelector(selector),
  };
};

/** A label selector as Go's `%v` of one: that is what the column shows. */
function goLabelSelector(selector: unknown): string {
  const labels = Object.entries(asStringMap(asObject(selector)['matchLabels'])).sort(([a], [b]) => (a < b ? -1 : 1));
  const expressions = asArray(asObject(selector)['matchExpressions']).map((entry) => {
    const { key, operator, values } = asObject(entry);
    const list = asArray(values).map(asString).join(' ');
    return `LabelSelectorRequirement{Key:${asString(key)},Operator:${asString(operator)},Values:[${list}],}`;
  });
  const map = labels.map(([key, value]) => `${key}: ${value},`).join('');
  const requirements = expressions.map((text) => `${text},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${map}},MatchExpressions:[]LabelSelectorRequirement{${requirements}},}`;
}

const flowSchemas: Cells = (object) => {
  const spec = asObject(object['spec']);
  const dangling = asArray(dig(object, 'status', 'conditions'))
    .map(asObject)
    .find((condition) => condition['type'] === 'Dangling');
  return {
    PriorityLevel: asString(dig(spec, 'priorityLevelConfiguration', 'name')),
    MatchingPrecedence: asNumber(spec['matchingPrecedence']),
    DistinguisherMethod: orNone(dig(spec, 'distinguisherMethod', 'type')),
    MissingPL: dangling === undefined ? '?' : asString(dangling['status']),
  };
};

const priorityLevels: Cells = (object) => {
  const { type, limited } = asObject(object['spec']);
  const queuing = asObject(dig(limited, 'limitResponse', 'queuing'));
  const number = (value: unknown) => (typeof value === 'number' ? value : NONE);
  return {
    Type: asString(type),
    NominalConcurrencyShares: number(asObject(limited)['nominalConcurrencyShares']),
    Queues: number(queuing['queues']),
    HandSize: number(queuing['handSize']),
    QueueLengthLimit: number(queuing['queueLengthLimit']),
  };
};

/** The columns of everything else: settings, access, nodes, events. */
export const clusterCells: readonly (readonly [resource: string, Cells])[] = [
  ['/configmaps', (object) => ({ Data: count(object['data']) + count(object['binaryData']) })],
  ['/events', events],
  ['/namespaces', (object) => ({ Status: asString(dig(object, 'status', 'phase')) })],
  ['/nodes', nodes],
  [
    '/resourcequotas',
    (object) => ({
      Request: quota(object, (name) => !name.startsWith('limits.')),
      Limit: quota(object, (name) => name.startsWith('limits.')),
    }),
  ],
  ['/secrets', (object) => ({ Type: asString(object['type']), Data: count(object['data']) })],
  ['admissionregistration.k8s.io/mutatingwebhookconfigurations', counted('Webhooks', 'webhooks')],
  ['admissionregistration.k8s.io/validatingwebhookconfigurations', counted('Webhooks', 'webhooks')],
  ['admissionregistration.k8s.io/mutatingadmissionpolicies', policy('Mutations', 'mutations')],
  ['admissionregistration.k8s.io/mutatingadmissionpolicybindings', policyBindings],
  ['admissionregistration.k8s.io/validatingadmissionpolicies', policy('Validations', 'validations')],
  ['admissionregistration.k8s.io/validatingadmissionpolicybindings', policyBindings],
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
  ['events.k8s.io/events', events],
  ['flowcontrol.apiserver.k8s.io/flowschemas', flowSchemas],
  ['flowcontrol.apiserver.k8s.io/prioritylevelconfigurations', priorityLevels],
  ['node.k8s.io/runtimeclasses', (object) => ({ Handler: asString(object['handler']) })],
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
];
