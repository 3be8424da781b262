/** A JSON object as parsed. */
export type JsonObject = { [key: string]: unknown };

/** Whether `value` is a JSON object (not null, not an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
  if (Array.isArray(value)) return value.map(cloneJson) as T;
  const copy: JsonObject = {};
  const source = value as JsonObject;
  for (const key in source) setField(copy, key, cloneJson(source[key]));
  return copy as T;
}

/** Equality of JSON values: key order does not count, nor whether a number is a BigInt. */
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
    if (left[key] === undefined) continue;
    size++;
    const other = getField(right, key);
    if (other === undefined || !jsonEqual(left[key], other)) return false;
  }
  for (const key in right) if (right[key] !== undefined) size--;
  return size === 0;
}

export function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
