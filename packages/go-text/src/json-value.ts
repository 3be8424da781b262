/** A JSON object as parsed: own properties only, whatever their names. */
export type JsonObject = { [key: string]: unknown };

/** Whether `value` is a JSON object (not null, not an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether `value` is a JSON number: integers beyond 2^53 are BigInt. */
export function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Own property or undefined; never one from the prototype. */
export function getField(object: JsonObject, key: string): unknown {
  const value = object[key];
  if (value === undefined) return undefined;
  return Object.hasOwn(object, key) ? value : undefined;
}

/** Sets an own property even for `__proto__`, which a plain assignment would swallow. */
export function setField(object: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

/** A deep copy of a JSON value. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const copy = new Array<unknown>(value.length);
    for (let i = 0; i < value.length; i++) copy[i] = cloneJson(value[i]);
    return copy as T;
  }
  const copy: JsonObject = {};
  const source = value as JsonObject;
  for (const key in source) setField(copy, key, cloneJson(source[key]));
  return copy as T;
}

/** A copy of one level. */
export function shallowCopy(object: JsonObject): JsonObject {
  const copy: JsonObject = {};
  for (const key in object) setField(copy, key, object[key]);
  return copy;
}

/**
 * Equality of JSON values: the order of keys and the kind of a number (number or BigInt) do not count, and a member
 * that is `undefined` equals an absent one.
 */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    // biome-ignore lint/suspicious/noDoubleEquals: a number and a BigInt of the same value are the same JSON number.
    return isNumber(a) && isNumber(b) && a == b;
  }
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!jsonEqual(a[i], b[i])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  const left = a as JsonObject;
  const right = b as JsonObject;
  let size = 0;
  for (const key in left) {
    const value = left[key];
    if (value === undefined) continue;
    size++;
    const other = getField(right, key);
    if (other === undefined || !jsonEqual(value, other)) return false;
  }
  for (const key in right) if (right[key] !== undefined) size--;
  return size === 0;
}

/** Byte-wise order of strings, as Go compares and sorts them. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // UTF-8 sorts by code point: a surrogate pair stands above every other unit.
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    if (xHigh !== yHigh) return xHigh ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}
