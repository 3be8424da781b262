import { forbidden } from '../errors.ts';
import type { AuthorizationAttributes, Authorizer, UserInfo } from '../types.ts';

/** @throws {StatusError} 403 in the words of the real server. */
export function requireAllowed(authorize: Authorizer, user: UserInfo, attributes: AuthorizationAttributes): void {
  const decision = authorize(user, attributes);
  if (decision.allowed) return;
  const why = whyNot(user, attributes);
  const { path, group, resource, name } = attributes;
  throw forbidden(
    path === undefined ? { group, resource } : { group: '', resource: '' },
    path === undefined ? name : '',
    decision.reason ? `${why}: ${decision.reason}` : why,
  );
}

/** `User "u" cannot list resource "pods" in API group "" in the namespace "n"`. */
export function whyNot(user: UserInfo, attributes: AuthorizationAttributes): string {
  const { verb, group, resource, subresource, namespace, path } = attributes;
  const who = `User ${JSON.stringify(user.username)} cannot ${verb}`;
  if (path !== undefined) return `${who} path ${JSON.stringify(path)}`;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`;
}
