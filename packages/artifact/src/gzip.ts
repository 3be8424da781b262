import { promisify } from 'node:util';
import { crc32, createDeflateRaw, deflateRaw, deflateRawSync } from 'node:zlib';

// RFC 1952. No name, no time, OS 255 (unknown): nothing of the machine gets in.
const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
const deflateRawAsync = promisify(deflateRaw);

/** Above this the thread pool compresses: shorter input is done before a thread would have started. */
const threadBytes = 64 * 1024;

function trailer(crc: number, size: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc >>> 0, 0);
  bytes.writeUInt32LE(size % 2 ** 32, 4);
  return bytes;
}

/** Compresses bytes to one gzip member at the default level. */
export async function gzipBytes(bytes: Uint8Array): Promise<Buffer> {
  const body = bytes.length > threadBytes ? await deflateRawAsync(bytes) : deflateRawSync(bytes);
  return Buffer.concat([header, body, trailer(crc32(bytes), bytes.length)]);
}

/** Compresses a stream to one gzip member at the default level. */
export async function* gzipStream(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const deflate = createDeflateRaw();
  let crc = 0;
  let size = 0;
  const feed = async (): Promise<void> => {
    for await (const chunk of source) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      if (!deflate.write(chunk)) await new Promise<void>((resolve) => deflate.once('drain', resolve));
    }
    deflate.end();
  };
  yield header;
  const fed = feed().catch((error: Error) => deflate.destroy(error));
  try {
    for await (const chunk of deflate) yield chunk as Buffer;
  } finally {
    deflate.destroy();
  }
  await fed;
  yield trailer(crc, size);
}
