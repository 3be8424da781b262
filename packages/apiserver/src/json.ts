import type { JsonObject } from './types.ts';

/**
 * Parses JSON from outside. A `__proto__` key is dropped: later copies by assignment would turn it into a prototype.
 *
 * @throws {SyntaxError}
 */
export function parseJsonBody(text: string): unknown {
  if (text.includes('__proto__')) return JSON.parse(text, dropPrototypeKeys);
  return JSON.parse(text);
}

function dropPrototypeKeys(_key: string, value: unknown): unknown {
  if (value !== null && typeof value === 'object' && Object.hasOwn(value, '__proto__')) {
    return Object.fromEntries(Object.entries(value).filter(([key]) => key !== '__proto__'));
  }
  return value;
}

/** Deep copy of a JSON value. */
export function cloneJson<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const copy = new Array(value.length);
    for (let i = 0; i < value.length; i++) copy[i] = cloneJson(value[i]);
    return copy as T;
  }
  const copy: JsonObject = {};
  for (const key in value) copy[key] = cloneJson((value as JsonObject)[key]);
  return copy as T;
}

/** Deep equality of JSON values; a key with `undefined` equals an absent one. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!equalJson(a[i], b[i])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  const left = a as JsonObject;
  const right = b as JsonObject;
  let size = 0;
  for (const key in left) {
    if (left[key] === undefined) continue;
    size++;
    if (!equalJson(left[key], right[key])) return false;
  }
  for (const key in right) if (right[key] !== undefined) size--;
  return size === 0;
}

export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Reads a path of keys; `undefined` where something on the way is not an object. */
export function dig(value: unknown, ...path: string[]): unknown {
  let at = value;
  for (const key of path) {
    if (!isObject(at)) return undefined;
    at = at[key];
  }
  return at;
}

export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asString(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function asNumber(value: unknown, otherwise = 0): number {
  return typeof value === 'number' ? value : otherwise;
}

/** A label map, empty when absent. */
export function asStringMap(value: unknown): { [key: string]: string } {
  return isObject(value) ? (value as { [key: string]: string }) : {};
}
