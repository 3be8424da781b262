import { asArray, asObject, asString } from '../json.ts';
import type { Store } from '../storage/store.ts';
import type {
  AuthorizationAttributes,
  AuthorizationDecision,
  Authorizer,
  JsonObject,
  KubeObject,
  UserInfo,
} from '../types.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** Reviews of oneself, open to everybody who is known: upstream's `system:basic-user`. */
const SELF_REVIEWS = new Set(['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews']);

/**
 * Role-based access control over the stored Roles, ClusterRoles and their bindings.
 *
 * `system:masters` may do everything. Reads the store at each question: no cache to go stale, and only users besides
 * the admin pay for it.
 */
export function createRbacAuthorizer(store: Store): Authorizer {
  return (user, attributes) => {
    if (user.groups.includes('system:masters')) return { allowed: true };
    if (attributes.path !== undefined) return { allowed: attributes.verb === 'get' };
    if (
      attributes.verb === 'create' &&
      SELF_REVIEWS.has(attributes.resource) &&
      user.groups.includes('system:authenticated')
    ) {
      return { allowed: true };
    }
    return clusterBindings(store, user, attributes) ?? namespaceBindings(store, user, attributes) ?? { allowed: false };
  };
}

function clusterBindings(
  store: Store,
  user: UserInfo,
  attributes: AuthorizationAttributes,
): AuthorizationDecision | undefined {
  for (const { object } of store.bucket(`${GROUP}/clusterrolebindings`).values()) {
    const subject = subjectOf(object, user, '');
    if (subject === undefined) continue;
    const role = roleOf(store, object, '');
    if (role === undefined || !rulesAllow(role, attributes)) continue;
    const of = asObject(object['roleRef']);
    return {
      allowed: true,
      reason: `RBAC: allowed by ClusterRoleBinding ${JSON.stringify(object.metadata.name)} of ClusterRole ${JSON.stringify(asString(of['name']))} to ${subject}`,
    };
  }
  return undefined;
}

function namespaceBindings(
  store: Store,
  user: UserInfo,
  attributes: AuthorizationAttributes,
): AuthorizationDecision | undefined {
  const { namespace } = attributes;
  if (namespace === '') return undefined;
  for (const { object } of store.bucket(`${GROUP}/rolebindings`).listNamespace(namespace)) {
    const subject = subjectOf(object, user, namespace);
    if (subject === undefined) continue;
    const role = roleOf(store, object, namespace);
    if (role === undefined || !rulesAllow(role, attributes)) continue;
    const of = asObject(object['roleRef']);
    return {
      allowed: true,
      reason: `RBAC: allowed by RoleBinding ${JSON.stringify(`${object.metadata.name}/${namespace}`)} of ${asString(of['kind'])} ${JSON.stringify(asString(of['name']))} to ${subject}`,
    };
  }
  return undefined;
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

function roleOf(store: Store, binding: KubeObject, namespace: string): KubeObject | undefined {
  const { kind, name } = asObject(binding['roleRef']);
  if (kind === 'ClusterRole') return store.bucket(`${GROUP}/clusterroles`).get(asString(name))?.object;
  return store.bucket(`${GROUP}/roles`).get(`${namespace}/${asString(name)}`)?.object;
}

function rulesAllow(role: KubeObject, attributes: AuthorizationAttributes): boolean {
  return asArray(role['rules']).some((rule) => ruleAllows(asObject(rule), attributes));
}

function ruleAllows(rule: JsonObject, { verb, group, resource, subresource, name }: AuthorizationAttributes): boolean {
  if (!holds(rule['verbs'], verb) || !holds(rule['apiGroups'], group)) return false;
  const resources = asArray(rule['resources']);
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const matches = resources.some((r) => r === '*' || r === full || (subresource !== '' && r === `*/${subresource}`));
  if (!matches) return false;
  const names = asArray(rule['resourceNames']);
  return names.length === 0 || (name !== '' && names.includes(name));
}

function holds(list: unknown, value: string): boolean {
  const values = asArray(list);
  return values.includes('*') || values.includes(value);
}
