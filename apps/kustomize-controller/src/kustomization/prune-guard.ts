import { createHash } from 'node:crypto';
import { formatRef, type InventoryEntry, type ObjectRef, parseInventoryEntry } from '@fluvial/apply';
import type { KubeObject } from '@fluvial/kube';

/** `enabled` or `disabled`: whether prunes of this owner are guarded, whatever the flag says. */
export const guardAnnotation = 'kustomize.toolkit.fluxcd.io/prune-guard';
/** Confirms one held prune: its value is the token that the condition names. */
export const confirmAnnotation = 'kustomize.toolkit.fluxcd.io/confirm-prune';

export interface GuardPolicy {
  /** For owners without the annotation. */
  readonly enabled: boolean;
  /** Percent of the inventory that may go at once. */
  readonly maxShare: number;
}

/** Deleting one of these deletes what people keep in them. */
const preciousKinds = new Set(['Namespace', 'PersistentVolumeClaim', 'CustomResourceDefinition']);
const shown = 10;

/**
 * Says why the prune is held, as the condition does; undefined when it may go on.
 *
 * @param stale what would be deleted
 * @param before size of the inventory that they were in
 * @param after how many objects the new render has
 */
export function holdPrune(
  owner: KubeObject,
  {
    stale,
    before,
    after,
  }: { readonly stale: readonly InventoryEntry[]; readonly before: number; readonly after: number },
  policy: GuardPolicy,
): string | undefined {
  if (stale.length === 0 || !isGuarded(owner, policy)) return undefined;
  const refs = stale.flatMap((entry) => parseInventoryEntry(entry) ?? []);
  const reasons = reasonsToHold(refs, before, after, policy.maxShare);
  if (reasons.length === 0) return undefined;
  const token = confirmToken(stale);
  if (owner.metadata.annotations?.[confirmAnnotation] === token) return undefined;
  const rest = refs.length > shown ? `, and ${refs.length - shown} more` : '';
  const names = `${refs.slice(0, shown).map(formatRef).join(', ')}${rest}`;
  return `prune held, ${reasons.join(', ')}: [${names}]; to confirm, set the annotation ${confirmAnnotation} to ${token}`;
}

/** Stands for this very set of objects: a confirmation is good for no other. */
export function confirmToken(stale: readonly InventoryEntry[]): string {
  const ids = stale.map(({ id }) => id).sort();
  return createHash('sha256').update(ids.join('\n')).digest('hex').slice(0, 12);
}

function isGuarded(owner: KubeObject, policy: GuardPolicy): boolean {
  const own = owner.metadata.annotations?.[guardAnnotation]?.toLowerCase();
  return own === 'enabled' || (policy.enabled && own !== 'disabled');
}

function reasonsToHold(refs: readonly ObjectRef[], before: number, after: number, maxShare: number): string[] {
  const reasons: string[] = [];
  if (after === 0) reasons.push('the render is empty');
  else if (refs.length * 100 > before * maxShare)
    reasons.push(`it would delete ${refs.length} of ${before} objects (more than ${maxShare}%)`);
  const precious = [...new Set(refs.map(({ kind }) => kind))].filter((kind) => preciousKinds.has(kind)).sort();
  if (precious.length > 0) reasons.push(`it would delete a ${precious.join(' and a ')}`);
  return reasons;
}
