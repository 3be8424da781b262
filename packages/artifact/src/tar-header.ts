import { Buffer } from 'node:buffer';

/** Size of a tar record; headers are one, content is padded to a multiple. */
export const blockBytes = 512;

/** One entry as it is written. */
export interface TarHeader {
  /** Relative, slash-separated, no trailing slash. */
  readonly name: string;
  readonly type: 'file' | 'directory';
  /** Permission bits. */
  readonly mode: number;
  /** 0 for a directory. */
  readonly size: number;
}

const largestOctalSize = 0o77777777777;
const zeroes = Buffer.alloc(blockBytes);
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII is meant
const ascii = /^[\x00-\x7f]*$/;

/**
 * Encodes an entry's header: ustar, preceded by a PAX header where name or size do not fit.
 *
 * Owner 0:0 without names and time 0, so only name, type, mode and content make the bytes.
 * Rule: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header".
 */
export function encodeHeader(entry: TarHeader): Buffer {
  const split = splitName(entry.name);
  const records: string[] = [];
  if (split === undefined) records.push(paxRecord('path', entry.name));
  if (entry.size > largestOctalSize) records.push(paxRecord('size', String(entry.size)));
  const typeflag = entry.type === 'directory' ? '5' : '0';
  if (records.length === 0) return encodeBlock(split!.name, split!.prefix, typeflag, entry.mode, entry.size);
  const body = Buffer.from(records.join(''), 'utf8');
  const short = entry.name.replace(/[^\x20-\x7e]/g, '');
  return Buffer.concat([
    encodeBlock(`PaxHeaders.0/${short.slice(short.lastIndexOf('/') + 1).slice(0, 80)}`, '', 'x', 0o644, body.length),
    body,
    padding(body.length),
    encodeBlock(short.slice(0, 100), '', typeflag, entry.mode, entry.size > largestOctalSize ? 0 : entry.size),
  ]);
}

/** Zero bytes that fill content of this size up to a whole record. */
export function padding(size: number): Buffer {
  const rest = size % blockBytes;
  return rest === 0 ? zeroes.subarray(0, 0) : zeroes.subarray(0, blockBytes - rest);
}

/** The two empty records that end an archive. */
export const endOfArchive: Uint8Array = Buffer.alloc(2 * blockBytes);

function splitName(name: string): { name: string; prefix: string } | undefined {
  if (!ascii.test(name)) return undefined;
  if (name.length <= 100) return { name, prefix: '' };
  if (name.length > 256) return undefined;
  const slash = name.lastIndexOf('/', 155);
  if (slash <= 0 || name.length - slash - 1 > 100 || slash === name.length - 1) return undefined;
  return { name: name.slice(slash + 1), prefix: name.slice(0, slash) };
}

// A record counts its own length digits.
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  if (bytes + String(length).length !== length) length = bytes + String(length).length;
  return `${length}${rest}`;
}

function encodeBlock(name: string, prefix: string, typeflag: string, mode: number, size: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.write(name, 0, 100, 'latin1');
  octal(block, 100, 8, mode);
  octal(block, 108, 8, 0);
  octal(block, 116, 8, 0);
  octal(block, 124, 12, size);
  octal(block, 136, 12, 0);
  block.fill(0x20, 148, 156);
  block.write(typeflag, 156, 1, 'latin1');
  block.write('ustar\u000000', 257, 8, 'latin1');
  octal(block, 329, 8, 0);
  octal(block, 337, 8, 0);
  block.write(prefix, 345, 155, 'latin1');
  let sum = 0;
  for (let index = 0; index < blockBytes; index++) sum += block[index]!;
  block.write(sum.toString(8).padStart(6, '0'), 148, 6, 'latin1');
  block[154] = 0;
  return block;
}

function octal(block: Buffer, at: number, width: number, value: number): void {
  block.write(value.toString(8).padStart(width - 1, '0'), at, width - 1, 'latin1');
}
