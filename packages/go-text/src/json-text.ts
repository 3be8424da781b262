import { compareText, isObject } from './json-value.ts';

/** `json.Marshal`: map keys sorted, no spaces; members that are `undefined` are left out. */
export function goJson(value: unknown): string {
  if (typeof value === 'string') return goJsonString(value);
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (isObject(value)) {
    const keys = Object.keys(value).filter((key) => value[key] !== undefined);
    return `{${keys
      .sort(compareText)
      .map((key) => `${goJsonString(key)}:${goJson(value[key])}`)
      .join(',')}}`;
  }
  return 'null';
}

const special = /[<>&\u2028\u2029]/g;

/** A string as `json.Marshal` writes it: `<`, `>`, `&` and the line separators are escaped. */
export function goJsonString(text: string): string {
  return JSON.stringify(text).replace(special, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
