import { requireAllowed } from '../auth/authorize.ts';
import { checkEscalation } from '../auth/escalation.ts';
import { RBAC_GROUP } from '../auth/rbac.ts';
import type { TokenOrder } from '../auth/tokens.ts';
import {
  badRequest,
  forbidden,
  methodNotAllowed,
  notAllowedHere,
  notFound,
  PathNotFound,
  pathNotFound,
  StatusError,
} from '../errors.ts';
import { invalidValue } from '../field-errors.ts';
import { type Exchange, readBody, sendJson } from '../http/exchange.ts';
import { checkAcceptable } from '../http/negotiate.ts';
import { asString, isObject } from '../json.ts';
import type { AuthorizationAttributes, KubeObject } from '../types.ts';
import type { ApiContext } from './api-context.ts';
import { asKind, decodeObject, dryRunOf, fieldValidationOf, mediaTypeOf, parseBody } from './body.ts';
import { duplicateKeys } from './duplicate-keys.ts';
import { inNamespace, selectionOf, sendList } from './list.ts';
import { parseFlag, parseListOptions, parseRevision, tooLargeVersion } from './list-options.ts';
import {
  type DeleteOptions,
  keyOf,
  ObjectWriter,
  requireVersion,
  type Target,
  type WriteOptions,
} from './object-writer.ts';
import { patchObject } from './patch.ts';
import { objectOf, sendObject, sendStored } from './render.ts';
import { qualified } from './resource.ts';
import { createReviews } from './reviews.ts';
import { checkScale, readScale, type ScaleObject, scaleStrategyOf, writeScale } from './scale.ts';
import { createSubresources } from './subresources.ts';
import { startWatch, type WatchSet } from './watch.ts';

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

  return async (exchange, path) => {
    const attributes = resourceAttributes(exchange, path);
    requireAllowed(api.authorize, exchange.user, attributes);
    const { verb } = attributes;
    const found = api.registry.find(path.group, path.version, path.resource);
    if (found === undefined) {
      throw isRouted(api, path) ? pathNotFound() : new PathNotFound();
    }
    const { resource, served } = found;
    // Routes of built-in kinds say what they produce; custom resources have one handler for all.
    if (!resource.custom) checkAcceptable(exchange.request.headers.accept, path.name === '');
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
      sendObject(exchange, 201, resource, served, review(body, exchange, target), api.clock());
      return;
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
        return deleteObject(exchange, target);
      case 'deletecollection':
        return deleteCollection(exchange, target);
    }
  };

  function getObject(exchange: Exchange, target: Target): void {
    const wanted = exchange.query.get('resourceVersion') ?? '';
    const least = wanted === '' ? 0 : parseRevision(wanted);
    if (least > api.store.revision) throw tooLargeVersion(least, api.store.revision);
    const stored = target.resource.bucket.get(keyOf(target.resource, target.namespace, target.name));
    if (stored === undefined) throw notFound(qualified(target.resource), target.name);
    sendStored(exchange, 200, target.resource, target.served, stored, api.clock());
  }

  async function createObject(exchange: Exchange, target: Target): Promise<void> {
    const validation = fieldValidationOf(exchange.query);
    const options = admitted(writeOptions(exchange), exchange, target);
    const body = await readBody(exchange.request);
    const value = parseBody(body, exchange.request.headers['content-type'], target.resource.kind);
    const object = asKind(value, target, target.resource.kind, target.served.apiVersion);
    decodeObject(object, target, validation, options.warn, duplicatesIn(body, exchange));
    const created = writer.create(target, object, options);
    answer(exchange, 201, target, created);
  }

  async function updateObject(exchange: Exchange, target: Target): Promise<void> {
    const validation = fieldValidationOf(exchange.query, 'UpdateOptions');
    const options = admitted(writeOptions(exchange), exchange, target);
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
    const validation = fieldValidationOf(exchange.query, 'PatchOptions');
    const options = admitted(writeOptions(exchange), exchange, target);
    const body = await readBody(exchange.request);
    const { object, created } = patchObject(
      api,
      writer,
      target,
      {
        contentType: exchange.request.headers['content-type'],
        body,
        force: exchange.query.get('force') === 'true',
        forceGiven: exchange.query.get('force') !== null,
        fieldManager: exchange.query.get('fieldManager') ?? '',
        validation,
      },
      options,
    );
    answer(exchange, created ? 201 : 200, target, object);
  }

  async function deleteObject(exchange: Exchange, target: Target): Promise<void> {
    const options = await deleteOptions(exchange);
    const { resource } = target;
    if (resource.group === '' && resource.plural === 'namespaces' && IMMORTAL.has(target.name)) {
      throw forbidden(qualified(resource), target.name, 'this namespace may not be deleted');
    }
    const { object, gone } = writer.delete(target, options);
    if (gone && target.served.strategy.returnsDeleted !== true) {
      const details = {
        name: target.name,
        ...(resource.group === '' ? {} : { group: resource.group }),
        kind: resource.plural,
        uid: object.metadata.uid,
      };
      sendJson(
        exchange,
        200,
        JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }),
      );
      return;
    }
    answer(exchange, 200, target, object);
  }

  async function deleteCollection(exchange: Exchange, target: Target): Promise<void> {
    parseListOptions(exchange.query, false);
    const options = await deleteOptions(exchange);
    const { resource, served } = target;
    const selection = selectionOf(target, exchange.query);
    const chosen = resource.bucket
      .list()
      .filter(
        (stored) =>
          inNamespace(selection.namespace, stored.key) &&
          (selection.matches === undefined || selection.matches(stored)),
      );
    const items: object[] = [];
    for (const stored of chosen) {
      const { namespace = '', name } = stored.object.metadata;
      // The answer shows them as they were found.
      const found = objectOf(served, stored);
      writer.delete({ ...target, namespace, name: name! }, options);
      const { kind: _kind, apiVersion: _apiVersion, ...untyped } = found;
      items.push(resource.custom ? found : untyped);
    }
    sendJson(
      exchange,
      200,
      JSON.stringify({
        kind: resource.listKind,
        apiVersion: served.apiVersion,
        metadata: { resourceVersion: String(api.store.revision) },
        items,
      }),
    );
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
    const handler = subresources.get(`${resource.group}/${resource.plural}/${subresource}`);
    if (handler === undefined) {
      // A scale that a definition could have, and this one has not, is a missing object and no missing path.
      const isOptional = resource.custom && (subresource === 'scale' || subresource === 'status');
      throw isOptional ? notFound(qualified(resource), target.name) : pathNotFound();
    }
    if (verb === 'patch' && PATCHED_PARTS.has(`${resource.plural}/${subresource}`)) return patch(exchange, target);
    return handler(exchange, target, verb, writeOptions(exchange));
  }

  async function handleScale(exchange: Exchange, target: Target, verb: string): Promise<void> {
    const { resource, served } = target;
    if (verb !== 'get' && verb !== 'update' && verb !== 'patch') throw notAllowedHere();
    const scaleStrategy = scaleStrategyOf(target);
    const parent = resource.bucket.get(keyOf(resource, target.namespace, target.name));
    if (parent === undefined) throw notFound(qualified(resource), target.name);
    if (verb === 'get') {
      sendJson(exchange, 200, JSON.stringify(readScale(served.scale!, objectOf(served, parent))));
      return;
    }
    const options = writeOptions(exchange);
    const body = await readBody(exchange.request);
    const contentType = exchange.request.headers['content-type'];
    const updated = writer.update(
      target,
      (current) => {
        const before = readScale(served.scale!, current);
        const scale =
          verb === 'update'
            ? (asKind(parseBody(body, contentType), scaleStrategy, 'Scale', 'autoscaling/v1') as ScaleObject)
            : scaleStrategy.patch(before, body, contentType);
        checkScale(scale, target.name);
        return writeScale(served.scale!, current, scale, target);
      },
      options,
    );
    sendJson(exchange, 200, JSON.stringify(readScale(served.scale!, updated)));
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

/** Whether a path leads to a server of resources at all: any version of a built-in group does, of others what is served. */
function isRouted(api: ApiContext, { group, version }: ResourcePath): boolean {
  if (group === '' || [...api.registry.all()].some((resource) => resource.group === group && !resource.custom))
    return true;
  return api.registry.groups().some((one) => one.group === group && one.versions.includes(version));
}

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

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
    subresource: path.subresource,
    namespace: isNamespace ? path.name : path.namespace,
    name,
  };
}

