import { definitionNameOf } from '@fluvial/openapi';
import { parseYaml, YamlError } from '@fluvial/yaml';
import type { GoDecoder } from '../builtin/decode/go-decoder.ts';
import { badRequest, invalid, StatusError } from '../errors.ts';
import { invalidValue } from '../field-errors.ts';
import { decodeProtobuf } from '../http/protobuf.ts';
import { asObject, asString, isObject, parseJsonBody } from '../json.ts';
import type { JsonObject, KubeObject } from '../types.ts';
import type { Duplicates } from './duplicate-keys.ts';
import type { Target } from './object-writer.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

const BODY_TYPES = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';

/** What `writeOptions` has checked. */
export function fieldValidationOf(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation');
  return value === 'Strict' || value === 'Ignore' ? value : 'Warn';
}

export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/**
 * Parses a request body by its media type.
 *
 * @param kind What the body should be, for messages.
 * @throws {StatusError} 400, 415
 */
export function parseBody(body: Buffer, contentType: string | undefined, kind = 'Object'): unknown {
  const type = mediaTypeOf(contentType);
  if (type === 'application/vnd.kubernetes.protobuf') {
    try {
      return decodeProtobuf(body, definitionFor);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      throw badRequest(
        `the object provided is unrecognized (must be of type ${kind}): ${error.message} (${summarize(body)})`,
      );
    }
  }
  const text = body.toString('utf8');
  if (type === 'application/yaml') return parseYamlBody(text, kind);
  if (type !== '' && type !== 'application/json') {
    throw new StatusError(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${BODY_TYPES}`,
    );
  }
  try {
    if (text.trim() === '') throw new SyntaxError('Unexpected end of JSON input');
    return readObject(parseJsonBody(text), body, kind);
  } catch (error) {
    if (error instanceof SyntaxError) throw unrecognized(goJsonError(error), body, kind);
    throw error;
  }
}

function readObject(value: unknown, body: Buffer, kind: string): unknown {
  // To Go's decoder null is an object without fields.
  if (value === null || value === undefined) return {};
  if (isObject(value)) return value;
  const what = `json: cannot unmarshal ${goTypeOf(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
  throw unrecognized(what, body, kind);
}

function definitionFor(apiVersion: string, kind: string): string | undefined {
  if (kind === 'DeleteOptions') return 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
  const slash = apiVersion.indexOf('/');
  return definitionNameOf({
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind,
  });
}

export function parseYamlBody(text: string, kind?: string): unknown {
  try {
    // What follows a first document is not looked at.
    const [value] = parseYaml(text);
    return kind === undefined ? value : readObject(value, Buffer.from(text), kind);
  } catch (error) {
    if (error instanceof YamlError) {
      throw badRequest(
        kind === undefined
          ? `error converting YAML to JSON: ${error.message}`
          : `the object provided is unrecognized (must be of type ${kind}): ${error.message} (${summarize(Buffer.from(text))})`,
      );
    }
    throw error;
  }
}

/** @throws {StatusError} 400 with Go's words for what is wrong. */
export function parseJsonText(text: string): unknown {
  try {
    return parseJsonBody(text);
  } catch (error) {
    throw badRequest(`error decoding patch: ${goJsonError(error as Error)}`);
  }
}

function goJsonError(error: Error): string {
  const unexpected = /Unexpected token '?(.)'?/u.exec(error.message);
  if (unexpected === null || /end of JSON|Expected property name|Unterminated/.test(error.message))
    return 'unexpected end of JSON input';
  return `invalid character '${unexpected[1]}' looking for beginning of value`;
}

/** The first bytes of a body, for messages. */
function summarize(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const head = body.subarray(0, 30);
  const text = body[0] === 0x7b ? head.toString('utf8') : head.toString('hex');
  return body.length > 30 ? `${text} ...` : text;
}

function unrecognized(why: string, body: Buffer, kind: string): StatusError {
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why} (${summarize(body)})`,
  );
}

/**
 * Checks that a body is an object of the kind that the path names, and fills its type in.
 *
 * @throws {StatusError} 400
 */
export function asKind(value: unknown, target: Target, kind: string, apiVersion: string): KubeObject {
  if (!isObject(value)) throw badRequest(`the object provided is unrecognized (must be of type ${kind})`);
  const body = value as JsonObject;
  const givenKind = asString(body['kind']);
  const givenVersion = asString(body['apiVersion']);
  if (givenKind === '' && target.resource.custom)
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): Object 'Kind' is missing in '${JSON.stringify(body)}' (${summarize(Buffer.from(JSON.stringify(body)))})`,
    );
  if ((givenKind !== '' && givenKind !== kind) || (givenVersion !== '' && givenVersion !== apiVersion)) {
    throw wrongKind(
      givenKind,
      givenVersion,
      kind,
      apiVersion,
      target.resource.custom,
      asString(asObject(body['metadata'])['name']),
    );
  }
  if (body['metadata'] === undefined || body['metadata'] === null) body['metadata'] = {};
  else if (!isObject(body['metadata'])) {
    throw badRequest(
      `${kind} in version ${JSON.stringify(target.served.version)} cannot be handled as a ${kind}: json: cannot unmarshal ${goTypeOf(body['metadata'])} into Go ${target.resource.custom ? 'value' : `struct field ${kind}.metadata`} of type v1.ObjectMeta`,
    );
  }
  body['kind'] = kind;
  body['apiVersion'] = apiVersion;
  return body as KubeObject;
}

function wrongKind(
  givenKind: string,
  givenVersion: string,
  kind: string,
  apiVersion: string,
  custom: boolean,
  name: string,
): StatusError {
  const versionOf = (text: string) => text.slice(text.indexOf('/') + 1);
  if (custom) {
    if (givenVersion !== apiVersion) {
      return badRequest(
        `the API version in the data (${givenVersion}) does not match the expected API version (${apiVersion})`,
      );
    }
    const what = { group: apiVersion.slice(0, apiVersion.indexOf('/')), kind: givenKind };
    return invalid(what, name, [invalidValue('kind', givenKind, `must be ${kind}`)]);
  }
  const shown = givenKind === '' ? kind : givenKind;
  const head = `${shown} in version ${JSON.stringify(versionOf(givenVersion || apiVersion))} cannot be handled as a ${kind}: `;
  if (definitionFor(givenVersion || apiVersion, shown) === undefined) {
    return badRequest(
      `${head}no kind ${JSON.stringify(shown)} is registered for version ${JSON.stringify(givenVersion || apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  const internal = (text: string) => (text.includes('/') ? text.slice(0, text.indexOf('/')).split('.')[0]! : 'core');
  return badRequest(
    `${head}converting (${versionOf(givenVersion || apiVersion)}.${shown}) to (${internal(apiVersion)}.${kind}): unknown conversion`,
  );
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

/**
 * Decodes an object strictly, with warnings, or leniently.
 *
 * @throws {StatusError} 400 for wrong types and, with `Strict`, for unknown fields.
 */
export function decodeObject(
  object: KubeObject,
  { served }: Target,
  mode: FieldValidation,
  warn: (text: string) => void,
  twice?: Duplicates,
): void {
  const unknown: string[] = [];
  served.strategy.decode(object, { strict: unknown });
  tellUnknown(object, served.version, unknown, mode, warn, twice);
}

/** The same for an object of another kind than the path's resource. */
export function decodeWith(
  decoder: GoDecoder,
  object: KubeObject,
  version: string,
  mode: FieldValidation,
  warn: (text: string) => void,
): void {
  tellUnknown(object, version, decoder.decode(object, { kind: object.kind, version }), mode, warn);
}

function tellUnknown(
  { kind }: KubeObject,
  version: string,
  unknown: readonly string[],
  mode: FieldValidation,
  warn: (text: string) => void,
  twice?: Duplicates,
): void {
  if ((unknown.length === 0 && twice === undefined) || mode === 'Ignore') return;
  if (mode === 'Warn') {
    for (const text of [...(twice?.warnings ?? []), ...unknown]) warn(text);
    return;
  }
  const all = [...(twice === undefined ? [] : [twice.error]), ...unknown].join(', ');
  throw badRequest(
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: strict decoding error: ${all}`,
  );
}
