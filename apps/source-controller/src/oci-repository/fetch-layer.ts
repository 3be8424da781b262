import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OCIRepository } from '@fluvial/api';
import {
  ArtifactError,
  type ByteSource,
  checkArchive,
  createSourceFilter,
  type ExtractLimits,
  extractArchive,
  memoryIgnoreRules,
  packMemoryTree,
  packTreeStream,
  parseIgnoreRules,
  readArchive,
  readIgnoreRules,
} from '@fluvial/artifact';
import { type Descriptor, type FetchedImage, type OciClient, OciError, type Reference } from '@fluvial/oci';
import { fetchFailed, storageFailed } from './failures.ts';

const MiB = 1024 * 1024;

/** Bounds of a source. Flux has none here; a registry must not fill a node's disk. */
export const sourceLimits: ExtractLimits = {
  maxBytes: 1024 * MiB,
  maxEntries: 250_000,
  maxNameBytes: 4096,
  maxDepth: 255,
};
const maxLayerBytes = 1024 * MiB;

/** What is unpacked in memory; more goes over the disk. */
const memoryLimits: ExtractLimits = { ...sourceLimits, maxBytes: 32 * MiB, maxEntries: 20_000 };
const memoryLayerBytes = 16 * MiB;

const lastingCodes: ReadonlySet<string> = new Set(['NOT_GZIP', 'ARCHIVE_INVALID', 'ENTRY_NAME', 'ENTRY_TYPE', 'LIMIT']);

/** Whether a layer was refused for what it holds: its digest was right, so it will hold the same at every try. */
export function isRefusal(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof ArtifactError && lastingCodes.has(cause.code);
}

/** Content to store: in memory when small, else a stream with a folder behind it. */
export type LayerContent =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; open(): AsyncIterable<Uint8Array>; dispose(): Promise<void> };

/** A client that reads one repository. */
export interface LayerSource {
  readonly client: Pick<OciClient, 'getImage' | 'pullBlob'>;
  readonly reference: Reference;
  /** Bounds the pull. */
  readonly signal: AbortSignal;
  /** Bounds the packing that goes on after the pull, while the content is written. */
  readonly packing: AbortSignal;
}

/** Reads the manifest; an index means its linux/amd64 image. @throws {TransientError} `OCIArtifactPullFailed` */
export async function fetchImage(
  spec: OCIRepository['spec'],
  { client, reference, signal }: LayerSource,
): Promise<FetchedImage> {
  try {
    return await client.getImage(reference, { signal });
  } catch (error) {
    throw fetchFailed('OCIArtifactPullFailed', `failed to pull artifact from '${spec.url}'`, error);
  }
}

/**
 * Picks the layer that the selector means: the first of its media type, or the first.
 *
 * @throws {TransientError} `OCIArtifactLayerOperationFailed`
 */
export function selectLayer(spec: OCIRepository['spec'], image: Pick<FetchedImage, 'manifest'>): Descriptor {
  const { layers } = image.manifest;
  const first = layers[0];
  if (first === undefined) throw fetchFailed('OCIArtifactLayerOperationFailed', 'no layers found in artifact');
  const mediaType = spec.layerSelector?.mediaType;
  if (!mediaType) return first;
  const layer = layers.find((candidate) => candidate.mediaType === mediaType);
  if (layer === undefined) {
    throw fetchFailed(
      'OCIArtifactLayerOperationFailed',
      `failed to find layer with media type '${mediaType}' in artifact`,
    );
  }
  return layer;
}

/**
 * Pulls a layer, verified by its digest before anything looks into it, and makes the content to store: the layer itself
 * for `copy`, otherwise its files packed anew under the ignore rules.
 *
 * @throws {TransientError} `OCIArtifactLayerOperationFailed`, `OCIArtifactPullFailed`, `DirectoryCreationFailed`
 */
