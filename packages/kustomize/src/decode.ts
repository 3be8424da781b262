import { cloneJson } from '@fluvial/yaml';
import { isMap } from './scalar.ts';

/**
 * Decodes the JSON-like content of configuration files as Go decodes JSON into structs: field names match regardless
 * of case, unknown fields and wrong types are errors with Go's words.
 */
export type Shape =
  | { readonly type: 'string' | 'bool' | 'int' | 'int64' | 'any' }
  | { readonly type: 'list'; readonly of: Shape; readonly go: string }
  | { readonly type: 'map'; readonly of: Shape; readonly go: string }
  | {
      readonly type: 'struct';
      readonly name: string;
      readonly go: string;
      readonly fields: Record<string, Shape>;
      /** Names of embedded structs that hold some fields: they show in paths of messages. */
      readonly embedded?: Readonly<Record<string, string>>;
    };

export const STRING: Shape = { type: 'string' };
export const BOOL: Shape = { type: 'bool' };
export const INT: Shape = { type: 'int' };
export const INT64: Shape = { type: 'int64' };
export const ANY: Shape = { type: 'any' };

export function list(of: Shape, go = `[]${goType(of)}`): Shape {
  return { type: 'list', of, go };
}

export function mapOf(of: Shape, go = `map[string]${goType(of)}`): Shape {
  return { type: 'map', of, go };
}

export function struct(
  name: string,
  fields: Record<string, Shape>,
  options: { go?: string; embedded?: Readonly<Record<string, string>> } = {},
): Shape {
  return { type: 'struct', name, go: options.go ?? `types.${name}`, fields, embedded: options.embedded };
}

function goType(shape: Shape): string {
  switch (shape.type) {
    case 'string':
      return 'string';
    case 'bool':
      return 'bool';
    case 'int':
    case 'int64':
      return shape.type;
    case 'any':
      return 'interface {}';
    default:
      return shape.go;
  }
}

/** The words of Go's JSON decoder. */
export class DecodeError extends Error {
  /** The outermost field that holds what is wrong. */
  readonly field: string | undefined;

  constructor(message: string, field?: string) {
    super(message);
    this.field = field?.split('.')[0] || undefined;
  }
}

/**
 * Returns a copy with the canonical field names.
 *
 * @throws {DecodeError}
 */
export function decodeShape(value: unknown, shape: Shape, options: { lenient?: boolean } = {}): unknown {
  const root = shape.type === 'struct' ? shape.name : '';
  return decode(value, shape, root, '', options.lenient === true);
}

function decode(value: unknown, shape: Shape, root: string, path: string, lenient: boolean): unknown {
  if (value === null || value === undefined) return undefined;
  switch (shape.type) {
    case 'any':
      return cloneJson(value);
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, shape, root, path);
      return value;
    case 'bool':
      if (typeof value !== 'boolean') throw mismatch(value, shape, root, path);
      return value;
    case 'int':
    case 'int64':
      if (typeof value !== 'number' || !Number.isInteger(value)) throw mismatch(value, shape, root, path);
      return value;
    case 'list': {
      if (!Array.isArray(value)) throw mismatch(value, shape, root, path);
      return value.map((item) => decode(item, shape.of, root, path, lenient) ?? zero(shape.of));
    }
    case 'map': {
      if (!isMap(value)) throw mismatch(value, shape, root, path);
      const result: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value)) {
        result[key] = decode(item, shape.of, root, path, lenient) ?? zero(shape.of);
      }
      return result;
    }
    case 'struct': {
      if (!isMap(value)) throw mismatch(value, shape, root, path);
      const result: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value)) {
        const field = findField(shape.fields, key);
        if (field === undefined) {
          if (lenient) continue;
          throw new DecodeError(`json: unknown field "${key}"`, path || key);
        }
        const holder = shape.embedded?.[field];
        const name = holder === undefined ? field : `${holder}.${field}`;
        const decoded = decode(
          item,
          shape.fields[field] as Shape,
          shape.name,
          path === '' ? name : `${path}.${name}`,
          lenient,
        );
        if (decoded !== undefined) result[field] = decoded;
      }
      return result;
    }
  }
}

function zero(shape: Shape): unknown {
  switch (shape.type) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int':
    case 'int64':
      return 0;
    case 'list':
      return [];
    case 'any':
      return null;
    default:
      return {};
  }
}

function findField(fields: Record<string, Shape>, key: string): string | undefined {
  if (Object.hasOwn(fields, key)) return key;
  const lower = key.toLowerCase();
  return Object.keys(fields).find((field) => field.toLowerCase() === lower);
}

function mismatch(value: unknown, shape: Shape, root: string, path: string): DecodeError {
  const actual = Array.isArray(value)
    ? 'array'
    : typeof value === 'string'
      ? 'string'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value === 'number' || typeof value === 'bigint'
          ? shape.type === 'int' || shape.type === 'int64'
            ? `number ${value}`
            : 'number'
          : 'object';
  const place = path === '' ? '' : `Go struct field ${root}.${path} of type `;
  return new DecodeError(
    `json: cannot unmarshal ${actual} into ${place === '' ? 'Go value of type ' : place}${goType(shape)}`,
    path,
  );
}
