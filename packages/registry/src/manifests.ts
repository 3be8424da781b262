import { createHash } from 'node:crypto';
import type { ManifestRecord } from './content-store.ts';
import type { Call, RegistryContext } from './context.ts';
import { RegistryError } from './errors.ts';
import { isDigest } from './names.ts';

// As bytes: a text payload would get a charset added to its media type.
const noBytes = Buffer.alloc(0);

const imageTypes = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]);
const indexTypes = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);

/** `GET`, `HEAD`, `PUT`, `DELETE /v2/NAME/manifests/REFERENCE`. */
export async function serveManifest(
  ctx: RegistryContext,
  call: Call,
  name: string,
  reference: string,
): Promise<unknown> {
  switch (call.method) {
    case 'PUT':
      return putManifest(ctx, call, name, reference);
    case 'DELETE':
      return deleteManifest(ctx, call, name, reference);
    default:
      return getManifest(ctx, call, name, reference);
  }
}

async function getManifest(ctx: RegistryContext, call: Call, name: string, reference: string): Promise<unknown> {
  const digest = isDigest(reference) ? reference : ctx.repositories.digestOfTag(name, reference);
  const record = digest === undefined ? undefined : ctx.repositories.manifest(name, digest);
  if (digest === undefined || record === undefined) {
    throw new RegistryError(
      'MANIFEST_UNKNOWN',
      isDigest(reference) ? { Name: name, Revision: reference } : { Tag: reference },
    );
  }
  const { reply, request, method } = call;
  reply.headers({ 'docker-content-digest': digest, etag: `"${digest}"` });
  if (request.headers['if-none-match'] === `"${digest}"`) return reply.code(304).send();
  reply.headers({ 'content-type': record.mediaType, 'content-length': String(record.size) });
  return reply.send(method === 'HEAD' ? noBytes : Buffer.from(await ctx.content.readAll(digest)));
}

async function putManifest(ctx: RegistryContext, call: Call, name: string, reference: string): Promise<unknown> {
  const bytes = await readManifest(ctx, call);
  const mediaType = (call.request.headers['content-type'] ?? '').split(';', 1)[0]!.trim();
  const digest = isDigest(reference) ? reference : `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const record = describeManifest(bytes, mediaType);
  if (isDigest(reference)) {
    const algorithm = reference.slice(0, reference.indexOf(':'));
    if (`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` !== reference) {
      throw new RegistryError('DIGEST_INVALID');
    }
  }
  const missing = record.needs.find(({ kind, digest: needed }) =>
    kind === 'blob' ? !ctx.repositories.hasBlob(name, needed) : ctx.repositories.manifest(name, needed) === undefined,
  );
  if (missing !== undefined) throw new RegistryError('MANIFEST_BLOB_UNKNOWN', missing.digest);
  await ctx.content.write(digest, bytes);
  await ctx.repositories.addManifest(name, digest, record.record, isDigest(reference) ? undefined : reference);
  const { subject } = record.record;
  if (subject !== undefined && ctx.referrers) call.reply.header('oci-subject', subject);
  return call.reply
    .code(201)
    .headers({
      location: `http://${call.request.headers.host}/v2/${name}/manifests/${digest}`,
      'docker-content-digest': digest,
      'content-length': '0',
    })
    .send();
}

async function deleteManifest(ctx: RegistryContext, call: Call, name: string, reference: string): Promise<unknown> {
  const gone = isDigest(reference)
    ? await ctx.repositories.deleteManifest(name, reference)
    : await ctx.repositories.deleteTag(name, reference);
  if (!gone) throw new RegistryError('MANIFEST_UNKNOWN');
  return call.reply.code(202).header('content-length', '0').send();
}

async function readManifest(ctx: RegistryContext, call: Call): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of call.body) {
    size += chunk.byteLength;
    if (size > ctx.limits.maxManifestBytes) {
      throw new RegistryError('MANIFEST_INVALID', { limit: ctx.limits.maxManifestBytes }, { status: 413 });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

interface DescribedManifest {
  readonly record: ManifestRecord;
  readonly needs: readonly { readonly kind: 'blob' | 'manifest'; readonly digest: string }[];
}

function describeManifest(bytes: Uint8Array, mediaType: string): DescribedManifest {
  const isIndex = indexTypes.has(mediaType);
  if (!isIndex && !imageTypes.has(mediaType)) throw new RegistryError('MANIFEST_INVALID', {});
  const content = parseObject(bytes);
  if (content['mediaType'] !== undefined && content['mediaType'] !== mediaType) {
    throw new RegistryError('MANIFEST_INVALID', 'media type of the manifest and of the request differ');
  }
  const config = isIndex ? undefined : asDescriptor(content['config']);
  const layers = isIndex ? [] : asDescriptors(content['layers']);
  const children = isIndex ? asDescriptors(content['manifests']) : [];
  const subject = content['subject'] === undefined ? undefined : asDescriptor(content['subject']);
  const artifactType =
    typeof content['artifactType'] === 'string' && content['artifactType'] !== ''
      ? content['artifactType']
      : config?.mediaType;
  return {
    record: {
      mediaType,
      size: bytes.byteLength,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(subject === undefined ? {} : { subject: subject.digest }),
      ...(isStringMap(content['annotations']) ? { annotations: content['annotations'] } : {}),
    },
    needs: [
      ...(config === undefined ? [] : [config]).map(({ digest }) => ({ kind: 'blob' as const, digest })),
      // Layers that live elsewhere are not uploaded.
      ...layers.filter(({ isForeign }) => !isForeign).map(({ digest }) => ({ kind: 'blob' as const, digest })),
      ...children.map(({ digest }) => ({ kind: 'manifest' as const, digest })),
    ],
  };
}

interface ReadDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly isForeign: boolean;
}

function asDescriptors(value: unknown): ReadDescriptor[] {
  if (!Array.isArray(value)) throw new RegistryError('MANIFEST_INVALID', {});
  return value.map(asDescriptor);
}

function asDescriptor(value: unknown): ReadDescriptor {
  const { mediaType, digest, urls } = (value ?? {}) as Record<string, unknown>;
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || !isDigest(digest)) {
    throw new RegistryError('MANIFEST_INVALID', {});
  }
  const isForeign = Array.isArray(urls) && urls.length > 0;
  return { mediaType, digest, isForeign: isForeign || /\.foreign\.|\.nondistributable\./.test(mediaType) };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Answered below.
  }
  throw new RegistryError('MANIFEST_INVALID', {});
}

function isStringMap(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((item) => typeof item === 'string');
}
