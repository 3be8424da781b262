import type { ObservedState } from './observed-state.ts';
import type { ObjectRef } from './types.ts';

/** Remembers whether a watch told of one of the objects, so that nothing is missed between two looks at them. */
export type News = {
  /** Waits until there is news since the last wait, at most so long. Rejects with the signal's reason. */
  wait(maxMs: number, signal?: AbortSignal): Promise<void>;
  close(): void;
};

/** Begins to listen at once; `close` must be called. Objects of kinds that are not watched bring no news. */
export function listenForNews(refs: readonly ObjectRef[], observed: ObservedState): News {
  let isNew = false;
  let wake: (() => void) | undefined;
  const onNews = () => {
    isNew = true;
    wake?.();
  };
  const ends = refs.flatMap((ref) => observed.onChange(ref, onNews) ?? []);
  return {
    wait(maxMs, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const finish = (settle: () => void) => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
          wake = undefined;
          isNew = false;
          settle();
        };
        const onAbort = () => finish(() => reject(signal?.reason));
        const timer = setTimeout(() => finish(resolve), isNew ? 0 : Math.max(0, maxMs));
        signal?.addEventListener('abort', onAbort, { once: true });
        wake = () => finish(resolve);
      });
    },
    close() {
      for (const end of ends) end();
    },
  };
}
