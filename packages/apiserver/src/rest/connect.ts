import { badRequest, forbidden, invalid, notAllowedHere, notFound, StatusError } from '../errors.ts';
import { forbiddenField, invalidValue } from '../field-errors.ts';
import { type Exchange, send } from '../http/exchange.ts';
import { negotiatePlain } from '../http/negotiate.ts';
import { asArray, asObject, asString } from '../json.ts';
import type { KubeObject } from '../types.ts';
import type { ApiContext } from './api-context.ts';
import { keyOf, type Target } from './object-writer.ts';
import { qualified } from './resource.ts';
import type { SubresourceHandler } from './subresources.ts';

/**
 * What leads to a container or to its node: `log`, `exec`, `attach`, `portforward`, `proxy`.
 *
 * Everything is answered as kube-apiserver does before it calls the node; where it would call one, the answer is 501.
 */
export function createConnect(api: ApiContext): ReadonlyMap<string, SubresourceHandler> {
  const log: SubresourceHandler = async (exchange, target) => {
    if (exchange.request.method !== 'GET') throw notAllowedHere();
    negotiatePlain(exchange.request.headers.accept);
    checkLogOptions(exchange.query, target.name);
    const pod = podOf(target);
    checkContainer(pod, exchange.query.get('container') ?? '');
    const node = asString(asObject(pod['spec'])['nodeName']);
    // A pod that is nowhere yet has said nothing yet.
    if (node === '') return send(exchange, 204, '', '');
    throw reached(target, node);
  };

  const stream =
    (hasContainer: boolean): SubresourceHandler =>
    async (exchange, target) => {
      const { request, query } = exchange;
      if (request.method !== 'GET' && request.method !== 'POST') throw notAllowedHere();
      if (query.getAll('dryRun').some((value) => value !== '')) throw badRequest('dryRun is not supported');
      if (!hasContainer) for (const port of query.getAll('ports')) checkPort(port);
      if (request.method === 'GET') mayCreate(exchange, target);
      const pod = podOf(target);
      if (hasContainer) checkContainer(pod, query.get('container') ?? '');
      const node = asString(asObject(pod['spec'])['nodeName']);
      if (node === '') throw badRequest(`pod ${target.name} does not have a host assigned`);
      throw reached(target, node);
    };

  const proxy: SubresourceHandler = async (exchange, target) => {
    if (exchange.query.getAll('dryRun').some((value) => value !== '')) throw badRequest('dryRun is not supported');
    const { plural, kind } = target.resource;
    const { name, port } = splitName(target.name, kind.toLowerCase());
    const one = { ...target, name };
    if (plural === 'nodes') throw reached(one, name);
    if (plural === 'services') throw serviceReached(one, port, target.name);
    const addresses = asArray(asObject(podOf(one)['status'])['podIPs']);
    throw addresses.length === 0 ? badRequest('address not allowed') : runsNothing(target);
  };

  /** A stream that begins with GET, as over WebSockets, wants the permission of one that begins with POST. */
  function mayCreate(exchange: Exchange, { namespace, name, subresource }: Target): void {
    const about = { verb: 'create', group: '', resource: 'pods', subresource, namespace, name };
    const { allowed, reason = '' } = api.authorize(exchange.user, about);
    if (!allowed) throw forbidden({ group: '', resource: 'pods' }, name, reason);
  }

  /** What becomes of a call to a node. */
  function reached(target: Target, nodeName: string): StatusError {
    const node = api.store.bucket('/nodes').get(nodeName)?.object;
    if (node === undefined) return notFound(qualified(target.resource), nodeName);
    const addresses = asArray(asObject(node['status'])['addresses']);
    if (addresses.length === 0) return new StatusError(500, '', 'no preferred addresses found; known addresses: []');
    return runsNothing(target);
  }

  function serviceReached(target: Target, port: string, asked: string): StatusError {
    if (/^[+-]?\d{1,18}$/.test(port)) {
      const ports = asArray(asObject(objectOf(target)['spec'])['ports']).map(asObject);
      if (!ports.some((one) => one['port'] === Number(port)))
        return unavailable(`no service port ${Number(port)} found for service ${JSON.stringify(target.name)}`);
    }
    const endpoints = api.store.bucket('/endpoints').get(`${target.namespace}/${target.name}`)?.object;
    if (endpoints === undefined) return notFound(qualified(target.resource), target.name);
    if (asArray(endpoints['subsets']).length === 0)
      return unavailable(`no endpoints available for service ${JSON.stringify(asked)}`);
    return runsNothing(target);
  }

  const entries: readonly (readonly [string, SubresourceHandler])[] = [
    ['/pods/log', log],
    ['/pods/exec', stream(true)],
    ['/pods/attach', stream(true)],
    ['/pods/portforward', stream(false)],
    ['/pods/proxy', proxy],
    ['/nodes/proxy', proxy],
    ['/services/proxy', proxy],
  ];
  return new Map(entries);
}

