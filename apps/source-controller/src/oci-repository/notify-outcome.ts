import type { OCIRepository } from '@fluvial/api';
import { getCondition } from '@fluvial/conditions';
import { annotationKeys } from '@fluvial/oci';
import type { ReconcileContext, RunSummary } from '@fluvial/runtime';
import { types } from './conditions.ts';

/** Conditions whose going is news by itself. */
const failures: readonly string[] = [types.fetchFailed, types.storageOperationFailed];

/**
 * After a run: tells of a new artifact, or of a recovery; and lets a failed verification decide Ready, whatever else is.
 */
export function notifyOutcome(object: OCIRepository, run: RunSummary, ctx: ReconcileContext<OCIRepository>): void {
  const verified = getCondition(object, types.sourceVerified);
  if (verified?.status === 'False') ctx.markNotReady(verified.reason, verified.message);
  if (run.error !== undefined || run.suspended || run.result?.next !== 'interval') return;
  const artifact = object.status?.artifact;
  if (artifact === undefined) return;
  const reason = newsOf(ctx.before, object);
  if (reason === undefined) return;
  const message = describeArtifact(object.spec.url, artifact);
  ctx.event({
    severity: 'info',
    reason,
    message,
    metadata: {
      'source.toolkit.fluxcd.io/revision': artifact.revision,
      'source.toolkit.fluxcd.io/digest': artifact.digest,
    },
  });
  ctx.log.info(message);
}

/** `NewArtifact` for other bytes than before, `Succeeded` after a failure, undefined when there is no news. Pure. */
export function newsOf(before: OCIRepository, after: OCIRepository): 'NewArtifact' | 'Succeeded' | undefined {
  if (before.status?.artifact?.digest !== after.status?.artifact?.digest) return 'NewArtifact';
  const failedBefore = (before.status?.conditions ?? []).some(({ type }) => failures.includes(type));
  const failsNow = (after.status?.conditions ?? []).some(({ type }) => failures.includes(type));
  return failedBefore && !failsNow ? 'Succeeded' : undefined;
}

function describeArtifact(
  url: string,
  artifact: NonNullable<NonNullable<OCIRepository['status']>['artifact']>,
): string {
  const message = `stored artifact with revision '${artifact.revision}' from '${url}'`;
  const source = artifact.metadata?.[annotationKeys.source];
  const revision = artifact.metadata?.[annotationKeys.revision];
  return source && revision ? `${message}, origin source '${source}', origin revision '${revision}'` : message;
}
