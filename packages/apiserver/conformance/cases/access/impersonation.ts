import type { Case } from '../../lib/case.ts';
import { ask, configMaps, given } from '../reading/pieces.ts';
import { clusterBinding, clusterBindings, clusterRole, clusterRoles, rule } from './pieces.ts';

/** Who one is under the impersonation headers, and who may send them. */
export const impersonationCases: readonly Case[] = [
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
];
