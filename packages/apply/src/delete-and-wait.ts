import { isNotFound, type KubeClient } from '@fluvial/kube';
import type { ObservedState } from './observed-state.ts';
import type { ObjectRef } from './types.ts';
import { waitForNews } from './wait-for-news.ts';

/** Deletes the object in the background and waits until it is gone, finalizers included; only the signal ends that. */
export async function deleteAndWait(
  ref: ObjectRef,
  { client, observed, signal }: { client: KubeClient; observed: ObservedState; signal: AbortSignal | undefined },
): Promise<void> {
  try {
    await client.delete(ref, ref.name, ref.namespace, { propagationPolicy: 'Background', signal });
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  for (let round = 0; ; round++) {
    if ((await client.find(ref, ref.name, ref.namespace, { metadataOnly: true, signal })) === undefined) return;
    await waitForNews([ref], observed, Math.min(2000, 50 * 2 ** round), signal);
  }
}
