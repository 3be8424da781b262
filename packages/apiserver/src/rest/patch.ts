import { definitionNameOf } from '@fluvial/openapi';
import {
  applyJsonPatch,
  applyMergePatch,
  applyServerSide,
  applyStrategicMergePatch,
  ConflictError,
  MergeError,
  parseFieldsV1,
} from '@fluvial/structured-merge';
import { createGoDecoder } from '../builtin/decode/go-decoder.ts';
import { badRequest, conflict, notFound, STALE_VERSION, StatusError } from '../errors.ts';
import { asString, cloneJson, isObject } from '../json.ts';
import type { JsonObject, KubeObject, ObjectMeta } from '../types.ts';
import type { ApiContext } from './api-context.ts';
import { asKind, type FieldValidation, mediaTypeOf, parseJsonText, parseYamlBody } from './body.ts';
import { duplicatesOfJson, duplicatesOfYaml } from './duplicate-keys.ts';
import { keyOf, type ObjectWriter, type Target, typesOf, type WriteOptions } from './object-writer.ts';
import { printPatched } from './print-patched.ts';
import { jsonType, type Patch, readPatch } from './read-patch.ts';
import { qualified } from './resource.ts';

export interface PatchRequest {
  readonly contentType: string | undefined;
  readonly body: Buffer;
  readonly force: boolean;
  readonly forceGiven: boolean;
  /** `fieldManager` as given; apply requires one. */
  readonly fieldManager: string;
  readonly validation: FieldValidation;
}

const PATCH_TYPES = 'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml';

/** @returns The object after the patch, and whether it was created. */
export function patchObject(
  api: ApiContext,
  writer: ObjectWriter,
  target: Target,
  request: PatchRequest,
  options: WriteOptions,
): { object: KubeObject; created: boolean } {
  const type = mediaTypeOf(request.contentType);
  switch (type) {
    case 'application/apply-patch+yaml':
      return applyPatch(api, writer, target, request, options);
    case 'application/json-patch+json':
    case 'application/merge-patch+json':
    case 'application/strategic-merge-patch+json':
      break;
    default:
      throw unsupportedPatch(target.resource.custom);
  }
  if (type === 'application/strategic-merge-patch+json' && target.resource.custom) throw unsupportedPatch(true);
  if (request.forceGiven) {
    throw new StatusError(
      422,
      'Invalid',
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
      {
        group: 'meta.k8s.io',
        kind: 'PatchOptions',
        causes: [
          {
            reason: 'FieldValueForbidden',
            message: 'Forbidden: may not be specified for non-apply patch',
            field: 'force',
          },
        ],
      },
    );
  }
  const patch = readPatch(type, request.body.toString('utf8'));
  const object = writer.update(
    target,
    (current) => decodePatched(runPatch(current, patch, target), current, target, request, options, patch),
    options,
  );
  return { object, created: false };
}

function definitionOf({ resource, served }: Target): string | undefined {
  return definitionNameOf({ group: resource.group, version: served.version, kind: resource.kind });
}

