import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { BlobSource } from './client.types.ts';
import type { Descriptor } from './descriptor.ts';
import { sha256 } from './digest.ts';
import { OciError } from './errors.ts';

/** A file as an upload's source. Read anew for each try; it must not change meanwhile. */
export async function fileSource(path: string): Promise<BlobSource> {
  const { size } = await stat(path);
  return { size, open: (offset = 0) => createReadStream(path, { start: offset, highWaterMark: 256 * 1024 }) };
}

/** Reads a source from `offset` to its end. */
export function blobChunks(source: BlobSource, offset = 0): AsyncIterable<Uint8Array> {
  return source instanceof Uint8Array ? once(source.subarray(offset)) : source.open(offset);
}

/** Bytes of a source. */
export function blobSize(source: BlobSource): number {
  return source instanceof Uint8Array ? source.byteLength : source.size;
}

/**
 * Describes a source; reads it once unless its digest is known.
 *
 * @throws {OciError} `SIZE_MISMATCH` when the source yields another number of bytes than it promised.
 */
export async function describeBlob(source: BlobSource, mediaType: string): Promise<Descriptor> {
  if (source instanceof Uint8Array) return { mediaType, size: source.byteLength, digest: sha256(source) };
  if (source.digest !== undefined) return { mediaType, size: source.size, digest: source.digest };
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of source.open()) {
    size += chunk.byteLength;
    hash.update(chunk);
  }
  if (size !== source.size) {
    throw new OciError('SIZE_MISMATCH', `blob source has ${size} bytes, but promised ${source.size}`);
  }
  return { mediaType, size, digest: `sha256:${hash.digest('hex')}` };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}
