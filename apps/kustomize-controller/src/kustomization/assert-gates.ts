import { StallingError } from '@fluvial/runtime';
import type { Gates } from '../options.ts';
import type { KustomizationObject } from './kustomization-object.ts';

/**
 * Refuses what a feature gate keeps off: ignored, it would change with whose rights something is done.
 *
 * @throws {StallingError} `FeatureGateDisabled`
 */
export function assertGatesAllow(object: KustomizationObject, gates: Gates): void {
  if (object.spec.decryption?.serviceAccountName && !gates.ObjectLevelWorkloadIdentity) {
    throw new StallingError(
      'to use spec.decryption.serviceAccountName for decryption authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
      { reason: 'FeatureGateDisabled', observed: false },
    );
  }
}
