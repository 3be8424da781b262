import { type Case, type Exchange, exchange } from '../../lib/case.ts';
import { kubectl } from '../../lib/kubectl.ts';

const accounts = '/api/v1/namespaces/{ns}/serviceaccounts';
const authentication = '/apis/authentication.k8s.io/v1';
const authorization = '/apis/authorization.k8s.io/v1';
const token = (spec: unknown, more: object = {}): Exchange => [
  'POST',
  `${accounts}/default/token`,
  { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec, ...more },
];
const tokenReview = (spec: unknown): Exchange => [
  'POST',
  `${authentication}/tokenreviews`,
  { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec },
];
const accessReview = (kind: string, spec: unknown, path = `${kind.toLowerCase()}s`): Exchange => [
  'POST',
  `${authorization}/${path}`,
  { apiVersion: 'authorization.k8s.io/v1', kind, spec },
];
const asked = (more: object) => ({ resourceAttributes: { verb: 'list', resource: 'pods', ...more } });
const requirement = (operator: string) => ({ key: 'a', operator, values: ['b'] });

/** Requests that are malformed or at odds with themselves. */
export const oddReviewCases: readonly Case[] = [
  exchange('token requests that do not fit', [
    token({ expirationSeconds: 'x' }),
    token({ audiences: 'x' }),
    token('x'),
    token({}, { metadata: { name: 'other' } }),
    token({}, { metadata: { namespace: 'other' } }),
    token({ boundObjectRef: { kind: 'Node', apiVersion: 'v1', name: 'none-{id}' } }),
    ['POST', `${accounts}/default/token`, { apiVersion: 'v1', kind: 'ConfigMap' }],
    ['GET', `${accounts}/default/token`],
  ]),
  {
    name: 'owners of a token request',
    async run(session) {
      for (const spec of [{}, { expirationSeconds: 700, audiences: ['a'] }]) {
        const { body } = await session.http(...withOptions(token(spec)));
        session.record('metadata', { ...body.metadata, uid: '' });
      }
    },
  },
  {
    name: 'tokens that are none any more',
    async run(session) {
      const made = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bot' } };
      await session.http('POST', accounts, { body: made, unrecorded: true });
      const order = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
      const { body } = await session.http('POST', `${accounts}/bot/token`, { body: order, unrecorded: true });
      const whole: string = body.status.token;
      // The real one hears of a deletion a little later.
      const review = async (what: string) => {
        const [method, path, sent] = tokenReview({ token: what });
        for (let tries = 0; ; tries++) {
          const { status } = (await session.http(method, path, { body: sent, unrecorded: true })).body;
          if (status.error === undefined && tries < 100) continue;
          session.record('review', status);
          return;
        }
      };
      await review(`${whole.slice(0, -8)}AAAAAAAA`);
      await review('a.b.c');
      await session.http('DELETE', `${accounts}/bot`, { unrecorded: true });
      await review(whole);
    },
  },
  exchange('reviews that cannot be read', [
    tokenReview({ token: 5 }),
    tokenReview({}),
    accessReview('SelfSubjectAccessReview', { resourceAttributes: 'x' }),
    accessReview('SubjectAccessReview', { user: 5 }),
    [
      'POST',
      `${authentication}/selfsubjectreviews?fieldValidation=Strict`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', bogus: 1 },
    ],
  ]),
  exchange('selectors in reviews', [
    accessReview('SelfSubjectAccessReview', asked({ labelSelector: { rawSelector: 'a=b' } })),
    accessReview('SelfSubjectAccessReview', asked({ labelSelector: {} })),
    accessReview(
      'SelfSubjectAccessReview',
      asked({ fieldSelector: { rawSelector: 'a=b', requirements: [requirement('In')] } }),
    ),
    accessReview('SelfSubjectAccessReview', asked({ fieldSelector: { requirements: [requirement('Odd')] } })),
    accessReview('SubjectAccessReview', {
      user: 'u',
      ...asked({ labelSelector: { requirements: [requirement('In'), requirement('Odd')] } }),
    }),
    accessReview(
      'LocalSubjectAccessReview',
      { user: 'u', nonResourceAttributes: { path: '/', verb: 'get' } },
      'namespaces/{ns}/localsubjectaccessreviews',
    ),
  ]),
  exchange(
    'impersonated names that are no accounts',
    ['system:serviceaccount:bad', 'system:serviceaccount:a:b:c', 'system:serviceaccount:A B:c'].map(
      (user): Exchange => ['POST', `${authentication}/selfsubjectreviews`, {}, { as: { user } }],
    ),
  ),
  kubectl(
    'kubectl auth and tokens',
    ['auth whoami --as=u --as-group=g --as-uid=7 --as-user-extra=a=b'],
    ['auth can-i --list'],
    ['auth can-i get /healthz --as=u'],
    ['auth can-i get nothing'],
    ['auth can-i fly pods'],
    ['auth can-i get pods/x --as=u'],
    ['create token none'],
    ['create token default --duration=1s'],
    ['create token default --bound-object-kind=Pod --bound-object-name=none'],
    ['create token default --bound-object-kind=Nope --bound-object-name=none'],
  ),
];

function withOptions([method, path, body]: Exchange): [string, string, { body: unknown; unrecorded: true }] {
  return [method, path, { body, unrecorded: true }];
}
