import type { OCIRepository } from '@fluvial/api';
import { getCondition } from '@fluvial/conditions';

/** Whether a run has to pull, and why. */
export type FetchPlan =
  | { readonly step: 'keep' }
  | { readonly step: 'fetch'; readonly why: 'no-artifact' | 'new-revision' | 'new-rules' };

/** Chooses whether this run pulls. Pure: the same facts give the same plan. */
export function planFetch(spec: OCIRepository['spec'], status: OCIRepository['status'], revision: string): FetchPlan {
  const artifact = status?.artifact;
  if (artifact === undefined) return { step: 'fetch', why: 'no-artifact' };
  if (artifact.revision !== revision) return { step: 'fetch', why: 'new-revision' };
  if (rulesChanged(spec, status)) return { step: 'fetch', why: 'new-rules' };
  return { step: 'keep' };
}

/** Ignore rules and the layer selector shape the tarball: the same revision under others is another artifact. */
export function rulesChanged(spec: OCIRepository['spec'], status: OCIRepository['status']): boolean {
  // No rules and empty rules pack the same, but count as a change.
  if (spec.ignore !== status?.observedIgnore) return true;
  const wanted = spec.layerSelector;
  const observed = status?.observedLayerSelector;
  if (wanted === undefined || observed === undefined) return wanted !== observed;
  return (
    (wanted.mediaType ?? '') !== (observed.mediaType ?? '') || (wanted.operation ?? '') !== (observed.operation ?? '')
  );
}

/** Whether signatures are checked in this run: for a new revision, a new spec, or after a failure. */
export function mustVerify(object: OCIRepository, revision: string): boolean {
  const { spec, status, metadata } = object;
  if (spec.verify === undefined) return false;
  const verified = getCondition(object, 'SourceVerified');
  return (
    status?.artifact?.revision !== revision ||
    verified === undefined ||
    verified.observedGeneration !== metadata.generation ||
    verified.status === 'False'
  );
}
