import type { TokenOrder } from '../auth/tokens.ts';
import { conflict, invalid, notAllowedHere, notFound, STALE_VERSION } from '../errors.ts';
import { type Exchange, readBody } from '../http/exchange.ts';
import { asArray, asObject, asString, cloneJson } from '../json.ts';
import type { ApiContext } from './api-context.ts';
import { asKind, decodeObject, fieldValidationOf, parseBody } from './body.ts';
import { checkName } from './check-identity.ts';
import { createConnect } from './connect.ts';
import { validateFinalizerName } from './object-meta.ts';
import { keyOf, type ObjectWriter, type Target, type WriteOptions } from './object-writer.ts';
import { createBinding, createEviction } from './pod-placement.ts';
import { sendObject, sendStored } from './render.ts';
import { qualified } from './resource.ts';
import { createTokenRequest } from './token-request.ts';

export type SubresourceHandler = (
  exchange: Exchange,
  target: Target,
  verb: string,
  options: WriteOptions,
) => Promise<void>;

/** Subresources besides status and scale. Keys: `group/plural/subresource`. */
export function createSubresources(
  api: ApiContext,
  writer: ObjectWriter,
  issueToken: (order: TokenOrder) => string,
): ReadonlyMap<string, SubresourceHandler> {
  const finalize: SubresourceHandler = async (exchange, target, verb, options) => {
    if (verb !== 'update') throw notAllowedHere();
    const value = parseBody(await readBody(exchange.request), exchange.request.headers['content-type']);
    const body = asKind(value, target, 'Namespace', 'v1');
    decodeObject(body, target, fieldValidationOf(exchange.query), options.warn);
    checkName(body, target);
    const object = writer.update(
      target,
      (current) => {
        const given = asString(body.metadata.resourceVersion);
        if (given !== '' && given !== current.metadata.resourceVersion)
          throw conflict(qualified(target.resource), target.name, STALE_VERSION);
        const wrong = asArray(asObject(body['spec'])['finalizers']).flatMap((name, index) =>
          validateFinalizerName(asString(name), `spec.finalizers[${index}]`),
        );
        if (wrong.length > 0) throw invalid(target.resource, target.name, wrong);
        const next = cloneJson(current);
        next['spec'] = { ...asObject(next['spec']), finalizers: asArray(asObject(body['spec'])['finalizers']) };
        return next;
      },
      options,
    );
    sendObject(exchange, 200, target.resource, target.served, object, api.clock());
  };

  /** A view of the whole object through which only a part of it changes. */
  const part: SubresourceHandler = async (exchange, target, verb, options) => {
    const { resource, served, namespace, name } = target;
    if (verb === 'get') {
      const stored = resource.bucket.get(keyOf(resource, namespace, name));
      if (stored === undefined) throw notFound(qualified(resource), name);
      sendStored(exchange, 200, resource, served, stored, api.clock());
      return;
    }
    if (verb !== 'update') throw notAllowedHere();
    const body = asKind(
      parseBody(await readBody(exchange.request), exchange.request.headers['content-type'], resource.kind),
      target,
      resource.kind,
      served.apiVersion,
    );
    decodeObject(body, target, fieldValidationOf(exchange.query), options.warn);
    checkName(body, target);
    sendObject(
      exchange,
      200,
      resource,
      served,
      writer.update(target, () => body, options),
      api.clock(),
    );
  };

  return new Map<string, SubresourceHandler>([
    ['/namespaces/finalize', finalize],
    ['/serviceaccounts/token', createTokenRequest(api, issueToken)],
    ['/pods/eviction', createEviction(writer)],
    ['/pods/binding', createBinding(api, writer)],
    ['/pods/ephemeralcontainers', part],
    ['/pods/resize', part],
    ['certificates.k8s.io/certificatesigningrequests/approval', part],
    ...createConnect(api),
  ]);
}
