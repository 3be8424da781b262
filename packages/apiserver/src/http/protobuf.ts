import { gunzipSync } from 'node:zlib';
import { resolveBuiltinRef } from '@fluvial/openapi';
import { protobufFieldsGzip } from '../builtin/gen/protobuf-fields.ts';
import { badRequest } from '../errors.ts';
import type { JsonObject } from '../types.ts';

/**
 * Reads the protobuf bodies that Go clients (kubectl among them) send for built-in kinds. Answers are always JSON.
 *
 * Wire format: the magic `k8s\0`, then `runtime.Unknown` with the type and the encoded object.
 */

interface Field {
  readonly name: string;
  readonly label: '' | '*' | '{';
  readonly type: string;
  /** An embedded Go struct: its fields stand beside the others in JSON. */
  readonly inline: boolean;
}

type Message = ReadonlyMap<number, Field>;

const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);
const MAX_DEPTH = 64;

let table: Map<string, string> | undefined;
const compiled = new Map<string, Message>();

function messageOf(name: string): Message | undefined {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  if (table === undefined) {
    const text = gunzipSync(Buffer.from(protobufFieldsGzip, 'base64')).toString('utf8');
    table = new Map(text.split('\n').map((line) => line.split('\t') as [string, string]));
  }
  const line = table.get(name);
  if (line === undefined) return undefined;
  const properties = resolveBuiltinRef(name)?.properties;
  const message = new Map<number, Field>();
  for (const part of line === '' ? [] : line.split(',')) {
    const match = /^(\w+)=(\d+):([*{]?)(.+)$/.exec(part);
    if (match === null) continue;
    const [, field = '', number, label, type = ''] = match;
    const nested = type.includes('.');
    const renamed = RENAMED[field];
    const json =
      renamed !== undefined && properties?.[field] === undefined && properties?.[renamed] !== undefined
        ? renamed
        : field;
    message.set(Number(number), {
      name: json,
      label: label as Field['label'],
      type,
      inline: nested && label === '' && properties !== undefined && properties[json] === undefined,
    });
  }
  compiled.set(name, message);
  return message;
}

/** Fields whose JSON name has characters that a proto name cannot have. */
const RENAMED: { readonly [name: string]: string } = {
  uID: 'uid',
  schema: '$schema',
  ref: '$ref',
  xPreserveUnknownFields: 'x-kubernetes-preserve-unknown-fields',
  xEmbeddedResource: 'x-kubernetes-embedded-resource',
  xIntOrString: 'x-kubernetes-int-or-string',
  xListMapKeys: 'x-kubernetes-list-map-keys',
  xListType: 'x-kubernetes-list-type',
  xMapType: 'x-kubernetes-map-type',
  xValidations: 'x-kubernetes-validations',
};

/** Whether a body is in the Kubernetes protobuf envelope. */
function isProtobuf(body: Buffer): boolean {
  return body.subarray(0, 4).equals(MAGIC);
}

/**
 * Decodes a whole body.
 *
 * @param definitionOf The OpenAPI definition of a kind.
 * @throws {StatusError} 400
 */
export function decodeProtobuf(
  body: Buffer,
  definitionOf: (apiVersion: string, kind: string) => string | undefined,
): JsonObject {
  if (!isProtobuf(body))
    throw badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  try {
    let apiVersion = '';
    let kind = '';
    let raw: Buffer = Buffer.alloc(0);
    readFields(body.subarray(4), (number, value) => {
      if (!Buffer.isBuffer(value)) return;
      if (number === 1) {
        readFields(value, (inner, text) => {
          if (inner === 1 && Buffer.isBuffer(text)) apiVersion = text.toString('utf8');
          if (inner === 2 && Buffer.isBuffer(text)) kind = text.toString('utf8');
        });
      } else if (number === 2) raw = value;
    });
    const definition = definitionOf(apiVersion, kind);
    const object = definition === undefined ? undefined : decodeMessage(definition, raw, 0);
    if (object === undefined)
      throw new Error(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
    return { kind, apiVersion, ...(object as JsonObject) };
  } catch (error) {
    throw badRequest(`the protobuf body cannot be decoded: ${(error as Error).message}`);
  }
}

type WireValue = bigint | number | Buffer;

function readFields(bytes: Buffer, each: (number: number, value: WireValue) => void): void {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (at >= bytes.length || shift > 63n) throw new Error('varint is cut off');
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        each(number, varint());
        break;
      case 1:
        if (at + 8 > bytes.length) throw new Error('field is cut off');
        each(number, bytes.readDoubleLE(at));
        at += 8;
        break;
      case 2: {
        const size = Number(varint());
        if (at + size > bytes.length) throw new Error('field is cut off');
        each(number, bytes.subarray(at, at + size));
        at += size;
        break;
      }
      case 5:
        if (at + 4 > bytes.length) throw new Error('field is cut off');
        each(number, bytes.readFloatLE(at));
        at += 4;
        break;
      default:
        throw new Error(`unknown wire type ${tag & 7}`);
    }
  }
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

function decodeMessage(name: string, bytes: Buffer, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new Error('nested too deeply');
  if (name.endsWith('.intstr.IntOrString')) return decodeIntOrString(bytes);
  if (name.endsWith('.resource.Quantity')) return textField(bytes, 1);
  if (name === `${META}Time`) return decodeTime(bytes, 0);
  if (name === `${META}MicroTime`) return decodeTime(bytes, 6);
  if (name === `${META}Duration`) return `${Number(intField(bytes, 1)) / 1e9}s`;
  if (name === `${META}FieldsV1` || name.endsWith('.runtime.RawExtension') || name.endsWith('.apiextensions.v1.JSON')) {
    const text = textField(bytes, 1);
    return text === '' ? undefined : JSON.parse(text);
  }
  if (name === `${META}Verbs` || name.endsWith('.ExtraValue') || name.endsWith('.OptionalNames')) {
    const items: string[] = [];
    readFields(bytes, (number, value) => {
      if (number === 1 && Buffer.isBuffer(value)) items.push(value.toString('utf8'));
    });
    return items;
  }
  const message = messageOf(name);
  if (message === undefined) throw new Error(`unknown message ${name}`);
  if (/\.JSONSchemaPropsOr\w+$/.test(name)) return decodeSchemaChoice(name, bytes, depth);
  const object: JsonObject = {};
  readFields(bytes, (number, wire) => {
    const field = message.get(number);
    if (field === undefined) return;
    if (field.label === '{') {
      const [key, value] = decodeEntry(field.type, wire as Buffer, depth);
      if (key === '__proto__') return;
      object[field.name] ??= {};
      (object[field.name] as JsonObject)[key] = value;
      return;
    }
    const value = decodeValue(field.type, wire, depth);
    if (value === undefined) return;
    if (field.label === '*') {
      object[field.name] ??= [];
      (object[field.name] as unknown[]).push(value);
    } else if (field.inline) Object.assign(object, value);
    else object[field.name] = value;
  });
  return object;
}

function decodeValue(type: string, wire: WireValue, depth: number): unknown {
  switch (type) {
    case 'string':
      return (wire as Buffer).toString('utf8');
    case 'bytes':
      return (wire as Buffer).toString('base64');
    case 'bool':
      return wire !== 0n;
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
      return Number(BigInt.asIntN(64, wire as bigint));
    case 'double':
    case 'float':
      return wire;
    default:
      return decodeMessage(type, wire as Buffer, depth + 1);
  }
}

function decodeEntry(type: string, bytes: Buffer, depth: number): [string, unknown] {
  let key = '';
  let value: unknown = type === 'string' || type === 'bytes' ? '' : undefined;
  readFields(bytes, (number, wire) => {
    if (number === 1) key = (wire as Buffer).toString('utf8');
    else if (number === 2) value = decodeValue(type, wire, depth);
  });
  return [key, value];
}

function decodeIntOrString(bytes: Buffer): number | string {
  return intField(bytes, 1) === 1n ? textField(bytes, 3) : Number(BigInt.asIntN(64, intField(bytes, 2)));
}

function decodeTime(bytes: Buffer, digits: number): string | undefined {
  if (bytes.length === 0) return undefined;
  const seconds = Number(BigInt.asIntN(64, intField(bytes, 1)));
  const nanos = Number(intField(bytes, 2));
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  return digits === 0 ? `${text}Z` : `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`;
}

/** `Allows` with a schema, or a list: what the JSON form writes as one or the other. */
function decodeSchemaChoice(name: string, bytes: Buffer, depth: number): unknown {
  let allows = false;
  let schema: unknown;
  const list: unknown[] = [];
  readFields(bytes, (number, wire) => {
    if (typeof wire === 'bigint') allows = wire !== 0n;
    else if (Buffer.isBuffer(wire)) {
      const props = name.slice(0, name.lastIndexOf('.') + 1).concat('JSONSchemaProps');
      if (name.endsWith('OrStringArray') && number === 2) list.push(wire.toString('utf8'));
      else if (name.endsWith('OrArray') && number === 2) list.push(decodeMessage(props, wire, depth + 1));
      else schema = decodeMessage(props, wire, depth + 1);
    }
  });
  if (schema !== undefined) return schema;
  return name.endsWith('OrBool') ? allows : list;
}

function intField(bytes: Buffer, wanted: number): bigint {
  let found = 0n;
  readFields(bytes, (number, value) => {
    if (number === wanted && typeof value === 'bigint') found = value;
  });
  return found;
}

function textField(bytes: Buffer, wanted: number): string {
  let found = '';
  readFields(bytes, (number, value) => {
    if (number === wanted && Buffer.isBuffer(value)) found = value.toString('utf8');
  });
  return found;
}
