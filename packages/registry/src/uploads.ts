import { createHash, type Hash, randomUUID } from 'node:crypto';
import type { ContentStore, UploadFile } from './content-store.ts';
import type { Call, RegistryContext } from './context.ts';
import { RegistryError } from './errors.ts';
import { isDigest, isName } from './names.ts';

interface Upload {
  readonly id: string;
  readonly name: string;
  readonly file: UploadFile;
  readonly sha256: Hash;
  size: number;
  /** The request that works on it; a second waits for it. */
  busy: Promise<unknown>;
}

/** Uploads that are open, oldest first. They live in this process only: after a restart a client begins anew. */
export class Uploads {
  readonly #open = new Map<string, Upload>();
  readonly #content: ContentStore;
  readonly #maxUploads: number;

  constructor(content: ContentStore, maxUploads: number) {
    this.#content = content;
    this.#maxUploads = maxUploads;
  }

  async start(name: string): Promise<Upload> {
    const id = randomUUID();
    const file = await this.#content.startUpload(id);
    const upload: Upload = { id, name, file, sha256: createHash('sha256'), size: 0, busy: Promise.resolve() };
    this.#open.set(id, upload);
    if (this.#open.size > this.#maxUploads) {
      const oldest = this.#open.values().next().value!;
      await this.abort(oldest);
    }
    return upload;
  }

  /** @throws {RegistryError} `BLOB_UPLOAD_UNKNOWN` */
  find(name: string, id: string): Upload {
    const upload = this.#open.get(id);
    if (upload === undefined || upload.name !== name) throw new RegistryError('BLOB_UPLOAD_UNKNOWN', {});
    return upload;
  }

  async abort(upload: Upload): Promise<void> {
    if (this.#open.delete(upload.id)) await upload.file.abort();
  }

  /** Ends an upload: its bytes are now content. */
  async commit(upload: Upload, digest: string): Promise<void> {
    this.#open.delete(upload.id);
    await upload.file.commit(digest);
  }

  async close(): Promise<void> {
    for (const upload of [...this.#open.values()]) await this.abort(upload);
  }
}

/** `POST /v2/NAME/blobs/uploads/`: starts an upload, mounts, or takes a whole blob. */
export async function startUpload(ctx: RegistryContext, call: Call, name: string): Promise<unknown> {
  const { query } = call;
  const mount = query.get('mount');
  if (mount !== null && (await tryMount(ctx, name, mount, query.get('from')))) return created(call, name, mount);
  const upload = await ctx.uploads.start(name);
  const digest = query.get('digest');
  if (digest === null) return accepted(call, upload, 202);
  return finish(ctx, call, upload, digest);
}

/** `GET`, `PATCH`, `PUT`, `DELETE /v2/NAME/blobs/uploads/ID`. */
export async function serveUpload(ctx: RegistryContext, call: Call, name: string, id: string): Promise<unknown> {
  const upload = ctx.uploads.find(name, id);
  const run = upload.busy.then(() => {
    ctx.uploads.find(name, id); // The request before may have ended it.
    switch (call.method) {
      case 'PATCH':
        return appendChunk(ctx, call, upload);
      case 'PUT':
        return finish(ctx, call, upload, call.query.get('digest'));
      case 'DELETE':
        return cancel(ctx, call, upload);
      default:
        return accepted(call, upload, 204);
    }
  });
  upload.busy = run.catch(() => {});
  return run;
}

async function cancel(ctx: RegistryContext, call: Call, upload: Upload): Promise<unknown> {
  await ctx.uploads.abort(upload);
  return call.reply.code(204).header('docker-upload-uuid', upload.id).send();
}

async function appendChunk(ctx: RegistryContext, call: Call, upload: Upload): Promise<unknown> {
  checkContentRange(call, upload);
  await append(ctx, call, upload);
  return accepted(call, upload, 202);
}

async function finish(ctx: RegistryContext, call: Call, upload: Upload, digest: string | null): Promise<unknown> {
  if (digest === null) throw new RegistryError('DIGEST_INVALID', 'digest missing');
  if (!isDigest(digest)) throw new RegistryError('DIGEST_INVALID', 'digest parsing failed');
  checkContentRange(call, upload);
  await append(ctx, call, upload);
  if ((await digestOf(upload, digest)) !== digest) {
    await ctx.uploads.abort(upload);
    throw new RegistryError('DIGEST_INVALID', { Digest: digest, Reason: {} });
  }
  await ctx.uploads.commit(upload, digest);
  await ctx.repositories.addBlob(upload.name, digest);
  return created(call, upload.name, digest);
}

async function append(ctx: RegistryContext, call: Call, upload: Upload): Promise<void> {
  for await (const chunk of call.body) {
    if (upload.size + chunk.byteLength > ctx.limits.maxBlobBytes) {
      await ctx.uploads.abort(upload);
      throw new RegistryError('SIZE_INVALID', { limit: ctx.limits.maxBlobBytes });
    }
    upload.sha256.update(chunk);
    await upload.file.append(chunk);
    upload.size += chunk.byteLength;
  }
}

// A chunk that does not begin where the last ended is refused, so a client that lost an answer asks and goes on.
function checkContentRange({ request }: Call, upload: Upload): void {
  const match = /^(?:bytes )?(\d{1,15})-(\d{1,15})(?:\/.*)?$/.exec(request.headers['content-range'] ?? '');
  if (match === null || Number(match[1]) === upload.size) return;
  throw new RegistryError('BLOB_UPLOAD_INVALID', undefined, {
    status: 416,
    headers: { location: locationOf(request.headers.host, upload), range: rangeOf(upload) },
  });
}

async function tryMount(ctx: RegistryContext, name: string, digest: string, from: string | null): Promise<boolean> {
  if (!isDigest(digest) || from === null || !isName(from) || !ctx.repositories.hasBlob(from, digest)) return false;
  await ctx.repositories.addBlob(name, digest);
  return true;
}

async function digestOf(upload: Upload, wanted: string): Promise<string> {
  if (wanted.startsWith('sha256:')) return `sha256:${upload.sha256.copy().digest('hex')}`;
  const hash = createHash('sha512');
  for await (const chunk of upload.file.read()) hash.update(chunk);
  return `sha512:${hash.digest('hex')}`;
}

function accepted({ reply, request }: Call, upload: Upload, status: 202 | 204): unknown {
  reply.code(status).headers({
    location: locationOf(request.headers.host, upload),
    range: rangeOf(upload),
    'docker-upload-uuid': upload.id,
  });
  if (status === 202) reply.header('content-length', '0');
  return reply.send();
}

function created({ reply, request }: Call, name: string, digest: string): unknown {
  return reply
    .code(201)
    .headers({
      location: `http://${request.headers.host}/v2/${name}/blobs/${digest}`,
      'docker-content-digest': digest,
      'content-length': '0',
    })
    .send();
}

function locationOf(host: string | undefined, { name, id }: Upload): string {
  return `http://${host}/v2/${name}/blobs/uploads/${id}`;
}

function rangeOf({ size }: Upload): string {
  return `0-${Math.max(0, size - 1)}`;
}
