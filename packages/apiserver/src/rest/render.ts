import { stringifyYaml } from '@fluvial/yaml';
import { badRequest, StatusError } from '../errors.ts';
import { type Exchange, send, sendJson } from '../http/exchange.ts';
import { negotiate, type Rendering } from '../http/negotiate.ts';
import type { Stored } from '../storage/stored.ts';
import { type IncludeObject, partialOf, tableOf } from '../table/table.ts';
import type { JsonObject, KubeObject } from '../types.ts';
import type { Resource, ServedVersion } from './resource.ts';

export function renderingOf(exchange: Exchange): Rendering {
  return negotiate(exchange.request.headers.accept);
}

/** JSON text of a stored object in a served version, from its cache. */
export function jsonOf(served: ServedVersion, stored: Stored): string {
  return served.isStorage ? stored.json : stored.view(served.apiVersion, served.fromStorage).json;
}

export function objectOf(served: ServedVersion, stored: Stored): KubeObject {
  return served.isStorage ? stored.object : stored.view(served.apiVersion, served.fromStorage).object;
}

export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? '';
  if (value === 'None' || value === 'Object') return value;
  if (value === '' || value === 'Metadata') return 'Metadata';
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** Sends one stored object. */
export function sendStored(
  exchange: Exchange,
  code: number,
  resource: Resource,
  served: ServedVersion,
  stored: Stored,
  now: Date,
): void {
  const rendering = renderingOf(exchange);
  if (rendering.as === 'object' && rendering.format === 'json') sendJson(exchange, code, jsonOf(served, stored));
  else sendObject(exchange, code, resource, served, objectOf(served, stored), now);
}

/** Sends one object as the client wants it. */
export function sendObject(
  exchange: Exchange,
  code: number,
  resource: Resource,
  served: ServedVersion,
  object: KubeObject,
  now: Date,
): void {
  const rendering = renderingOf(exchange);
  sendRendered(exchange, code, rendering, () => {
    switch (rendering.as) {
      case 'object':
        return object;
      case 'partial':
        return partialOf(object, rendering.metaVersion);
      case 'partialList':
        throw misfit('PartialObjectMetadataList', resource, false);
      case 'table': {
        const rv = object.metadata.resourceVersion;
        return tableOf(resource, served, [object], {
          now,
          include: includeObjectOf(exchange.query),
          metaVersion: rendering.metaVersion,
          metadata: rv === undefined ? {} : { resourceVersion: rv },
        });
      }
    }
  });
}

export function sendRendered(
  exchange: Exchange,
  code: number,
  rendering: Rendering,
  make: () => KubeObject | JsonObject,
): void {
  const value = make();
  if (rendering.format === 'yaml') send(exchange, code, stringifyYaml(value), 'application/yaml');
  else sendJson(exchange, code, JSON.stringify(value), contentType(rendering));
}

export function contentType(_rendering: Rendering): string {
  return 'application/json';
}

/** One object's metadata was asked for where a list is, or the other way round. */
export function misfit(asked: string, resource: Resource, isList: boolean): StatusError {
  const type = resource.custom
    ? `unstructured.Unstructured${isList ? 'List' : ''}`
    : `${resource.group.split('.', 1)[0] || 'core'}.${isList ? resource.listKind : resource.kind}`;
  const what = isList ? 'is a list' : 'is not a list';
  return new StatusError(406, 'NotAcceptable', `you requested ${asked}, but the requested object ${what} (*${type})`);
}
