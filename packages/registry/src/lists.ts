import type { Call, RegistryContext } from './context.ts';
import { RegistryError } from './errors.ts';
import { isDigest } from './names.ts';

/** `GET /v2/NAME/tags/list` with `n` and `last`. */
export function serveTags(ctx: RegistryContext, call: Call, name: string): unknown {
  const tags = ctx.repositories.tags(name);
  if (tags === undefined) throw new RegistryError('NAME_UNKNOWN', { name });
  const page = pageOf(call, tags, `/v2/${name}/tags/list`);
  return sendJson(call, { name, tags: tags.length === 0 ? null : page });
}

/** `GET /v2/_catalog` with `n` and `last`. */
export function serveCatalog(ctx: RegistryContext, call: Call): unknown {
  return sendJson(call, { repositories: pageOf(call, ctx.repositories.names(), '/v2/_catalog') });
}

/** `GET /v2/NAME/referrers/DIGEST` with `artifactType`. An unknown digest has no referrers; that is no error. */
export function serveReferrers(ctx: RegistryContext, call: Call, name: string, digest: string): unknown {
  if (!isDigest(digest)) throw new RegistryError('DIGEST_INVALID', {});
  const wanted = call.query.get('artifactType');
  if (wanted !== null) call.reply.header('oci-filters-applied', 'artifactType');
  const manifests = ctx.repositories
    .referrers(name, digest)
    .filter(({ record }) => wanted === null || record.artifactType === wanted)
    .map(({ digest: referrer, record }) => ({
      mediaType: record.mediaType,
      size: record.size,
      digest: referrer,
      annotations: record.annotations,
      artifactType: record.artifactType,
    }));
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  return sendJson(call, { schemaVersion: 2, mediaType, manifests }, mediaType);
}

function pageOf({ query, reply }: Call, all: string[], path: string): string[] {
  const n = query.get('n');
  if (n !== null && !/^\d{1,9}$/.test(n)) throw new RegistryError('PAGINATION_NUMBER_INVALID', { n });
  const last = query.get('last');
  const rest = last === null ? all : all.filter((item) => item > last);
  const size = n === null ? rest.length : Number(n);
  const page = rest.slice(0, size);
  if (size > 0 && rest.length > size) {
    const next = new URLSearchParams({ last: page.at(-1)!, n: String(size) });
    reply.header('link', `<${path}?${next.toString()}>; rel="next"`);
  }
  return page;
}

function sendJson({ reply, method }: Call, value: unknown, type = 'application/json; charset=utf-8'): unknown {
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  reply.header('content-type', type).header('content-length', String(bytes.byteLength));
  return reply.send(method === 'HEAD' ? bytes.subarray(0, 0) : bytes);
}
