import type { JsonObject } from '../types.ts';
import type { ControllerHost } from './controller.ts';

const GROUP = 'flowcontrol.apiserver.k8s.io';

/** Shares, percentage that others may borrow, and for levels that queue `[queues, hand size]`. */
const LEVELS: { readonly [name: string]: readonly [shares: number, lendable: number, queues?: number, hand?: number] } =
  {
    'catch-all': [5, 0],
    'global-default': [20, 50, 128, 6],
    'leader-election': [10, 0, 16, 4],
    'node-high': [40, 25, 64, 6],
    system: [30, 33, 64, 6],
    'workload-high': [40, 50, 128, 6],
    'workload-low': [100, 90, 128, 6],
  };
const QUEUE_LENGTH = 50;

const EVERYTHING: JsonObject = {
  nonResourceRules: [{ nonResourceURLs: ['*'], verbs: ['*'] }],
  resourceRules: [{ apiGroups: ['*'], clusterScope: true, namespaces: ['*'], resources: ['*'], verbs: ['*'] }],
};
const PROBES: JsonObject = {
  nonResourceRules: [{ nonResourceURLs: ['/healthz', '/readyz', '/livez'], verbs: ['get'] }],
};
const leases = (verbs: readonly string[]) => ({
  apiGroups: ['coordination.k8s.io'],
  namespaces: ['*'],
  resources: ['leases'],
  verbs: [...verbs],
});
const LEASES: JsonObject = { resourceRules: [leases(['get', 'create', 'update'])] };
const NODES: JsonObject = {
  resourceRules: [
    { apiGroups: [''], clusterScope: true, namespaces: ['*'], resources: ['nodes', 'nodes/status'], verbs: ['*'] },
    leases(['*']),
  ],
};

/** Name, precedence, level, `distinguisherMethod`, subjects, what they ask for. */
type Schema = readonly [string, number, string, '' | 'ByUser' | 'ByNamespace', string, JsonObject];

const SCHEMAS: readonly Schema[] = [
  ['exempt', 1, 'exempt', '', 'group:system:masters', EVERYTHING],
  ['probes', 2, 'exempt', '', 'group:system:unauthenticated group:system:authenticated', PROBES],
  [
    'system-leader-election',
    100,
    'leader-election',
    'ByUser',
    'user:system:kube-controller-manager user:system:kube-scheduler accounts',
    LEASES,
  ],
  ['system-node-high', 400, 'node-high', 'ByUser', 'group:system:nodes', NODES],
  ['system-nodes', 500, 'system', 'ByUser', 'group:system:nodes', EVERYTHING],
  ['kube-controller-manager', 800, 'workload-high', 'ByNamespace', 'user:system:kube-controller-manager', EVERYTHING],
  ['kube-scheduler', 800, 'workload-high', 'ByNamespace', 'user:system:kube-scheduler', EVERYTHING],
  ['kube-system-service-accounts', 900, 'workload-high', 'ByNamespace', 'accounts', EVERYTHING],
  ['service-accounts', 9000, 'workload-low', 'ByUser', 'group:system:serviceaccounts', EVERYTHING],
  [
    'global-default',
    9900,
    'global-default',
    'ByUser',
    'group:system:unauthenticated group:system:authenticated',
    EVERYTHING,
  ],
  ['catch-all', 10000, 'catch-all', 'ByUser', 'group:system:unauthenticated group:system:authenticated', EVERYTHING],
];

/** The objects by which a cluster shares its API server out. They are there to be read: nobody waits here. */
export function installFlowControl(host: ControllerHost): void {
  const create = (kind: string, name: string, spec: JsonObject) =>
    host.create(
      GROUP,
      `${kind.toLowerCase()}s`,
      {
        apiVersion: `${GROUP}/v1`,
        kind,
        metadata: { name, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } },
        spec,
      },
      'api-priority-and-fairness-config-producer-v1',
    );
  create('PriorityLevelConfiguration', 'exempt', {
    type: 'Exempt',
    exempt: { lendablePercent: 0, nominalConcurrencyShares: 0 },
  });
  for (const [name, [nominalConcurrencyShares, lendablePercent, queues, handSize]] of Object.entries(LEVELS)) {
    const limitResponse =
      queues === undefined
        ? { type: 'Reject' }
        : { type: 'Queue', queuing: { handSize, queueLengthLimit: QUEUE_LENGTH, queues } };
    create('PriorityLevelConfiguration', name, {
      type: 'Limited',
      limited: { lendablePercent, limitResponse, nominalConcurrencyShares },
    });
  }
  for (const [name, matchingPrecedence, level, method, subjects, rules] of SCHEMAS) {
    create('FlowSchema', name, {
      ...(method === '' ? {} : { distinguisherMethod: { type: method } }),
      matchingPrecedence,
      priorityLevelConfiguration: { name: level },
      rules: [{ ...structuredClone(rules), subjects: subjects.split(' ').map(subjectOf) }],
    });
  }
}

/** `group:NAME`, `user:NAME`, or `accounts`: those of kube-system. */
function subjectOf(text: string): JsonObject {
  if (text === 'accounts') return { kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'kube-system' } };
  const name = text.slice(text.indexOf(':') + 1);
  return text.startsWith('user:') ? { kind: 'User', user: { name } } : { kind: 'Group', group: { name } };
}
