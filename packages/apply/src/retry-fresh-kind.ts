import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, isNoMatch } from '@fluvial/kube';

/** Servers announce and serve a kind a moment after its definition is established; seldom more than a second. */
const longestMs = 5000;

/** Runs the task again while the server does not know the kind yet. Only for kinds that were defined a moment ago. */
export async function retryFreshKind<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let waitMs = 50, waited = 0; ; waitMs *= 2) {
    try {
      return await task();
    } catch (error) {
      if (!isUnknownKind(error) || waited >= longestMs) throw error;
      await sleep(waitMs, undefined, { signal });
      waited += waitMs;
    }
  }
}

function isUnknownKind(error: unknown): boolean {
  return (
    isNoMatch(error) || (error instanceof ApiError && error.code === 404 && !error.details.name && !error.details.kind)
  );
}
