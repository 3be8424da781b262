import { createGunzip, gunzipSync } from 'node:zlib';
import { ArtifactError, throwIfAborted } from './errors.ts';

/** Compressed bytes: all at once, or as they come. */
export type ByteSource = Uint8Array | AsyncIterable<Uint8Array>;

/** Up to this many compressed bytes are unpacked in one call; larger input goes through the thread pool. */
const directBytes = 128 * 1024;
/** Most output of the one call; more means high compression, and the bounded stream decides. */
const directOutputBytes = 4 * 1024 * 1024;
const chunkBytes = 64 * 1024;

/**
 * Unpacks gzip into a consumer, chunk by chunk, so that the consumer's own limits bound the output.
 * The consumer answers true when it needs no more; the rest is then neither unpacked nor checked.
 *
 * @throws {ArtifactError} `NOT_GZIP`, `ARCHIVE_INVALID` (truncated or corrupt), `ABORTED`; and what the consumer throws
 */
export async function gunzipInto(
  source: ByteSource,
  consume: (chunk: Uint8Array) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  throwIfAborted(signal);
  if (source instanceof Uint8Array && source.length <= directBytes) {
    checkMagic(source);
    let plain: Uint8Array | undefined;
    try {
      plain = gunzipSync(source, { maxOutputLength: directOutputBytes });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') plain = undefined;
    }
    // On an error the stream below unpacks what can be unpacked: entries before the damage are judged first.
    if (plain !== undefined) {
      consume(plain);
      return;
    }
  }
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  const onAbort = (): void => {
    gunzip.destroy(new ArtifactError('ABORTED', 'context canceled', signal?.reason));
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  const fed = feed(source, gunzip);
  try {
    for await (const chunk of gunzip) {
      if (consume(chunk as Buffer)) break;
    }
  } catch (error) {
    const feedError = await settle(fed);
    throw feedError ?? translate(error);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    gunzip.destroy();
  }
  const feedError = await settle(fed);
  if (feedError !== undefined) throw feedError;
}

/** Resolves to what the feeding threw, if anything. */
async function settle(fed: Promise<void>): Promise<unknown> {
  try {
    await fed;
    return undefined;
  } catch (error) {
    return error;
  }
}

async function feed(source: ByteSource, gunzip: ReturnType<typeof createGunzip>): Promise<void> {
  if (source instanceof Uint8Array) {
    try {
      checkMagic(source);
    } catch (error) {
      gunzip.destroy();
      throw error;
    }
    gunzip.end(source);
    return;
  }
  try {
    let head: Uint8Array | undefined = Buffer.alloc(0);
    for await (const chunk of source) {
      if (gunzip.destroyed) return;
      let next: Uint8Array = chunk;
      if (head !== undefined) {
        next = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
        if (next.length < 10) {
          head = next;
          continue;
        }
        checkMagic(next);
        head = undefined;
      }
      if (!gunzip.write(next)) {
        await new Promise<void>((resolve) => {
          const go = (): void => {
            gunzip.off('drain', go);
            gunzip.off('close', go);
            resolve();
          };
          gunzip.on('drain', go);
          gunzip.on('close', go);
        });
      }
    }
    if (head !== undefined) checkMagic(head);
    gunzip.end();
  } catch (error) {
    gunzip.destroy();
    throw error;
  }
}

function checkMagic(bytes: Uint8Array): void {
  const why =
    bytes.length === 0
      ? 'EOF'
      : bytes.length < 10
        ? 'unexpected EOF'
        : bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8
          ? 'gzip: invalid header'
          : undefined;
  if (why !== undefined) throw new ArtifactError('NOT_GZIP', `requires gzip-compressed body: ${why}`);
}

function translate(error: unknown): unknown {
  if (error instanceof ArtifactError || !(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return new ArtifactError('ARCHIVE_INVALID', 'tar error: unexpected EOF', error);
  }
  if (code === 'Z_DATA_ERROR') {
    const why = /header/.test(error.message)
      ? 'gzip: invalid header'
      : /data check|length check/.test(error.message)
        ? 'gzip: invalid checksum'
        : `flate: corrupt input (${error.message})`;
    return new ArtifactError('ARCHIVE_INVALID', `tar error: ${why}`, error);
  }
  return error;
}
