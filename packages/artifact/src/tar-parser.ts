import { Buffer } from 'node:buffer';
import { ArtifactError } from './errors.ts';
import { blockBytes } from './tar-header.ts';

/** What an entry is. Types that carry nothing for us are told by name, so that a caller can refuse them. */
export type TarEntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'fifo' | 'character' | 'block' | 'other';

/** One entry of an archive, as its headers say; nothing of it is trusted yet. */
export interface TarEntry {
  readonly name: string;
  readonly type: TarEntryType;
  readonly mode: number;
  /** Bytes of content that follow; 0 for what has none. */
  readonly size: number;
  /** Target of a link, else ''. */
  readonly linkName: string;
  /** Seconds since the epoch. */
  readonly mtime: number;
}

/** Receives an archive's entries. A throw ends the reading. */
export interface TarSink {
  /** A new entry; its content follows, then `end`. */
  begin(entry: TarEntry): void;
  /** The next bytes of the entry's content; the buffer is only valid during the call. */
  data(chunk: Uint8Array): void;
  end(): void;
}

/** A parser that is fed. */
export interface TarParser {
  /** Takes bytes of the archive. Returns true once the end marker was read: the rest does not belong to the archive. */
  write(chunk: Uint8Array): boolean;
  /** Says that no more bytes come. */
  finish(): void;
}

/** Longest PAX or GNU header that is read; a name cannot need more. */
const maxExtensionBytes = 1024 * 1024;

interface Extension {
  path?: string;
  linkPath?: string;
  size?: number;
  mtime?: number;
}

type State =
  | { readonly step: 'header' }
  | { readonly step: 'content'; left: number; padding: number }
  | {
      readonly step: 'extension';
      readonly type: 'x' | 'g' | 'L' | 'K';
      readonly parts: Uint8Array[];
      left: number;
      padding: number;
    }
  | { readonly step: 'padding'; left: number }
  | { readonly step: 'done' };

/**
 * Parses an uncompressed tar archive: v7, ustar, GNU long names and sizes, PAX. Strict where leniency could make two
 * readers see two archives: a wrong checksum, a broken PAX record, a NUL in a name and a negative size end the reading.
 * GNU and PAX sparse files are refused.
 *
 * Not the parser of the `tar` package (7.5): it passes over a NUL in a PAX path and broken records, where another reader
 * stops; it unpacks a gzip that it finds inside; and it decodes PAX text chunk by chunk, so a long name that is no ASCII
 * comes out wrong when a chunk ends inside it.
 *
 * Thrown: `ArtifactError` with `ARCHIVE_INVALID`, and whatever the sink throws.
 */
export function createTarParser(sink: TarSink): TarParser {
  const partial = Buffer.alloc(blockBytes);
  let partialBytes = 0;
  let state: State = { step: 'header' };
  let extension: Extension = {};
  let emptyBlocks = 0;

  const nextHeader = (padding: number): State =>
    padding > 0 ? { step: 'padding', left: padding } : { step: 'header' };

  const onHeader = (block: Uint8Array): void => {
    if (isEmpty(block)) {
      emptyBlocks += 1;
      if (emptyBlocks === 2) state = { step: 'done' };
      return;
    }
    if (emptyBlocks > 0) throw invalid('archive/tar: invalid tar header');
    const header = parseHeader(Buffer.from(block.buffer, block.byteOffset, block.byteLength));
    const padding = paddingOf(header.size);
    const { typeflag } = header;
    if (typeflag === 'x' || typeflag === 'g' || typeflag === 'L' || typeflag === 'K') {
      if (header.size > maxExtensionBytes) throw invalid('archive/tar: header field too long');
      state = { step: 'extension', type: typeflag, parts: [], left: header.size, padding };
      if (header.size === 0) onExtension(typeflag, Buffer.alloc(0), padding);
      return;
    }
    const size = extension.size ?? header.size;
    let name = extension.path ?? header.name;
    const linkName = extension.linkPath ?? header.linkName;
    const mtime = extension.mtime ?? header.mtime;
    extension = {};
    let type = typeOf(typeflag);
    // Old archives mark a directory only by the slash.
    if (typeflag === '\0' && name.endsWith('/')) type = 'directory';
    if (type === 'directory') name = name.replace(/\/+$/, '') || name;
    const hasContent = type === 'file' || type === 'other';
    const content = hasContent ? size : 0;
    sink.begin({ name, type, mode: header.mode & 0o7777, size: content, linkName, mtime });
    if (content === 0) {
      sink.end();
      state = { step: 'header' };
    } else {
      state = { step: 'content', left: content, padding: paddingOf(content) };
    }
  };

  const onExtension = (type: 'x' | 'g' | 'L' | 'K', body: Buffer, padding: number): void => {
    if (type === 'x') extension = { ...extension, ...parsePax(body) };
    // A global header (git archive writes one) may name defaults; the ones that matter here are never global.
    else if (type === 'g') parsePax(body);
    else {
      const text = cString(body, 0, body.length);
      if (type === 'L') extension.path = text;
      else extension.linkPath = text;
    }
    state = nextHeader(padding);
  };

  return {
    write(chunk) {
      let at = 0;
      while (at < chunk.length) {
        const left = chunk.length - at;
        switch (state.step) {
          case 'done':
            return true;
          case 'header': {
            if (partialBytes === 0 && left >= blockBytes) {
              const block = chunk.subarray(at, at + blockBytes);
              at += blockBytes;
              onHeader(block);
              break;
            }
            const take = Math.min(blockBytes - partialBytes, left);
            partial.set(chunk.subarray(at, at + take), partialBytes);
            partialBytes += take;
            at += take;
            if (partialBytes === blockBytes) {
              partialBytes = 0;
              onHeader(partial);
            }
            break;
          }
          case 'content': {
            const take = Math.min(state.left, left);
            sink.data(chunk.subarray(at, at + take));
            at += take;
            state.left -= take;
            if (state.left === 0) {
              sink.end();
              state = nextHeader(state.padding);
            }
            break;
          }
          case 'extension': {
            const take = Math.min(state.left, left);
            state.parts.push(Uint8Array.prototype.slice.call(chunk, at, at + take));
            at += take;
            state.left -= take;
            if (state.left === 0) onExtension(state.type, Buffer.concat(state.parts), state.padding);
            break;
          }
          case 'padding': {
            const take = Math.min(state.left, left);
            at += take;
            state.left -= take;
            if (state.left === 0) state = { step: 'header' };
            break;
          }
        }
      }
      return state.step === 'done';
    },
    finish() {
      if (state.step === 'done') return;
      // Many writers leave the end marker out; an archive may end wherever an entry ended.
      if (state.step === 'header' && partialBytes === 0 && Object.keys(extension).length === 0) return;
      throw invalid('unexpected EOF');
    },
  };
}

