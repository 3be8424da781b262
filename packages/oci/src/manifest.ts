import type { ManifestContent } from './client.types.ts';
import type { Descriptor, ImageIndex, ImageManifest, Platform } from './descriptor.ts';
import { isDigest } from './digest.ts';
import { OciError } from './errors.ts';
import { mediaTypes } from './media-types.ts';

/** What `Accept` asks for: both kinds of image manifest and of index. */
export const manifestAccept = [
  mediaTypes.ociManifest,
  mediaTypes.dockerManifest,
  mediaTypes.ociIndex,
  mediaTypes.dockerManifestList,
].join(',');

// No artifact comes near; a manifest of millions of descriptors would be a bomb of small objects.
const maxDescriptors = 10_000;

/**
 * Parses manifest bytes. The media type decides the kind; where it tells nothing, the content does.
 *
 * @throws {OciError} `MANIFEST_INVALID`; `UNSUPPORTED` for Docker's schema 1.
 */
export function parseManifest(bytes: Uint8Array, mediaType: string): ManifestContent {
  if (mediaType === mediaTypes.dockerManifestV1 || mediaType === mediaTypes.dockerManifestV1Signed) {
    throw new OciError('UNSUPPORTED', `unsupported manifest media type ${JSON.stringify(mediaType)}`);
  }
  const root = parseObject(bytes);
  if (root['schemaVersion'] !== 2) throw invalid('schemaVersion is not 2');
  const isIndex =
    mediaType === mediaTypes.ociIndex ||
    mediaType === mediaTypes.dockerManifestList ||
    (mediaType !== mediaTypes.ociManifest && mediaType !== mediaTypes.dockerManifest && 'manifests' in root);
  return isIndex ? { kind: 'index', index: readIndex(root) } : { kind: 'image', manifest: readImage(root) };
}

/** The entry of an index that is meant for a platform; the first that fits. */
export function findPlatform(index: ImageIndex, wanted: Platform): Descriptor | undefined {
  return index.manifests.find(({ platform }) => {
    // An entry without a platform is for every platform; go-containerregistry takes it for linux/amd64.
    const { os, architecture, variant } = platform ?? { os: 'linux', architecture: 'amd64', variant: undefined };
    if (os !== wanted.os || architecture !== wanted.architecture) return false;
    return wanted.variant === undefined || wanted.variant === variant;
  });
}

function readImage(root: Record<string, unknown>): ImageManifest {
  return {
    schemaVersion: 2,
    ...common(root),
    config: readDescriptor(root['config'], 'config'),
    layers: readDescriptors(root['layers'] ?? [], 'layers'),
  };
}

function readIndex(root: Record<string, unknown>): ImageIndex {
  return { schemaVersion: 2, ...common(root), manifests: readDescriptors(root['manifests'] ?? [], 'manifests') };
}

function common(root: Record<string, unknown>) {
  const annotations = readAnnotations(root['annotations']);
  return {
    ...(typeof root['mediaType'] === 'string' ? { mediaType: root['mediaType'] } : {}),
    ...(typeof root['artifactType'] === 'string' ? { artifactType: root['artifactType'] } : {}),
    ...(root['subject'] === undefined || root['subject'] === null
      ? {}
      : { subject: readDescriptor(root['subject'], 'subject') }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function readDescriptors(value: unknown, where: string): Descriptor[] {
  if (!Array.isArray(value)) throw invalid(`${where} is not a list`);
  if (value.length > maxDescriptors) throw new OciError('LIMIT', `${where} has more than ${maxDescriptors} entries`);
  return value.map((item, index) => readDescriptor(item, `${where}[${index}]`));
}

/** Reads one descriptor. @throws {OciError} `MANIFEST_INVALID` */
export function readDescriptor(value: unknown, where: string): Descriptor {
  if (typeof value !== 'object' || value === null) throw invalid(`${where} is not an object`);
  const { mediaType, digest, size, annotations, artifactType, platform, urls } = value as Record<string, unknown>;
  if (typeof mediaType !== 'string') throw invalid(`${where} has no mediaType`);
  if (!isDigest(digest)) throw invalid(`${where} has no valid digest`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw invalid(`${where} has no valid size`);
  const notes = readAnnotations(annotations);
  return {
    mediaType,
    digest,
    size,
    ...(notes === undefined ? {} : { annotations: notes }),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(isPlatform(platform) ? { platform } : {}),
    ...(isStrings(urls) ? { urls } : {}),
  };
}

function readAnnotations(value: unknown): Record<string, string> | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid('annotations is not an object');
  const entries = Object.entries(value);
  if (!entries.every(([, text]) => typeof text === 'string')) throw invalid('an annotation is not a string');
  return Object.fromEntries(entries) as Record<string, string>;
}

function isPlatform(value: unknown): value is Platform {
  if (typeof value !== 'object' || value === null) return false;
  const { os, architecture } = value as Record<string, unknown>;
  return typeof os === 'string' && typeof architecture === 'string';
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new OciError('MANIFEST_INVALID', 'manifest is not JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('not an object');
  return value as Record<string, unknown>;
}

function invalid(problem: string): OciError {
  return new OciError('MANIFEST_INVALID', `invalid manifest: ${problem}`);
}