export async function fetchLayer(
  spec: OCIRepository['spec'],
  layer: Descriptor,
  source: LayerSource,
): Promise<LayerContent> {
  const isCopy = spec.layerSelector?.operation === 'copy';
  const failed = (error: unknown): Error =>
    fetchFailed(
      'OCIArtifactLayerOperationFailed',
      isCopy ? 'failed to copy layer from artifact' : 'failed to extract layer contents from artifact',
      error,
    );
  if (layer.size > maxLayerBytes) {
    throw failed(new ArtifactError('LIMIT', `layer is bigger than max layer size of ${maxLayerBytes} bytes`));
  }
  if (layer.size <= memoryLayerBytes) {
    try {
      const bytes = await readLayer(layer, source);
      if (isCopy) return { kind: 'bytes', bytes };
      const packed = await repackInMemory(bytes, spec.ignore, source.signal);
      if (packed !== undefined) return { kind: 'bytes', bytes: packed };
      return await repackOnDisk(() => bytes, undefined, spec.ignore, source);
    } catch (error) {
      throw asFailure(error, failed);
    }
  }
  const folder = await makeFolder();
  try {
    const file = join(folder, 'layer');
    await saveLayer(layer, file, source);
    const read = (): AsyncIterable<Uint8Array> => createReadStream(file, { highWaterMark: 256 * 1024 });
    if (isCopy) return { kind: 'stream', open: read, dispose: () => rm(folder, { recursive: true, force: true }) };
    return await repackOnDisk(read, folder, spec.ignore, source);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw asFailure(error, failed);
  }
}

function asFailure(error: unknown, failed: (error: unknown) => Error): unknown {
  return error instanceof ArtifactError || error instanceof OciError ? failed(error) : error;
}

async function readLayer(layer: Descriptor, { client, reference, signal }: LayerSource): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await client.pullBlob(reference, layer, { signal, maxBytes: maxLayerBytes }))
    chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

async function saveLayer(layer: Descriptor, file: string, { client, reference, signal }: LayerSource): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of await client.pullBlob(reference, layer, { signal, maxBytes: maxLayerBytes })) {
      let at = 0;
      while (at < chunk.length) at += (await handle.write(chunk, at)).bytesWritten;
    }
  } finally {
    await handle.close();
  }
}

/** Most artifacts are a few kilobytes: they never touch the disk. Undefined when this one is too large for that. */
async function repackInMemory(
  bytes: Uint8Array,
  ignore: string | undefined,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  let tree: Awaited<ReturnType<typeof readArchive>>;
  try {
    tree = await readArchive(bytes, { limits: memoryLimits, signal });
  } catch (error) {
    if (error instanceof ArtifactError && error.code === 'LIMIT') return undefined;
    throw error;
  }
  const rules = [...memoryIgnoreRules(tree), ...(ignore === undefined ? [] : parseIgnoreRules(ignore))];
  return (await packMemoryTree(tree, createSourceFilter(rules))).bytes;
}

async function repackOnDisk(
  read: () => ByteSource,
  owned: string | undefined,
  ignore: string | undefined,
  { signal, packing }: LayerSource,
): Promise<LayerContent> {
  // Judged whole before a file is written: a million entries cost seconds to write and to remove.
  await checkArchive(read(), { limits: sourceLimits, signal });
  const folder = owned ?? (await makeFolder());
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const tree = join(folder, 'tree');
    await mkdir(tree, { mode: 0o700 });
    await extractArchive(read(), tree, { limits: sourceLimits, signal });
    const rules = [...(await readIgnoreRules(tree)), ...(ignore === undefined ? [] : parseIgnoreRules(ignore))];
    return {
      kind: 'stream',
      open: () => packTreeStream(tree, { ignore: createSourceFilter(rules), signal: packing }),
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function makeFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), `ocirepository-${randomBytes(4).toString('hex')}-`));
  } catch (error) {
    throw storageFailed('DirectoryCreationFailed', 'failed to create temporary working directory', error);
  }
}
