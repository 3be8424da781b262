import { formatRef, refOf } from '@fluvial/apply';
import type { KubeObject } from '@fluvial/kube';

const decryptKey = 'kustomize.toolkit.fluxcd.io/decrypt';

/**
 * Says which Secret is still encrypted, or undefined when none is: applied as it stands it would be useless to its
 * readers. A Secret annotated `kustomize.toolkit.fluxcd.io/decrypt: disabled` is meant to be so.
 */
export function findEncryptedSecret(objects: readonly KubeObject[]): string | undefined {
  const found = objects.find(
    (object) =>
      object.kind === 'Secret' && object.apiVersion === 'v1' && object['sops'] !== undefined && !isMeantSo(object),
  );
  if (found === undefined) return undefined;
  return `${formatRef(refOf(found))} is SOPS encrypted, configuring decryption is required for this secret to be reconciled`;
}

function isMeantSo(object: KubeObject): boolean {
  return object.metadata.annotations?.[decryptKey]?.toLowerCase() === 'disabled';
}
