import type { FieldError } from '@fluvial/schema';
import { updateManagedFields } from '@fluvial/structured-merge';
import { rulesOf } from '../auth/rbac.ts';
import { ISSUER } from '../auth/tokens.ts';
import { badRequest, invalid } from '../errors.ts';
import { invalidValue, required } from '../field-errors.ts';
import type { Exchange } from '../http/exchange.ts';
import { asArray, asObject, asString, isObject } from '../json.ts';
import type { AuthorizationAttributes, JsonObject, KubeObject, UserInfo } from '../types.ts';
import { type ApiContext, timestamp } from './api-context.ts';
import type { Target } from './object-writer.ts';

export type Review = (body: KubeObject, exchange: Exchange, target: Target) => KubeObject;

/** Kinds that are asked, never stored. Keys: `group/plural`. */
export function createReviews(api: ApiContext, managerOf: (exchange: Exchange) => string): ReadonlyMap<string, Review> {
  const access =
    (user: (body: KubeObject, exchange: Exchange) => UserInfo, hasSubject: boolean): Review =>
    (body, exchange, target) => {
      checkAccessReview(asObject(body['spec']), hasSubject, target.namespace);
      const spec = asObject(body['spec']);
      const decision = api.authorize(user(body, exchange), attributesOf(spec));
      const status: JsonObject = { allowed: decision.allowed };
      if (decision.reason) status['reason'] = decision.reason;
      const unclear = evaluationError(spec);
      if (unclear !== undefined) status['evaluationError'] = unclear;
      return { ...owned(body, exchange, target), status };
    };
  const self = access((_body, exchange) => exchange.user, false);
  const subject = access((body) => {
    const spec = asObject(body['spec']);
    return { username: asString(spec['user']), groups: asArray(spec['groups']).map(asString) };
  }, true);

  /** The request with its owner: reviews are objects like others, only that they are not kept. */
  function owned(body: KubeObject, exchange: Exchange, { served, namespace }: Target): KubeObject {
    const next = { ...body, metadata: { ...body.metadata } };
    if (namespace !== '') next.metadata.namespace = namespace;
    const live = served.strategy.zero?.();
    return updateManagedFields({
      ...(live === undefined ? {} : { live }),
      next,
      manager: managerOf(exchange),
      subresource: '',
      apiVersion: served.apiVersion,
      ...(served.type === undefined ? {} : { type: served.type }),
      now: api.clock(),
    }) as KubeObject;
  }

  return new Map<string, Review>([
    ['authorization.k8s.io/selfsubjectaccessreviews', self],
    ['authorization.k8s.io/subjectaccessreviews', subject],
    ['authorization.k8s.io/localsubjectaccessreviews', subject],
    [
      'authorization.k8s.io/selfsubjectrulesreviews',
      (body, exchange) => {
        const namespace = asString(asObject(body['spec'])['namespace']);
        if (namespace === '') throw badRequest('no namespace on request');
        return { ...body, spec: {}, status: rulesStatus(api, exchange.user, namespace) };
      },
    ],
    [
      'authentication.k8s.io/selfsubjectreviews',
      (body, { user }) => ({
        ...body,
        metadata: { creationTimestamp: timestamp(api.clock()) },
        status: { userInfo: userInfoOf(user) },
      }),
    ],
    [
      'authentication.k8s.io/tokenreviews',
      (body, exchange, target) => {
        const spec = asObject(body['spec']);
        const token = asString(spec['token']);
        if (token === '') throw badRequest('token is required for TokenReview in authentication');
        const asked = asArray(spec['audiences']).map(asString);
        const answer = api.authenticate(token, asked.length === 0 ? [ISSUER] : asked);
        const status: JsonObject =
          'error' in answer
            ? { user: {}, error: answer.error }
            : { authenticated: true, user: userInfoOf(answer.user), audiences: answer.audiences };
        return { ...owned(body, exchange, target), status };
      },
    ],
  ]);
}

