import { blobChunks, blobSize, describeBlob } from './blob-source.ts';
import { drain } from './body.ts';
import type { BlobSource, CallOptions } from './client.types.ts';
import type { Descriptor } from './descriptor.ts';
import { OciError } from './errors.ts';
import type { Repository } from './reference.ts';
import { isRetryable, type Session, type SessionRequest, type SessionResponse } from './session.ts';

/** What {@link uploadBlob} takes. */
export interface UploadOptions extends CallOptions {
  readonly mediaType: string;
  /** Path of a repository on the same registry. */
  readonly mountFrom?: string;
  readonly chunkBytes: number;
  /** Tries in all. */
  readonly attempts: number;
}

/**
 * Uploads a blob unless it is there: HEAD, POST (which may mount), then PUT with everything, or PATCH by PATCH when it is
 * larger than a chunk. A failed try begins anew: its session may be gone, or hold part of a chunk.
 */
export async function uploadBlob(
  session: Session,
  repository: Repository,
  source: BlobSource,
  options: UploadOptions,
): Promise<Descriptor> {
  const descriptor = await describeBlob(source, options.mediaType);
  for (let attempt = 1; ; attempt++) {
    try {
      await tryUpload(session, repository, source, descriptor, options);
      return descriptor;
    } catch (error) {
      if (!isRetryable(error) && !isSessionLost(error)) throw error;
      if (attempt >= options.attempts || !(await session.pause(attempt, error, options.signal))) throw error;
    }
  }
}

async function tryUpload(
  session: Session,
  repository: Repository,
  source: BlobSource,
  { digest }: Descriptor,
  options: UploadOptions,
): Promise<void> {
  const base = {
    action: 'push' as const,
    attempts: 1,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const path = `/v2/${repository.repository}/blobs`;
  const head = await session.send(repository, {
    ...base,
    method: 'HEAD',
    target: `${path}/${digest}`,
    accept: [200, 404],
  });
  await drain(head);
  if (head.status === 200) return;
  const start = await startUpload(session, repository, digest, path, base, options.mountFrom);
  await drain(start);
  if (start.status === 201) return;
  const location = locationOf(start);
  const size = blobSize(source);
  if (size <= options.chunkBytes) {
    await finish(session, repository, location, digest, base, source, size);
    return;
  }
  await finish(
    session,
    repository,
    await sendChunks(session, repository, location, source, base, options),
    digest,
    base,
  );
}

type Base = Pick<SessionRequest, 'action' | 'attempts' | 'signal'>;

async function startUpload(
  session: Session,
  repository: Repository,
  digest: string,
  path: string,
  base: Base,
  mountFrom: string | undefined,
): Promise<SessionResponse> {
  const request = { ...base, method: 'POST' as const, accept: [201, 202], headers: { 'content-length': '0' } };
  const plain = { ...request, target: `${path}/uploads/`, accept: [202] };
  if (mountFrom === undefined) return session.send(repository, plain);
  const query = new URLSearchParams({ mount: digest, from: mountFrom });
  try {
    return await session.send(repository, { ...request, target: `${path}/uploads/?${query}`, mountFrom });
  } catch (error) {
    // A mount is a shortcut: where it is not allowed the blob is sent.
    if (!(error instanceof OciError) || error.status === undefined) throw error;
    return session.send(repository, plain);
  }
}

async function sendChunks(
  session: Session,
  repository: Repository,
  location: string,
  source: BlobSource,
  base: Base,
  { chunkBytes }: UploadOptions,
): Promise<string> {
  let target = location;
  let offset = 0;
  for await (const chunk of inChunks(blobChunks(source), chunkBytes)) {
    const response = await session.send(repository, {
      ...base,
      method: 'PATCH',
      target,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(chunk.byteLength),
        'content-range': `${offset}-${offset + chunk.byteLength - 1}`,
      },
      body: () => chunk,
      accept: [201, 202, 204],
    });
    await drain(response);
    target = locationOf(response);
    offset += chunk.byteLength;
  }
  return target;
}

async function finish(
  session: Session,
  repository: Repository,
  location: string,
  digest: string,
  base: Base,
  source?: BlobSource,
  size = 0,
): Promise<void> {
  const url = new URL(location);
  url.searchParams.set('digest', digest);
  const response = await session.send(repository, {
    ...base,
    method: 'PUT',
    target: url.href,
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
    ...(source === undefined ? {} : { body: () => (source instanceof Uint8Array ? source : blobChunks(source)) }),
    accept: [201, 202, 204],
  });
  await drain(response);
}

// Chunks of exactly `size`, but for the last: some stores refuse small ones in the middle.
async function* inChunks(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of source) {
    let rest = chunk;
    while (held + rest.byteLength >= size) {
      const take = size - held;
      yield Buffer.concat([...parts, rest.subarray(0, take)]);
      parts = [];
      held = 0;
      rest = rest.subarray(take);
    }
    if (rest.byteLength > 0) {
      parts.push(rest);
      held += rest.byteLength;
    }
  }
  if (held > 0) yield Buffer.concat(parts);
}

function locationOf({ headers, url }: SessionResponse): string {
  const { location } = headers;
  if (location === undefined || location === '') throw new OciError('PROTOCOL', 'missing Location header');
  if (!URL.canParse(location, url)) throw new OciError('PROTOCOL', 'Location header is not a URL');
  return new URL(location, url).href;
}

// A registry that restarted has forgotten its uploads.
function isSessionLost(error: unknown): error is OciError {
  return error instanceof OciError && (error.code === 'BLOB_UPLOAD_UNKNOWN' || error.code === 'BLOB_UPLOAD_INVALID');
}
