import { StallingError } from '@fluvial/runtime';
import type { KustomizationObject } from './kustomization-object.ts';

/** Reason of the Stalled condition for fields that this version does not act on. */
export const notSupportedReason = 'FeatureNotSupported';

/**
 * Refuses fields that would change what is applied, and where, if they were ignored.
 *
 * @throws {StallingError} `FeatureNotSupported`, `FeatureGateDisabled`
 */
export function assertSupported(object: KustomizationObject): void {
  const { spec } = object;
  if (spec.decryption?.serviceAccountName) {
    throw new StallingError(
      'to use spec.decryption.serviceAccountName for decryption authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
      { reason: 'FeatureGateDisabled' },
    );
  }
  for (const field of unsupportedFields(object)) {
    throw new StallingError(`${field} is not supported by this version of the controller`, {
      reason: notSupportedReason,
    });
  }
}

/**
 * Refuses what only decryption could make useful; `found` is the first such object.
 *
 * @throws {StallingError} `FeatureNotSupported`
 */
export function assertDecrypted(found: string | undefined): void {
  if (found === undefined) return;
  throw new StallingError(
    `${found} is SOPS encrypted, and decryption is not supported by this version of the controller`,
    { reason: notSupportedReason },
  );
}

function unsupportedFields({ spec }: KustomizationObject): string[] {
  const fields: string[] = [];
  if (spec.kubeConfig && !spec.kubeConfig.secretRef) fields.push('spec.kubeConfig.configMapRef');
  return fields;
}
