import { goValue } from '@fluvial/go-text';
import { applyServerSide, ConflictError, parseFieldsV1 } from '@fluvial/structured-merge';
import { badRequest, conflict, notFound, STALE_VERSION, StatusError } from '../errors.ts';
import { asObject, asString, cloneJson, isObject, parseJsonBody } from '../json.ts';
import type { JsonObject, KubeObject, ObjectMeta } from '../types.ts';
import type { ApiContext } from './api-context.ts';
import { parseYamlBody } from './body.ts';
import { decodeConverted, inWordsOfConverter } from './converter.ts';
import { duplicatesOfYaml } from './duplicate-keys.ts';
import { keyOf, type ObjectWriter, type Target, typesOf, type WriteOptions } from './object-writer.ts';
import type { PatchRequest } from './patch.ts';
import { patchError } from './patch-error.ts';
import { jsonType } from './read-patch.ts';
import { qualified } from './resource.ts';

const STATUS_FIELDS = parseFieldsV1({ 'f:status': {} });
const ALL_BUT_STATUS = parseFieldsV1({ 'f:spec': {}, 'f:metadata': {} });

/** Server-side apply. @returns The object after it, and whether it was created. */
export function applyPatch(
  api: ApiContext,
  writer: ObjectWriter,
  target: Target,
  request: PatchRequest,
  options: WriteOptions,
): { object: KubeObject; created: boolean } {
  const { resource, served, namespace, name, subresource } = target;
  const text = request.body.toString('utf8');
  const twice = request.validation === 'Ignore' ? undefined : duplicatesOfYaml(text);
  if (twice !== undefined && request.validation === 'Strict')
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${twice.error}`);
  for (const warning of twice?.warnings ?? []) options.warn(warning);
  const parsed = parseApplied(text) ?? {};
  if (!isObject(parsed))
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonType(parsed)} into Go value of type map[string]interface {}`,
    );
  checkApplied(parsed, target);
  const applied = parsed;
  if (Array.isArray((parsed['metadata'] as JsonObject)['managedFields']))
    throw badRequest('metadata.managedFields must be nil');
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
  // Managers come before versions: whose fields they are is asked first.
  const given = asString((parsed['metadata'] as JsonObject)['resourceVersion']);
  if (given !== '' && live !== undefined && given !== live.metadata.resourceVersion) {
    throw conflict(qualified(resource), name, STALE_VERSION);
  }
  if (live !== undefined && result.object === live) return { object: live, created: false };
  const { managedFields, ...meta } = result.object['metadata'] as ObjectMeta;
  const object = cloneJson({ ...result.object, metadata: meta }) as KubeObject;
  // To be created it needs none, whatever was applied.
  if (live === undefined) delete object.metadata.resourceVersion;
  const strict: string[] = [];
  try {
    decodeConverted(object, target, { strict });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const message = `failed to convert new object (${identity(parsed)}) to proper version: unable to convert unstructured object to ${kindOf(parsed)}: ${inWordsOfConverter(error)}`;
    throw new StatusError(500, '', message, undefined, { cause: error });
  }
  if (asString(object.metadata.name) === '')
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
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
  if (asString(parsed['apiVersion']) !== served.apiVersion || asString(parsed['kind']) !== resource.kind)
    throw badRequest(`invalid object type: ${kindOf(parsed)}`);
  if (!isObject(parsed['metadata'])) {
    const why = `.metadata: expected map, got &{${goValue(parsed['metadata'])}}`;
    throw new StatusError(500, '', `failed to create typed patch object (${identity(parsed)}): ${why}`);
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

/** @throws {StatusError} 400. JSON is YAML, and read as such where it is broken. */
function parseApplied(text: string): unknown {
  try {
    if (/^\s*\{/.test(text)) return parseJsonBody(text);
  } catch {
    // Told below in the words of the YAML reader.
  }
  try {
    return parseYamlBody(text);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw badRequest(`error decoding YAML: ${error.message}`);
  }
}

/** `/v1, Kind=Secret`; of an apiVersion that is none nothing is left. */
function kindOf(object: JsonObject): string {
  const apiVersion = asString(object['apiVersion']);
  const slashes = apiVersion.split('/').length - 1;
  if (slashes > 1) return '/, Kind=';
  return `${slashes === 1 ? apiVersion : `/${apiVersion}`}, Kind=${asString(object['kind'])}`;
}

/** `namespace/name; group/version, Kind=kind` of what was applied. */
function identity(object: JsonObject): string {
  const { namespace, name } = asObject(object['metadata']);
  return `${asString(namespace)}/${asString(name)}; ${kindOf(object)}`;
}
