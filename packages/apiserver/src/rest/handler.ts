import { requireAllowed } from '../auth/authorize.ts';
import { checkEscalation } from '../auth/escalation.ts';
import { RBAC_GROUP } from '../auth/rbac.ts';
import type { TokenOrder } from '../auth/tokens.ts';
import { methodNotAllowed, notAllowedHere, notFound, PathNotFound, pathNotFound } from '../errors.ts';
import { type Exchange, readBody } from '../http/exchange.ts';
import { checkAcceptable } from '../http/negotiate.ts';
import type { AuthorizationAttributes, KubeObject } from '../types.ts';
import type { ApiContext } from './api-context.ts';
import { asKind, decodeObject, fieldValidationOf, mediaTypeOf, parseBody } from './body.ts';
import { checkName, checkUid } from './check-identity.ts';
import { createDeletion } from './deletion.ts';
import { type Duplicates, duplicatesOfJson, duplicatesOfYaml } from './duplicate-keys.ts';
import { sendList } from './list.ts';
import { parseRevision, tooLargeVersion } from './list-options.ts';
import { keyOf, ObjectWriter, requireVersion, type Target, type WriteOptions } from './object-writer.ts';
import { patchObject } from './patch.ts';
import { objectOf, sendObject, sendStored } from './render.ts';
import { qualified, type Resource } from './resource.ts';
import { type ResourcePath, resourceAttributes } from './resource-path.ts';
import { createReviews } from './reviews.ts';
import { createScaleHandler } from './scale-handler.ts';
import { createSubresources } from './subresources.ts';
import { startWatch, type WatchSet } from './watch.ts';
import { writeOptions } from './write-options.ts';

export type ResourceHandler = (exchange: Exchange, path: ResourcePath) => Promise<void> | void;

