import type { Case } from '../../lib/case.ts';
import type { Json } from '../../lib/session.ts';
import { ask, configMap, configMaps, given } from '../reading/pieces.ts';
import {
  API_GROUP,
  allow,
  binding,
  bindings,
  clusterBinding,
  clusterBindings,
  clusterRole,
  clusterRoles,
  jane,
  REVIEWS,
  review,
  role,
  roles,
  rule,
} from './pieces.ts';

/** Roles and cluster roles, bound to users, groups and accounts. */
export const roleCases: readonly Case[] = [
  {
    name: 'a role in a namespace',
    async run(session) {
      await allow(session, `${configMaps}/x`, rule(['get', 'list'], ['configmaps']));
      await given(session, configMaps, configMap('x'));
      await ask(session, 'list', configMaps, (b) => b.kind, { as: jane });
      await ask(session, 'get', `${configMaps}/x`, (b) => b.kind, { as: jane });
      await ask(session, 'delete', `${configMaps}/x`, undefined, { as: jane, method: 'DELETE' });
      await ask(session, 'elsewhere', '/api/v1/namespaces/default/configmaps', undefined, { as: jane });
      await ask(session, 'watch', `${configMaps}?watch=1`, undefined, { as: jane });
    },
  },
  {
    name: 'a role for some names',
    async run(session) {
      await given(
        session,
        roles,
        role('allowed', rule(['get', 'update', 'list'], ['configmaps'], [''], { resourceNames: ['x'] })),
      );
      await given(session, bindings, binding('allowed', 'Role', 'allowed'));
      await given(session, configMaps, configMap('x'), configMap('y'));
      await session.settle(`${configMaps}/x`, (_b, status) => status === 200, { as: jane, unrecorded: true });
      await ask(session, 'other', `${configMaps}/y`, undefined, { as: jane });
      await ask(session, 'list', configMaps, undefined, { as: jane });
      await ask(session, 'list by that name', `${configMaps}?fieldSelector=metadata.name%3Dx`, undefined, {
        as: jane,
      });
    },
  },
  {
    name: 'a cluster role bound in a namespace, and in the cluster',
    async run(session) {
      await given(session, clusterRoles, clusterRole('r', rule(['list'], ['secrets', 'pods/log'])));
      await given(session, bindings, binding('b', 'ClusterRole', '{id}-r'));
      await session.settle('/api/v1/namespaces/{ns}/secrets', (_b, status) => status === 200, {
        as: jane,
        unrecorded: true,
      });
      await ask(session, 'elsewhere', '/api/v1/namespaces/default/secrets', undefined, { as: jane });
      await ask(session, 'everywhere', '/api/v1/secrets', undefined, { as: jane });
      await given(session, clusterBindings, clusterBinding('b', '{id}-r'));
      await session.settle('/api/v1/secrets', (_b, status) => status === 200, { as: jane, unrecorded: true });
      await ask(session, 'reason', `${REVIEWS}/selfsubjectaccessreviews`, (b) => b.status, {
        method: 'POST',
        as: jane,
        body: review('SelfSubjectAccessReview', { resourceAttributes: { verb: 'list', resource: 'secrets' } }),
      });
      await session.http('DELETE', `${clusterBindings}/{id}-b`, { unrecorded: true });
    },
  },
  {
    name: 'paths of a cluster role',
    async run(session) {
      await given(session, clusterRoles, {
        ...clusterRole('r'),
        rules: [{ nonResourceURLs: ['/metrics', '/logs/*'], verbs: ['get'] }],
      });
      await given(session, clusterBindings, clusterBinding('b', '{id}-r'));
      await session.settle('/metrics', (_b, status) => status === 200, { as: jane, unrecorded: true });
      await ask(session, 'other', '/configz', ({ message }) => message, { as: jane });
      await session.http('DELETE', `${clusterBindings}/{id}-b`, { unrecorded: true });
    },
  },
  {
    name: 'groups and service accounts as subjects',
    async run(session) {
      await given(session, roles, role('r', rule(['list'], ['configmaps'])));
      await given(
        session,
        bindings,
        binding('g', 'Role', 'r', [{ kind: 'Group', name: 'g-{id}', apiGroup: API_GROUP }]),
        binding('s', 'Role', 'r', [{ kind: 'ServiceAccount', name: 'default', namespace: '{ns}' }]),
      );
      await session.settle(configMaps, (_b, status) => status === 200, {
        as: { user: 'u', groups: ['g-{id}'] },
        unrecorded: true,
      });
      await session.settle(configMaps, (_b, status) => status === 200, {
        as: { user: 'system:serviceaccount:{ns}:default' },
        unrecorded: true,
      });
      await ask(session, 'another account', configMaps, undefined, {
        as: { user: 'system:serviceaccount:default:default' },
      });
    },
  },
  {
    name: 'aggregated cluster roles',
    async run(session) {
      const label = { matchLabels: { 'of-{id}': 'yes' } };
      await given(session, clusterRoles, {
        ...clusterRole('all'),
        aggregationRule: { clusterRoleSelectors: [label] },
        rules: undefined,
      });
      const part = (name: string, what: string) => ({
        ...clusterRole(name, rule(['get'], [what])),
        metadata: { name: `{id}-${name}`, labels: { 'of-{id}': 'yes' } },
      });
      await given(session, clusterRoles, part('b', 'pods'), part('a', 'secrets'));
      await ask(session, 'made', `${clusterRoles}/{id}-all`, (b) => b.kind);
      const { body } = await session.settle(`${clusterRoles}/{id}-all`, (b) => b.rules?.length === 2, {
        unrecorded: true,
      });
      session.record('rules', body.rules);
      await session.http('DELETE', `${clusterRoles}/{id}-a`, { unrecorded: true });
      const after = await session.settle(`${clusterRoles}/{id}-all`, (b) => b.rules?.length === 1, {
        unrecorded: true,
      });
      session.record('after', after.body.rules);
    },
  },
  {
    name: 'the roles of every cluster',
    async run(session) {
      await ask(session, 'names', clusterRoles, (b) =>
        b.items
          .map((r: Json) => r.metadata.name)
          .filter((n: string) =>
            [
              'admin',
              'cluster-admin',
              'edit',
              'view',
              'system:basic-user',
              'system:discovery',
              'system:public-info-viewer',
              'system:aggregate-to-admin',
              'system:aggregate-to-edit',
              'system:aggregate-to-view',
            ].includes(n),
          ),
      );
      await ask(session, 'cluster-admin', `${clusterRoles}/cluster-admin`, (b) => ({
        labels: b.metadata.labels,
        rules: b.rules,
      }));
      await ask(session, 'basic', `${clusterRoles}/system:basic-user`, (b) => b.rules);
      await ask(session, 'binding', `${clusterBindings}/cluster-admin`, (b) => ({
        roleRef: b.roleRef,
        subjects: b.subjects,
      }));
    },
  },
  {
    name: 'view, edit and admin for custom resources and the usual kinds',
    async run(session) {
      for (const name of ['view', 'edit', 'admin']) {
        await given(
          session,
          bindings,
          binding(name, 'ClusterRole', name, [{ kind: 'User', name: `${name}-{id}`, apiGroup: API_GROUP }]),
        );
        await session.settle(configMaps, (_b, status) => status === 200, {
          as: { user: `${name}-{id}` },
          unrecorded: true,
        });
        const may: Record<string, boolean> = {};
        for (const [verb, resource, group = ''] of [
          ['get', 'secrets'],
          ['create', 'secrets'],
          ['get', 'pods'],
          ['delete', 'pods'],
          ['get', 'pods/log'],
          ['create', 'pods/exec'],
          ['update', 'deployments', 'apps'],
          ['patch', 'deployments/scale', 'apps'],
          ['get', 'roles', API_GROUP],
          ['create', 'rolebindings', API_GROUP],
          ['impersonate', 'serviceaccounts'],
          ['create', 'serviceaccounts/token'],
          ['list', 'events'],
          ['create', 'events'],
          ['update', 'resourcequotas'],
          ['get', 'namespaces'],
          ['delete', 'namespaces'],
          ['get', 'leases', 'coordination.k8s.io'],
          ['get', 'nodes'],
          ['create', 'localsubjectaccessreviews', 'authorization.k8s.io'],
          ['get', 'ingresses', 'networking.k8s.io'],
          ['create', 'jobs', 'batch'],
          ['get', 'controllerrevisions', 'apps'],
          ['create', 'pods/eviction'],
          ['get', 'endpointslices', 'discovery.k8s.io'],
          ['update', 'endpoints'],
        ] as const) {
          const [main = '', subresource = ''] = resource.split('/');
          const body = review('SubjectAccessReview', {
            user: `${name}-{id}`,
            resourceAttributes: { verb, resource: main, subresource, group, namespace: '{ns}' },
          });
          const answer = await session.http('POST', `${REVIEWS}/subjectaccessreviews`, { body, unrecorded: true });
          may[`${verb} ${resource}`] = answer.body.status?.allowed;
        }
        session.record(name, may);
      }
    },
  },
];
