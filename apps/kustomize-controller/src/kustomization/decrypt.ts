import { isNotFound, type KubeClient } from '@fluvial/kube';
import { StallingError } from '@fluvial/runtime';
import type { Options } from '../options.ts';
import type { Decryption } from './decryption.ts';
import { findEncrypted } from './encrypted-secret.ts';
import { messageOf } from './errors.ts';
import { type KustomizationObject, namespaceOf } from './kustomization-object.ts';

/** Opens the keys of `spec.decryption`; undefined when there is nothing to decrypt with. */
export async function openDecryption(
  object: KustomizationObject,
  { kube, signal }: { readonly kube: KubeClient; readonly options: Options; readonly signal: AbortSignal },
): Promise<Decryption | undefined> {
  const name = object.spec.decryption?.secretRef?.name;
  const namespace = namespaceOf(object);
  if (name) {
    try {
      await kube.get({ apiVersion: 'v1', kind: 'Secret' }, name, namespace, { metadataOnly: true, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      const text = messageOf(error);
      throw new Error(isNotFound(error) ? text : `cannot get sops decryption Secret '${namespace}/${name}': ${text}`, {
        cause: error,
      });
    }
  }
  return {
    fingerprint: 'none',
    async decryptSources() {
      return new Map();
    },
    async decryptObject(object) {
      const found = findEncrypted([object as never]);
      if (found === undefined) return undefined;
      throw new StallingError(
        `${found} is SOPS encrypted, and decryption is not supported by this version of the controller`,
        { reason: 'FeatureNotSupported' },
      );
    },
  };
}
