import { definitionNameOf } from '@fluvial/openapi';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, MergeError } from '@fluvial/structured-merge';
import { createGoDecoder } from '../builtin/decode/go-decoder.ts';
import { badRequest, conflict, STALE_VERSION, StatusError } from '../errors.ts';
import { asString, cloneJson, isObject } from '../json.ts';
import type { JsonObject, KubeObject } from '../types.ts';
import type { ApiContext } from './api-context.ts';
import { applyPatch } from './apply-patch.ts';
import { asKind, type FieldValidation, mediaTypeOf } from './body.ts';
import { decodeConverted, definitionOf, inWordsOfConverter, reasonOf } from './converter.ts';
import { duplicatesOfJson } from './duplicate-keys.ts';
import type { ObjectWriter, Target, WriteOptions } from './object-writer.ts';
import { patchError, rejected } from './patch-error.ts';
import { printPatched } from './print-patched.ts';
import { type Patch, readPatch } from './read-patch.ts';
import { qualified } from './resource.ts';

export interface PatchRequest {
  readonly contentType: string | undefined;
  readonly body: Buffer;
  readonly force: boolean;
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
  const patch = readPatch(type, request.body.toString('utf8'));
  const object = writer.update(
    target,
    (current) => decodePatched(runPatch(current, patch, target), current, target, request, options, patch),
    options,
  );
  return { object, created: false };
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
    if (patch.type === 'strategic') decodeConverted(object, target, { strict });
    else target.served.strategy.decode(object, { strict });
  } catch (error) {
    if (!(error instanceof StatusError) || custom) throw error;
    throw refuse(patch.type === 'strategic' ? inWordsOfConverter(error) : reasonOf(error));
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
