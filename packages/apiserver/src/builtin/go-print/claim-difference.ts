import type { JsonObject } from '../../types.ts';
import { internalStruct } from './internal-value.ts';
import { unifiedDiff } from './unified-diff.ts';

/** How a claim's spec was changed: a unified diff with three lines around each change, as the server appends it. */
export function claimDifference(before: JsonObject, after: JsonObject): string {
  const lines = (spec: JsonObject) =>
    JSON.stringify(internalStruct('PersistentVolumeClaimSpec', spec), undefined, 1).split('\n');
  return unifiedDiff(lines(before), lines(after));
}
