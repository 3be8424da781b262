import type { KubeObject } from '@fluvial/kube';
import { textAt } from '../../objects/toolkit-object.ts';

const mask = '**SOPS**';
const encodedMask = Buffer.from(mask).toString('base64');
const dockerMask = Buffer.from(JSON.stringify({ mask })).toString('base64');
const cipherMark = 'ENC[AES256_GCM';

/** A Secret that SOPS has encrypted, without its ciphertext: nobody can compare or read it here. */
export function maskSecret(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret') return object;
  if (object['sops'] !== undefined && textAt(object['sops'], 'mac').startsWith('ENC[')) {
    const { sops: _, ...rest } = object;
    const masked = rest as KubeObject;
    for (const field of ['data', 'stringData']) maskAll(masked, field, () => true);
    return masked;
  }
  maskAll(object, 'data', (value) => Buffer.from(value, 'base64').toString('latin1').includes(cipherMark));
  maskAll(object, 'stringData', (value) => value.includes(cipherMark));
  return object;
}

function maskAll(object: KubeObject, field: string, isSecret: (value: string) => boolean): void {
  const values = object[field];
  if (typeof values !== 'object' || values === null) return;
  const encoded = object['type'] === 'kubernetes.io/dockerconfigjson' ? dockerMask : encodedMask;
  const entries = Object.entries(values).map(([key, value]) => {
    if (typeof value !== 'string' || !isSecret(value)) return [key, value];
    return [key, field === 'data' ? encoded : mask];
  });
  object[field] = Object.fromEntries(entries);
}
