import { asArray, asObject, isObject } from '../json.ts';
import type { JsonObject } from '../types.ts';

/**
 * An OpenAPI v2 document as `openapi.v2.Document` of gnostic, without its paths: old discovery and
 * `kubectl explain --output=plaintext-openapiv2` read it for the definitions.
 */
export function encodeSwagger(document: JsonObject): Buffer {
  const info = asObject(document['info']);
  const definitions = Object.entries(asObject(document['definitions'])).map(([name, schema]) =>
    bytes(1, named(name, encodeSchema(asObject(schema)))),
  );
  return Buffer.concat([
    text(1, document['swagger']),
    bytes(2, Buffer.concat([text(1, info['title']), text(2, info['version'])])),
    bytes(8, Buffer.alloc(0)),
    bytes(9, Buffer.concat(definitions)),
  ]);
}

/** Field numbers of the texts of `openapi.v2.Schema`. */
const TEXTS: { readonly [field: string]: number } = { $ref: 1, format: 2, title: 3, description: 4, pattern: 13 };

function encodeSchema(schema: JsonObject): Buffer {
  const parts: Buffer[] = [];
  for (const [field, value] of Object.entries(schema)) {
    const number = TEXTS[field];
    if (number !== undefined) parts.push(text(number, value));
    else if (field === 'required') for (const name of asArray(value)) parts.push(text(19, name));
    else if (field === 'enum') for (const one of asArray(value)) parts.push(bytes(20, any(one)));
    else if (field === 'additionalProperties') parts.push(bytes(21, itemOrFlag(value)));
    else if (field === 'type') parts.push(bytes(22, text(1, value)));
    else if (field === 'items') parts.push(bytes(23, bytes(1, encodeSchema(asObject(value)))));
    else if (field === 'allOf') for (const part of asArray(value)) parts.push(bytes(24, encodeSchema(asObject(part))));
    else if (field === 'properties') parts.push(bytes(25, encodeProperties(asObject(value))));
    else if (field.startsWith('x-')) parts.push(bytes(31, named(field, any(value))));
  }
  return Buffer.concat(parts);
}

function encodeProperties(properties: JsonObject): Buffer {
  return Buffer.concat(
    Object.entries(properties).map(([name, schema]) => bytes(1, named(name, encodeSchema(asObject(schema))))),
  );
}

function itemOrFlag(value: unknown): Buffer {
  return isObject(value) ? bytes(1, encodeSchema(value)) : Buffer.from([2 << 3, value === false ? 0 : 1]);
}

function named(name: string, value: Buffer): Buffer {
  return Buffer.concat([text(1, name), bytes(2, value)]);
}

/** A value of any type, as YAML; JSON is YAML. */
function any(value: unknown): Buffer {
  return text(2, JSON.stringify(value));
}

function text(number: number, value: unknown): Buffer {
  return bytes(number, Buffer.from(String(value)));
}

/** A length-delimited field. */
function bytes(number: number, value: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(value.length), value]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  while (rest > 127) {
    out.push((rest & 127) | 128);
    rest >>>= 7;
  }
  out.push(rest);
  return Buffer.from(out);
}
