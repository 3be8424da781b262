import type { KubeObject } from '@fluvial/kube';
import { isLeftAlone, readControls } from './controls.ts';
import { includesMap } from './drift.ts';
import { needsTakeover } from './field-takeover.ts';
import { ignoredPaths } from './ignore-rules.ts';
import type { AppliedRecord } from './observed-state.ts';
import { done, type Member, type StageContext, type Standing } from './stage-member.ts';

/** What follows from what is known without asking. */
export function judge(member: Member, context: StageContext): Standing {
  const { ref, controls, digest, object } = member;
  if (isLeftAlone(controls, undefined)) return done(member, 'skipped');
  if (context.migrateApiVersion || context.fullCheck) return { is: 'look', exists: undefined };
  const live = context.observed.live(ref);
  const record = context.observed.recall(ref);
  if (live.state === 'absent') return { is: 'certain', exists: false };
  if (live.state === 'unknown') {
    return record !== undefined && record.digest === digest && !isStale(record, context)
      ? { is: 'light', record }
      : { is: 'look', exists: undefined };
  }
  const { metadata } = live.object;
  const liveControls = readControls(metadata, context.controlGroup);
  if (isLeftAlone(controls, liveControls)) return done(member, 'skipped');
  if (record === undefined) return { is: 'look', exists: true };
  if (record.digest === digest) {
    return !isStale(record, context) && isUntouched(object, record, live.object)
      ? done(member, 'unchanged')
      : { is: 'look', exists: true };
  }
  const mustLook =
    ignoredPaths(context.ignore, object).length > 0 || needsTakeover(metadata, context.fieldManager, context.taken);
  return mustLook ? { is: 'look', exists: true } : { is: 'certain', exists: true, before: live.object };
}

function isStale(record: AppliedRecord, context: StageContext): boolean {
  return context.now() - record.checkedAt >= context.fullCheckAfterMs;
}

/**
 * Whether the live object still is what our last apply left. The generation counts changes of everything but metadata
 * and status; kinds without one have their resource version, which counts everything.
 */
function isUntouched(manifest: KubeObject, record: AppliedRecord, live: KubeObject): boolean {
  const now = live.metadata;
  const then = record.metadata;
  if (now.uid !== then.uid || now.deletionTimestamp !== undefined) return false;
  if (now.resourceVersion === then.resourceVersion) return true;
  if (now.generation === undefined || now.generation !== then.generation) return false;
  return (
    includesMap(now.labels, manifest.metadata.labels) && includesMap(now.annotations, manifest.metadata.annotations)
  );
}

export async function lookLightly(member: Member, context: StageContext): Promise<Standing> {
  const { ref, object, controls, standing } = member;
  if (standing.is !== 'light') return standing;
  const { client, signal } = context;
  let live: KubeObject | undefined;
  try {
    live = await client.find(ref, ref.name, ref.namespace, { metadataOnly: true, signal });
  } catch {
    signal?.throwIfAborted();
    return { is: 'look', exists: undefined };
  }
  if (live === undefined) return { is: 'certain', exists: false };
  if (isLeftAlone(controls, readControls(live.metadata, context.controlGroup))) return done(member, 'skipped');
  return isUntouched(object, standing.record, live) ? done(member, 'unchanged') : { is: 'look', exists: true };
}
