import type { Exchange } from '../http/exchange.ts';
import { asArray, asObject, asString } from '../json.ts';
import type { AuthorizationAttributes, JsonObject, KubeObject, UserInfo } from '../types.ts';
import type { ApiContext } from './api-context.ts';

export type Review = (body: KubeObject, exchange: Exchange, namespace: string) => KubeObject;

/** Kinds that are asked, never stored. Keys: `group/plural`. */
export function createReviews(api: ApiContext): ReadonlyMap<string, Review> {
  const access =
    (user: (body: KubeObject, exchange: Exchange) => UserInfo): Review =>
    (body, exchange) => {
      const spec = asObject(body['spec']);
      const decision = api.authorize(user(body, exchange), attributesOf(spec));
      const status: JsonObject = { allowed: decision.allowed };
      if (decision.reason) status['reason'] = decision.reason;
      return { ...body, status };
    };
  const self = access((_body, exchange) => exchange.user);
  const subject = access((body) => {
    const spec = asObject(body['spec']);
    return { username: asString(spec['user']), groups: asArray(spec['groups']).map(asString) };
  });
  return new Map<string, Review>([
    ['authorization.k8s.io/selfsubjectaccessreviews', self],
    ['authorization.k8s.io/subjectaccessreviews', subject],
    ['authorization.k8s.io/localsubjectaccessreviews', subject],
    [
      'authorization.k8s.io/selfsubjectrulesreviews',
      (body, exchange) => {
        const all = api.authorize(exchange.user, {
          verb: '*',
          group: '*',
          resource: '*',
          subresource: '',
          namespace: '',
          name: '',
        });
        return {
          ...body,
          status: {
            incomplete: false,
            nonResourceRules: all.allowed ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [],
            resourceRules: all.allowed ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [],
          },
        };
      },
    ],
    [
      'authentication.k8s.io/selfsubjectreviews',
      (body, { user }) => ({
        ...body,
        metadata: { creationTimestamp: `${api.clock().toISOString().slice(0, 19)}Z` },
        status: { userInfo: userInfoOf(user) },
      }),
    ],
    [
      'authentication.k8s.io/tokenreviews',
      (body) => {
        const user = api.authenticate(asString(asObject(body['spec'])['token']));
        const status: JsonObject =
          user === undefined
            ? { user: {}, error: 'invalid bearer token' }
            : { authenticated: true, user: userInfoOf(user) };
        return { ...body, status };
      },
    ],
  ]);
}

function userInfoOf({ username, uid, groups, extra }: UserInfo): JsonObject {
  return { username, ...(uid === undefined ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) };
}

function attributesOf(spec: JsonObject): AuthorizationAttributes {
  const resource = asObject(spec['resourceAttributes']);
  const other = asObject(spec['nonResourceAttributes']);
  const text = (key: string) => asString(resource[key]);
  if (spec['resourceAttributes'] === undefined && spec['nonResourceAttributes'] !== undefined) {
    return {
      verb: asString(other['verb']),
      group: '',
      resource: '',
      subresource: '',
      namespace: '',
      name: '',
      path: asString(other['path']),
    };
  }
  return {
    verb: text('verb'),
    group: text('group'),
    resource: text('resource'),
    subresource: text('subresource'),
    namespace: text('namespace'),
    name: text('name'),
  };
}
