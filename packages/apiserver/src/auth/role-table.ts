import type { JsonObject } from '../types.ts';

/** A role that every cluster has, and who is bound to it. */
export interface TableRole {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly JsonObject[];
  /** `undefined`: there is no binding. */
  readonly binding: { readonly name: string; readonly subjects: readonly JsonObject[] } | undefined;
}

const READ = ['get', 'list', 'watch'];
const RBAC = 'rbac.authorization.k8s.io';

/** Reads a table such as `CLUSTER_ROLES`. */
export function parseRoleTable(text: string): TableRole[] {
  const roles: (TableRole & { rules: JsonObject[] })[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('  ')) roles.at(-1)?.rules.push(parseRule(line.trim()));
    else if (line !== '') roles.push(parseHead(line));
  }
  return roles;
}

function parseHead(line: string): TableRole & { rules: JsonObject[] } {
  const [full = '', bound] = line.split(' <');
  const slash = full.indexOf('/');
  const name = full.slice(slash + 1);
  const [subjects = '', alias = name] = bound?.split(' as ') ?? [];
  return {
    namespace: slash < 0 ? '' : full.slice(0, slash),
    name,
    rules: [],
    binding:
      bound === undefined
        ? undefined
        : { name: alias, subjects: subjects.split(' ').filter(Boolean).map(parseSubject) },
  };
}

function parseSubject(text: string): JsonObject {
  const [kind = '', ...rest] = text.split(':');
  const name = rest.join(':');
  if (kind === 'account') return { kind: 'ServiceAccount', name, namespace: 'kube-system' };
  return { apiGroup: RBAC, kind: kind === 'user' ? 'User' : 'Group', name };
}

function parseRule(line: string): JsonObject {
  if (line === 'events') return parseRule('create,patch,update core,events.k8s.io events');
  const [verbs = '', groups = '', resources = '', names] = line.split(' ');
  const allowed = verbs === 'read' ? [...READ] : verbs.split(',');
  if (groups === 'url') return { nonResourceURLs: resources.split(','), verbs: allowed };
  return {
    apiGroups: groups.split(',').map((group) => (group === 'core' ? '' : group)),
    resources: resources.split(','),
    ...(names === undefined ? {} : { resourceNames: names.split(',') }),
    verbs: allowed,
  };
}
