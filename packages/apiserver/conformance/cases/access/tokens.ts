import type { Case } from '../../lib/case.ts';
import type { Json } from '../../lib/session.ts';
import { ask, configMaps, given } from '../reading/pieces.ts';

/** Service accounts and their tokens. */
export const tokenCases: readonly Case[] = [
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
];
