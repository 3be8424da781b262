import type { Call, RegistryContext } from './context.ts';
import { RegistryError } from './errors.ts';
import { isDigest } from './names.ts';

/** `GET`, `HEAD`, `DELETE /v2/NAME/blobs/DIGEST`. */
export async function serveBlob(ctx: RegistryContext, call: Call, name: string, digest: string): Promise<unknown> {
  const { reply, method, request } = call;
  if (!isDigest(digest)) throw new RegistryError('DIGEST_INVALID', {});
  if (method === 'DELETE') {
    if (!(await ctx.repositories.deleteBlob(name, digest))) throw new RegistryError('BLOB_UNKNOWN');
    return reply.code(202).header('content-length', '0').send();
  }
  const size = ctx.repositories.hasBlob(name, digest) ? ctx.content.size(digest) : undefined;
  if (size === undefined) throw new RegistryError('BLOB_UNKNOWN', digest);
  reply.headers({ 'docker-content-digest': digest, etag: `"${digest}"`, 'cache-control': 'max-age=31536000' });
  if (request.headers['if-none-match'] === `"${digest}"`) return reply.code(304).send();
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') {
    return reply.code(416).header('content-range', `bytes */${size}`).type('text/plain; charset=utf-8').send('');
  }
  reply.headers({ 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' });
  const { start, end } = range ?? { start: 0, end: size };
  if (range !== undefined) reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${size}`);
  reply.header('content-length', String(end - start));
  if (method === 'HEAD' || end === start) return reply.send('');
  return reply.send(ctx.content.read(digest, start, end));
}

// One range only (RFC 9110, 14.2): a server may answer several with the whole.
function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = header === undefined ? null : /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header);
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  if (match[1] === '') {
    const length = Math.min(Number(match[2]), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size };
  }
  const start = Number(match[1]);
  const end = match[2] === '' ? size : Math.min(Number(match[2]) + 1, size);
  return start >= size || end <= start ? 'unsatisfiable' : { start, end };
}
