import type { KubeClient, KubeObject } from '@fluvial/kube';
import type { Controls } from './controls.ts';
import type { TakenManager } from './field-takeover.ts';
import type { Foreknowledge } from './foreknowledge.ts';
import { type AppliedRecord, type ObservedState, slimMetadata } from './observed-state.ts';
import { type Action, type ChangeEntry, formatRef, type IgnoreRule, type ObjectRef } from './types.ts';

/** What applying the objects of a stage needs to know; one per `applySet`. */
export type StageContext = {
  readonly client: KubeClient;
  readonly fieldManager: string;
  readonly controlGroup: string;
  readonly observed: ObservedState;
  readonly foreknowledge: Foreknowledge;
  readonly concurrency: number;
  readonly taken: readonly TakenManager[];
  readonly migrateApiVersion: boolean;
  readonly fullCheckAfterMs: number;
  readonly now: () => number;
  readonly force: boolean;
  readonly ignore: readonly IgnoreRule[];
  readonly fullCheck: boolean;
  /** `group/kind` of what this run's own definitions define. */
  readonly freshKinds: ReadonlySet<string>;
  readonly signal: AbortSignal | undefined;
};

/**
 * How an object stands before the stage writes anything.
 *
 * - `done`: nothing to write.
 * - `certain`: it must be written, and what is known proves it (absent, or our own manifest changed): no look needed.
 * - `light`: it is as we left it if the live metadata are; they have to be read.
 * - `look`: live object and dry run decide. `exists` tells what is known of the first.
 * - `write`: the look said so.
 */
export type Standing =
  | { readonly is: 'done'; readonly entry: ChangeEntry }
  | { readonly is: 'certain'; readonly exists: boolean; readonly before?: KubeObject }
  | { readonly is: 'light'; readonly record: AppliedRecord }
  | { readonly is: 'look'; readonly exists: boolean | undefined }
  | {
      readonly is: 'write';
      readonly exists: boolean;
      readonly before?: KubeObject;
      readonly payload?: KubeObject;
      readonly patch?: readonly unknown[];
      readonly recreate?: boolean;
    };

/** One object on its way through a stage. */
export type Member = {
  readonly object: KubeObject;
  readonly ref: ObjectRef;
  readonly digest: string;
  readonly controls: Controls;
  standing: Standing;
};

/** Keeps what the server returned of the object, so that the next run knows it as ours. */
export function remember(member: Member, live: KubeObject, context: StageContext): void {
  context.observed.record(member.ref, {
    digest: member.digest,
    metadata: slimMetadata(live.metadata),
    checkedAt: context.now(),
    wasCurrent: false,
  });
}

/** The standing of an object that needs no write. */
export function done(member: Member, action: Action, live?: KubeObject): Standing {
  return { is: 'done', entry: entry(member, action, live) };
}

/** The object's line in the change set. */
export function entry(member: Member, action: Action, live?: KubeObject): ChangeEntry {
  const { object, ref } = member;
  const spec = object.spec as { ttlSecondsAfterFinished?: unknown } | undefined;
  const hasTtl = object.kind === 'Job' && spec?.ttlSecondsAfterFinished !== undefined;
  return { ref, subject: formatRef(ref), action, ...(live && { live }), ...(hasTtl && { hasTtl }) };
}
