import { isNotFound, type KubeClient } from '@fluvial/kube';
import { listenForNews } from './news.ts';
import type { ObservedState } from './observed-state.ts';
import type { ObjectRef } from './types.ts';

/** Deletes the object in the background and waits until it is gone, finalizers included; only the signal ends that. */
export async function deleteAndWait(
  ref: ObjectRef,
  { client, observed, signal }: { client: KubeClient; observed: ObservedState; signal: AbortSignal | undefined },
): Promise<void> {
  const news = listenForNews([ref], observed);
  try {
    await client.delete(ref, ref.name, ref.namespace, { propagationPolicy: 'Background', signal });
    for (let round = 0; ; round++) {
      if ((await client.find(ref, ref.name, ref.namespace, { metadataOnly: true, signal })) === undefined) return;
      await news.wait(Math.min(2000, 50 * 2 ** round), signal);
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  } finally {
    news.close();
  }
}
