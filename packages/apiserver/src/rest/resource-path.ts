import { notAllowedHere } from '../errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { AuthorizationAttributes } from '../types.ts';
import { parseFlag } from './list-options.ts';

/** A request for a resource, parsed from its path. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
  /** The old `/watch/` prefix. */
  readonly watch: boolean;
}

/**
 * Reads `/api/v1/…` and `/apis/GROUP/VERSION/…`.
 *
 * @returns `undefined` for paths above a resource.
 */
export function parseResourcePath(segments: readonly string[]): ResourcePath | undefined {
  let rest: readonly string[];
  let group = '';
  let version: string;
  if (segments[0] === 'api' && segments.length > 2) {
    version = segments[1]!;
    rest = segments.slice(2);
  } else if (segments[0] === 'apis' && segments.length > 3) {
    group = segments[1]!;
    version = segments[2]!;
    rest = segments.slice(3);
  } else return undefined;
  const watch = rest[0] === 'watch' && rest.length > 1;
  if (watch) rest = rest.slice(1);
  let namespace = '';
  // `namespaces/NAME/status` and `/finalize` are parts of the namespace itself.
  const own = rest[2] === 'status' || rest[2] === 'finalize';
  if (rest[0] === 'namespaces' && rest.length > 2 && !(group === '' && own && rest.length === 3)) {
    namespace = rest[1]!;
    rest = rest.slice(2);
  }
  const [resource = '', name = '', ...sub] = rest;
  if (sub.some((part) => part === '') || (rest.length > 1 && name === '')) return undefined;
  return { group, version, namespace, resource, name, subresource: sub.join('/'), watch };
}

const WRITE_VERBS: { readonly [method: string]: string } = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function verbOf(method: string, path: ResourcePath, wantsWatch: boolean): string {
  if (method === 'GET') {
    if (path.subresource !== '') return 'get';
    if (wantsWatch) return 'watch';
    return path.name === '' ? 'list' : 'get';
  }
  const verb = WRITE_VERBS[method];
  if (verb === undefined) throw notAllowedHere();
  if (verb === 'delete' && path.name === '') return 'deletecollection';
  if ((verb === 'update' || verb === 'patch') && path.name === '') {
    throw notAllowedHere();
  }
  if (verb === 'create' && path.name !== '' && path.subresource === '') {
    throw notAllowedHere();
  }
  return verb;
}

/** What a request for a resource is about, for authorization. */
export function resourceAttributes(exchange: Exchange, path: ResourcePath): AuthorizationAttributes {
  const wantsWatch = path.watch || parseFlag(exchange.query.get('watch')) === true;
  const verb = verbOf(exchange.method, path, wantsWatch);
  // A list of one name counts as that object, and a namespace is in itself.
  const isCollection = path.name === '' && (verb === 'list' || verb === 'watch' || verb === 'deletecollection');
  const name = isCollection ? nameSelected(exchange.query) : path.name;
  const isNamespace = path.group === '' && path.resource === 'namespaces';
  return {
    verb,
    group: path.group,
    resource: path.resource,
    // Of a path below `proxy` the rest is none of ours.
    subresource: path.subresource.split('/', 1)[0]!,
    namespace: isNamespace ? path.name : path.namespace,
    name,
  };
}

function nameSelected(query: URLSearchParams): string {
  const match = /(?:^|,)metadata\.name==?([^,=!]+)(?:,|$)/.exec(query.get('fieldSelector') ?? '');
  return match?.[1] ?? '';
}
