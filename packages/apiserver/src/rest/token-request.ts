import { schemaOfKind } from '@fluvial/openapi';
import { updateManagedFields } from '@fluvial/structured-merge';
import { ISSUER, type TokenOrder } from '../auth/tokens.ts';
import { createGoDecoder } from '../builtin/decode/go-decoder.ts';
import { badRequest, conflict, invalid, notAllowedHere, notFound } from '../errors.ts';
import { invalidValue } from '../field-errors.ts';
import { readBody, sendJson } from '../http/exchange.ts';
import { asArray, asNumber, asObject, asString, isObject } from '../json.ts';
import type { KubeObject, TypeSchema } from '../types.ts';
import { type ApiContext, timestamp } from './api-context.ts';
import { asKind, decodeWith, fieldValidationOf, parseBody } from './body.ts';
import { keyOf, type Target } from './object-writer.ts';
import { qualified } from './resource.ts';
import type { SubresourceHandler } from './subresources.ts';

const API_VERSION = 'authentication.k8s.io/v1';
const KIND = { group: 'authentication.k8s.io', kind: 'TokenRequest' };
const DEFAULT_TOKEN_SECONDS = 3600;
const MIN_TOKEN_SECONDS = 600;

const decoder = createGoDecoder('io.k8s.api.authentication.v1.TokenRequest');

/** Answers POST on `serviceaccounts/NAME/token`. */
export function createTokenRequest(api: ApiContext, issueToken: (order: TokenOrder) => string): SubresourceHandler {
  return async (exchange, target, verb, options) => {
    if (verb !== 'create') throw notAllowedHere();
    const { resource, namespace, name } = target;
    const value = parseBody(await readBody(exchange.request), exchange.request.headers['content-type'], 'TokenRequest');
    const body = asKind(value, target, 'TokenRequest', API_VERSION);
    decodeWith(decoder, body, 'v1', fieldValidationOf(exchange.query), options.warn);
    const spec = asObject(body['spec']);
    const seconds = asNumber(spec['expirationSeconds'], DEFAULT_TOKEN_SECONDS);
    body['spec'] = { ...spec, expirationSeconds: seconds };
    checkNames(body, target);
    const account = resource.bucket.get(keyOf(resource, namespace, name));
    if (account === undefined) throw notFound(qualified(resource), name);
    const uid = account.object.metadata.uid ?? '';
    const asked = asString(body.metadata.uid);
    if (asked !== '' && asked !== uid) throw conflict(WHAT, name, otherUid('token request', asked, uid));
    checkSeconds(seconds);
    const wanted = asArray(spec['audiences']).map(asString);
    const audiences = wanted.length > 0 ? wanted : [ISSUER];
    const bound = boundObjects(spec['boundObjectRef'], target);
    const now = api.clock();
    const type = schemaOfKind(API_VERSION, 'TokenRequest') as TypeSchema | undefined;
    const { metadata } = updateManagedFields({
      live: { ...decoder.zero(), kind: 'TokenRequest', apiVersion: API_VERSION } as KubeObject,
      next: { ...body, metadata: { ...body.metadata, name, namespace } },
      manager: options.manager,
      subresource: 'token',
      apiVersion: API_VERSION,
      ...(type === undefined ? {} : { type }),
      now,
    }) as KubeObject;
    sendJson(
      exchange,
      201,
      JSON.stringify({
        kind: 'TokenRequest',
        apiVersion: API_VERSION,
        metadata: { ...metadata, uid, creationTimestamp: timestamp(now) },
        spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec['boundObjectRef'] ?? null },
        status: {
          token: issueToken({ namespace, name, uid, audiences, seconds, bound }),
          expirationTimestamp: timestamp(new Date(now.getTime() + seconds * 1000)),
        },
      }),
    );
  };

  /**
   * What a token dies with. A pod brings its node, there or not.
   *
   * @throws {StatusError} 400 for a kind that tokens are not bound to, 404 when it is not there, 409 for another uid.
   */
  function boundObjects(reference: unknown, { namespace, name: account }: Target): TokenOrder['bound'] {
    if (!isObject(reference)) return [];
    const [kind, name, apiVersion] = [reference['kind'], reference['name'], reference['apiVersion']].map(asString);
    if (apiVersion !== 'v1' || !isBindable(kind)) {
      const version = (apiVersion ?? '').includes('/') ? apiVersion : `/${apiVersion}`;
      throw badRequest(`cannot bind token to object of type ${version}, Kind=${kind}`);
    }
    const what = { group: '', resource: `${kind.toLowerCase()}s` };
    const key = kind === 'Node' ? name! : `${namespace}/${name}`;
    const found = api.store.bucket(`/${what.resource}`).get(key)?.object;
    if (found === undefined) throw notFound(what, name!);
    const { serviceAccountName, nodeName } = asObject(found['spec']);
    if (kind === 'Pod' && serviceAccountName !== account)
      throw badRequest(
        `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
      );
    const uid = asString(reference['uid']);
    if (uid !== '' && uid !== found.metadata.uid)
      throw conflict(
        { group: '', resource: kind },
        name!,
        `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    const bound = { kind: kind.toLowerCase(), name: name!, uid: found.metadata.uid };
    if (kind !== 'Pod' || asString(nodeName) === '') return [bound];
    const node = api.store.bucket('/nodes').get(asString(nodeName))?.object;
    return [bound, { kind: 'node', name: asString(nodeName), uid: node?.metadata.uid }];
  }
}

const WHAT = { group: KIND.group, resource: KIND.kind };

function isBindable(kind: string | undefined): kind is 'Pod' | 'Node' | 'Secret' {
  return kind === 'Pod' || kind === 'Node' || kind === 'Secret';
}

function otherUid(what: string, asked: string, uid: string): string {
  return `the UID in the ${what} (${asked}) does not match the UID of the service account (${uid})`;
}

/** @throws {StatusError} 422 for another account than the path's, 400 for another namespace. */
function checkNames({ metadata }: KubeObject, { namespace, name }: Target): void {
  const given = { name: asString(metadata.name), namespace: asString(metadata.namespace) };
  if (given.namespace !== '' && given.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (given.name === '' || given.name === name) return;
  const why = 'must match the service account name if specified';
  throw invalid(KIND, name, [invalidValue('metadata.name', given.name, why)]);
}

/** @throws {StatusError} 422 */
function checkSeconds(seconds: number): void {
  const why =
    seconds < MIN_TOKEN_SECONDS
      ? 'may not specify a duration less than 10 minutes'
      : seconds > 2 ** 32
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (why !== undefined) throw invalid(KIND, '', [invalidValue('spec.expirationSeconds', seconds, why)]);
}
