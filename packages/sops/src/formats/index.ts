import { dotenv } from './dotenv.ts';
import type { Format, FormatCodec } from './format.ts';
import { ini } from './ini.ts';
import { binary, json } from './json.ts';
import { yaml } from './yaml.ts';

export const codecs: Readonly<Record<Format, FormatCodec>> = { yaml, json, dotenv, ini, binary };

/** The format that a file's name tells; what is unknown is binary. */
export function formatOfPath(path: string): Format {
  if (path.endsWith('.yaml') || path.endsWith('.yml')) return 'yaml';
  if (path.endsWith('.json') || path.endsWith('.dockerconfigjson')) return 'json';
  if (path.endsWith('.env')) return 'dotenv';
  return path.endsWith('.ini') ? 'ini' : 'binary';
}

/** Whether the bytes hold the marker of an encrypted file of this format. */
export function isEncrypted(bytes: Uint8Array, format: Format): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(codecs[format].marker);
}

/** The format of an encrypted file by its marker; undefined when it has none. */
export function detectFormat(bytes: Uint8Array): Format | undefined {
  return (['json', 'yaml', 'dotenv', 'ini'] as const).find((format) => isEncrypted(bytes, format));
}
