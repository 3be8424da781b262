import { SopsError } from '../error.ts';
import { isTime, type TreeValue } from '../tree.ts';
import { plainDecimal } from '../value.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws {SopsError} `SYNTAX` */
export function decodeText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    throw new SopsError('SYNTAX', 'the file is not UTF-8 text');
  }
}

/** A scalar in a format that has only text. @throws {SopsError} `EMIT` */
export function scalarText(value: TreeValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return plainDecimal(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (isTime(value)) return value.text;
  throw new SopsError('EMIT', 'the format holds no nested values');
}

/** Plain data as a tree, for writing metadata. */
export function fromPlain(value: unknown): TreeValue {
  if (Array.isArray(value)) return { type: 'list', items: value.map(fromPlain) };
  if (typeof value === 'object' && value !== null) {
    return {
      type: 'map',
      items: Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => ({ type: 'entry', key, value: fromPlain(item) })),
    };
  }
  return value as TreeValue;
}
