import { parseJson, stringifyJson } from '@fluvial/yaml';

/** Parses JSON text without losing digits. @throws {YamlError} `JSON` */
export const decodeJson: (text: string) => unknown = parseJson;

/** Prints JSON; falls back to the slower printer when a BigInt is inside. */
export function encodeJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError && /BigInt/.test(error.message)) return stringifyJson(value);
    throw error;
  }
}
