import type { TokenOrder } from '../auth/tokens.ts';
import { badRequest, conflict, invalid, notAllowedHere, notFound, STALE_VERSION } from '../errors.ts';
import { type Exchange, readBody, sendJson } from '../http/exchange.ts';
import { asArray, asObject, asString, cloneJson } from '../json.ts';
import type { KubeObject } from '../types.ts';
import { type ApiContext, timestamp } from './api-context.ts';
import { asKind, decodeObject, fieldValidationOf, parseBody } from './body.ts';
import { createConnect } from './connect.ts';
import { validateFinalizerName } from './object-meta.ts';
import { keyOf, type ObjectWriter, type Target, type WriteOptions } from './object-writer.ts';
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

  const evict: SubresourceHandler = async (exchange, target, verb, options) => {
    if (verb !== 'create') throw notAllowedHere();
    const body = asObject(parseBody(await readBody(exchange.request), exchange.request.headers['content-type']));
    const given = asString(asObject(body['metadata'])['name']);
    if (given !== '' && given !== target.name) throw badRequest('name in URL does not match name in Eviction object');
    writer.delete(target, { dryRun: options.dryRun });
    sendJson(
      exchange,
      201,
      JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }),
    );
  };

  /** Like a status write that may also touch what the subresource is about. */
  const part =
    (...path: readonly string[]): SubresourceHandler =>
    async (exchange, target, verb, options) => {
      const { resource, served, namespace, name, subresource } = target;
      if (verb === 'get') {
        const stored = resource.bucket.get(keyOf(resource, namespace, name));
        if (stored === undefined) throw notFound(qualified(resource), name);
        sendStored(exchange, 200, resource, served, stored, api.clock());
        return;
      }
      if (verb !== 'update') throw notAllowedHere();
      const body = asKind(
        parseBody(await readBody(exchange.request), exchange.request.headers['content-type']),
        target,
        resource.kind,
        served.apiVersion,
      );
      decodeObject(body, target, 'Ignore', options.warn);
      const object = writer.update(
        target,
        (current) => {
          const next = cloneJson(current);
          if (subresource === 'approval') stampConditions(body, timestamp(api.clock()));
          const [top, ...rest] = path as [string, ...string[]];
          if (rest.length === 0) next[top] = body[top];
          else next[top] = { ...asObject(next[top]), [rest[0]!]: asObject(body[top])[rest[0]!] };
          return next;
        },
        options,
      );
      sendObject(exchange, 200, resource, served, object, api.clock());
    };

  const bind: SubresourceHandler = async (exchange, target, verb, options) => {
    if (verb !== 'create') throw notAllowedHere();
    const body = asObject(parseBody(await readBody(exchange.request), exchange.request.headers['content-type']));
    const node = asString(asObject(body['target'])['name']);
    if (node === '') throw badRequest('Binding "" is invalid: target.name: Required value');
    writer.update(
      target,
      (current) => {
        const next = cloneJson(current);
        next['spec'] = { ...asObject(next['spec']), nodeName: node };
        const status = asObject(next['status']);
        const scheduled = {
          type: 'PodScheduled',
          status: 'True',
          lastProbeTime: null,
          lastTransitionTime: timestamp(api.clock()),
        };
        const others = asArray(status['conditions']).filter((one) => asObject(one)['type'] !== scheduled.type);
        next['status'] = { ...status, conditions: [...others, scheduled] };
        return next;
      },
      // The scheduler's decision belongs to nobody and is no new generation.
      { ...options, keepManagedFields: true, keepGeneration: true },
    );
    sendJson(
      exchange,
      201,
      JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }),
    );
  };

  return new Map<string, SubresourceHandler>([
    ['/namespaces/finalize', finalize],
    ['/serviceaccounts/token', createTokenRequest(api, issueToken)],
    ['/pods/eviction', evict],
    ['/pods/binding', bind],
    ['/pods/ephemeralcontainers', part('spec', 'ephemeralContainers')],
    ['/pods/resize', part('spec', 'containers')],
    ['certificates.k8s.io/certificatesigningrequests/approval', part('status')],
    ...createConnect(api),
  ]);
}

/** The conditions of a signing request say since when. */
function stampConditions(object: KubeObject, now: string): void {
  for (const condition of asArray(asObject(object['status'])['conditions']).map(asObject)) {
    condition['lastTransitionTime'] ??= now;
    condition['lastUpdateTime'] ??= now;
  }
}
