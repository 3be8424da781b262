import type { IncomingMessage } from 'node:http';
import { badRequest, forbidden, StatusError } from '../errors.ts';
import type { AuthorizationAttributes, Authorizer, UserInfo } from '../types.ts';
import { whyNot } from './authorize.ts';
import { serviceAccount, type Tokens } from './tokens.ts';

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/**
 * Who asks: the bearer token's user, anonymous without one, or whom they impersonate.
 *
 * @param attributes What the request is about, for refusals.
 * @throws {StatusError} 401 for a token that is none; 403 when the user may not impersonate; 400 without a user's name.
 */
export function authenticate(
  request: IncomingMessage,
  tokens: Tokens,
  authorize: Authorizer,
  attributes: () => AuthorizationAttributes,
): UserInfo {
  const header = request.headers.authorization ?? '';
  const token = /^bearer\s+(\S+)\s*$/i.exec(header)?.[1];
  if (token === undefined) return impersonated(request, ANONYMOUS, authorize, attributes);
  const answer = tokens.answer(token);
  if ('error' in answer) throw new StatusError(401, 'Unauthorized', 'Unauthorized');
  return impersonated(request, answer.user, authorize, attributes);
}

function impersonated(
  request: IncomingMessage,
  user: UserInfo,
  authorize: Authorizer,
  attributes: () => AuthorizationAttributes,
): UserInfo {
  const name = headerOf(request, 'impersonate-user');
  const groups = request.headersDistinct['impersonate-group'] ?? [];
  const uid = headerOf(request, 'impersonate-uid');
  // Keys are the client's: none of them may be a prototype.
  const extra: { [key: string]: string[] } = Object.create(null) as { [key: string]: string[] };
  for (const [key, values] of Object.entries(request.headersDistinct)) {
    if (key.startsWith('impersonate-extra-')) extra[unescapeKey(key.slice('impersonate-extra-'.length))] = values ?? [];
  }
  if (name === '') {
    if (groups.length === 0 && uid === '' && Object.keys(extra).length === 0) return user;
    const asked = `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${goList(groups)}, Extra:${goMap(extra)}}`;
    throw badRequest(`requested ${asked} without impersonating a user name`);
  }
  const account = /^system:serviceaccount:([a-z0-9](?:[-a-z0-9]*[a-z0-9])?):([a-z0-9](?:[-.a-z0-9]*[a-z0-9])?)$/.exec(
    name,
  );
  const check = (group: string, resource: string, subresource: string, namespace: string, asked: string): void => {
    const about = { verb: 'impersonate', group, resource, subresource, namespace, name: asked };
    if (authorize(user, about).allowed) return;
    throw forbidden({ group, resource }, asked, whyNot(user, about));
  };
  const mayBe =
    account === null
      ? { group: '', resource: 'users', subresource: '', namespace: '', name }
      : { group: '', resource: 'serviceaccounts', subresource: '', namespace: account[1]!, name: account[2]! };
  if (!authorize(user, { verb: 'impersonate', ...mayBe }).allowed) {
    // Who may not be the user at all is told of the permission that would do for this request alone.
    const about = attributes();
    const mode = account === null ? 'user-info' : 'serviceaccount';
    throw forbidden(
      about.path === undefined ? { group: about.group, resource: about.resource } : { group: '', resource: '' },
      about.path === undefined ? about.name : '',
      whyNot(user, { ...about, verb: `impersonate-on:${mode}:${about.verb}` }),
    );
  }
  for (const group of groups) check('', 'groups', '', '', group);
  if (uid !== '') check('authentication.k8s.io', 'uids', '', '', uid);
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) check('authentication.k8s.io', 'userextras', key, '', value);
  }
  const own = account === null || groups.length > 0 ? groups : serviceAccount(account[1]!, account[2]!).groups;
  const isKnown = own.includes('system:authenticated') || own.includes('system:unauthenticated');
  const rest = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  return {
    username: name,
    groups: isKnown ? own : [...own, rest],
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

/** Keys come percent-encoded; one that is not well encoded stays as it is. */
function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Values as Go's `%#v` prints them. */
function goList(texts: readonly string[]): string {
  return texts.length === 0 ? '[]string(nil)' : `[]string{${texts.map((text) => JSON.stringify(text)).join(', ')}}`;
}

function goMap(map: { readonly [key: string]: readonly string[] }): string {
  const entries = Object.entries(map);
  if (entries.length === 0) return 'map[string][]string(nil)';
  return `map[string][]string{${entries.map(([key, values]) => `${JSON.stringify(key)}:${goList(values)}`).join(', ')}}`;
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}
