import { type Case, exchange, type Group, MERGE_PATCH } from '../../lib/case.ts';
import type { Json, Session } from '../../lib/session.ts';
import { ask, configMap, configMaps, given } from './pieces.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';
const API_GROUP = 'rbac.authorization.k8s.io';
const roles = `/apis/${RBAC}/namespaces/{ns}/roles`;
const bindings = `/apis/${RBAC}/namespaces/{ns}/rolebindings`;
const clusterRoles = `/apis/${RBAC}/clusterroles`;
const clusterBindings = `/apis/${RBAC}/clusterrolebindings`;
const jane = { user: 'jane-{id}' };

const rule = (verbs: string[], resources: string[], apiGroups = [''], more: object = {}) => ({
  apiGroups,
  resources,
  verbs,
  ...more,
});
const role = (name: string, ...rules: object[]) => ({ apiVersion: RBAC, kind: 'Role', metadata: { name }, rules });
const clusterRole = (name: string, ...rules: object[]) => ({
  apiVersion: RBAC,
  kind: 'ClusterRole',
  metadata: { name: `{id}-${name}` },
  rules,
});
const toJane = [{ kind: 'User', name: 'jane-{id}', apiGroup: API_GROUP }];
const binding = (name: string, kind: string, of: string, subjects: readonly object[] = toJane) => ({
  apiVersion: RBAC,
  kind: 'RoleBinding',
  metadata: { name },
  roleRef: { apiGroup: API_GROUP, kind, name: of },
  subjects,
});
const clusterBinding = (name: string, of: string, subjects: readonly object[] = toJane) => ({
  ...binding(`{id}-${name}`, 'ClusterRole', of, subjects),
  kind: 'ClusterRoleBinding',
});

/** Lets jane do something in the case's namespace, and waits until it holds. */
async function allow(session: Session, verb: string, resource: string, ...rules: object[]): Promise<void> {
  await given(session, roles, role('allowed', ...rules));
  await given(session, bindings, binding('allowed', 'Role', 'allowed'));
  await holds(session, verb, resource);
}

/** Waits until the authorizer has heard of what was written. */
async function holds(session: Session, verb: string, resource: string, namespace = '{ns}', group = ''): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const body = review('SelfSubjectAccessReview', { resourceAttributes: { verb, resource, namespace, group } });
    const answer = await session.http('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      body,
      as: jane,
      unrecorded: true,
    });
    if (answer.body.status?.allowed === true) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`never allowed: ${verb} ${resource}`);
}

const review = (kind: string, spec: object) => ({ apiVersion: 'authorization.k8s.io/v1', kind, spec });
const REVIEWS = '/apis/authorization.k8s.io/v1';

function reviews(name: string, kind: string, path: string, specs: readonly object[], options: object = {}): Case {
  return exchange(
    name,
    specs.map((spec) => ['POST', path, review(kind, spec), options] as const),
  );
}

const messageOf = ({ reason, message }: Json): unknown => ({ reason, message });

/** Writes of roles and bindings by somebody who may write them, but has little. */
function escalation(name: string, allowed: readonly object[], tell: (session: Session) => Promise<void>): Case {
  return {
    name,
    async run(session) {
      await allow(
        session,
        'create',
        'roles',
        rule(['get', 'create', 'update', 'patch'], ['roles', 'rolebindings'], [API_GROUP]),
        rule(['get'], ['configmaps']),
        ...allowed,
      ).catch(async () => {
        await holds(session, 'create', 'roles', '{ns}', API_GROUP);
      });
      await tell(session);
    },
  };
}

