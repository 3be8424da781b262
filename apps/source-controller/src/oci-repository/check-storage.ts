import type { OCIRepository } from '@fluvial/api';
import { ArtifactError, type ArtifactStorage } from '@fluvial/artifact';
import type { ReconcileContext } from '@fluvial/runtime';
import { types } from './conditions.ts';

/** A collection that takes longer is left for the next run. */
const garbageTimeoutMs = 5_000;

/**
 * First step: collects garbage, and makes sure that the artifact in the status is the file in the store.
 *
 * A file that is gone or was tampered with takes the artifact out of the status, so this run builds it anew.
 * URLs follow the present advertised address.
 */
export async function checkStorage(
  object: OCIRepository,
  storage: ArtifactStorage,
  ctx: ReconcileContext<OCIRepository>,
): Promise<void> {
  object.status ??= {};
  const { status } = object;
  const { artifact } = status;
  let message = 'building artifact';
  if (artifact !== undefined) {
    await collectGarbage(artifact, storage, ctx);
    if (!(await isIntact(artifact, storage, ctx))) {
      message = 'building artifact: disappeared from storage';
      delete status.artifact;
      delete status.url;
    }
  }
  if (status.artifact === undefined) {
    ctx.progress(message);
    ctx.setCondition('Ready', 'Unknown', 'Progressing', message);
    ctx.deleteCondition(types.artifactInStorage);
    return;
  }
  status.artifact.url = storage.urlOf(status.artifact.path);
  if (status.url) status.url = storage.withPresentHost(status.url);
}

type StoredArtifact = NonNullable<NonNullable<OCIRepository['status']>['artifact']>;

async function isIntact(
  artifact: StoredArtifact,
  storage: ArtifactStorage,
  ctx: ReconcileContext<OCIRepository>,
): Promise<boolean> {
  try {
    await storage.verify(artifact, ctx.signal);
    return true;
  } catch (error) {
    if (error instanceof ArtifactError && error.code === 'NOT_FOUND') return false;
    const message = `failed to verify integrity of artifact: ${(error as Error).message}`;
    ctx.event({ severity: 'error', reason: 'ArtifactVerificationFailed', message });
    ctx.log.error(error, 'failed to verify integrity of artifact');
    try {
      await storage.remove(artifact);
    } catch (failure) {
      const text = (failure as Error).message;
      throw new Error(`failed to remove artifact after digest mismatch: ${text}`, { cause: failure });
    }
    return false;
  }
}

async function collectGarbage(
  artifact: StoredArtifact,
  storage: ArtifactStorage,
  ctx: ReconcileContext<OCIRepository>,
): Promise<void> {
  const timeout = new AbortController();
  const cancel = ctx.clock.after(garbageTimeoutMs, () => timeout.abort());
  try {
    const removed = await storage.collectGarbage(artifact, AbortSignal.any([ctx.signal, timeout.signal]));
    if (removed.length === 0) return;
    const message = `garbage collected ${removed.length} artifacts`;
    ctx.event({ severity: 'trace', reason: 'GarbageCollectionSucceeded', message });
    ctx.log.info(message, { artifacts: removed });
  } catch (error) {
    // A full folder is no reason to stop serving what is there.
    ctx.log.debug('garbage collection failed', { error: (error as Error).message });
  } finally {
    cancel();
  }
}
