import type { ObservedState } from './observed-state.ts';
import type { ObjectRef } from './types.ts';

/** Waits until a watch tells of one of the objects, at most so long. Rejects with the signal's reason. */
export function waitForNews(
  refs: readonly ObjectRef[],
  observed: ObservedState,
  maxMs: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const ends: (() => void)[] = [];
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      for (const end of ends) end();
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = () => finish(() => reject(signal?.reason));
    const timer = setTimeout(() => finish(resolve), Math.max(0, maxMs));
    signal?.addEventListener('abort', onAbort, { once: true });
    for (const ref of refs) {
      const end = observed.onChange(ref, () => finish(resolve));
      if (end !== undefined) ends.push(end);
    }
  });
}