function rulesStatus(api: ApiContext, user: UserInfo, namespace: string): JsonObject {
  const { rules: all, error } = rulesOf(api.store, user, namespace);
  return {
    ...(error === undefined ? {} : { evaluationError: error }),
    incomplete: false,
    nonResourceRules: all
      .filter((rule) => asArray(rule['nonResourceURLs']).length > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    resourceRules: all
      .filter((rule) => asArray(rule['resources']).length > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames === undefined ? {} : { resourceNames }),
      })),
  };
}

/** @throws {StatusError} 422. The kind stays out of the message, as upstream leaves it out. */
function checkAccessReview(spec: JsonObject, hasSubject: boolean, namespace: string): void {
  const { resourceAttributes: resource, nonResourceAttributes: other } = spec;
  const errors: FieldError[] = [];
  if (resource !== undefined && other !== undefined) {
    const { path, verb } = asObject(other);
    const value = { Path: asString(path), Verb: asString(verb) };
    errors.push(
      invalidValue('spec.nonResourceAttributes', value, 'cannot be specified in combination with resourceAttributes'),
    );
  } else if (resource === undefined && other === undefined) {
    const text = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    errors.push(invalidValue('spec.resourceAttributes', null, text));
  }
  if (hasSubject && asString(spec['user']) === '' && asArray(spec['groups']).length === 0)
    errors.push(invalidValue('spec.user', '', 'at least one of user or group must be specified'));
  errors.push(...selectorErrors(resource, 'fieldSelector'), ...selectorErrors(resource, 'labelSelector'));
  const asked = asString(asObject(resource)['namespace']);
  if (namespace !== '' && other !== undefined) {
    const { path, verb } = asObject(other);
    const value = { Path: asString(path), Verb: asString(verb) };
    errors.push(invalidValue('spec.nonResourceAttributes', value, 'disallowed on this kind of request'));
  }
  if (namespace !== '' && resource !== undefined && asked !== namespace)
    errors.push(invalidValue('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace'));
  if (errors.length > 0) throw invalid({ group: 'authorization.k8s.io', kind: '' }, '', errors);
}

function selectorErrors(resource: unknown, name: string): FieldError[] {
  const selector = asObject(resource)[name];
  if (!isObject(selector)) return [];
  const path = `spec.resourceAttributes.${name}`;
  const [raw, some] = [asString(selector['rawSelector']), asArray(selector['requirements']).length > 0];
  if (raw !== '' && some)
    return [invalidValue(`${path}.rawSelector`, raw, 'may not specified at the same time as requirements')];
  if (raw !== '' || some) return [];
  const why = `when ${path} is specified, requirements or rawSelector is required`;
  return [required(`${path}.requirements`, why)];
}

/** A selector with operators that are not known is asked about as far as it is. */
function evaluationError(spec: JsonObject): string | undefined {
  const texts = ['fieldSelector', 'labelSelector'].flatMap((name) => {
    const selector = asObject(asObject(spec['resourceAttributes'])[name]);
    const operators = asArray(selector['requirements']).map((one) => asString(asObject(one)['operator']));
    const known = operators.filter((one) => OPERATORS.includes(one));
    if (known.length === operators.length) return [];
    return [`spec.resourceAttributes.${name} ${known.length === 0 ? '' : 'partially '}ignored due to parse error`];
  });
  return texts.length === 0 ? undefined : texts.join('; ');
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

function userInfoOf({ username, uid, groups, extra }: UserInfo): JsonObject {
  return { username, ...(uid === undefined ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) };
}

function attributesOf(spec: JsonObject): AuthorizationAttributes {
  const resource = asObject(spec['resourceAttributes']);
  const other = asObject(spec['nonResourceAttributes']);
  const text = (key: string) => asString(resource[key]);
  if (spec['resourceAttributes'] === undefined && spec['nonResourceAttributes'] !== undefined) {
    const empty = { group: '', resource: '', subresource: '', namespace: '', name: '' };
    return { ...empty, verb: asString(other['verb']), path: asString(other['path']) };
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