function nameSelected(query: URLSearchParams): string {
  const match = /(?:^|,)metadata\.name==?([^,=!]+)(?:,|$)/.exec(query.get('fieldSelector') ?? '');
  return match?.[1] ?? '';
}

function writeOptions(exchange: Exchange): WriteOptions {
  const given = exchange.query.get('fieldManager') ?? '';
  const optionsKind = OPTION_KINDS[exchange.request.method ?? ''] ?? 'CreateOptions';
  checkFieldManager(given, optionsKind);
  return {
    dryRun: dryRunOf(exchange.query.getAll('dryRun'), optionsKind),
    manager: given === '' ? managerFromUserAgent(exchange.request.headers['user-agent']) : given,
    warn: (text) => exchange.warnings.push(text),
  };
}

const OPTION_KINDS: { readonly [method: string]: string } = { PUT: 'UpdateOptions', PATCH: 'PatchOptions' };

function checkFieldManager(given: string, kind: string): void {
  const refuse = (reason: string, message: string): never => {
    throw new StatusError(422, 'Invalid', `${kind}.meta.k8s.io "" is invalid: fieldManager: ${message}`, {
      group: 'meta.k8s.io',
      kind,
      causes: [{ reason, message, field: 'fieldManager' }],
    });
  };
  if (given.length > 128) refuse('FieldValueTooLong', 'Too long: may not be more than 128 bytes');
  const position = [...given].findIndex((character) => /\p{C}/u.test(character));
  if (position < 0) return;
  const code = given.codePointAt(position)?.toString(16).toUpperCase().padStart(4, '0');
  const why = `invalid character U+${code} (at position ${position})`;
  refuse('FieldValueInvalid', invalidValue('fieldManager', given, why).message);
}

