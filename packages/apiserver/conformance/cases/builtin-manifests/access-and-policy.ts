import { kind, type Manifest } from './manifest.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';
const role = kind(RBAC, 'Role', 'roles');
const clusterRole = kind(RBAC, 'ClusterRole', 'clusterroles', false);
const roleBinding = kind(RBAC, 'RoleBinding', 'rolebindings');
const clusterRoleBinding = kind(RBAC, 'ClusterRoleBinding', 'clusterrolebindings', false);
const budget = kind('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets');
const scalerV1 = kind('autoscaling/v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers');
const scalerV2 = kind('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers');
const priorityClass = kind('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', false);
const runtimeClass = kind('node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', false);
const flowSchema = kind('flowcontrol.apiserver.k8s.io/v1', 'FlowSchema', 'flowschemas', false);
const level = kind(
  'flowcontrol.apiserver.k8s.io/v1',
  'PriorityLevelConfiguration',
  'prioritylevelconfigurations',
  false,
);
const ADMISSION = 'admissionregistration.k8s.io/v1';
const validating = kind(ADMISSION, 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', false);
const mutating = kind(ADMISSION, 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', false);
const admissionPolicy = kind(ADMISSION, 'ValidatingAdmissionPolicy', 'validatingadmissionpolicies', false);
const policyBinding = kind(ADMISSION, 'ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', false);
const apiService = kind('apiregistration.k8s.io/v1', 'APIService', 'apiservices', false);

const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none-such' };
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
const webhook = {
  name: 'a.example.org',
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  objectSelector: { matchLabels: { none: 'such' } },
  rules: [{ apiGroups: ['none.example.org'], apiVersions: ['v1'], resources: ['nones'], operations: ['CREATE'] }],
};

export const accessAndPolicy: readonly Manifest[] = [
  role('rules', { rules: [...rules, { apiGroups: ['apps'], resources: ['*'], resourceNames: ['x'], verbs: ['*'] }] }),
  role('no rules', {}),
  clusterRole('rules', { rules: [...rules, { nonResourceURLs: ['/metrics'], verbs: ['get'] }] }),
  clusterRole('no rules', {}),
  clusterRole('empty rules', { rules: [] }),
  clusterRole('aggregation', {
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'none.example.org/such': 'true' } }] },
    rules: [],
  }),
  roleBinding('subjects of all kinds', {
    roleRef,
    subjects: [
      { kind: 'User', name: 'u' },
      { kind: 'Group', name: 'g' },
      { kind: 'ServiceAccount', name: 's', namespace: 'n' },
    ],
  }),
  roleBinding('role without a group', { roleRef: { kind: 'Role', name: 'x' }, subjects: [] }),
  clusterRoleBinding('no subjects', { roleRef }),
  budget('least available', { spec: { minAvailable: 1, selector: { matchLabels: { none: 'such' } } } }),
  budget('percentage and policy', {
    spec: {
      maxUnavailable: '50%',
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: { none: 'such' } },
    },
  }),
  budget('empty', { spec: {} }),
  scalerV1('only what is required', { spec: { scaleTargetRef, maxReplicas: 3 } }),
  scalerV1('a target', {
    spec: { scaleTargetRef, minReplicas: 2, maxReplicas: 3, targetCPUUtilizationPercentage: 50 },
  }),
  scalerV2('only what is required', { spec: { scaleTargetRef, maxReplicas: 3 } }),
  scalerV2('several metrics', {
    spec: {
      scaleTargetRef,
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [
        { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1024Mi' } } },
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
        { type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '0.5' } } },
        {
          type: 'External',
          external: {
            metric: { name: 'q', selector: { matchLabels: { a: 'b' } } },
            target: { type: 'Value', value: '30' },
          },
        },
      ],
    },
  }),
  scalerV2('half of a behavior', {
    spec: { scaleTargetRef, maxReplicas: 3, behavior: { scaleDown: { stabilizationWindowSeconds: 5 } } },
  }),
  scalerV2('policies', {
    spec: {
      scaleTargetRef,
      maxReplicas: 3,
      behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }], selectPolicy: 'Min' } },
    },
  }),
  priorityClass('a value', { value: 1000 }),
  priorityClass('zero, never preempting', {
    value: 0,
    preemptionPolicy: 'Never',
    globalDefault: false,
    description: '',
  }),
  runtimeClass('overhead and scheduling', {
    handler: 'runsc',
    overhead: { podFixed: { cpu: '0.25', memory: '64Mi' } },
    scheduling: { nodeSelector: { a: 'b' }, tolerations: [{ key: 'x', operator: 'Exists' }] },
  }),
  flowSchema('only what is required', { spec: { priorityLevelConfiguration: { name: 'global-default' } } }),
  flowSchema('rules', {
    spec: {
      priorityLevelConfiguration: { name: 'exempt' },
      matchingPrecedence: 500,
      distinguisherMethod: { type: 'ByUser' },
      rules: [
        {
          subjects: [{ kind: 'Group', group: { name: 'x' } }],
          resourceRules: [
            { verbs: ['get'], apiGroups: [''], resources: ['pods'], clusterScope: false, namespaces: ['*'] },
          ],
        },
      ],
    },
  }),
  level('limited', { spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } }),
  level('queued', {
    spec: {
      type: 'Limited',
      limited: { nominalConcurrencyShares: 0, limitResponse: { type: 'Queue', queuing: { queues: 8 } } },
    },
  }),
  validating('defaults of a webhook', {
    webhooks: [{ ...webhook, clientConfig: { service: { name: 's', namespace: 'default', path: '/x' } } }],
  }),
  validating('no webhooks', {}),
  mutating('defaults of a webhook', { webhooks: [{ ...webhook, clientConfig: { url: 'https://x.example.org/a' } }] }),
  admissionPolicy('rules', {
    spec: {
      matchConstraints: {
        resourceRules: [
          { apiGroups: ['none.example.org'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['nones'] },
        ],
      },
      validations: [{ expression: 'object.metadata.name == "x"', message: 'no' }],
      variables: [{ name: 'a', expression: '1' }],
    },
  }),
  policyBinding('only what is required', { spec: { policyName: 'none-such', validationActions: ['Deny'] } }),
  apiService(
    'of another server',
    {
      spec: {
        group: '{id}.example.org',
        version: 'v1',
        groupPriorityMinimum: 100,
        versionPriority: 10,
        service: { name: 'a', namespace: 'default' },
        insecureSkipTLSVerify: true,
      },
    },
    { name: 'v1.{id}.example.org' },
  ),
];
