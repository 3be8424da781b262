import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { forbidden, StatusError } from '../errors.ts';
import type { Authorizer, UserInfo } from '../types.ts';

const ADMIN: UserInfo = { username: 'admin', groups: ['system:masters', 'system:authenticated'] };

/** Tokens of the server: the admin's, and those of service accounts, which carry their own proof. */
export interface Tokens {
  userOf(token: string): UserInfo | undefined;
  issue(namespace: string, name: string): string;
}

export function createTokens(admin: string): Tokens {
  const sign = (text: string) => createHmac('sha256', admin).update(text).digest('base64url');
  return {
    userOf(token) {
      if (equalTexts(token, admin)) return ADMIN;
      const [head, payload, proof] = token.split('.');
      if (head !== 'sa' || payload === undefined || proof === undefined || !equalTexts(proof, sign(payload)))
        return undefined;
      const [namespace, name] = Buffer.from(payload, 'base64url').toString('utf8').split('/') as [string, string];
      return serviceAccount(namespace, name);
    },
    issue(namespace, name) {
      const payload = Buffer.from(`${namespace}/${name}`).toString('base64url');
      return `sa.${payload}.${sign(payload)}`;
    },
  };
}

function serviceAccount(namespace: string, name: string): UserInfo {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

function equalTexts(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Who asks: the bearer token's user, or the one it impersonates.
 *
 * @throws {StatusError} 401; 403 when the user may not impersonate; 500 for groups without a user, as upstream.
 */
export function authenticate(request: IncomingMessage, tokens: Tokens, authorize: Authorizer): UserInfo {
  const header = request.headers.authorization ?? '';
  const token = /^bearer\s+(\S+)\s*$/i.exec(header)?.[1];
  const user = token === undefined ? undefined : tokens.userOf(token);
  if (user === undefined) throw new StatusError(401, 'Unauthorized', 'Unauthorized');
  return impersonated(request, user, authorize);
}

function impersonated(request: IncomingMessage, user: UserInfo, authorize: Authorizer): UserInfo {
  const name = headerOf(request, 'impersonate-user');
  const groups = request.headersDistinct['impersonate-group'] ?? [];
  const uid = headerOf(request, 'impersonate-uid');
  if (name === '') {
    if (groups.length === 0 && uid === '') return user;
    throw new StatusError(
      500,
      'InternalError',
      'Internal error occurred: requested [{Group  }] without impersonating a user',
    );
  }
  const asked = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (asked === null) checkImpersonation(user, authorize, 'users', '', name);
  else checkImpersonation(user, authorize, 'serviceaccounts', asked[1]!, asked[2]!);
  for (const group of groups) checkImpersonation(user, authorize, 'groups', '', group);
  const extra: { [key: string]: string[] } = {};
  for (const [key, values] of Object.entries(request.headersDistinct)) {
    if (key.startsWith('impersonate-extra-'))
      extra[decodeURIComponent(key.slice('impersonate-extra-'.length))] = values ?? [];
  }
  const account = asked;
  const own = account === null || groups.length > 0 ? groups : [...serviceAccount(account[1]!, account[2]!).groups];
  const all =
    own.includes('system:authenticated') || name === 'system:anonymous' ? own : [...own, 'system:authenticated'];
  return {
    username: name,
    groups: all,
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function checkImpersonation(
  user: UserInfo,
  authorize: Authorizer,
  resource: string,
  namespace: string,
  name: string,
): void {
  const { allowed } = authorize(user, { verb: 'impersonate', group: '', resource, subresource: '', namespace, name });
  if (allowed) return;
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const why = `User ${JSON.stringify(user.username)} cannot impersonate resource ${JSON.stringify(resource)} in API group "" ${scope}`;
  throw forbidden({ group: '', resource }, name, why);
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}
