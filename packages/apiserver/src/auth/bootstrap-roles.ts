import type { ControllerHost } from '../controllers/controller.ts';
import { createInstaller, type Install } from '../controllers/installer.ts';
import type { JsonObject } from '../types.ts';
import { CONTROLLER_ROLES } from './controller-roles.ts';
import { RBAC_GROUP } from './rbac.ts';
import { parseRoleTable, type TableRole } from './role-table.ts';
import { CLUSTER_ROLES, ROLES_OF_NAMESPACES } from './system-roles.ts';

const API_VERSION = `${RBAC_GROUP}/v1`;

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const ALL = [...READ, ...WRITE].sort();

/** Verbs, groups (`core` being the nameless one) and resources. */
type Grant = readonly [verbs: readonly string[], groups: string, resources: string];

const VIEW: readonly Grant[] = [
  [
    READ,
    'core',
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
  ],
  [
    READ,
    'core',
    'bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
  ],
  [READ, 'core', 'namespaces'],
  [READ, 'core events.k8s.io', 'events'],
  [READ, 'discovery.k8s.io', 'endpointslices'],
  [
    READ,
    'apps',
    'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
  ],
  [READ, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'],
  [READ, 'batch', 'cronjobs cronjobs/status jobs jobs/status'],
  [
    READ,
    'extensions',
    'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
  ],
  [READ, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'],
  [READ, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'],
  [READ, 'resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates'],
];

const EDIT: readonly Grant[] = [
  [READ, 'core', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'],
  [['impersonate'], 'core', 'serviceaccounts'],
  [WRITE, 'core', 'pods pods/attach pods/exec pods/portforward pods/proxy'],
  [['create'], 'core', 'pods/eviction'],
  [
    WRITE,
    'core',
    'configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
  ],
  [['create'], 'core', 'serviceaccounts/token'],
  [WRITE, 'core events.k8s.io', 'events'],
  [
    WRITE,
    'apps',
    'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
  ],
  [WRITE, 'autoscaling', 'horizontalpodautoscalers'],
  [WRITE, 'batch', 'cronjobs jobs'],
  [
    WRITE,
    'extensions',
    'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
  ],
  [WRITE, 'policy', 'poddisruptionbudgets'],
  [WRITE, 'networking.k8s.io', 'ingresses networkpolicies'],
  [ALL, 'coordination.k8s.io', 'leases'],
  [WRITE, 'resource.k8s.io', 'resourceclaims resourceclaimtemplates'],
];

const ADMIN: readonly Grant[] = [
  [['create'], 'authorization.k8s.io', 'localsubjectaccessreviews'],
  [ALL, RBAC_GROUP, 'rolebindings roles'],
];

const BASIC: readonly Grant[] = [
  [['create'], 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'],
  [['create'], 'authentication.k8s.io', 'selfsubjectreviews'],
];

const PUBLIC_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const DISCOVERY_PATHS = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
]; // prettier-ignore

function rules(grants: readonly Grant[]): JsonObject[] {
  return grants.map(([verbs, groups, resources]) => ({
    apiGroups: groups.split(' ').map((group) => (group === 'core' ? '' : group)),
    resources: resources.split(' '),
    verbs: [...verbs],
  }));
}

const paths = (urls: readonly string[]): JsonObject[] => [{ nonResourceURLs: [...urls], verbs: ['get'] }];

interface BootstrapRole {
  readonly name: string;
  readonly rules?: readonly JsonObject[];
  /** `admin`: its rules are those of the roles labelled for it. */
  readonly aggregates?: string;
  /** The role that this one is a part of. */
  readonly partOf?: string;
  /** Groups that have it from the start. */
  readonly groups?: readonly string[];
}

const ISSUER_PATHS = [
  '/.well-known/openid-configuration',
  '/.well-known/openid-configuration/',
  '/openid/v1/jwks',
  '/openid/v1/jwks/',
];

const AUTHENTICATED = 'system:authenticated';

const ROLES: readonly BootstrapRole[] = [
  {
    name: 'cluster-admin',
    rules: [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ],
    groups: ['system:masters'],
  },
  { name: 'system:discovery', rules: paths(DISCOVERY_PATHS), groups: [AUTHENTICATED] },
  { name: 'system:public-info-viewer', rules: paths(PUBLIC_PATHS), groups: [AUTHENTICATED, 'system:unauthenticated'] },
  {
    name: 'system:service-account-issuer-discovery',
    rules: paths(ISSUER_PATHS),
    groups: ['system:serviceaccounts'],
  },
  { name: 'system:basic-user', rules: rules(BASIC), groups: [AUTHENTICATED] },
  { name: 'system:aggregate-to-admin', rules: rules(ADMIN), partOf: 'admin' },
  { name: 'system:aggregate-to-edit', rules: rules(EDIT), partOf: 'edit' },
  { name: 'system:aggregate-to-view', rules: rules(VIEW), partOf: 'view' },
  { name: 'admin', aggregates: 'admin' },
  { name: 'edit', aggregates: 'edit', partOf: 'admin' },
  { name: 'view', aggregates: 'view', partOf: 'edit' },
];

const label = (role: string) => `${RBAC_GROUP}/aggregate-to-${role}`;

const metadata = (labels: { [key: string]: string } = {}) => ({
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});

/** The roles and bindings that every cluster has: of its users, of everybody, and of its own parts. */
export function installBootstrapRoles(host: ControllerHost): void {
  const install = createInstaller(host, 'kube-apiserver');
  for (const { name, rules: list, aggregates, partOf, groups } of ROLES) {
    const labels = partOf === undefined ? {} : { [label(partOf)]: 'true' };
    create(install, 'ClusterRole', '', name, labels, {
      ...(aggregates === undefined
        ? { rules: structuredClone(list) }
        : {
            aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label(aggregates)]: 'true' } }] },
            rules: null,
          }),
    });
    if (groups !== undefined)
      bind(install, '', name, {
        name,
        subjects: groups.map((group) => ({ apiGroup: RBAC_GROUP, kind: 'Group', name: group })),
      });
  }
  for (const { name, rules: list } of parseRoleTable(CONTROLLER_ROLES)) {
    const full = `system:controller:${name}`;
    create(install, 'ClusterRole', '', full, {}, { rules: list });
    bind(install, '', full, { name: full, subjects: [{ kind: 'ServiceAccount', name, namespace: 'kube-system' }] });
  }
  for (const { namespace, name, rules: list, binding } of parseRoleTable(CLUSTER_ROLES + ROLES_OF_NAMESPACES)) {
    create(install, namespace === '' ? 'ClusterRole' : 'Role', namespace, name, {}, { rules: list });
    if (binding !== undefined) bind(install, namespace, name, binding);
  }
}

function bind(
  install: Install,
  namespace: string,
  role: string,
  { name, subjects }: NonNullable<TableRole['binding']>,
): void {
  const kind = namespace === '' ? 'ClusterRole' : 'Role';
  create(
    install,
    `${kind}Binding`,
    namespace,
    name,
    {},
    {
      roleRef: { apiGroup: RBAC_GROUP, kind, name: role },
      ...(subjects.length === 0 ? {} : { subjects }),
    },
  );
}

function create(
  install: Install,
  kind: string,
  namespace: string,
  name: string,
  labels: { [key: string]: string },
  fields: JsonObject,
): void {
  const meta = namespace === '' ? { name, ...metadata(labels) } : { name, namespace, ...metadata(labels) };
  const object = { apiVersion: API_VERSION, kind, metadata: meta, ...fields };
  install(RBAC_GROUP, `${kind.toLowerCase()}s`, object);
}