/** The part of the agent before the first slash, printable, at most 128 characters: upstream's `prefixFromUserAgent`. */
function managerFromUserAgent(agent: string | undefined): string {
  const prefix = (agent ?? '').split('/', 1)[0]!;
  const printable = prefix.replace(/[^\P{C}]/gu, '').slice(0, 128);
  return printable === '' ? 'unknown' : printable;
}

/** Fields that a JSON body has twice; YAML is not looked at. */
function duplicatesIn(body: Buffer, { request }: Exchange): string[] {
  const type = mediaTypeOf(request.headers['content-type']);
  return type === '' || type === 'application/json' ? duplicateKeys(body.toString('utf8')) : [];
}

async function deleteOptions(exchange: Exchange): Promise<DeleteOptions> {
  const { query } = exchange;
  const body = await readBody(exchange.request);
  let given: { [key: string]: unknown } = {};
  if (body.length > 0) {
    const value = parseBody(body, exchange.request.headers['content-type']);
    if (isObject(value)) given = value;
    const kind = asString(given['kind']);
    if (kind !== '' && kind !== 'DeleteOptions') {
      const version = asString(given['apiVersion']) || 'meta.k8s.io/v1';
      throw badRequest(
        `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(version)} in scheme "pkg/runtime/scheme.go:111"`,
      );
    }
  }
  const policy = asString(given['propagationPolicy']) || (query.get('propagationPolicy') ?? '');
  const orphan = given['orphanDependents'] ?? query.get('orphanDependents');
  if (policy !== '' && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    const message = `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`;
    throw badPolicy('FieldValueNotSupported', message);
  }
  if (policy !== '' && orphan !== null && orphan !== undefined) {
    const why = 'orphanDependents and deletionPropagation cannot be both set';
    throw badPolicy('FieldValueInvalid', invalidValue('propagationPolicy', policy, why).message);
  }
  const preconditions = isObject(given['preconditions']) ? given['preconditions'] : {};
  const dry = [...query.getAll('dryRun'), ...(Array.isArray(given['dryRun']) ? given['dryRun'].map(String) : [])];
  const grace = given['gracePeriodSeconds'];
  const asked = query.get('gracePeriodSeconds') ?? '';
  if (!/^[+-]?\d*$/.test(asked)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(asked)}: invalid syntax`);
  return {
    dryRun: dryRunOf(dry, 'DeleteOptions'),
    propagationPolicy: policy !== '' ? policy : orphan === true || orphan === 'true' ? 'Orphan' : undefined,
    gracePeriodSeconds: typeof grace === 'number' ? grace : undefined,
    preconditions: {
      uid: asString(preconditions['uid']) || undefined,
      resourceVersion: asString(preconditions['resourceVersion']) || undefined,
    },
  };
}

function badPolicy(reason: string, message: string): StatusError {
  return new StatusError(422, 'Invalid', `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: ${message}`, {
    group: 'meta.k8s.io',
    kind: 'DeleteOptions',
    causes: [{ reason, message, field: 'propagationPolicy' }],
  });
}

function checkName(object: KubeObject, { resource, name, namespace }: Target): void {
  const given = asString(object.metadata.name);
  if (given === '') {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (given !== name)
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  const where = asString(object.metadata.namespace);
  if (resource.namespaced && where !== '' && where !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

function checkUid(target: Target, object: KubeObject, current: KubeObject): void {
  const uid = asString(object.metadata.uid);
  if (uid === '' || uid === current.metadata.uid) return;
  throw new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${target.resource.plural}${target.resource.group === '' ? '' : `.${target.resource.group}`} "${target.name}": StorageError: invalid object, Code: 4, Key: /registry/${target.resource.group === '' || !target.resource.custom ? '' : `${target.resource.group}/`}${target.resource.plural}/${keyOf(target.resource, target.namespace, target.name)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
    {
      name: target.name,
      ...(target.resource.group === '' ? {} : { group: target.resource.group }),
      kind: target.resource.plural,
    },
  );
}
