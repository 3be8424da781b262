import { badRequest, expired } from '../errors.ts';
import { type Exchange, sendJson } from '../http/exchange.ts';
import type { Stored } from '../storage/stored.ts';
import { partialOf, tableOf } from '../table/table.ts';
import type { JsonObject, KubeObject } from '../types.ts';
import type { ApiContext } from './api-context.ts';
import { readToken, writeToken } from './continue-token.ts';
import { fieldMatcher } from './field-selectors.ts';
import { parseLabelSelector } from './label-selector.ts';
import { type ListOptions, parseListOptions, parseListRevision, tooLargeVersion } from './list-options.ts';
import type { Target } from './object-writer.ts';
import { includeObjectOf, jsonOf, misfit, objectOf, renderingOf, sendRendered } from './render.ts';
import type { Resource, ServedVersion } from './resource.ts';
import { parseFieldSelector } from './selectors.ts';

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
  const options = parseListOptions(query, false);
  const selection = selectionOf(target, query);
  // Keys of a token lie below the prefix of the list: a namespace's, or the whole resource's.
  const prefix = selection.namespace;
  const { revision, items, from, limit } =
    options.continueToken === ''
      ? { ...firstPage(api, resource, options), from: '' }
      : nextPage(api, resource, options, prefix);
  const all =
    items ?? (from === '' && selection.namespace !== '' ? bucket.listNamespace(selection.namespace) : bucket.list());
  const page: Stored[] = [];
  let rest = 0;
  let last = '';
  let more = false;
  for (const stored of all) {
    if (from !== '' && stored.key < from) continue;
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
    metadata['continue'] = writeToken({ revision, start: `${last.slice(prefix.length)}\0` });
    if (selection.matches === undefined) metadata['remainingItemCount'] = rest;
  }
  return { items: page, metadata };
}

interface ListState {
  readonly revision: number;
  /** `undefined`: the present ones. */
  readonly items: readonly Stored[] | undefined;
  readonly limit: number;
}

function firstPage(api: ApiContext, resource: Resource, options: ListOptions): ListState {
  const { resourceVersion: wanted, match, limit } = options;
  const { revision } = api.store;
  // From the cache, which knows no pages.
  if (wanted === '0') return { revision, items: undefined, limit: 0 };
  if (wanted === '') return { revision, items: undefined, limit };
  const at = parseListRevision(wanted);
  if (at > revision) throw tooLargeVersion(at, revision);
  // A limit together with a version and no match has always meant exactly that version.
  if (match !== 'Exact' && !(match === '' && limit > 0)) return { revision, items: undefined, limit };
  const items = resource.bucket.listAt(at);
  if (items === undefined) throw expired('The resourceVersion for the provided list is too old.');
  return { revision: at, items, limit };
}

const CONTINUE_TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

function nextPage(
  api: ApiContext,
  resource: Resource,
  { continueToken, resourceVersion, limit }: ListOptions,
  prefix: string,
): ListState & { readonly from: string } {
  const { revision, start } = readToken(continueToken);
  if (resourceVersion !== '' && resourceVersion !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  const from = prefix + (prefix !== '' && !start.startsWith('/') ? '/' : '') + start;
  if (revision < 0) return { revision: api.store.revision, items: undefined, from, limit };
  const items = revision > api.store.revision ? undefined : resource.bucket.listAt(revision);
  if (items === undefined) throw expired(CONTINUE_TOO_OLD, { continue: writeToken({ revision: -1, start }) });
  return { revision, items, from, limit };
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
        throw misfit('PartialObjectMetadata', resource, true);
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

/** Lists of custom resources always name the token. */
function listMetaOf(resource: Resource, metadata: JsonObject): JsonObject {
  return resource.custom ? { continue: '', ...metadata } : metadata;
}

function listJson(resource: Resource, served: ServedVersion, items: readonly Stored[], metadata: JsonObject): string {
  const head = `{"kind":"${resource.listKind}","apiVersion":"${served.apiVersion}","metadata":${JSON.stringify(listMetaOf(resource, metadata))},"items":[`;
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
    metadata: listMetaOf(resource, metadata),
    items: resource.custom ? objects : objects.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest),
  };
}
