import { badRequest, expired, StatusError } from '../errors.ts';
import { type Exchange, sendJson } from '../http/exchange.ts';
import type { Stored } from '../storage/stored.ts';
import { partialOf, tableOf } from '../table/table.ts';
import type { JsonObject, KubeObject } from '../types.ts';
import type { ApiContext } from './api-context.ts';
import { fieldMatcher } from './field-selectors.ts';
import type { Target } from './object-writer.ts';
import { includeObjectOf, jsonOf, objectOf, renderingOf, sendRendered } from './render.ts';
import type { Resource, ServedVersion } from './resource.ts';
import { parseFieldSelector, parseLabelSelector } from './selectors.ts';

/** What a list or a watch selects. */
export interface Selection {
  readonly namespace: string;
  /** `undefined`: everything. */
  readonly matches: ((stored: Stored) => boolean) | undefined;
}

/** @throws {StatusError} 400 for selectors that do not parse. */
export function selectionOf(target: Target, query: URLSearchParams): Selection {
  const { resource, served, namespace, name } = target;
  const labels = parseLabelSelector(query.get('labelSelector') ?? undefined);
  const requirements = parseFieldSelector(query.get('fieldSelector') ?? undefined);
  const fields = fieldMatcher(
    resource,
    served,
    name === '' ? requirements : [...requirements, { field: 'metadata.name', equal: true, value: name }],
  );
  const matches =
    labels === undefined && fields === undefined
      ? undefined
      : (stored: Stored) =>
          (labels === undefined || labels(stored.object.metadata.labels ?? {})) &&
          (fields === undefined || fields(objectOf(served, stored)));
  return { namespace: resource.namespaced ? namespace : '', matches };
}

export function inNamespace(namespace: string, key: string): boolean {
  return (
    namespace === '' || (key.length > namespace.length && key[namespace.length] === '/' && key.startsWith(namespace))
  );
}

interface ContinueToken {
  readonly v: 'meta.k8s.io/v1';
  /** -1: go on with whatever is there now. */
  readonly rv: number;
  /** Key of the last object sent. */
  readonly start: string;
}

export interface ListPage {
  readonly items: readonly Stored[];
  readonly metadata: JsonObject;
}

/**
 * One page of a list, from a state that does not change from page to page.
 *
 * @throws {StatusError} 410 for a state that is no longer known, 400 for parameters that contradict each other.
 */
function listPage(api: ApiContext, target: Target, query: URLSearchParams): ListPage {
  const { resource } = target;
  const { bucket } = resource;
  const selection = selectionOf(target, query);
  const limit = parseCount(query.get('limit'), 'limit');
  const token = query.get('continue') ?? '';
  const wanted = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  let revision = api.store.revision;
  let after = '';
  let items: readonly Stored[] | undefined;
  if (token !== '') {
    if (match !== '')
      throw listInvalid(
        'resourceVersionMatch',
        match,
        'resourceVersionMatch is forbidden when continue is provided',
        true,
      );
    if (wanted !== '' && wanted !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    const { rv, start } = readToken(token);
    after = start;
    if (rv >= 0) {
      revision = rv;
      items = rv > api.store.revision ? undefined : bucket.listAt(rv);
      if (items === undefined) {
        const again = writeToken({ v: 'meta.k8s.io/v1', rv: -1, start });
        throw expired(
          'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
          { continue: again },
        );
      }
    }
  } else {
    items = itemsAt(api, resource, wanted, match);
    if (match === 'Exact') revision = Number(wanted);
  }
  const all =
    token === '' && items === undefined && selection.namespace !== ''
      ? bucket.listNamespace(selection.namespace)
      : (items ?? bucket.list());
  const page: Stored[] = [];
  let rest = 0;
  let last = '';
  let more = false;
  for (const stored of all) {
    if (after !== '' && stored.key <= after) continue;
    if (!inNamespace(selection.namespace, stored.key)) continue;
    if (selection.matches !== undefined && !selection.matches(stored)) continue;
    if (limit > 0 && page.length === limit) {
      more = true;
      rest++;
      if (selection.matches !== undefined) break;
      continue;
    }
    page.push(stored);
    last = stored.key;
  }
  const metadata: JsonObject = { resourceVersion: String(revision) };
  if (more) {
    metadata['continue'] = writeToken({ v: 'meta.k8s.io/v1', rv: revision, start: last });
    if (selection.matches === undefined) metadata['remainingItemCount'] = rest;
  }
  return { items: page, metadata };
}

function itemsAt(api: ApiContext, resource: Resource, wanted: string, match: string): readonly Stored[] | undefined {
  if (match !== '') {
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      throw listInvalid('resourceVersionMatch', match, `supported values: "Exact", "NotOlderThan", ""`, false);
    }
    if (wanted === '')
      throw listInvalid(
        'resourceVersionMatch',
        match,
        'resourceVersionMatch is forbidden unless resourceVersion is provided',
        true,
      );
    if (match === 'Exact' && wanted === '0') {
      throw listInvalid(
        'resourceVersionMatch',
        match,
        'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
        true,
      );
    }
  }
  if (wanted === '' || wanted === '0') return undefined;
  const revision = parseRevision(wanted);
  if (revision > api.store.revision) throw tooLargeVersion(revision, api.store.revision);
  if (match !== 'Exact') return undefined;
  const items = resource.bucket.listAt(revision);
  if (items === undefined) throw expired('The resourceVersion for the provided list is too old.');
  return items;
}