/** Answers requests for resources. */
export function createResourceHandler(
  api: ApiContext,
  watches: WatchSet,
  issueToken: (order: TokenOrder) => string,
): ResourceHandler {
  const writer = new ObjectWriter(api);
  const reviews = createReviews(api, (exchange) => writeOptions(exchange).manager);
  const subresources = createSubresources(api, writer, issueToken);
  const deletion = createDeletion(api, writer, answer);
  const handleScale = createScaleHandler(api, writer);

  return async (exchange, path) => {
    const attributes = attributesIn(exchange, path);
    requireAllowed(api.authorize, exchange.user, attributes);
    const { verb } = attributes;
    const found = api.registry.find(path.group, path.version, path.resource);
    if (found === undefined) {
      throw isRouted(api, path) ? pathNotFound() : new PathNotFound();
    }
    const { resource, served } = found;
    // Routes of built-in kinds say what they produce; custom resources have one handler for all.
    if (!resource.custom && !isConnect(resource, path.subresource))
      checkAcceptable(exchange.request.headers.accept, path.name === '');
    if (
      resource.namespaced &&
      path.namespace === '' &&
      (verb === 'deletecollection' || (verb === 'create' && path.name === ''))
    )
      throw notAllowedHere();
    if (resource.namespaced ? path.namespace === '' && (path.name !== '' || verb === 'create') : path.namespace !== '')
      throw pathNotFound();
    const target: Target = {
      resource,
      served,
      namespace: path.namespace,
      name: path.name,
      subresource: path.subresource,
    };
    if (served.deprecationWarning !== undefined) exchange.warnings.push(served.deprecationWarning);
    if (path.subresource !== '') return handleSubresource(exchange, target, verb);
    const review = reviews.get(`${resource.group}/${resource.plural}`);
    if (review !== undefined) {
      if (path.name !== '') throw pathNotFound();
      if (verb !== 'create') throw notAllowedHere();
      const body = asKind(
        parseBody(await readBody(exchange.request), exchange.request.headers['content-type']),
        target,
        resource.kind,
        served.apiVersion,
      );
      const { warn } = writeOptions(exchange);
      decodeObject(body, target, fieldValidationOf(exchange.query), warn);
      sendObject(exchange, 201, resource, served, review(body, exchange, target), api.clock());
      return;
    }
    if (resource.group === '' && resource.plural === 'bindings') {
      const pods = api.registry.find('', path.version, 'pods');
      if (verb !== 'create' || pods === undefined) throw notAllowedHere();
      return subresources.get('/pods/binding')!(exchange, { ...target, ...pods }, verb, writeOptions(exchange));
    }
    if (!resource.verbs.has(verb)) {
      throw verb === 'deletecollection' ? notAllowedHere() : methodNotAllowed(qualified(resource), verb);
    }
    switch (verb) {
      case 'get':
        return getObject(exchange, target);
      case 'list':
        return sendList(api, exchange, target);
      case 'watch':
        // Of one object by its path there is only the old `/watch/` form; a flag on its GET is ignored.
        if (path.name !== '' && !path.watch) return getObject(exchange, target);
        return startWatch(api, watches, exchange, target);
      case 'create':
        return createObject(exchange, target);
      case 'update':
        return updateObject(exchange, target);
      case 'patch':
        return patch(exchange, target);
      case 'delete':
        return deletion.one(exchange, target);
      case 'deletecollection':
        return deletion.collection(exchange, target);
    }
  };

  /** @throws {StatusError} 405, and {@link PathNotFound} or 404 where no method would be right */
  function attributesIn(exchange: Exchange, path: ResourcePath): AuthorizationAttributes {
    try {
      return resourceAttributes(exchange, path);
    } catch (error) {
      if (api.registry.find(path.group, path.version, path.resource) !== undefined) throw error;
      throw isRouted(api, path) ? pathNotFound() : new PathNotFound();
    }
  }

  function getObject(exchange: Exchange, target: Target): void {
    const wanted = exchange.query.get('resourceVersion') ?? '';
    const least = wanted === '' ? 0 : parseRevision(wanted);
    if (least > api.store.revision) throw tooLargeVersion(least, api.store.revision);
    const stored = target.resource.bucket.get(keyOf(target.resource, target.namespace, target.name));
    if (stored === undefined) throw notFound(qualified(target.resource), target.name);
    sendStored(exchange, 200, target.resource, target.served, stored, api.clock());
  }

  async function createObject(exchange: Exchange, target: Target): Promise<void> {
    const options = admitted(writeOptions(exchange), exchange, target);
    const validation = fieldValidationOf(exchange.query);
    const body = await readBody(exchange.request);
    const value = parseBody(body, exchange.request.headers['content-type'], target.resource.kind);
    const object = asKind(value, target, target.resource.kind, target.served.apiVersion);
    decodeObject(object, target, validation, options.warn, duplicatesIn(body, exchange));
    const created = writer.create(target, object, options);
    answer(exchange, 201, target, created);
  }

  async function updateObject(exchange: Exchange, target: Target): Promise<void> {
    const options = admitted(writeOptions(exchange), exchange, target);
    const validation = fieldValidationOf(exchange.query);
    const body = await readBody(exchange.request);
    const value = parseBody(body, exchange.request.headers['content-type'], target.resource.kind);
    const object = asKind(value, target, target.resource.kind, target.served.apiVersion);
    decodeObject(object, target, validation, options.warn, duplicatesIn(body, exchange));
    checkName(object, target);
    const { resource } = target;
    const exists = resource.bucket.get(keyOf(resource, target.namespace, target.name)) !== undefined;
    if (!exists && target.served.strategy.createOnUpdate === true && target.subresource === '') {
      delete object.metadata.resourceVersion;
      answer(exchange, 201, target, writer.create(target, object, options));
      return;
    }
    if (exists) requireVersion(target, object.metadata);
    answer(
      exchange,
      200,
      target,
      writer.update(
        target,
        (current) => {
          checkUid(target, object, current);
          return object;
        },
        options,
      ),
    );
  }

  async function patch(exchange: Exchange, target: Target): Promise<void> {
    const options = admitted(writeOptions(exchange), exchange, target);
    const validation = fieldValidationOf(exchange.query);
    const body = await readBody(exchange.request);
    const { object, created } = patchObject(
      api,
      writer,
      target,
      {
        contentType: exchange.request.headers['content-type'],
        body,
        force: exchange.query.get('force') === 'true',
        fieldManager: exchange.query.get('fieldManager') ?? '',
        validation,
      },
      options,
    );
    answer(exchange, created ? 201 : 200, target, object);
  }

  async function handleSubresource(exchange: Exchange, target: Target, verb: string): Promise<void> {
    const { resource, served, subresource } = target;
    if (subresource === 'status' && served.hasStatus) {
      if (verb === 'get') return getObject(exchange, target);
      if (verb === 'update') return updateObject(exchange, target);
      if (verb === 'patch') return patch(exchange, target);
      throw notAllowedHere();
    }
    if (subresource === 'scale' && served.scale !== undefined) return handleScale(exchange, target, verb);
    // Behind `proxy` goes the path of the server that is reached through it.
    const part = subresource.startsWith('proxy/') ? 'proxy' : subresource;
    const handler = subresources.get(`${resource.group}/${resource.plural}/${part}`);
    if (handler === undefined) {
      // A part that a custom resource has not is a missing object and no missing path.
      throw resource.custom ? notFound(qualified(resource), target.name) : pathNotFound();
    }
    if (verb === 'patch' && PATCHED_PARTS.has(`${resource.plural}/${subresource}`)) return patch(exchange, target);
    return handler(exchange, target, verb, writeOptions(exchange));
  }

  /** Roles and bindings must not give more than their writer has. */
  function admitted(options: WriteOptions, exchange: Exchange, { resource }: Target): WriteOptions {
    if (resource.group !== RBAC_GROUP) return options;
    const admit: WriteOptions['admit'] = (object, old) =>
      checkEscalation(api.store, api.authorize, exchange.user, resource.plural, object, old);
    return { ...options, admit };
  }

  function answer(exchange: Exchange, code: number, target: Target, object: KubeObject): void {
    const { resource, served } = target;
    const { name = '', namespace = '' } = object.metadata;
    const stored = resource.bucket.get(keyOf(resource, namespace, name));
    // The stored version's JSON is made already, where this is what is stored.
    if (stored !== undefined && objectOf(served, stored) === object)
      sendStored(exchange, code, resource, served, stored, api.clock());
    else sendObject(exchange, code, resource, served, object, api.clock());
  }
}

/** Subresources that are views of the whole object, which a patch may reach. */
const PATCHED_PARTS = new Set(['pods/ephemeralcontainers', 'pods/resize', 'certificatesigningrequests/approval']);

/** Streams, whose routes produce whatever the other end does. */
function isConnect({ group }: Resource, subresource: string): boolean {
  return group === '' && /^(log|exec|attach|portforward|proxy(\/.*)?)$/.test(subresource);
}

/** Whether a path leads to a server of resources at all: any version of a built-in group does, of others what is served. */
function isRouted(api: ApiContext, { group, version }: ResourcePath): boolean {
  if (group === '' || [...api.registry.all()].some((resource) => resource.group === group && !resource.custom))
    return true;
  return api.registry.groups().some((one) => one.group === group && one.versions.includes(version));
}

function duplicatesIn(body: Buffer, { request }: Exchange): Duplicates | undefined {
  const type = mediaTypeOf(request.headers['content-type']);
  if (type === '' || type === 'application/json') return duplicatesOfJson(body.toString('utf8'));
  return type.endsWith('yaml') ? duplicatesOfYaml(body.toString('utf8')) : undefined;
}
