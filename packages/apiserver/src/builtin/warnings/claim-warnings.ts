import { asObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { isWhole } from '../validation/quantities.ts';

/** Warnings about the `spec` of a claim, wherever it stands. */
export function claimWarnings(spec: JsonObject, path: string): string[] {
  return ['requests', 'limits'].flatMap((field) => {
    const value = asObject(asObject(spec['resources'])[field])['storage'];
    return value === undefined || isWhole(value)
      ? []
      : [
          `${path}.resources.${field}[storage]: fractional byte value ${JSON.stringify(value)} is invalid, must be an integer`,
        ];
  });
}