export function parseRevision(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}

function tooLargeVersion(wanted: number, current: number): StatusError {
  return new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

function listInvalid(field: string, value: string, why: string, isForbidden: boolean): StatusError {
  const message = isForbidden ? `Forbidden: ${why}` : `Unsupported value: ${JSON.stringify(value)}: ${why}`;
  return new StatusError(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${field}: ${message}`, {
    group: 'meta.k8s.io',
    kind: 'ListOptions',
    causes: [{ reason: isForbidden ? 'FieldValueForbidden' : 'FieldValueNotSupported', message, field }],
  });
}

function parseCount(text: string | null, name: string): number {
  if (text === null || text === '') return 0;
  if (!/^-?\d{1,10}$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax (${name})`);
  }
  return Math.max(0, Number(text));
}

function readToken(text: string): ContinueToken {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Partial<ContinueToken>;
    if (token.v === 'meta.k8s.io/v1' && typeof token.rv === 'number' && typeof token.start === 'string') {
      return token as ContinueToken;
    }
  } catch {
    // Falls through to the one error that clients get for any broken token.
  }
  throw badRequest('invalid continue token: continue key is not valid: the token is not one that this server gave');
}

function writeToken(token: ContinueToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** Answers a list. The JSON of the items comes from their caches. */
export function sendList(api: ApiContext, exchange: Exchange, target: Target): void {
  const { resource, served } = target;
  const { items, metadata } = listPage(api, target, exchange.query);
  const rendering = renderingOf(exchange);
  if (rendering.as === 'object' && rendering.format === 'json') {
    sendJson(exchange, 200, listJson(resource, served, items, metadata));
    return;
  }
  const objects = items.map((stored) => objectOf(served, stored));
  sendRendered(exchange, 200, rendering, () => {
    switch (rendering.as) {
      case 'object':
        return listObject(resource, served, objects, metadata);
      case 'partial':
      case 'partialList':
        return {
          kind: 'PartialObjectMetadataList',
          apiVersion: `meta.k8s.io/${rendering.metaVersion}`,
          metadata,
          items: objects.map((object) => partialOf(object, rendering.metaVersion)),
        };
      case 'table':
        return tableOf(resource, served, objects, {
          now: api.clock(),
          include: includeObjectOf(exchange.query),
          metaVersion: rendering.metaVersion,
          metadata,
        });
    }
  });
}

function listJson(resource: Resource, served: ServedVersion, items: readonly Stored[], metadata: JsonObject): string {
  const head = `{"kind":"${resource.listKind}","apiVersion":"${served.apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`;
  if (resource.custom) return `${head}${items.map((stored) => jsonOf(served, stored)).join(',')}]}\n`;
  // Items of built-in lists carry no type, as those of the Go server.
  const prefix = `{"kind":"${resource.kind}","apiVersion":"${served.apiVersion}",`;
  const bodies = items.map((stored) => {
    const json = jsonOf(served, stored);
    return json.startsWith(prefix) ? `{${json.slice(prefix.length)}` : json;
  });
  return `${head}${bodies.join(',')}]}\n`;
}

function listObject(
  resource: Resource,
  served: ServedVersion,
  objects: readonly KubeObject[],
  metadata: JsonObject,
): JsonObject {
  return {
    kind: resource.listKind,
    apiVersion: served.apiVersion,
    metadata,
    items: resource.custom ? objects : objects.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest),
  };
}
