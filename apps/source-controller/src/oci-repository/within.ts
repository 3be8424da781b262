import type { OCIRepository } from '@fluvial/api';
import type { ReconcileContext } from '@fluvial/runtime';

/** Runs a task under the run's own signal and a deadline. */
export async function within<T>(
  ctx: Pick<ReconcileContext<OCIRepository>, 'signal' | 'clock'>,
  timeoutMs: number,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(ctx.signal.reason);
  if (ctx.signal.aborted) onAbort();
  ctx.signal.addEventListener('abort', onAbort, { once: true });
  const cancel = ctx.clock.after(timeoutMs, () => {
    controller.abort(new DOMException('the deadline has passed', 'TimeoutError'));
  });
  try {
    return await task(controller.signal);
  } finally {
    cancel();
    ctx.signal.removeEventListener('abort', onAbort);
  }
}
