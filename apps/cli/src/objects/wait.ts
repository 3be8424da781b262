import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '@fluvial/kube';
import type { Context } from '../framework/context.ts';
import { CliError } from '../framework/errors.ts';
import type { ToolkitKind } from '../kinds.ts';
import { reconciledStateOf, stateOf } from './kstatus.ts';
import { asToolkitObject, isOciHelmRepository, type ToolkitObject } from './toolkit-object.ts';

const firstPauseMs = 100;
const longestPauseMs = 2000;

/**
 * Asks again and again until there is an answer or `--timeout` is over. Pauses grow to two seconds: what is ready at
 * once is seen at once.
 *
 * @throws `context deadline exceeded`, `context canceled`, and whatever `probe` throws.
 */
export async function pollUntil<T>(context: Context, probe: () => Promise<T | undefined>): Promise<T> {
  for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 1.6)) {
    context.deadline.throwIfAborted();
    const answer = await probe();
    if (answer !== undefined) return answer;
    try {
      await sleep(pause, undefined, { signal: context.deadline });
    } catch {
      context.deadline.throwIfAborted();
    }
  }
}

/** Waits until the object is ready in its present generation and returns it. */
export async function waitForReady(
  context: Context,
  kube: KubeClient,
  kind: ToolkitKind,
  name: string,
): Promise<ToolkitObject> {
  return pollUntil(context, async () => {
    const found = await kube.get(kind, name, context.namespace, { signal: context.deadline });
    const object = asToolkitObject(found);
    const settled = kind.isStatic || isOciHelmRepository(object);
    const state = settled ? stateOf(object) : reconciledStateOf(object);
    if (state.is === 'failed') throw new CliError(state.message);
    return state.is === 'current' ? object : undefined;
  });
}