function invalid(why: string): ArtifactError {
  return new ArtifactError('ARCHIVE_INVALID', `tar error: ${why}`);
}

function paddingOf(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}

function isEmpty(block: Uint8Array): boolean {
  for (let index = 0; index < blockBytes; index++) if (block[index] !== 0) return false;
  return true;
}

function typeOf(flag: string): TarEntryType {
  switch (flag) {
    case '0':
    case '\0':
    case '7':
      return 'file';
    case '1':
      return 'hardlink';
    case '2':
      return 'symlink';
    case '3':
      return 'character';
    case '4':
      return 'block';
    case '5':
      return 'directory';
    case '6':
      return 'fifo';
    default:
      return 'other';
  }
}

interface RawHeader {
  readonly name: string;
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
  readonly typeflag: string;
  readonly linkName: string;
}

function parseHeader(block: Buffer): RawHeader {
  const stored = parseNumber(block, 148, 8);
  let unsigned = 0;
  let signed = 0;
  for (let index = 0; index < blockBytes; index++) {
    const byte = index >= 148 && index < 156 ? 0x20 : block[index]!;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  // Ancient writers summed signed bytes.
  if (stored !== unsigned && stored !== signed) throw invalid('archive/tar: invalid tar header');
  const size = parseNumber(block, 124, 12);
  if (size < 0 || !Number.isSafeInteger(size)) throw invalid('archive/tar: invalid tar header');
  const typeflag = String.fromCharCode(block[156]!);
  if (typeflag === 'S') throw invalid('archive/tar: sparse files are not supported');
  let name = cString(block, 0, 100);
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? cString(block, 345, 155) : '';
  if (prefix !== '') name = `${prefix}/${name}`;
  return {
    name,
    mode: parseNumber(block, 100, 8),
    size,
    mtime: parseNumber(block, 136, 12),
    typeflag,
    linkName: cString(block, 157, 100),
  };
}

function cString(block: Buffer, at: number, length: number): string {
  let end = at;
  while (end < at + length && block[end] !== 0) end += 1;
  return block.toString('utf8', at, end);
}

function parseNumber(block: Buffer, at: number, width: number): number {
  const first = block[at]!;
  if (first & 0x80) {
    // Base 256, two's complement (GNU).
    let value = BigInt.asIntN(7, BigInt(first & 0x7f));
    for (let index = at + 1; index < at + width; index++) value = value * 256n + BigInt(block[index]!);
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw invalid('archive/tar: invalid tar header');
    return number;
  }
  const text = block.toString('latin1', at, at + width).replace(/^[ \0]+|[ \0]+$/g, '');
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) throw invalid('archive/tar: invalid tar header');
  return Number.parseInt(text, 8);
}

function parsePax(body: Buffer): Extension {
  const found: Extension = {};
  let at = 0;
  while (at < body.length) {
    const space = body.indexOf(0x20, at);
    const digits = space < 0 ? '' : body.toString('latin1', at, space);
    if (!/^[0-9]{1,9}$/.test(digits)) throw invalid('archive/tar: invalid tar header');
    const end = at + Number(digits);
    if (end > body.length || end <= space + 1 || body[end - 1] !== 0x0a)
      throw invalid('archive/tar: invalid tar header');
    const record = body.toString('utf8', space + 1, end - 1);
    const equals = record.indexOf('=');
    if (equals <= 0) throw invalid('archive/tar: invalid tar header');
    const key = record.slice(0, equals);
    const value = record.slice(equals + 1);
    at = end;
    if (key.startsWith('GNU.sparse.')) throw invalid('archive/tar: sparse files are not supported');
    if (key === 'path' || key === 'linkpath') {
      if (value.includes('\0')) throw invalid('archive/tar: invalid tar header');
      if (value !== '') found[key === 'path' ? 'path' : 'linkPath'] = value;
    } else if (key === 'size') {
      const size = Number(value);
      if (!/^[0-9]+$/.test(value) || !Number.isSafeInteger(size)) throw invalid('archive/tar: invalid tar header');
      found.size = size;
    } else if (key === 'mtime') {
      const time = Number(value);
      if (!Number.isFinite(time)) throw invalid('archive/tar: invalid tar header');
      found.mtime = time;
    }
  }
  return found;
}
