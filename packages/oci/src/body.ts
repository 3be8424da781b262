import { OciError } from './errors.ts';
import type { HttpResponse } from './http.ts';
import { bodyError } from './network-error.ts';

/** Reads a body to its end, or its first `maxBytes`; the rest is dropped. Never throws: what came is what is known. */
export async function readUpTo(response: HttpResponse, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let left = maxBytes;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk.subarray(0, left));
      left -= chunk.byteLength;
      if (left <= 0) break;
    }
  } catch {
    // An error body that breaks off is shown as far as it came.
  }
  response.discard();
  return concat(chunks);
}

/**
 * Reads a whole body.
 *
 * @throws {OciError} `LIMIT` when it is longer than `maxBytes`; `NETWORK`, `TIMEOUT`, `ABORTED`.
 */
export async function readBody(
  response: HttpResponse,
  maxBytes: number,
  what: string,
  url: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const declared = Number(response.headers['content-length'] ?? 0);
  if (declared > maxBytes) {
    response.discard();
    throw tooLong(what, maxBytes);
  }
  try {
    for await (const chunk of response.body) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLong(what, maxBytes);
      chunks.push(chunk);
    }
  } catch (cause) {
    response.discard();
    throw bodyError(cause, url, signal);
  }
  return concat(chunks);
}

/** Drops a body that nobody needs. A short one is read, so that its connection can serve again. */
export async function drain(response: HttpResponse): Promise<void> {
  await readUpTo(response, 64 * 1024);
}

function tooLong(what: string, maxBytes: number): OciError {
  return new OciError('LIMIT', `${what} is longer than ${maxBytes} bytes`);
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
