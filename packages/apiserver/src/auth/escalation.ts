import { forbidden, notFound } from '../errors.ts';
import { asArray, asObject, asString, equalJson } from '../json.ts';
import type { Store } from '../storage/store.ts';
import type { Authorizer, JsonObject, KubeObject, UserInfo } from '../types.ts';
import { RBAC_GROUP, roleOf, rulesOf } from './rbac.ts';

interface Need {
  readonly group: string;
  readonly resource: string;
  readonly name: string | undefined;
  readonly url: string | undefined;
  readonly verb: string;
}

/**
 * Nobody grants more than they have: checks a role or a binding that is about to be written.
 *
 * `escalate` on the role, or `bind` for a binding, lets one do it all the same; so does `system:masters`.
 *
 * @throws {StatusError} 403; 404 for a binding to a role that is not there.
 */
export function checkEscalation(
  store: Store,
  authorize: Authorizer,
  user: UserInfo,
  plural: string,
  object: KubeObject,
  old: KubeObject | undefined,
): void {
  if (user.groups.includes('system:masters')) return;
  const { namespace = '', name = '' } = object.metadata;
  const isBinding = plural.endsWith('bindings');
  const changed = isBinding
    ? !equalJson([object['roleRef'], object['subjects']], [old?.['roleRef'], old?.['subjects']])
    : !equalJson([object['rules'], object['aggregationRule']], [old?.['rules'], old?.['aggregationRule']]);
  if (old !== undefined && !changed) return;
  const reference = asObject(object['roleRef']);
  const about = isBinding
    ? {
        verb: 'bind',
        resource: reference['kind'] === 'ClusterRole' ? 'clusterroles' : 'roles',
        name: asString(reference['name']),
      }
    : { verb: 'escalate', resource: plural, name };
  if (authorize(user, { ...about, group: RBAC_GROUP, subresource: '', namespace }).allowed) return;
  const what = { group: RBAC_GROUP, resource: plural };
  const granted = isBinding ? roleOf(store, object, namespace) : object;
  if (granted === undefined) throw notFound(what, about.name);
  const wanted = asArray(granted['rules']).map(asObject);
  if (!isBinding && object['aggregationRule'] !== undefined) {
    wanted.push({ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }, { nonResourceURLs: ['*'], verbs: ['*'] });
  }
  const held = rulesOf(store, user, namespace).rules.flatMap(needsOf);
  const missing = wanted.flatMap(needsOf).filter((need) => !held.some((own) => covers(own, need)));
  if (missing.length === 0) return;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
  const who = `user ${JSON.stringify(user.username)} (groups=[${groups}])`;
  const list = print(missing).join('\n');
  throw forbidden(what, name, `${who} is attempting to grant RBAC permissions not currently held:\n${list}`);
}

/** A rule as its smallest parts. */
function needsOf(rule: JsonObject): Need[] {
  const texts = (key: string) => asArray(rule[key]).map(asString);
  const names = texts('resourceNames');
  const needs: Need[] = [];
  for (const group of texts('apiGroups'))
    for (const resource of texts('resources'))
      for (const verb of texts('verbs'))
        for (const name of names.length === 0 ? [undefined] : names)
          needs.push({ group, resource, name, url: undefined, verb });
  for (const url of texts('nonResourceURLs'))
    for (const verb of texts('verbs')) needs.push({ group: '', resource: '', name: undefined, url, verb });
  return needs;
}

function covers(own: Need, need: Need): boolean {
  if (own.verb !== '*' && own.verb !== need.verb) return false;
  if (need.url !== undefined || own.url !== undefined) {
    if (need.url === undefined || own.url === undefined) return false;
    return (
      own.url === '*' || own.url === need.url || (own.url.endsWith('*') && need.url.startsWith(own.url.slice(0, -1)))
    );
  }
  if (own.group !== '*' && own.group !== need.group) return false;
  const slash = need.resource.indexOf('/');
  const anySub = slash < 0 ? undefined : `*${need.resource.slice(slash)}`;
  if (own.resource !== '*' && own.resource !== need.resource && own.resource !== anySub) return false;
  return own.name === undefined || own.name === need.name;
}

/** Parts that differ only in their verb together, sorted, as upstream prints compact rules. */
function print(needs: readonly Need[]): string[] {
  const verbs = new Map<string, string[]>();
  for (const { group, resource, name, url, verb } of needs) {
    const names = name === undefined ? '' : `, ResourceNames:${goList([name])}`;
    const head =
      url === undefined
        ? `APIGroups:${goList([group])}, Resources:${goList([resource])}${names}`
        : `NonResourceURLs:${goList([url])}`;
    const list = verbs.get(head) ?? [];
    if (!list.includes(verb)) list.push(verb);
    verbs.set(head, list);
  }
  return [...verbs].map(([head, list]) => `{${head}, Verbs:${goList(list)}}`).sort();
}

function goList(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;
}
