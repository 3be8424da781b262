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
    const missing: string[] = [];
    for (const grant of grants(store, user, attributes.namespace)) {
      if (grant.rules === undefined) missing.push(grant.missing);
      else if (grant.rules.some((rule) => ruleAllows(rule, attributes)))
        return { allowed: true, reason: grant.reason() };
    }
    return missing.length === 0 ? { allowed: false } : { allowed: false, reason: `RBAC: ${inOne(missing)}` };
  };
}

/** Everything that a user may do in a namespace, cluster-wide rights included, and what could not be found out. */
export function rulesOf(store: Store, user: UserInfo, namespace: string): { rules: JsonObject[]; error?: string } {
  const all = [...grants(store, user, namespace)];
  const rules = all.flatMap((grant) => grant.rules ?? []);
  const missing = all.flatMap((grant) => (grant.rules === undefined ? [grant.missing] : []));
  return missing.length === 0 ? { rules } : { rules, error: inOne(missing) };
}

/** Several errors as Go tells them at once. */
function inOne(errors: readonly string[]): string {
  const [first, ...others] = new Set(errors);
  return others.length === 0 ? (first ?? '') : `[${[first, ...others].join(', ')}]`;
}

/** What a binding gives to a user; `missing`: its role is not there. */
type Grant =
  | { readonly rules: readonly JsonObject[]; readonly reason: () => string }
  | { readonly rules?: undefined; readonly missing: string };

function* grants(store: Store, user: UserInfo, namespace: string): Generator<Grant> {
  for (const { object } of store.bucket(`${RBAC_GROUP}/clusterrolebindings`).list()) {
    const subject = subjectOf(object, user, '');
    if (subject === undefined) continue;
    const role = roleOf(store, object, '');
    if (role === undefined) {
      yield { missing: notFoundOf(object) };
      continue;
    }
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
    if (subject === undefined) continue;
    const role = roleOf(store, object, namespace);
    if (role === undefined) {
      yield { missing: notFoundOf(object) };
      continue;
    }
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

function notFoundOf(binding: KubeObject): string {
  const { kind, name } = asObject(binding['roleRef']);
  return `${asString(kind).toLowerCase()}.${RBAC_GROUP} ${JSON.stringify(asString(name))} not found`;
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