function objectOf({ resource, namespace, name }: Target): KubeObject {
  const stored = resource.bucket.get(keyOf(resource, namespace, name));
  if (stored === undefined) throw notFound(qualified(resource), name);
  return stored.object;
}

const podOf = objectOf;

function runsNothing({ subresource }: Target): StatusError {
  const [part = ''] = subresource.split('/', 1);
  return new StatusError(
    501,
    '',
    `${part} needs a container, and the embedded server runs none: pods here exist only as objects`,
  );
}

function unavailable(message: string): StatusError {
  return new StatusError(503, 'ServiceUnavailable', message);
}

/** @throws {StatusError} 400 for a name that is none of the pod's, or for none where there are several. */
function checkContainer(pod: KubeObject, name: string): void {
  const spec = asObject(pod['spec']);
  const namesOf = (field: string) => asArray(spec[field]).map((one) => asString(asObject(one)['name']));
  const names = ['initContainers', 'containers', 'ephemeralContainers'].flatMap(namesOf);
  if (name === '') {
    if (namesOf('containers').length === 1) return;
    throw badRequest(
      `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(' ')}]`,
    );
  }
  if (!names.includes(name)) throw badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`);
}

/** @throws {StatusError} 400 for what cannot be read, 422 for what makes no sense. */
function checkLogOptions(query: URLSearchParams, name: string): void {
  const numbers = new Map<string, number>();
  for (const field of ['limitBytes', 'sinceSeconds', 'tailLines']) {
    const text = query.get(field);
    if (text === null || text === '') continue;
    if (!/^[+-]?\d{1,18}$/.test(text))
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    numbers.set(field, Number(text));
  }
  const since = query.get('sinceTime') ?? '';
  if (since !== '' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(since)) {
    const text = JSON.stringify(since);
    throw badRequest(`parsing time ${text} as "2006-01-02T15:04:05Z07:00": cannot parse ${text} as "2006"`);
  }
  const errors = [];
  const negative = (field: string, least: number, why: string) => {
    const value = numbers.get(field);
    if (value !== undefined && value < least) errors.push(invalidValue(field, value, why));
  };
  negative('tailLines', 0, 'must be greater than or equal to 0');
  negative('limitBytes', 1, 'must be greater than 0');
  if (since !== '' && numbers.has('sinceSeconds'))
    errors.push(forbiddenField('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  else negative('sinceSeconds', 1, 'must be greater than 0');
  if (query.has('stream')) errors.push(forbiddenField('stream', 'may not be specified'));
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors);
}

function checkPort(text: string): void {
  if (!/^\d{1,10}$/.test(text))
    throw badRequest(`cannot convert to []int32: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** `name`, `name:port` or `scheme:name:port`. */
function splitName(id: string, kind: string): { readonly name: string; readonly port: string } {
  const parts = id.split(':');
  const [scheme, name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || name === '' || !['', 'http', 'https'].includes(scheme ?? ''))
    throw badRequest(`invalid ${kind} request ${JSON.stringify(id)}`);
  return { name, port };
}
