import { createHash } from 'node:crypto';
import { builtinSchemas, definitionNameOf, type OpenApiSchema } from '@fluvial/openapi';
import { PathNotFound } from '../errors.ts';
import { type Exchange, send, sendNothing } from '../http/exchange.ts';
import { parseAccept } from '../http/negotiate.ts';
import { asObject, isObject } from '../json.ts';
import type { Resource, ServedVersion } from '../rest/resource.ts';
import type { ResourceRegistry } from '../rest/resource-registry.ts';
import type { JsonObject } from '../types.ts';
import { subresourceInfo, subresourcesOf, VERSION } from './discovery.ts';
import { encodeSwagger } from './swagger-protobuf.ts';

const REF = '#/components/schemas/';
const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const LIST_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta';
const STATUS = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';
const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';

/** Documents come as JSON or as protobuf, under several names. */
function isAcceptable(accept: string | undefined): boolean {
  if (accept === undefined || accept === '') return true;
  return parseAccept(accept).some(({ type }) =>
    /^(\*\/\*|application\/(\*|json|com\.github\.proto-openapi.*))$/.test(type),
  );
}

/** `/openapi/v3` with a document per group version, and `/openapi/v2`. */
export class OpenApi {
  readonly #registry: ResourceRegistry;
  #generation = -1;
  #documents = new Map<string, { text: string; hash: string }>();

  constructor(registry: ResourceRegistry) {
    this.#registry = registry;
  }

  handle(exchange: Exchange): void {
    const { segments, path, request } = exchange;
    const [, version, top, ...rest] = segments;
    const isV2 = version === 'v2' && top === undefined && !path.endsWith('/');
    if (!isV2 && version !== 'v3') throw new PathNotFound();
    if (path.endsWith('/')) sendNothing(exchange, 404);
    else if (!isV2 && top === undefined)
      send(exchange, 200, this.#document('index', () => this.#index()).text, 'text/plain; charset=utf-8');
    else if (!isAcceptable(request.headers.accept)) sendNothing(exchange, 406);
    else if (isV2) this.#v2(exchange);
    else if (top === 'api' && rest.length === 1) this.#groupVersion(exchange, '', rest[0]!);
    else if (top === 'apis' && rest.length === 2) this.#groupVersion(exchange, rest[0]!, rest[1]!);
    else sendNothing(exchange, 404);
  }

  #groupVersion(exchange: Exchange, group: string, version: string): void {
    if (this.#served(group, version).length === 0) {
      sendNothing(exchange, 404);
      return;
    }
    const { text, hash } = this.#document(`v3/${group}/${version}`, () => this.#v3(group, version));
    const { response, request } = exchange;
    response.setHeader('Etag', `"${hash}"`);
    if (request.headers['if-none-match'] === `"${hash}"`) {
      response.writeHead(304);
      response.end();
      return;
    }
    send(exchange, 200, text, 'application/json');
  }

