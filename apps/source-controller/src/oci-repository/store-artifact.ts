import type { OCIRepository } from '@fluvial/api';
import type { ArtifactRecord, ArtifactStorage } from '@fluvial/artifact';
import { isReady } from '@fluvial/conditions';
import { type ReconcileContext, requestedAtAnnotation } from '@fluvial/runtime';
import { types } from './conditions.ts';
import { storageFailed } from './failures.ts';
import type { Source } from './fetch-source.ts';

/**
 * Last step: writes the content to the store and the artifact to the status.
 *
 * @throws {TransientError} with `StorageOperationFailed`; the artifact of before is served on
 */
export async function storeArtifact(
  object: OCIRepository,
  source: Source,
  storage: ArtifactStorage,
  ctx: ReconcileContext<OCIRepository>,
): Promise<void> {
  object.status ??= {};
  const { status, spec } = object;
  if (source.step === 'keep') {
    const message = `artifact up-to-date with remote revision: '${source.revision}'`;
    // Told when somebody asked or something was wrong; an event at every interval would be a request at every interval.
    if (!isQuiet(ctx.before)) ctx.event({ severity: 'trace', reason: 'ArtifactUpToDate', message });
    ctx.log.info(message);
    markStored(source.revision, ctx);
    return;
  }
  const { namespace = '', name } = object.metadata;
  const location = storage.locate({ kind: object.kind, namespace, name }, source.revision, `${source.digest}.tar.gz`);
  const { content } = source;
  let artifact: ArtifactRecord;
  try {
    artifact = await storage.write(location, content.kind === 'bytes' ? content.bytes : content.open());
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    const text =
      spec.layerSelector?.operation === 'copy'
        ? 'unable to copy artifact to storage'
        : 'unable to archive artifact to storage';
    throw storageFailed('ArchiveOperationFailed', text, error);
  } finally {
    if (content.kind === 'stream') await content.dispose();
  }
  const hasAnnotations = Object.keys(source.annotations).length > 0;
  status.artifact = { ...artifact, ...(hasAnnotations ? { metadata: { ...source.annotations } } : {}) };
  if (spec.ignore === undefined) delete status.observedIgnore;
  else status.observedIgnore = spec.ignore;
  if (spec.layerSelector === undefined) delete status.observedLayerSelector;
  else status.observedLayerSelector = { ...spec.layerSelector };
  // A field of v1beta2 that the observed… fields replaced.
  if ('contentConfigChecksum' in status) delete status['contentConfigChecksum'];
  try {
    status.url = await storage.link(artifact, 'latest.tar.gz');
  } catch (error) {
    const message = `failed to update status URL symlink: ${(error as Error).message}`;
    ctx.event({ severity: 'trace', reason: 'SymlinkUpdateFailed', message });
    ctx.log.error(error, 'failed to update status URL symlink');
  }
  ctx.deleteCondition(types.storageOperationFailed);
  markStored(source.revision, ctx);
}

/** Whether a run came by its interval alone, over an object that is well. */
function isQuiet(object: OCIRepository): boolean {
  const { metadata, status } = object;
  const requestedAt = metadata.annotations?.[requestedAtAnnotation];
  return (
    metadata.generation === status?.observedGeneration &&
    (requestedAt === undefined || requestedAt === status?.lastHandledReconcileAt) &&
    isReady(object)
  );
}

function markStored(revision: string, ctx: ReconcileContext<OCIRepository>): void {
  ctx.deleteCondition(types.artifactOutdated);
  ctx.setCondition(types.artifactInStorage, 'True', 'Succeeded', `stored artifact for digest '${revision}'`);
}
