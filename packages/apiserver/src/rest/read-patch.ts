import { badRequest } from '../errors.ts';
import { isObject } from '../json.ts';
import type { JsonObject } from '../types.ts';
import { parseJsonText } from './body.ts';

/** A patch that carries changes, read from its body. */
export type Patch =
  | { readonly type: 'json'; readonly operations: readonly JsonObject[] }
  | { readonly type: 'merge'; readonly patch: JsonObject }
  | { readonly type: 'strategic'; readonly patch: JsonObject };

/** @throws {StatusError} 400, in the words of Go's decoder. */
export function readPatch(mediaType: string, text: string): Patch {
  switch (mediaType) {
    case 'application/json-patch+json':
      return { type: 'json', operations: readOperations(parseJsonText(text)) };
    case 'application/merge-patch+json': {
      const patch = parseJsonText(text);
      // A merge patch of null is none to upstream's library.
      if (patch === null) throw badRequest('Invalid JSON Patch');
      return { type: 'merge', patch: readMap(patch, 'error decoding patch: ') };
    }
    default:
      return { type: 'strategic', patch: readStrategic(text) };
  }
}

function readStrategic(text: string): JsonObject {
  let patch: unknown;
  try {
    patch = parseJsonText(text);
  } catch (error) {
    if (error instanceof Error) throw badRequest(error.message.replace(/^error decoding patch: /, ''));
    throw error;
  }
  return patch === null ? {} : readMap(patch, '');
}

function readMap(patch: unknown, prefix: string): JsonObject {
  if (isObject(patch)) return patch;
  throw badRequest(`${prefix}json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`);
}

/**
 * Operations as upstream's server hands them on: decoded into a struct and encoded again, so an absent value is null, and
 * whatever stands before the first slash of a path is not looked at.
 */
function readOperations(patch: unknown): JsonObject[] {
  const refuse = (value: unknown, type: string) =>
    badRequest(`error decoding patch: json: cannot unmarshal ${jsonType(value)} into Go value of type ${type}`);
  if (!Array.isArray(patch)) throw refuse(patch, '[]handlers.jsonPatchOp');
  return patch.map((operation: unknown) => {
    if (!isObject(operation)) throw refuse(operation, 'handlers.jsonPatchOp');
    const read: JsonObject = { ...operation, value: operation['value'] ?? null };
    for (const key of ['path', 'from']) {
      const pointer = operation[key];
      if (typeof pointer === 'string' && pointer.includes('/')) read[key] = pointer.slice(pointer.indexOf('/'));
    }
    return read;
  });
}

/** What Go's decoder calls a value. */
export function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'number';
  return typeof value;
}
