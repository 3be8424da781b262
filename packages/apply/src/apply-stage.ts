import { createHash } from 'node:crypto';
import type { KubeObject } from '@fluvial/kube';
import { check } from './check-member.ts';
import { readControls } from './controls.ts';
import { ApplyError, dryRunError, withChanges } from './errors.ts';
import { judge, lookLightly } from './judge-member.ts';
import { retryFreshKind } from './retry-fresh-kind.ts';
import { runLimited } from './run-limited.ts';
import { isFresh } from './server-calls.ts';
import { waveOf } from './sort-objects.ts';
import type { Member, StageContext } from './stage-member.ts';
import { type ChangeEntry, type ObjectRef, refOf } from './types.ts';
import { write } from './write-member.ts';

/**
 * Applies one stage: finds out what has to be written, has the server check all of it, and only then writes. The README
 * tells which requests that takes.
 *
 * @throws {ApplyError} whose `changes` are what this stage had done
 */
export async function applyStage(objects: readonly KubeObject[], context: StageContext): Promise<ChangeEntry[]> {
  const { observed, concurrency, signal } = context;
  await resolveKinds(objects, context);
  const members = objects.map((object) => createMember(object, context));
  await Promise.all([...kindsOf(members)].map((ref) => observed.watch(ref, signal)));
  for (const member of members) member.standing = judge(member, context);

  const light = members.filter((member) => member.standing.is === 'light');
  await runLimited(light, concurrency, async (member) => {
    member.standing = await lookLightly(member, context);
  });

  const open = members.filter((member) => member.standing.is !== 'done');
  const accepted = await findAccepted(open, context);
  const unchecked = pickUnchecked(open, accepted);
  await runLimited(open, concurrency, async (member) => {
    if (member !== unchecked && !accepted.has(member)) member.standing = await check(member, context);
  });

  const entries = new Map<Member, ChangeEntry>();
  const writeOne = async (member: Member) => {
    const isAccepted = accepted.has(member);
    try {
      entries.set(member, await write(member, context, isAccepted || member === unchecked));
    } catch (error) {
      if (isAccepted && error instanceof ApplyError) context.foreknowledge.wasWrong(member.ref, error.cause);
      throw error;
    }
  };
  try {
    if (unchecked !== undefined) await writeOne(unchecked);
    for (const wave of [0, 1, 2]) {
      const writing = members.filter(
        (member) => member !== unchecked && member.standing.is !== 'done' && waveOf(member.ref.kind) === wave,
      );
      await runLimited(writing, concurrency, writeOne);
    }
  } catch (error) {
    const done = members.flatMap((member) => entryOf(member, entries) ?? []);
    throw error instanceof ApplyError ? withChanges(error, done) : error;
  }
  return members.map((member) => entryOf(member, entries)!);
}

/** Those that need no dry run because it is known that the server takes them. One alone needs none anyway. */
async function findAccepted(open: readonly Member[], context: StageContext): Promise<ReadonlySet<Member>> {
  const accepted = new Set<Member>();
  if (open.length < 2) return accepted;
  for (const member of open) {
    const { standing, object, ref } = member;
    const isNew = standing.is === 'certain' && !standing.exists;
    if (isNew && (await context.foreknowledge.isAccepted(object, ref, context.signal))) accepted.add(member);
  }
  return accepted;
}

/**
 * One object needs no dry run of its own: its apply comes first, when all the others have passed theirs. It is one of
 * those that may be written first; better one that would need a dry run.
 */
function pickUnchecked(open: readonly Member[], accepted: ReadonlySet<Member>): Member | undefined {
  const first = open[0];
  if (first === undefined) return undefined;
  const wave = waveOf(first.ref.kind);
  const certain = open.filter(({ standing, ref }) => standing.is === 'certain' && waveOf(ref.kind) === wave);
  if (!certain.includes(first)) return undefined;
  return certain.find((member) => !accepted.has(member)) ?? first;
}

function entryOf(member: Member, written: ReadonlyMap<Member, ChangeEntry>): ChangeEntry | undefined {
  return member.standing.is === 'done' ? member.standing.entry : written.get(member);
}

async function resolveKinds(objects: readonly KubeObject[], context: StageContext): Promise<void> {
  const { mapper } = context.client;
  const missing = objects.filter((object) => mapper.known(object) === undefined);
  // One after the other: the first answer usually brings the kinds of all the others.
  for (const object of missing) {
    if (mapper.known(object) !== undefined) continue;
    try {
      const resolve = () => mapper.resolve(object.apiVersion, object.kind, { signal: context.signal });
      await (isFresh(object, context) ? retryFreshKind(resolve, context.signal) : resolve());
    } catch (error) {
      context.signal?.throwIfAborted();
      throw dryRunError({ ref: refOf(object), object }, error);
    }
  }
}

function createMember(object: KubeObject, context: StageContext): Member {
  const namespaced = context.client.mapper.known(object)?.namespaced;
  const ref: ObjectRef = namespaced === false ? { ...refOf(object), namespace: '' } : refOf(object);
  return {
    object,
    ref,
    digest: createHash('sha256').update(digestText(object)).digest('base64'),
    controls: readControls(object.metadata, context.controlGroup),
    standing: { is: 'look', exists: undefined },
  };
}

function digestText(object: KubeObject): string {
  return JSON.stringify(object, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

function* kindsOf(members: readonly Member[]): Generator<ObjectRef> {
  const seen = new Set<string>();
  for (const { ref } of members) {
    const key = `${ref.apiVersion}/${ref.kind}`;
    if (!seen.has(key)) yield ref;
    seen.add(key);
  }
}
