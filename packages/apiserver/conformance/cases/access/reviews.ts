import { type Case, exchange } from '../../lib/case.ts';
import type { Json } from '../../lib/session.ts';
import { ask, configMaps } from '../reading/pieces.ts';
import { allow, jane, REVIEWS, review, rule } from './pieces.ts';

function reviews(name: string, kind: string, path: string, specs: readonly object[], options: object = {}): Case {
  return exchange(
    name,
    specs.map((spec) => ['POST', path, review(kind, spec), options] as const),
  );
}

/** What the access reviews answer. */
export const reviewCases: readonly Case[] = [
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
  reviews('reviews that say too little or too much', 'SelfSubjectAccessReview', `${REVIEWS}/selfsubjectaccessreviews`, [
    {},
    { resourceAttributes: {}, nonResourceAttributes: {} },
    { resourceAttributes: { verb: 'get', resource: 'pods' }, nonResourceAttributes: { path: '/x', verb: 'get' } },
  ]),
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
        `${configMaps}/x`,
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
  {
    name: 'a binding without its role',
    async run(session) {
      const user = { as: { user: 'u-{id}' } };
      for (const [name, kind] of Object.entries({ a: 'Role', b: 'ClusterRole', c: 'Role' }))
        await session.http('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings', {
          body: {
            metadata: { name },
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: 'none' },
            subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user.as.user }],
          },
          unrecorded: true,
        });
      const pods = { verb: 'list', resource: 'pods', namespace: '{ns}' };
      // Bindings count a moment after they are made.
      const path = '/api/v1/namespaces/{ns}/pods';
      await session.settle(path, (body) => JSON.stringify(body).includes('clusterrole.'), user);
      const body = review('SelfSubjectAccessReview', { resourceAttributes: pods });
      await session.http('POST', `${REVIEWS}/selfsubjectaccessreviews`, { body, ...user });
      await ask(session, 'what it may do', `${REVIEWS}/selfsubjectrulesreviews`, (b) => b.status.evaluationError, {
        method: 'POST',
        body: review('SelfSubjectRulesReview', { namespace: '{ns}' }),
        ...user,
      });
    },
  },
  exchange('reviews are only made', [
    ['GET', `${REVIEWS}/selfsubjectaccessreviews`],
    ['GET', `${REVIEWS}/selfsubjectaccessreviews/x`],
    ['DELETE', `${REVIEWS}/subjectaccessreviews`],
  ]),
];
