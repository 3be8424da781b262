import { goType } from '@fluvial/go-text';
import { StatusError } from '../../errors.ts';
import { isObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { canonicalBase64 } from './base64.ts';
import { type FieldNode, type Node, nodeOfDefinition, type ObjectNode } from './nodes.ts';
import { canonicalQuantity } from './quantity.ts';
import { microTimeOf, timeOf } from './scalars.ts';
import { TypeMismatch } from './type-mismatch.ts';

/**
 * Decodes objects of built-in kinds as the Go server does: wrong types are refused, unknown fields dropped and told,
 * nulls and zero values that Go would not print are left out, and what Go always prints is put in.
 */
export interface GoDecoder {
  /**
   * Decodes in place.
   *
   * @returns The unknown fields, as strict decoding names them.
   * @param context `path` is where the object stands, for unknown fields.
   * @throws {StatusError} 400, with the `TypeMismatch` as its cause.
   */
  decode(object: JsonObject, context: { kind: string; version: string; path?: string }): string[];
  /** The zero value as Go prints it: what a new object is compared to when its fields get their owner. */
  zero(): JsonObject;
}

/** Where decoding is, for messages. */
interface Place {
  /** `spec.template.spec.containers[0]`, for unknown fields. */
  readonly path: string;
  /** The same without indexes, for Go's type errors. */
  readonly plain: string;
  /** Innermost struct. */
  readonly struct: string;
}

/** The decoder of a definition such as `io.k8s.api.apps.v1.Deployment`; cheap, compiles at first use. */
export function createGoDecoder(definition: string): GoDecoder {
  let root: Node | undefined;
  return {
    decode(object, { kind, version, path = '' }) {
      root ??= nodeOfDefinition(definition);
      const unknown: string[] = [];
      try {
        decode(root, object, { path, plain: '', struct: kind }, unknown);
      } catch (error) {
        if (!(error instanceof TypeMismatch)) throw error;
        const message = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${error.message}`;
        throw new StatusError(400, 'BadRequest', message, undefined, { cause: error });
      }
      return unknown.map((field) => `unknown field ${JSON.stringify(field)}`);
    },
    zero() {
      root ??= nodeOfDefinition(definition);
      return zeroOf(root) as JsonObject;
    },
  };
}

/** The zero value of a type as Go prints it. */
function zeroOf(node: Node): unknown {
  switch (node.kind) {
    case 'object': {
      const made: JsonObject = {};
      for (const field of node.printed) made[field.name] = zeroOfField(field);
      return made;
    }
    case 'string':
      return '';
    case 'integer':
    case 'number':
    case 'intOrString':
      return 0;
    case 'boolean':
      return false;
    case 'quantity':
      return '0';
    default:
      return null;
  }
}

function zeroOfField({ pointer, node }: FieldNode): unknown {
  return pointer ? null : zeroOf(node);
}

/** Decodes one value; `undefined` means that nothing was given. */
function decode(node: Node, value: unknown, place: Place, unknown: string[]): unknown {
  if (value === null) return undefined;
  switch (node.kind) {
    case 'object':
      if (!isObject(value))
        throw mismatch(value, place, `v1.${node.struct}`, `cannot restore struct from: ${goKindOf(value)}`);
      decodeStruct(node, value, place, unknown);
      return value;
    case 'map':
      if (!isObject(value)) throw mismatch(value, place, node.type, `cannot restore map from ${goKindOf(value)}`);
      for (const key in value) {
        const at =
          place.path === '' ? place : { path: `${place.path}[${key}]`, plain: place.plain, struct: place.struct };
        value[key] =
          decode(node.value, value[key], at, unknown) ?? (node.value.kind === 'bytes' ? '' : zeroOf(node.value));
      }
      return value;
    case 'list':
      if (!Array.isArray(value))
        throw mismatch(value, place, node.type, `cannot restore slice from ${goKindOf(value)}`);
      for (let i = 0; i < value.length; i++) {
        const at = { path: `${place.path}[${i}]`, plain: place.plain, struct: place.struct };
        value[i] = decode(node.item, value[i], at, unknown) ?? zeroOf(node.item);
      }
      return value;
    case 'string':
      if (typeof value !== 'string')
        throw mismatch(
          value,
          place,
          node.type,
          goType(value) === 'int64' ? `cannot convert int64 to ${node.type}` : undefined,
        );
      return value;
    case 'bytes':
      if (typeof value !== 'string')
        throw mismatch(value, place, '[]uint8', `cannot restore slice from ${goKindOf(value)}`);
      return canonicalBase64(value);
    case 'time':
      if (typeof value !== 'string')
        throw new TypeMismatch(`json: cannot unmarshal ${goKind(value)} into Go value of type string`);
      return node.micro ? microTimeOf(value) : timeOf(value);
    case 'integer':
      if (typeof value === 'bigint') return value;
      if (typeof value !== 'number') throw mismatch(value, place, node.type);
      if (!Number.isInteger(value) || (node.bits === 32 && (value > 2147483647 || value < -2147483648))) {
        const whole = Number.isInteger(value);
        const converted = whole ? undefined : `cannot convert float64 to ${node.type}`;
        throw mismatch(value, place, node.type, converted, { shown: `number ${value}`, isOverflow: whole });
      }
      return value;
    case 'number':
      if (typeof value !== 'number') throw mismatch(value, place, node.type);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(value, place, node.type);
      return value;
    case 'intOrString':
      if (typeof value === 'string' || (typeof value === 'number' && (value | 0) === value)) return value;
      throw readByItself(value, place, 'int32');
    case 'quantity':
      return canonicalQuantity(typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '?');
    case 'any':
      return value;
  }
}

function decodeStruct(node: ObjectNode, value: JsonObject, place: Place, unknown: string[]): void {
  for (const key in value) {
    const field = node.fields.get(key);
    if (field === undefined) {
      unknown.push(place.path === '' ? key : `${place.path}.${key}`);
      delete value[key];
      continue;
    }
    const inner = decode(
      field.node,
      value[key],
      {
        path: place.path === '' ? key : `${place.path}.${key}`,
        plain: place.plain === '' ? key : `${place.plain}.${key}`,
        struct: node.struct,
      },
      unknown,
    );
    if (inner === undefined || (!field.pointer && isEmpty(inner, field))) delete value[key];
    else if (inner !== value[key]) value[key] = inner;
  }
  for (const field of node.printed) {
    if (value[field.name] === undefined) value[field.name] = zeroOfField(field);
  }
}

/** Rules of roles: an empty list is owned by who gives it before it is stored as none. */
const RULES = '[]v1.PolicyRule';

/** What `omitempty` leaves out. Empty lists and maps become nil on their way through the store's protobuf anyway. */
function isEmpty(value: unknown, { node, omitEmpty }: FieldNode): boolean {
  switch (node.kind) {
    case 'object':
    case 'intOrString':
    case 'quantity':
    case 'any':
      return false;
    case 'list':
      return (value as unknown[]).length === 0 && !(node.type === RULES && !omitEmpty);
    case 'map':
      for (const _key in value as JsonObject) return false;
      return true;
    default:
      return omitEmpty && (value === '' || value === 0 || value === false);
  }
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** What the converter calls the kind of a value. */
function goKindOf(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  return isObject(value) ? 'map' : goType(value);
}

/** @param converted In words of the converter. Default: that there is no way from the one type to the other. */
function mismatch(
  value: unknown,
  { struct, plain }: Place,
  type: string,
  converted = `unrecognized type: ${type.includes('.') ? 'string' : type}`,
  { shown = goKind(value), isOverflow = false } = {},
): TypeMismatch {
  const message = `json: cannot unmarshal ${shown} into Go struct field ${struct}.${plain} of type ${type}`;
  return new TypeMismatch(message, converted, isOverflow);
}

/** The same of a type with a decoder of its own, which does not know what field it stands for. */
function readByItself(value: unknown, place: Place, type: string): TypeMismatch {
  const shown = typeof value === 'number' ? `number ${value}` : goKind(value);
  return mismatch(value, place, type, `json: cannot unmarshal ${shown} into Go value of type ${type}`, { shown });
}