  #document(key: string, make: () => JsonObject): { text: string; hash: string } {
    if (this.#generation !== this.#registry.generation) {
      this.#documents.clear();
      this.#generation = this.#registry.generation;
    }
    let document = this.#documents.get(key);
    if (document === undefined) {
      const text = JSON.stringify(make());
      document = { text, hash: createHash('sha256').update(text).digest('hex').slice(0, 32).toUpperCase() };
      this.#documents.set(key, document);
    }
    return document;
  }

  #index(): JsonObject {
    const paths: JsonObject = {};
    for (const { group, versions } of this.#registry.groups()) {
      for (const version of versions) {
        const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
        // The generation stands for the content, so that the index needs no document.
        paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${this.#registry.generation}` };
      }
    }
    return { paths };
  }

  #served(group: string, version: string): { resource: Resource; served: ServedVersion }[] {
    const found: { resource: Resource; served: ServedVersion }[] = [];
    for (const resource of this.#registry.all()) {
      const served = resource.group === group ? resource.versions.get(version) : undefined;
      if (served?.served) found.push({ resource, served });
    }
    return found;
  }

  #v3(group: string, version: string): JsonObject {
    const paths: JsonObject = {};
    const schemas: { [name: string]: unknown } = {};
    const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    for (const { resource, served } of this.#served(group, version)) {
      const name = this.#schemaOf(resource, served, schemas);
      const gvk = { group, version, kind: resource.kind };
      const root = `${base}/${resource.namespaced ? 'namespaces/{namespace}/' : ''}${resource.plural}`;
      const has = (verb: string) => resource.verbs.has(verb);
      const schema = { $ref: `${REF}${name}` };
      const ok = { responses: { 200: { description: 'OK', content: { 'application/json': { schema } } } } };
      const body = { requestBody: { content: { '*/*': { schema } } } };
      const collection: JsonObject = { parameters: pathParameters(resource, false) };
      if (has('list')) collection['get'] = operation('list', gvk, { ...ok, parameters: LIST_PARAMETERS });
      if (has('create')) collection['post'] = operation('post', gvk, { ...ok, ...body, parameters: WRITE_PARAMETERS });
      if (has('deletecollection'))
        collection['delete'] = operation('deletecollection', gvk, { ...ok, parameters: LIST_PARAMETERS });
      paths[root] = collection;
      const item: JsonObject = { parameters: pathParameters(resource, true) };
      if (has('get')) item['get'] = operation('get', gvk, ok);
      if (has('update')) item['put'] = operation('put', gvk, { ...ok, ...body, parameters: WRITE_PARAMETERS });
      if (has('patch'))
        item['patch'] = operation('patch', gvk, {
          ...ok,
          ...body,
          parameters: [...WRITE_PARAMETERS, parameter('force', 'boolean')],
        });
      if (has('delete'))
        item['delete'] = operation('delete', gvk, {
          ...ok,
          parameters: [parameter('dryRun'), parameter('gracePeriodSeconds', 'integer'), parameter('propagationPolicy')],
        });
      if (has('get')) paths[`${root}/{name}`] = item;
      for (const sub of subresourcesOf(resource, served)) {
        // Proxies take any path below; nobody reads them from here.
        if (sub === 'proxy') continue;
        const { verbs, other } = subresourceInfo(resource, sub);
        const kindOfSub = other ?? gvk;
        const subName = other === undefined ? name : definitionNameOf(other);
        if (subName !== undefined) collect(subName, schemas);
        paths[`${resource.namespaced ? root : `${base}/${resource.plural}`}/{name}/${sub}`] = subresourceItem(
          verbs,
          kindOfSub,
          subName,
          pathParameters(resource, true),
        );
      }
      if (resource.namespaced && has('list'))
        paths[`${base}/${resource.plural}`] = { get: operation('list', gvk, { ...ok, parameters: LIST_PARAMETERS }) };
    }
    // Groups of definitions have no document handler of their own.
    if (this.#served(group, version).some(({ resource }) => !resource.custom))
      paths[`${base}/`] = { get: { responses: { 200: { description: 'OK' } } } };
    collect(DELETE_OPTIONS, schemas);
    collect(STATUS, schemas);
    return {
      openapi: '3.0.0',
      info: { title: 'Kubernetes', version: VERSION.gitVersion },
      paths,
      components: { schemas },
    };
  }

  /** Puts a kind's schema and all it refers to into `schemas`; returns its name. */
  #schemaOf(resource: Resource, served: ServedVersion, schemas: { [name: string]: unknown }): string {
    const { group, version } = served;
    const { kind } = resource;
    if (!resource.custom) {
      const name = definitionNameOf({ group, version, kind });
      if (name !== undefined) {
        collect(name, schemas);
        return name;
      }
    }
    const name = `${group.split('.').reverse().join('.')}.${version}.${kind}`;
    const schema = asObject(served.type?.schema);
    schemas[name] = {
      ...schema,
      type: 'object',
      properties: {
        ...asObject(schema['properties']),
        apiVersion: {
          type: 'string',
          description: 'APIVersion defines the versioned schema of this representation of an object.',
        },
        kind: {
          type: 'string',
          description: 'Kind is a string value representing the REST resource this object represents.',
        },
        metadata: { allOf: [{ $ref: `${REF}${OBJECT_META}` }], description: 'Standard object metadata.' },
      },
      'x-kubernetes-group-version-kind': [{ group, version, kind }],
      ...selectable(served),
    };
    collect(OBJECT_META, schemas);
    collect(LIST_META, schemas);
    schemas[`${name}List`] = {
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        items: { type: 'array', items: { $ref: `${REF}${name}` } },
        metadata: { allOf: [{ $ref: `${REF}${LIST_META}` }] },
      },
      'x-kubernetes-group-version-kind': [{ group, version, kind: resource.listKind }],
      ...selectable(served),
    };
    return name;
  }

  #v2(exchange: Exchange): void {
    const accept = exchange.request.headers.accept ?? '';
    if (accept.includes('protobuf') && !accept.includes('json') && !accept.includes('*/*')) {
      const { text } = this.#document('v2', () => this.#swagger());
      const encoded = encodeSwagger(JSON.parse(text) as JsonObject);
      send(exchange, 200, encoded, 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
      return;
    }
    const { text } = this.#document('v2', () => this.#swagger());
    send(exchange, 200, text, 'application/json');
  }

  #swagger(): JsonObject {
    const paths: JsonObject = { '/version/': { get: { responses: { 200: { description: 'OK' } } } } };
    const definitions: { [name: string]: unknown } = {};
    for (const { group, versions } of this.#registry.groups()) {
      for (const version of versions) {
        const document = this.#v3(group, version);
        for (const [path, item] of Object.entries(asObject(document['paths']))) {
          paths[path] = toSwagger(item);
        }
        Object.assign(definitions, asObject(asObject(document['components'])['schemas']));
      }
    }
    return {
      swagger: '2.0',
      info: { title: 'Kubernetes', version: VERSION.gitVersion },
      paths,
      definitions: Object.fromEntries(Object.entries(definitions).map(([name, schema]) => [name, toSwagger(schema)])),
    };
  }
}

