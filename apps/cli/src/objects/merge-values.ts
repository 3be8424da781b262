import type { Fields } from './toolkit-object.ts';

/** Lays values over others: maps merge, everything else is replaced. */
export function mergeValues(base: Fields, over: Fields): Fields {
  const result: Fields = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = Object.hasOwn(result, key) ? result[key] : undefined;
    const merged = isMap(before) && isMap(value) ? mergeValues(before, value) : value;
    // Keys come from files: `__proto__` must stay a key like any other.
    Object.defineProperty(result, key, { value: merged, enumerable: true, configurable: true, writable: true });
  }
  return result;
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
