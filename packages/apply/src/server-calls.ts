import type { KubeObject } from '@fluvial/kube';
import { retryFreshKind } from './retry-fresh-kind.ts';
import type { Member, StageContext } from './stage-member.ts';
import { groupOf } from './types.ts';

/** Has the server check the object, and tell what it would be. */
export function dryRun(object: KubeObject, context: StageContext): Promise<KubeObject> {
  const { client, fieldManager, signal } = context;
  const send = () => client.apply(object, { dryRun: true, force: true, fieldManager, signal });
  return isFresh(object, context) ? retryFreshKind(send, signal) : send();
}

/** Whether the kind was defined by this run. */
export function isFresh(object: KubeObject, context: StageContext): boolean {
  return context.freshKinds.size > 0 && context.freshKinds.has(`${groupOf(object.apiVersion)}/${object.kind}`);
}

/** Applies for good. */
export function realApply(object: KubeObject, context: StageContext): Promise<KubeObject> {
  const { client, fieldManager, signal } = context;
  const send = () => client.apply(object, { force: true, fieldManager, signal });
  return isFresh(object, context) ? retryFreshKind(send, signal) : send();
}

/** The live object, or undefined when there is none or it cannot be read: then the dry run has the last word. */
export async function readLive(member: Member, context: StageContext): Promise<KubeObject | undefined> {
  const { ref } = member;
  try {
    return await context.client.get(ref, ref.name, ref.namespace, { signal: context.signal });
  } catch {
    context.signal?.throwIfAborted();
    return undefined;
  }
}
