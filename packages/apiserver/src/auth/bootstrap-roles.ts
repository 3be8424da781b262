import type { ControllerHost } from '../controllers/controller.ts';
import { cloneJson } from '../json.ts';
import type { JsonObject } from '../types.ts';

const GROUP = 'rbac.authorization.k8s.io';
const API_VERSION = `${GROUP}/v1`;

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];

/** What the namespaced roles cover, by group. Secrets and RBAC are apart: not everybody may see them. */
const COMMON: { readonly [group: string]: readonly string[] } = {
  '': [
    'configmaps',
    'endpoints',
    'events',
    'persistentvolumeclaims',
    'pods',
    'pods/log',
    'pods/status',
    'replicationcontrollers',
    'replicationcontrollers/scale',
    'serviceaccounts',
    'services',
    'services/status',
  ],
  apps: [
    'controllerrevisions',
    'daemonsets',
    'daemonsets/status',
    'deployments',
    'deployments/scale',
    'deployments/status',
    'replicasets',
    'replicasets/scale',
    'replicasets/status',
    'statefulsets',
    'statefulsets/scale',
    'statefulsets/status',
  ],
  autoscaling: ['horizontalpodautoscalers', 'horizontalpodautoscalers/status'],
  batch: ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'],
  'discovery.k8s.io': ['endpointslices'],
  'networking.k8s.io': ['ingresses', 'ingresses/status', 'networkpolicies'],
  policy: ['poddisruptionbudgets', 'poddisruptionbudgets/status'],
};

function rules(verbs: readonly string[]): JsonObject[] {
  return Object.entries(COMMON).map(([group, resources]) => ({
    apiGroups: [group],
    resources: [...resources],
    verbs: [...verbs],
  }));
}

const NAMESPACES = { apiGroups: [''], resources: ['namespaces', 'limitranges', 'resourcequotas'], verbs: READ };
const SECRETS = { apiGroups: [''], resources: ['secrets'], verbs: [...READ, ...WRITE] };

const ROLES: { readonly [name: string]: readonly JsonObject[] } = {
  'cluster-admin': [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ],
  admin: [
    ...rules([...READ, ...WRITE]),
    NAMESPACES,
    SECRETS,
    { apiGroups: [GROUP], resources: ['roles', 'rolebindings'], verbs: [...READ, ...WRITE] },
    { apiGroups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'], verbs: ['create'] },
  ],
  edit: [...rules([...READ, ...WRITE]), NAMESPACES, SECRETS],
  view: [...rules(READ), NAMESPACES],
};

/** The user-facing cluster roles that every cluster has, and the binding of the masters. */
export function installBootstrapRoles(host: ControllerHost): void {
  const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
  const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };
  for (const [name, list] of Object.entries(ROLES)) {
    host.create(
      GROUP,
      'clusterroles',
      {
        apiVersion: API_VERSION,
        kind: 'ClusterRole',
        metadata: { name, labels: { ...labels }, annotations: { ...annotations } },
        rules: cloneJson(list),
      },
      'kube-apiserver',
    );
  }
  host.create(
    GROUP,
    'clusterrolebindings',
    {
      apiVersion: API_VERSION,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'cluster-admin', labels: { ...labels }, annotations: { ...annotations } },
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup: GROUP, kind: 'Group', name: 'system:masters' }],
    },
    'kube-apiserver',
  );
}
