import { formatRef, refOf } from '@fluvial/apply';
import type { KubeObject } from '@fluvial/kube';

const decryptKey = 'kustomize.toolkit.fluxcd.io/decrypt';
/** What marks a file that SOPS has encrypted: JSON and binary, YAML, dotenv, INI. */
const markers = ['"mac": "ENC[', 'mac: ENC[', 'sops_mac=ENC[', '[sops]'];

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

/**
 * The first object that decryption would have to change: encrypted as a whole, or a Secret with an encrypted file in
 * its data (as a generator makes it of one).
 */
export function findEncrypted(objects: readonly KubeObject[]): string | undefined {
  const found = objects.find((object) => !isMeantSo(object) && (isEncrypted(object) || hasEncryptedData(object)));
  return found && formatRef(refOf(found));
}

function isEncrypted(object: KubeObject): boolean {
  return (object['sops'] as { mac?: unknown } | null | undefined)?.mac !== undefined;
}

function hasEncryptedData(object: KubeObject): boolean {
  if (object.kind !== 'Secret') return false;
  return Object.entries((object['data'] ?? {}) as Record<string, unknown>).some(([key, value]) => {
    if (typeof value !== 'string') return false;
    const text = Buffer.from(value, 'base64').toString('latin1');
    return (key === 'sops_mac' && text.startsWith('ENC[')) || markers.some((marker) => text.includes(marker));
  });
}

function isMeantSo(object: KubeObject): boolean {
  return object.metadata.annotations?.[decryptKey]?.toLowerCase() === 'disabled';
}