/** Who one is, and what one may do. */
export const access: Group = {
  name: 'access',
  cases: [
    exchange('no token and wrong tokens', [
      ['GET', configMaps, undefined, { token: '' }],
      ['GET', configMaps, undefined, { token: 'wrong' }],
      ['GET', '/api', undefined, { token: 'wrong' }],
      ['GET', configMaps, undefined, { token: 'a.b.c' }],
      ['GET', configMaps, undefined, { token: '', headers: { authorization: 'Basic YTpi' } }],
    ]),
    {
      name: 'what anonymous users may read',
      async run(session) {
        for (const path of [
          '/healthz',
          '/version',
          '/livez',
          '/readyz',
          '/api',
          '/apis',
          '/openapi/v2',
          '/metrics',
          '/',
        ]) {
          const { status, body } = await session.http('GET', path, { token: '', unrecorded: true });
          session.record(path, { status, message: body.message });
        }
      },
    },
    {
      name: 'what any user may read',
      async run(session) {
        for (const path of [
          '/version',
          '/api',
          '/apis',
          '/apis/apps',
          '/apis/apps/v1',
          '/openapi/v3',
          '/metrics',
          '/',
          '/healthz/ping',
          '/none',
        ]) {
          const { status, body } = await session.http('GET', path, { as: jane, unrecorded: true });
          session.record(path, { status, message: body.message });
        }
      },
    },
    exchange('what a user without roles is told', [
      ['GET', configMaps, undefined, { as: jane }],
      ['GET', `${configMaps}/x`, undefined, { as: jane }],
      ['POST', configMaps, configMap('x'), { as: jane }],
      ['PUT', `${configMaps}/x`, configMap('x'), { as: jane }],
      ['PATCH', `${configMaps}/x`, {}, { as: jane, type: MERGE_PATCH }],
      ['DELETE', `${configMaps}/x`, undefined, { as: jane }],
      ['DELETE', configMaps, undefined, { as: jane }],
      ['GET', '/api/v1/configmaps', undefined, { as: jane }],
      ['GET', `${configMaps}?watch=1`, undefined, { as: jane }],
      ['GET', '/apis/apps/v1/namespaces/{ns}/deployments/x/scale', undefined, { as: jane }],
      ['PUT', '/api/v1/namespaces/{ns}/pods/x/status', {}, { as: jane }],
      ['GET', '/api/v1/nodes', undefined, { as: jane }],
      ['GET', '/api/v1/namespaces/{ns}', undefined, { as: jane }],
      ['GET', '/apis/none.example.com/v1/namespaces/{ns}/things', undefined, { as: jane }],
      [
        'PATCH',
        `${configMaps}/x?fieldManager=m`,
        'kind: ConfigMap',
        { as: jane, type: 'application/apply-patch+yaml' },
      ],
    ]),
    {
      name: 'a role in a namespace',
      async run(session) {
        await allow(session, 'get', 'configmaps', rule(['get', 'list'], ['configmaps']));
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
    escalation('a user may not make a role with more than it has', [], async (session) => {
      for (const [name, body] of Object.entries({
        more: role('a', rule(['get', 'list'], ['configmaps']), rule(['*'], ['secrets'])),
        everything: role('b', rule(['*'], ['*'], ['*'])),
        same: role('c', rule(['get'], ['configmaps'])),
      }))
        await ask(session, name, roles, (b) => b.kind, { method: 'POST', body, as: jane });
      await ask(session, 'change', `${roles}/c`, (b) => b.kind, {
        method: 'PUT',
        body: role('c', rule(['delete'], ['configmaps', 'secrets'])),
        as: jane,
      });
      await ask(session, 'patch', `${roles}/c`, (b) => b.kind, {
        method: 'PATCH',
        type: MERGE_PATCH,
        body: { rules: [rule(['get'], ['nodes'], [''], { resourceNames: ['n'] })] },
        as: jane,
      });
      await ask(session, 'label only', `${roles}/c`, (b) => b.kind, {
        method: 'PATCH',
        type: MERGE_PATCH,
        body: { metadata: { labels: { a: 'b' } } },
        as: jane,
      });
    }),
    escalation('nor bind one with more than it has', [], async (session) => {
      await given(
        session,
        roles,
        role('big', rule(['get'], ['secrets'])),
        role('small', rule(['get'], ['configmaps'])),
      );
      await ask(session, 'small', bindings, (b) => b.kind, {
        method: 'POST',
        body: binding('s', 'Role', 'small'),
        as: jane,
      });
      await ask(session, 'big', bindings, (b) => b.kind, {
        method: 'POST',
        body: binding('b', 'Role', 'big'),
        as: jane,
      });
      await ask(session, 'admin', bindings, messageOf, {
        method: 'POST',
        body: binding('c', 'ClusterRole', 'cluster-admin'),
        as: jane,
      });
      await ask(session, 'none', bindings, (b) => b.kind, {
        method: 'POST',
        body: binding('d', 'Role', 'none'),
        as: jane,
      });
    }),
    escalation(
      'with escalate and bind it may',
      [rule(['escalate', 'bind'], ['roles'], [API_GROUP])],
      async (session) => {
        await ask(session, 'role', roles, (b) => b.kind, {
          method: 'POST',
          body: role('a', rule(['*'], ['secrets'])),
          as: jane,
        });
        await ask(session, 'binding', bindings, (b) => b.kind, {
          method: 'POST',
          body: binding('a', 'Role', 'a'),
          as: jane,
        });
      },
    ),
    escalation('cluster roles need a cluster role', [], async (session) => {
      await ask(session, 'cluster role', clusterRoles, (b) => b.kind, {
        method: 'POST',
        body: clusterRole('x', rule(['get'], ['configmaps'])),
        as: jane,
      });
      await ask(session, 'cluster binding', clusterBindings, (b) => b.kind, {
        method: 'POST',
        body: clusterBinding('x', 'view'),
        as: jane,
      });
    }),
    exchange('the role of a binding does not change', [
      ['POST', bindings, binding('x', 'Role', 'a'), { unrecorded: true }],
      ['PATCH', `${bindings}/x`, { roleRef: { name: 'b' } }, { type: MERGE_PATCH }],
      ['PATCH', `${bindings}/x`, { subjects: null }, { type: MERGE_PATCH, unrecorded: true }],
    ]),
    {
      name: 'impersonation: who one is then',
      async run(session) {
        const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
        for (const as of [
          { user: 'u' },
          { user: 'u', groups: ['a', 'b'] },
          { user: 'u', groups: ['system:unauthenticated'] },
          { user: 'system:anonymous' },
          { user: 'u', uid: 'x-1' },
          { user: 'u', extra: { reason: ['one', 'two'], 'example.com%2Fscope': ['x'] } },
          { user: 'system:serviceaccount:{ns}:default' },
          { user: 'system:serviceaccount:{ns}:default', groups: ['other'] },
          { user: 'system:serviceaccount:bad' },
        ])
          await ask(
            session,
            JSON.stringify(as),
            '/apis/authentication.k8s.io/v1/selfsubjectreviews',
            (b) => b.status.userInfo,
            { method: 'POST', body, as },
          );
        await ask(
          session,
          'self',
          '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          (b) => Object.keys(b.status.userInfo),
          { method: 'POST', body },
        );
      },
    },
    {
      name: 'impersonation: headers that do not go together',
      async run(session) {
        for (const name of ['impersonate-group', 'impersonate-uid', 'impersonate-extra-a'])
          await ask(session, name, configMaps, (b) => b.kind, { headers: { [name]: 'x' } });
      },
    },
    {
      name: 'impersonation: the permissions it needs',
      async run(session) {
        const account = '/api/v1/namespaces/{ns}/serviceaccounts/default';
        const { body: made } = await session.http('POST', `${account}/token`, {
          body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
          unrecorded: true,
        });
        const token = made.status.token;
        for (const as of [
          { user: 'u' },
          { user: 'u', groups: ['g'] },
          { user: 'system:serviceaccount:{ns}:other' },
          { user: 'u', uid: '1' },
        ])
          await ask(session, JSON.stringify(as), configMaps, undefined, { token, as });
        await given(
          session,
          clusterRoles,
          clusterRole('imp', rule(['impersonate'], ['users'], [''], { resourceNames: ['u'] })),
        );
        await given(
          session,
          clusterBindings,
          clusterBinding('imp', '{id}-imp', [{ kind: 'ServiceAccount', name: 'default', namespace: '{ns}' }]),
        );
        await session.settle(configMaps, (b) => String(b.message).includes('"u" cannot list'), {
          token,
          as: { user: 'u' },
        });
        await ask(session, 'group', configMaps, undefined, { token, as: { user: 'u', groups: ['g'] } });
        await ask(session, 'uid', configMaps, undefined, { token, as: { user: 'u', uid: '1' } });
        await ask(session, 'extra', configMaps, undefined, { token, as: { user: 'u', extra: { k: ['v'] } } });
        await session.http('DELETE', `${clusterBindings}/{id}-imp`, { unrecorded: true });
      },
    },
    reviews(
      'SelfSubjectAccessReview of an administrator',
      'SelfSubjectAccessReview',
      `${REVIEWS}/selfsubjectaccessreviews`,
      [
        { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'x' } },
        { nonResourceAttributes: { verb: 'get', path: '/x' } },
      ],
    ),
    reviews(
      'SelfSubjectAccessReview of a user',
      'SelfSubjectAccessReview',
      `${REVIEWS}/selfsubjectaccessreviews`,
      [
        { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'x' } },
        { nonResourceAttributes: { verb: 'get', path: '/apis' } },
        { nonResourceAttributes: { verb: 'get', path: '/x' } },
      ],
      { as: jane },
    ),
    reviews(
      'reviews that say too little or too much',
      'SelfSubjectAccessReview',
      `${REVIEWS}/selfsubjectaccessreviews`,
      [
        {},
        { resourceAttributes: {}, nonResourceAttributes: {} },
        { resourceAttributes: { verb: 'get', resource: 'pods' }, nonResourceAttributes: { path: '/x', verb: 'get' } },
      ],
    ),
    reviews('SubjectAccessReview', 'SubjectAccessReview', `${REVIEWS}/subjectaccessreviews`, [
      { user: 'u', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'x' } },
      { groups: ['system:masters'], resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'x' } },
      { resourceAttributes: { verb: 'get', resource: 'pods' } },
      { user: 'u' },
      { user: 'u', uid: '1', extra: { a: ['b'] }, nonResourceAttributes: { verb: 'get', path: '/healthz' } },
    ]),
    reviews(
      'LocalSubjectAccessReview',
      'LocalSubjectAccessReview',
      `${REVIEWS}/namespaces/{ns}/localsubjectaccessreviews`,
      [
        { user: 'u', resourceAttributes: { verb: 'get', resource: 'pods', namespace: '{ns}' } },
        { user: 'u', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'other' } },
        { user: 'u', resourceAttributes: { verb: 'get', resource: 'pods' } },
      ],
    ),
    {
      name: 'SelfSubjectRulesReview',
      async run(session) {
        await allow(
          session,
          'get',
          'configmaps',
          rule(['get'], ['configmaps']),
          rule(['list'], ['deployments'], ['apps'], { resourceNames: ['x'] }),
        );
        await ask(
          session,
          'jane',
          `${REVIEWS}/selfsubjectrulesreviews`,
          (b) => ({
            ...b.status,
            resourceRules: b.status.resourceRules.filter(
              (r: Json) =>
                !r.apiGroups.includes('authorization.k8s.io') && !r.apiGroups.includes('authentication.k8s.io'),
            ),
            nonResourceRules: b.status.nonResourceRules.length > 0,
          }),
          { method: 'POST', body: review('SelfSubjectRulesReview', { namespace: '{ns}' }), as: jane },
        );
        await ask(session, 'no namespace', `${REVIEWS}/selfsubjectrulesreviews`, undefined, {
          method: 'POST',
          body: review('SelfSubjectRulesReview', {}),
          as: jane,
        });
        await ask(
          session,
          'admin',
          `${REVIEWS}/selfsubjectrulesreviews`,
          (b) => b.status.resourceRules.find((r: Json) => r.resources?.includes('*')),
          { method: 'POST', body: review('SelfSubjectRulesReview', { namespace: '{ns}' }) },
        );
      },
    },
    exchange('reviews are only made', [
      ['GET', `${REVIEWS}/selfsubjectaccessreviews`],
      ['GET', `${REVIEWS}/selfsubjectaccessreviews/x`],
      ['DELETE', `${REVIEWS}/subjectaccessreviews`],
    ]),
    {
      name: 'TokenRequest',
      async run(session) {
        const path = '/api/v1/namespaces/{ns}/serviceaccounts/default/token';
        const request = (spec: object) => ({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec });
        const shape = (b: Json) => ({
          ...b,
          metadata: Object.keys(b.metadata).sort(),
          status: Object.keys(b.status).sort(),
          parts: b.status.token.split('.').length,
        });
        await ask(session, 'plain', path, shape, { method: 'POST', body: request({}) });
        await ask(session, 'audiences', path, (b) => b.spec, {
          method: 'POST',
          body: request({ audiences: ['a', 'b'], expirationSeconds: 1200 }),
        });
        await ask(session, 'too short', path, undefined, { method: 'POST', body: request({ expirationSeconds: 10 }) });
        await ask(session, 'too long', path, undefined, {
          method: 'POST',
          body: request({ expirationSeconds: 9999999999 }),
        });
        await ask(session, 'none', path.replace('default/token', 'none/token'), undefined, {
          method: 'POST',
          body: request({}),
        });
        await ask(session, 'bound to a pod that is not', path, undefined, {
          method: 'POST',
          body: request({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none' } }),
        });
        await ask(session, 'bound to something else', path, undefined, {
          method: 'POST',
          body: request({ boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'none' } }),
        });
      },
    },
    {
      name: 'a token is its account',
      async run(session) {
        const accounts = '/api/v1/namespaces/{ns}/serviceaccounts';
        const [account] = await given(session, accounts, {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'a' },
        });
        const make = (spec: object = {}) =>
          session.http('POST', `${accounts}/a/token`, {
            body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
            unrecorded: true,
          });
        const { token } = (await make()).body.status;
        const payload = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString('utf8'));
        session.record('claims', {
          keys: Object.keys(payload).sort(),
          iss: payload.iss,
          sub: payload.sub,
          aud: payload.aud,
          k8s: Object.keys(payload['kubernetes.io']),
          sameUid: payload['kubernetes.io']?.serviceaccount?.uid === account.metadata.uid,
          lasts: payload.exp - payload.iat,
        });
        const self = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
        const user = (b: Json) => ({
          ...b.status.userInfo,
          uid: b.status.userInfo.uid === account.metadata.uid,
          extra: Object.keys(b.status.userInfo.extra ?? {}),
        });
        await ask(session, 'self', '/apis/authentication.k8s.io/v1/selfsubjectreviews', user, {
          method: 'POST',
          body: self,
          token,
        });
        await ask(session, 'list', configMaps, undefined, { token });
        const reviewed = (spec: object) => ({
          method: 'POST',
          body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec },
        });
        await ask(
          session,
          'review',
          '/apis/authentication.k8s.io/v1/tokenreviews',
          (b) => ({ ...b.status, user: { username: b.status.user?.username, groups: b.status.user?.groups } }),
          reviewed({ token }),
        );
        await ask(
          session,
          'forged',
          '/apis/authentication.k8s.io/v1/tokenreviews',
          (b) => ({ ...b.status, error: String(b.status.error).slice(0, 20) }),
          reviewed({ token: 'nonsense' }),
        );
        await ask(session, 'empty', '/apis/authentication.k8s.io/v1/tokenreviews', (b) => b.status, reviewed({}));
        const other = (await make({ audiences: ['other'] })).body.status.token;
        await ask(session, 'other audience', configMaps, undefined, { token: other });
        await ask(
          session,
          'review for it',
          '/apis/authentication.k8s.io/v1/tokenreviews',
          (b) => ({ authenticated: b.status.authenticated, audiences: b.status.audiences }),
          reviewed({ token: other, audiences: ['other'] }),
        );
        await session.http('DELETE', `${accounts}/a`, { unrecorded: true });
        await session.settle(configMaps, (_b, status) => status === 401, { token });
      },
    },
    {
      name: 'service accounts: the default one comes back',
      async run(session) {
        const path = '/api/v1/namespaces/{ns}/serviceaccounts/default';
        const { body: before } = await session.http('GET', path, { unrecorded: true });
        await session.http('DELETE', path, { unrecorded: true });
        const { body } = await session.settle(
          path,
          (b, status) => status === 200 && b.metadata.uid !== before.metadata.uid,
          { unrecorded: true },
        );
        session.record('account', { ...body, metadata: Object.keys(body.metadata).sort() });
        await session.http('DELETE', '/api/v1/namespaces/{ns}/configmaps/kube-root-ca.crt', { unrecorded: true });
        await session.settle('/api/v1/namespaces/{ns}/configmaps/kube-root-ca.crt', (_b, status) => status === 200, {
          unrecorded: true,
        });
      },
    },
  ],
};
