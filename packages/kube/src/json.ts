import { parseJson, stringifyJson } from '@fluvial/yaml';

/** Numbers that a double cannot hold, and keys that a careless copy would turn into a prototype. */
const unusual = /[0-9]{16}|__proto__/;

/** Parses JSON text; the common case is the engine's own parser. @throws {SyntaxError} and the like */
export function decodeJson(text: string): unknown {
  return unusual.test(text) ? parseJson(text) : JSON.parse(text);
}

/** Prints JSON; falls back to the slower printer when a BigInt is inside. */
export function encodeJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError && /BigInt/.test(error.message)) return stringifyJson(value);
    throw error;
  }
}
