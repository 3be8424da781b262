import { asArray, asObject, asString } from '../json.ts';
import type { Store } from '../storage/store.ts';
import type { AuthorizationAttributes, Authorizer, JsonObject, KubeObject, UserInfo } from '../types.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

/**
 * Role-based access control over the stored Roles, ClusterRoles and their bindings.
 *
 * `system:masters` may do everything. Reads the store at each question: no cache to go stale, and only users besides
 * the admin pay for it.
 */
export function createRbacAuthorizer(store: Store): Authorizer {
  return (user, attributes) => {
    if (user.groups.includes('system:masters')) return { allowed: true };
    for (const { rules, reason } of grants(store, user, attributes.namespace)) {
      if (rules.some((rule) => ruleAllows(rule, attributes))) return { allowed: true, reason: reason() };
    }
    return { allowed: false };
  };
}

/** Everything that a user may do in a namespace, cluster-wide rights included. */
export function rulesOf(store: Store, user: UserInfo, namespace: string): JsonObject[] {
  return [...grants(store, user, namespace)].flatMap(({ rules }) => rules);
}

interface Grant {
  readonly rules: readonly JsonObject[];
  readonly reason: () => string;
}

function* grants(store: Store, user: UserInfo, namespace: string): Generator<Grant> {
  for (const { object } of store.bucket(`${RBAC_GROUP}/clusterrolebindings`).list()) {
    const subject = subjectOf(object, user, '');
    const role = subject === undefined ? undefined : roleOf(store, object, '');
    if (role === undefined) continue;
    const of = asString(asObject(object['roleRef'])['name']);
    yield {
      rules: asArray(role['rules']).map(asObject),
      reason: () =>
        `RBAC: allowed by ClusterRoleBinding ${JSON.stringify(object.metadata.name)} of ClusterRole ${JSON.stringify(of)} to ${subject}`,
    };
  }
  if (namespace === '') return;
  for (const { object } of store.bucket(`${RBAC_GROUP}/rolebindings`).listNamespace(namespace)) {
    const subject = subjectOf(object, user, namespace);
    const role = subject === undefined ? undefined : roleOf(store, object, namespace);
    if (role === undefined) continue;
    const { kind, name } = asObject(object['roleRef']);
    yield {
      rules: asArray(role['rules']).map(asObject),
      reason: () =>
        `RBAC: allowed by RoleBinding ${JSON.stringify(`${object.metadata.name}/${namespace}`)} of ${asString(kind)} ${JSON.stringify(asString(name))} to ${subject}`,
    };
  }
}

/** How a binding names the user, or `undefined`. */
function subjectOf(binding: KubeObject, user: UserInfo, namespace: string): string | undefined {
  for (const entry of asArray(binding['subjects'])) {
    const subject = asObject(entry);
    const name = asString(subject['name']);
    switch (subject['kind']) {
      case 'User':
        if (name === user.username) return `User ${JSON.stringify(name)}`;
        break;
      case 'Group':
        if (user.groups.includes(name)) return `Group ${JSON.stringify(name)}`;
        break;
      case 'ServiceAccount': {
        const where = asString(subject['namespace']) || namespace;
        if (user.username === `system:serviceaccount:${where}:${name}`)
          return `ServiceAccount ${JSON.stringify(`${name}/${where}`)}`;
      }
    }
  }
  return undefined;
}

/** The role that a binding refers to. */
export function roleOf(store: Store, binding: KubeObject, namespace: string): KubeObject | undefined {
  const { kind, name } = asObject(binding['roleRef']);
  if (kind === 'ClusterRole') return store.bucket(`${RBAC_GROUP}/clusterroles`).get(asString(name))?.object;
  return store.bucket(`${RBAC_GROUP}/roles`).get(`${namespace}/${asString(name)}`)?.object;
}

function ruleAllows(
  rule: JsonObject,
  { verb, group, resource, subresource, name, path }: AuthorizationAttributes,
): boolean {
  if (!holds(rule['verbs'], verb)) return false;
  if (path !== undefined) return asArray(rule['nonResourceURLs']).some((url) => pathMatches(asString(url), path));
  if (!holds(rule['apiGroups'], group)) return false;
  const resources = asArray(rule['resources']);
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const matches = resources.some((r) => r === '*' || r === full || (subresource !== '' && r === `*/${subresource}`));
  if (!matches) return false;
  const names = asArray(rule['resourceNames']);
  return names.length === 0 || (name !== '' && names.includes(name));
}

function pathMatches(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
}

function holds(list: unknown, value: string): boolean {
  const values = asArray(list);
  return values.includes('*') || values.includes(value);
}
