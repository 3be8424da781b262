import type { Session } from '../../lib/session.ts';
import { given } from '../reading/pieces.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';
export const API_GROUP = 'rbac.authorization.k8s.io';
export const roles = `/apis/${RBAC}/namespaces/{ns}/roles`;
export const bindings = `/apis/${RBAC}/namespaces/{ns}/rolebindings`;
export const clusterRoles = `/apis/${RBAC}/clusterroles`;
export const clusterBindings = `/apis/${RBAC}/clusterrolebindings`;
export const jane = { user: 'jane-{id}' };

export const rule = (verbs: string[], resources: string[], apiGroups = [''], more: object = {}) => ({
  apiGroups,
  resources,
  verbs,
  ...more,
});
export const role = (name: string, ...rules: object[]) => ({
  apiVersion: RBAC,
  kind: 'Role',
  metadata: { name },
  rules,
});
export const clusterRole = (name: string, ...rules: object[]) => ({
  apiVersion: RBAC,
  kind: 'ClusterRole',
  metadata: { name: `{id}-${name}` },
  rules,
});
const toJane = [{ kind: 'User', name: 'jane-{id}', apiGroup: API_GROUP }];
export const binding = (name: string, kind: string, of: string, subjects: readonly object[] = toJane) => ({
  apiVersion: RBAC,
  kind: 'RoleBinding',
  metadata: { name },
  roleRef: { apiGroup: API_GROUP, kind, name: of },
  subjects,
});
export const clusterBinding = (name: string, of: string, subjects: readonly object[] = toJane) => ({
  ...binding(`{id}-${name}`, 'ClusterRole', of, subjects),
  kind: 'ClusterRoleBinding',
});

/** Gives jane a role in the case's namespace, and waits until the authorizer lets her read `path`, be it there or not. */
export async function allow(session: Session, path: string, ...rules: object[]): Promise<void> {
  await given(session, roles, role('allowed', ...rules));
  await given(session, bindings, binding('allowed', 'Role', 'allowed'));
  await session.settle(path, (_body, status) => status !== 403, { as: jane, unrecorded: true });
}

export const review = (kind: string, spec: object) => ({ apiVersion: 'authorization.k8s.io/v1', kind, spec });
export const REVIEWS = '/apis/authorization.k8s.io/v1';
