import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';

/** One raw entry; every field may be as wrong as a test wants it. */
export interface RawEntry {
  readonly name: string | Buffer;
  readonly type?: string;
  readonly mode?: number;
  readonly link?: string;
  readonly content?: string | Uint8Array;
  /** Twelve bytes of the size field in place of the right ones. */
  readonly sizeField?: Buffer;
}

/** Makes an uncompressed ustar archive for tests, without any of the checks of the real writer. */
export function rawTar(entries: readonly RawEntry[], options: { end?: boolean } = {}): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '');
    const block = Buffer.alloc(512);
    block.set(Buffer.from(entry.name).subarray(0, 100), 0);
    block.write((entry.mode ?? 0o644).toString(8).padStart(7, '0'), 100, 'latin1');
    block.write('0000000', 108, 'latin1');
    block.write('0000000', 116, 'latin1');
    if (entry.sizeField) block.set(entry.sizeField, 124);
    else block.write(content.length.toString(8).padStart(11, '0'), 124, 'latin1');
    block.write('00000000000', 136, 'latin1');
    block.write(entry.type ?? '0', 156, 'latin1');
    block.write(entry.link ?? '', 157, 100, 'utf8');
    block.write('ustar\u000000', 257, 'latin1');
    block.fill(0x20, 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0`, 148, 'latin1');
    parts.push(block, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  if (options.end !== false) parts.push(Buffer.alloc(1024));
  return Buffer.concat(parts);
}

/** {@link rawTar}, compressed. */
export function rawTgz(entries: readonly RawEntry[], options: { end?: boolean } = {}): Buffer {
  return gzipSync(rawTar(entries, options));
}

/** A PAX header that says these things of the next entry. */
export function paxEntry(fields: Readonly<Record<string, string>>): RawEntry {
  let body = '';
  for (const [key, value] of Object.entries(fields)) {
    const rest = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(rest);
    while (String(length).length + Buffer.byteLength(rest) !== length)
      length = String(length).length + Buffer.byteLength(rest);
    body += `${length}${rest}`;
  }
  return { name: 'PaxHeaders.0/x', type: 'x', content: body };
}
