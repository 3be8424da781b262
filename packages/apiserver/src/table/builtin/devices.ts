import { asArray, asObject, asString, dig } from '../../json.ts';
import type { KubeObject } from '../../types.ts';
import type { Cells } from './texts.ts';

function claimState(object: KubeObject): string {
  const status = asObject(object['status']);
  const leaving = object.metadata.deletionTimestamp !== undefined;
  const words = leaving ? ['deleted'] : [];
  if (status['allocation'] !== undefined) words.push('allocated');
  else if (!leaving) words.push('pending');
  if (asArray(status['reservedFor']).length > 0) words.push('reserved');
  return words.join(',');
}

/** The columns of dynamically allocated devices. */
export const deviceCells: readonly (readonly [resource: string, Cells])[] = [
  ['resource.k8s.io/resourceclaims', (object) => ({ State: claimState(object) })],
  [
    'resource.k8s.io/resourceslices',
    (object) => {
      const { nodeName, driver, pool } = asObject(object['spec']);
      return { Node: asString(nodeName), Driver: asString(driver), Pool: asString(dig(pool, 'name')) };
    },
  ],
];