function unsupportedPatch(custom: boolean): StatusError {
  if (!custom) return new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  return new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${PATCH_TYPES}`,
  );
}

function runPatch(current: KubeObject, patch: Patch, target: Target): unknown {
  try {
    switch (patch.type) {
      case 'json':
        return applyJsonPatch(current, patch.operations);
      case 'merge':
        return applyMergePatch(current, patch.patch);
      case 'strategic':
        return applyStrategicMergePatch(current, patch.patch, target.served.type);
    }
  } catch (error) {
    if (error instanceof MergeError && error.code === 'PATCH_INVALID') {
      // Of a JSON patch upstream says only that it does not fit; most of what can be wrong with a strategic one is an internal error to it.
      if (patch.type === 'json') throw rejected(error);
      if (
        patch.type === 'strategic' &&
        !/^(invalid patch format of|invalid JSON)|format is not supported/.test(error.message)
      )
        throw new StatusError(500, '', error.message, undefined, { cause: error });
    }
    throw patchError(error);
  }
}

function rejected(cause: MergeError): StatusError {
  return new StatusError(
    422,
    'Invalid',
    'the server rejected our request due to an error in our request',
    {},
    { cause },
  );
}

function patchError(error: unknown): unknown {
  if (!(error instanceof MergeError)) return error;
  const { message } = error;
  switch (error.code) {
    case 'PATCH_TEST_FAILED':
    case 'PATCH_FAILED':
      return rejected(error);
    case 'PATCH_TOO_LARGE':
      return new StatusError(413, 'RequestEntityTooLarge', message, undefined, { cause: error });
    case 'PATCH_INVALID':
      return new StatusError(400, 'BadRequest', message, undefined, { cause: error });
    case 'TYPE_MISMATCH':
    case 'MANAGED_FIELDS_INVALID':
    case 'APPLY_INVALID':
    case 'CONFLICT':
      return new StatusError(500, '', message, undefined, { cause: error });
  }
}

/** A deep copy, but for managed fields that the patch has left alone: those are shared and nobody changes them. */
function copyForChange(next: JsonObject, current: KubeObject): JsonObject {
  const { managedFields } = current.metadata;
  const meta = next['metadata'];
  if (managedFields === undefined || !isObject(meta) || meta['managedFields'] !== managedFields) return cloneJson(next);
  const { managedFields: _shared, ...rest } = meta;
  const copy = cloneJson({ ...next, metadata: rest });
  (copy.metadata as JsonObject)['managedFields'] = managedFields;
  return copy;
}

/** The patched object with its own copy of everything, types checked. */
function decodePatched(
  next: unknown,
  current: KubeObject,
  target: Target,
  request: PatchRequest,
  options: WriteOptions,
  patch: Patch,
): KubeObject {
  if (!isObject(next)) throw badRequest(`the patched object is not an object`);
  if (next === current) return current;
  const { custom } = target.resource;
  const refuse = (why: string): StatusError => {
    const message = `Invalid value: ${JSON.stringify(printPatched(patch, next, custom ? undefined : definitionOf(target)))}: ${why}`;
    return new StatusError(422, 'Invalid', ` "" is invalid: patch: ${message}`, {
      causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }],
    });
  };
  const strict: string[] = [];
  const body = request.validation === 'Ignore' ? '' : request.body.toString('utf8');
  strict.push(...(duplicatesOfJson(body, patch.type === 'json' ? 'json patch ' : '')?.warnings ?? []));
  let object: KubeObject;
  try {
    if (!custom) decodeAsNamed(next, target);
    object = asKind(copyForChange(next, current), target, target.resource.kind, target.served.apiVersion);
    target.served.strategy.decode(object, { strict });
  } catch (error) {
    if (!(error instanceof StatusError) || custom) throw error;
    const reason = error.message.replace(/^.*? cannot be handled as an? \w+: /, '');
    throw refuse(patch.type === 'strategic' ? inWordsOfConverter(reason) : reason);
  }
  checkIdentity(object, current, target);
  if (strict.length > 0 && request.validation !== 'Ignore') {
    if (request.validation === 'Warn') for (const text of strict) options.warn(text);
    else throw refuse(`strict decoding error: ${strict.join(', ')}`);
  }
  return object;
}

/** A patch may call the object another kind: it is decoded as such before anybody sees that it does not fit. */
function decodeAsNamed(next: JsonObject, { resource }: Target): void {
  const [kind, apiVersion] = [asString(next['kind']), asString(next['apiVersion'])];
  if (kind === resource.kind) return;
  const slash = apiVersion.indexOf('/');
  const version = apiVersion.slice(slash + 1);
  const definition = definitionNameOf({ group: slash < 0 ? '' : apiVersion.slice(0, slash), version, kind });
  if (definition !== undefined) createGoDecoder(definition).decode(cloneJson(next), { kind, version });
}

function checkIdentity(object: KubeObject, current: KubeObject, { resource, name, namespace }: Target): void {
  const givenName = asString(object.metadata.name);
  if (givenName === '')
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (givenName !== name)
    throw badRequest(`the name of the object (${givenName}) does not match the name on the URL (${name})`);
  const givenNamespace = asString(object.metadata.namespace);
  if (resource.namespaced && givenNamespace !== '' && givenNamespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  const version = asString(object.metadata.resourceVersion);
  if (version !== '' && version !== current.metadata.resourceVersion)
    throw conflict(qualified(resource), name, STALE_VERSION);
}

/** A strategic patch does not go through JSON upstream: types that do not fit are told otherwise. */
function inWordsOfConverter(reason: string): string {
  const [, given, wanted] = /^json: cannot unmarshal (\w+) into .* of type (\S+)$/.exec(reason) ?? [];
  if (given === undefined || wanted === undefined) return reason;
  const goType = { object: 'map', array: 'slice', number: 'int64' }[given] ?? given;
  if (wanted.startsWith('[]')) return `cannot restore slice from ${goType}`;
  if (wanted.startsWith('map[')) return `cannot restore map from ${goType}`;
  if (given === 'array' || given === 'object') return `unrecognized type: ${wanted.includes('.') ? 'string' : wanted}`;
  if (given === 'number' && wanted === 'string') return `cannot convert ${goType} to string`;
  return reason;
}

const STATUS_FIELDS = parseFieldsV1({ 'f:status': {} });
const ALL_BUT_STATUS = parseFieldsV1({ 'f:spec': {}, 'f:metadata': {} });

function applyPatch(
  api: ApiContext,
  writer: ObjectWriter,
  target: Target,
  request: PatchRequest,
  options: WriteOptions,
): { object: KubeObject; created: boolean } {
  const { resource, served, namespace, name, subresource } = target;
  if (request.fieldManager === '') {
    const message = 'Required value: is required for apply patch';
    throw new StatusError(422, 'Invalid', `PatchOptions.meta.k8s.io "" is invalid: fieldManager: ${message}`, {
      group: 'meta.k8s.io',
      kind: 'PatchOptions',
      causes: [{ reason: 'FieldValueRequired', message, field: 'fieldManager' }],
    });
  }
  const text = request.body.toString('utf8');
  const twice = request.validation === 'Ignore' ? undefined : duplicatesOfYaml(text);
  if (twice !== undefined && request.validation === 'Strict')
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${twice.error}`);
  for (const warning of twice?.warnings ?? []) options.warn(warning);
  const parsed = (/^\s*\{/.test(text) ? parseJsonText(text) : parseYamlBody(text)) ?? {};
  if (!isObject(parsed))
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonType(parsed)} into Go value of type map[string]interface {}`,
    );
  checkApplied(parsed, target);
  const applied = parsed;
  if ((parsed['metadata'] as JsonObject)['managedFields'] !== undefined) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const stored = resource.bucket.get(keyOf(resource, namespace, name));
  const live = stored === undefined ? undefined : writer.read(served, stored);
  const uid = (parsed['metadata'] as JsonObject)['uid'];
  if (live === undefined) {
    if (subresource !== '') throw notFound(qualified(resource), name);
    if (typeof uid === 'string' && uid !== '') {
      throw conflict(
        qualified(resource),
        name,
        `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
      );
    }
  }
  const given = asString((parsed['metadata'] as JsonObject)['resourceVersion']);
  if (given !== '' && live !== undefined && given !== live.metadata.resourceVersion) {
    throw conflict(qualified(resource), name, STALE_VERSION);
  }
  const zero = live?.metadata.managedFields === undefined ? served.strategy.zero?.() : undefined;
  let result: { object: JsonObject; changed: boolean };
  try {
    result = applyServerSide({
      ...(live === undefined ? {} : { live }),
      applied,
      ...(zero === undefined ? {} : { zero }),
      manager: request.fieldManager,
      force: request.force,
      subresource,
      apiVersion: served.apiVersion,
      ...(served.type === undefined ? {} : { type: served.type }),
      typeOf: typesOf(resource),
      now: api.clock(),
      ...(subresource === 'status'
        ? { resetFields: ALL_BUT_STATUS }
        : served.hasStatus
          ? { resetFields: STATUS_FIELDS }
          : {}),
    });
  } catch (error) {
    if (error instanceof ConflictError) {
      throw new StatusError(409, 'Conflict', error.message, { causes: error.causes }, { cause: error });
    }
    throw patchError(error);
  }
  if (live !== undefined && result.object === live) return { object: live, created: false };
  const { managedFields, ...meta } = result.object['metadata'] as ObjectMeta;
  const object = cloneJson({ ...result.object, metadata: meta }) as KubeObject;
  if (asString(object.metadata.name) === '')
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  // To be created it needs none, whatever was applied.
  if (live === undefined) delete object.metadata.resourceVersion;
  const strict: string[] = [];
  served.strategy.decode(object, { strict });
  // The server's own work, shared by all objects with the same owners: neither copied nor checked.
  if (managedFields !== undefined) object.metadata.managedFields = managedFields;
  const kept: WriteOptions = { ...options, keepManagedFields: true };
  if (strict.length > 0 && request.validation === 'Warn') for (const text of strict) options.warn(text);
  if (strict.length > 0 && request.validation === 'Strict') {
    throw badRequest(
      `${object.kind} in version ${JSON.stringify(served.version)} cannot be handled as a ${object.kind}: strict decoding error: ${strict.join(', ')}`,
    );
  }
  if (live === undefined) return { object: writer.create(target, object, kept), created: true };
  return { object: writer.update(target, () => object, kept), created: false };
}

function checkApplied(parsed: JsonObject, { resource, served, namespace, name }: Target): void {
  if (parsed['metadata'] === undefined || parsed['metadata'] === null) parsed['metadata'] = {};
  if (!isObject(parsed['metadata'])) throw badRequest('metadata must be an object');
  const kind = asString(parsed['kind']);
  const apiVersion = asString(parsed['apiVersion']);
  if (apiVersion !== served.apiVersion || kind !== resource.kind) {
    const group = (text: string) => (text.includes('/') ? text : `/${text}`);
    throw badRequest(`invalid object type: ${group(apiVersion)}, Kind=${kind}`);
  }
  const meta = parsed['metadata'] as JsonObject;
  const givenName = asString(meta['name']);
  if (givenName !== '' && givenName !== name) {
    throw badRequest(`the name of the object (${givenName}) does not match the name on the URL (${name})`);
  }
  const givenNamespace = asString(meta['namespace']);
  if (resource.namespaced && givenNamespace !== '' && givenNamespace !== namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
}
