import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { blobChunks, describeBlob } from './blob-source.ts';
import type { BlobSource, CallOptions, OciClient } from './client.types.ts';
import type { Descriptor, Digest, ImageManifest } from './descriptor.ts';
import { sha256 } from './digest.ts';
import { OciError } from './errors.ts';
import { annotationKeys, mediaTypes } from './media-types.ts';
import { parseReference, type Reference } from './reference.ts';

/** What an artifact is made of. */
export interface ArtifactOptions {
  /** The one layer: a gzip-compressed tar. */
  readonly layer: BlobSource;
  /** Digest of the uncompressed tar. Computed by unpacking when absent. */
  readonly diffId?: Digest;
  /** RFC 3339, with seconds, in UTC. Same inputs and same `created`, same digest. */
  readonly created: string;
  /** `org.opencontainers.image.source` */
  readonly source?: string;
  /** `org.opencontainers.image.revision` */
  readonly revision?: string;
  /** Further annotations; they win over the three standard ones. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Default Flux's content type. */
  readonly layerMediaType?: string;
  /** Default Flux's config type. */
  readonly configMediaType?: string;
}

/** An artifact ready to be pushed. */
export interface Artifact {
  readonly manifest: ImageManifest;
  readonly manifestBytes: Uint8Array;
  /** Of the manifest. */
  readonly descriptor: Descriptor;
  readonly configBytes: Uint8Array;
  readonly layer: BlobSource;
}

/**
 * Builds the manifest and config that `flux push artifact` makes. Pure but for reading the layer: the same inputs give
 * the same bytes. Key order and compact form are those of the original, so its digests are reproduced for the same layer.
 *
 * @throws {OciError} `MANIFEST_INVALID`: `invalid created timestamp …`, or the layer is not gzip and no `diffId` was given.
 */
export async function buildArtifact(options: ArtifactOptions): Promise<Artifact> {
  const annotations = mergeAnnotations(options);
  const created = annotations[annotationKeys.created]!;
  const layer = await describeBlob(options.layer, options.layerMediaType ?? mediaTypes.fluxContent);
  const diffId = options.diffId ?? (await digestOfContent(options.layer));
  const configBytes = encodeJson({
    architecture: '',
    created,
    history: [{ created: '0001-01-01T00:00:00Z' }],
    os: '',
    rootfs: { type: 'layers', diff_ids: [diffId] },
    config: {},
  });
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: describeBytes(configBytes, options.configMediaType ?? mediaTypes.fluxConfig),
    layers: [layer],
    annotations,
  };
  const manifestBytes = encodeJson(manifest);
  return {
    manifest,
    manifestBytes,
    descriptor: describeBytes(manifestBytes, mediaTypes.ociManifest),
    configBytes,
    layer: options.layer,
  };
}

/**
 * Uploads an artifact: layer and config first, so that the manifest never points at what is not there.
 *
 * @returns the manifest's descriptor
 */
export async function pushArtifact(
  client: OciClient,
  reference: string | Reference,
  artifact: Artifact,
  options: CallOptions = {},
): Promise<Descriptor> {
  const target = typeof reference === 'string' ? parseReference(reference) : reference;
  const { config, layers } = artifact.manifest;
  await Promise.all([
    client.pushBlob(target, withDigestOf(artifact.layer, layers[0]!), { ...options, mediaType: layers[0]!.mediaType }),
    client.pushBlob(target, artifact.configBytes, { ...options, mediaType: config.mediaType }),
  ]);
  return client.pushManifest(target, artifact.manifestBytes, { ...options, mediaType: mediaTypes.ociManifest });
}

function mergeAnnotations({ created, source, revision, annotations }: ArtifactOptions): Record<string, string> {
  const merged = new Map<string, string>([[annotationKeys.created, created]]);
  if (source !== undefined) merged.set(annotationKeys.source, source);
  if (revision !== undefined) merged.set(annotationKeys.revision, revision);
  for (const [key, value] of Object.entries(annotations ?? {})) merged.set(key, value);
  const stamp = merged.get(annotationKeys.created) || created;
  if (!isTimestamp(stamp)) {
    throw new OciError(
      'MANIFEST_INVALID',
      `invalid created timestamp ${JSON.stringify(stamp)}: ${timestampProblem(stamp)}`,
    );
  }
  merged.set(annotationKeys.created, stamp);
  // Sorted as Go prints maps; `fromEntries` defines own keys, so `__proto__` stays a key.
  return Object.fromEntries([...merged].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const timestampPattern =
  /^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.,]\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

function isTimestamp(text: string): boolean {
  if (!timestampPattern.test(text)) return false;
  const [year, month, day] = text.slice(0, 10).split('-').map(Number) as [number, number, number];
  // Date rolls the 30th of February over into March.
  return month > 0 && day > 0 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function timestampProblem(text: string): string {
  const quoted = JSON.stringify(text);
  if (/^\d{4}-\d{2}-\d{2}T/.test(text)) return `parsing time ${quoted}: out of range`;
  return `parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`;
}

async function digestOfContent(layer: BlobSource): Promise<Digest> {
  const hash = createHash('sha256');
  try {
    await pipeline(Readable.from(blobChunks(layer)), createGunzip(), async (content) => {
      for await (const chunk of content) hash.update(chunk as Uint8Array);
    });
  } catch (cause) {
    throw new OciError('MANIFEST_INVALID', `layer is not gzip: ${(cause as Error).message}`, { cause });
  }
  return `sha256:${hash.digest('hex')}`;
}

function withDigestOf(source: BlobSource, { digest }: Descriptor): BlobSource {
  if (source instanceof Uint8Array || source.digest !== undefined) return source;
  return { size: source.size, digest, open: (offset) => source.open(offset) };
}

function describeBytes(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, size: bytes.byteLength, digest: sha256(bytes) };
}

// Go's encoder writes <, >, &, U+2028 and U+2029 escaped; a digest depends on it.
function encodeJson(value: unknown): Uint8Array {
  const text = JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return new TextEncoder().encode(text);
}