function selectable({ selectableFields }: ServedVersion): JsonObject {
  if (selectableFields.length === 0) return {};
  return { 'x-kubernetes-selectable-fields': selectableFields.map((fieldPath) => ({ fieldPath })) };
}

/** A built-in definition and everything it refers to. */
function collect(name: string, into: { [name: string]: unknown }): void {
  if (Object.hasOwn(into, name)) return;
  const { schemas } = builtinSchemas();
  const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
  if (schema === undefined) return;
  into[name] = schema;
  const visit = (node: OpenApiSchema | undefined): void => {
    if (node === undefined) return;
    if (node.$ref !== undefined) collect(node.$ref.slice(REF.length), into);
    for (const part of node.allOf ?? []) visit(part);
    for (const part of node.oneOf ?? []) visit(part);
    for (const part of Object.values(node.properties ?? {})) visit(part);
    visit(node.items);
    if (typeof node.additionalProperties === 'object') visit(node.additionalProperties);
  };
  visit(schema);
}

function parameter(name: string, type = 'string'): JsonObject {
  return { name, in: 'query', schema: { type, uniqueItems: true } };
}

const WRITE_PARAMETERS = [
  parameter('pretty'),
  parameter('dryRun'),
  parameter('fieldManager'),
  parameter('fieldValidation'),
];
const LIST_PARAMETERS = [
  parameter('allowWatchBookmarks', 'boolean'),
  parameter('continue'),
  parameter('fieldSelector'),
  parameter('labelSelector'),
  parameter('limit', 'integer'),
  parameter('resourceVersion'),
  parameter('resourceVersionMatch'),
  parameter('sendInitialEvents', 'boolean'),
  parameter('timeoutSeconds', 'integer'),
  parameter('watch', 'boolean'),
];

function pathParameters(resource: Resource, named: boolean): JsonObject[] {
  const path = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } });
  return [...(resource.namespaced ? [path('namespace')] : []), ...(named ? [path('name')] : [])];
}

function subresourceItem(
  verbs: readonly string[],
  gvk: JsonObject,
  name: string | undefined,
  parameters: readonly JsonObject[],
): JsonObject {
  const schema = name === undefined ? { type: 'string' } : { $ref: `${REF}${name}` };
  const ok = { responses: { 200: { description: 'OK', content: { 'application/json': { schema } } } } };
  const write = { ...ok, requestBody: { content: { '*/*': { schema } } }, parameters: WRITE_PARAMETERS };
  const item: JsonObject = { parameters };
  if (verbs.includes('get')) item['get'] = operation('get', gvk, ok);
  if (verbs.includes('create')) item['post'] = operation('post', gvk, write);
  if (verbs.includes('update')) item['put'] = operation('put', gvk, write);
  if (verbs.includes('patch'))
    item['patch'] = operation('patch', gvk, {
      ...write,
      parameters: [...WRITE_PARAMETERS, parameter('force', 'boolean')],
    });
  return item;
}

function operation(action: string, gvk: JsonObject, rest: JsonObject): JsonObject {
  return { ...rest, 'x-kubernetes-action': action, 'x-kubernetes-group-version-kind': gvk };
}

function isSchema(value: JsonObject): boolean {
  return typeof value['type'] === 'string' || value['allOf'] !== undefined || value['$ref'] !== undefined;
}

/** OpenAPI v3 to v2: references move, one-of goes, parameters lose their schema object. */
function toSwagger(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSwagger);
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$ref' && typeof inner === 'string') out[key] = inner.replace(REF, '#/definitions/');
    else if (key === 'oneOf' || key === 'anyOf' || key === 'not' || key === 'nullable') continue;
    // Zero values and the like: what Go needs to know, not clients.
    else if (key === 'default' && !isObject(inner) && inner !== undefined && isSchema(value)) continue;
    else if (key === 'default' && isObject(inner) && Object.keys(inner).length === 0) continue;
    else if (key === 'allOf' && Array.isArray(inner) && inner.length === 1) Object.assign(out, toSwagger(inner[0]));
    else if (key === 'requestBody') {
      out['consumes'] = ['*/*'];
    } else if (key === 'content' && isObject(inner)) {
      out['schema'] = toSwagger(asObject(Object.values(inner)[0])['schema']);
    } else out[key] = toSwagger(inner);
  }
  if (typeof out['in'] === 'string' && isObject(out['schema']) && out['in'] !== 'body') {
    Object.assign(out, out['schema']);
    delete out['schema'];
  }
  return out;
}
