import type { CallOptions } from './client.types.ts';
import type { Descriptor } from './descriptor.ts';
import { hashOf } from './digest.ts';
import { OciError } from './errors.ts';
import { quoteGo } from './go-format.ts';
import { bodyError, isConnectionLost } from './network-error.ts';
import type { Repository } from './reference.ts';
import type { Session, SessionResponse } from './session.ts';

/** What {@link openBlob} takes beside the blob. */
export interface OpenBlobOptions extends CallOptions {
  readonly maxBytes?: number;
  /** Times that a broken stream is taken up again where it broke. */
  readonly resumes: number;
}

/**
 * Starts to read a blob and verifies it on the way. The request is sent before this returns; a stream that breaks is
 * continued with a Range request.
 *
 * @throws {OciError} `BLOB_UNKNOWN` …; while reading `DIGEST_MISMATCH`, `SIZE_MISMATCH`, `LIMIT`, `NETWORK`, `TIMEOUT`.
 */
export async function openBlob(
  session: Session,
  repository: Repository,
  { digest, size }: Pick<Descriptor, 'digest'> & { readonly size?: number },
  options: OpenBlobOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const { algorithm, hash } = hashOf(digest);
  const expected = size === undefined || size < 0 ? undefined : size;
  const { maxBytes = Number.POSITIVE_INFINITY } = options;
  if (expected !== undefined && expected > maxBytes) throw tooLong(digest, maxBytes);
  const first = await request(session, repository, digest, 0, options.signal);
  const declared = lengthOf(first);
  if (expected !== undefined && declared !== undefined && declared !== expected) {
    first.discard();
    throw new OciError(
      'SIZE_MISMATCH',
      `GET ${first.url}: Content-Length header ${declared} does not match expected size ${expected}`,
    );
  }
  const limit = Math.min(maxBytes, expected ?? Number.POSITIVE_INFINITY);

  async function* read(): AsyncGenerator<Uint8Array> {
    let response = first;
    let received = 0;
    let resumes = options.resumes;
    let skip = 0;
    try {
      for (;;) {
        try {
          for await (const chunk of response.body) {
            const fresh = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.byteLength));
            skip -= chunk.byteLength - fresh.byteLength;
            if (fresh.byteLength === 0) continue;
            received += fresh.byteLength;
            if (received > limit) {
              if (expected === undefined || received <= expected) throw tooLong(digest, maxBytes);
              throw sizeMismatch(received, expected);
            }
            hash.update(fresh);
            yield fresh;
          }
          break;
        } catch (cause) {
          const error = bodyError(cause, response.url, options.signal);
          if (!isConnectionLost(error) || resumes-- <= 0) throw error;
          response = await request(session, repository, digest, received, options.signal);
          // A server may ignore the range; what was read already is then passed over.
          skip = response.status === 206 ? 0 : received;
        }
      }
    } finally {
      response.discard();
    }
    if (expected !== undefined && received !== expected) throw sizeMismatch(received, expected);
    const got = `${algorithm}:${hash.digest('hex')}`;
    if (got !== digest) {
      throw new OciError(
        'DIGEST_MISMATCH',
        `error verifying ${algorithm} checksum after reading ${received} bytes; got ${quoteGo(got)}, want ${quoteGo(digest)}`,
      );
    }
  }
  return read();
}

function request(
  session: Session,
  { repository, ...rest }: Repository,
  digest: string,
  from: number,
  signal: AbortSignal | undefined,
): Promise<SessionResponse> {
  return session.send(
    { repository, ...rest },
    {
      method: 'GET',
      target: `/v2/${repository}/blobs/${digest}`,
      action: 'pull',
      headers: from === 0 ? {} : { range: `bytes=${from}-` },
      accept: from === 0 ? [200] : [200, 206],
      ...(signal === undefined ? {} : { signal }),
    },
  );
}

function lengthOf({ headers }: SessionResponse): number | undefined {
  const text = headers['content-length'];
  return text === undefined || !/^\d{1,15}$/.test(text) ? undefined : Number(text);
}

function sizeMismatch(got: number, want: number): OciError {
  return new OciError('SIZE_MISMATCH', `error verifying size; got ${got}, want ${want}`);
}

function tooLong(digest: string, maxBytes: number): OciError {
  return new OciError('LIMIT', `blob ${digest} is longer than ${maxBytes} bytes`);
}
