import { randomUUID } from 'node:crypto';
import type { FieldError } from '@fluvial/schema';
import type { KubeObject, ObjectMeta } from '../types.ts';
import type { DeleteOptions } from './object-writer.ts';

/** What the server does to metadata on the way into the store. */

/** Metadata of a new object, in the order in which Go declares it. */
export function freshMeta(given: ObjectMeta, now: string, counts: boolean): ObjectMeta {
  const { name, generateName, namespace, generation, uid: _uid, creationTimestamp: _at, ...rest } = given;
  return {
    ...(name === undefined ? {} : { name }),
    ...(generateName === undefined ? {} : { generateName }),
    ...(namespace === undefined ? {} : { namespace }),
    uid: randomUUID(),
    // The store fills it in.
    resourceVersion: '',
    // Kinds that do not count it keep what they are given, as upstream.
    ...(counts ? { generation: 1 } : generation === undefined ? {} : { generation }),
    creationTimestamp: now,
    ...rest,
  };
}

export function dropServerFields(meta: ObjectMeta): void {
  delete meta.resourceVersion;
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  delete meta['selfLink'];
}

/**
 * Upstream's layers look at metadata one after the other, and the causes show it: at what identifies an object twice, at
 * its labels and the like as often as its kind has it.
 */
export function asOftenAsToldUpstream(errors: readonly FieldError[], times: number): FieldError[] {
  if (errors.length === 0) return [];
  const isLoose = ({ field }: FieldError) => /^metadata\.(labels|annotations|ownerReferences)/.test(field);
  const loose = errors.filter(isLoose);

  return [...errors, ...errors, ...Array.from({ length: times - 2 }, () => loose).flat()];
}

/** Upstream keeps no time for owners by scale. */
export function withoutTimesOfScale(object: KubeObject): KubeObject {
  const managedFields = object.metadata.managedFields?.map((entry) => {
    if (entry.subresource !== 'scale') return entry;
    const { time: _time, ...rest } = entry;
    return rest;
  });
  return managedFields === undefined ? object : { ...object, metadata: { ...object.metadata, managedFields } };
}

export function markDeleted({ metadata }: KubeObject, now: string): void {
  metadata.deletionTimestamp = now;
  metadata.deletionGracePeriodSeconds = 0;
  if (metadata.generation !== undefined) metadata.generation++;
}

export function finalizersFor(meta: ObjectMeta, policy: DeleteOptions['propagationPolicy']): string[] {
  const kept = [...(meta.finalizers ?? [])];
  if (policy === undefined) return kept;
  const others = kept.filter((name) => name !== 'orphan' && name !== 'foregroundDeletion');
  if (policy === 'Orphan') return [...others, 'orphan'];
  if (policy === 'Foreground') return [...others, 'foregroundDeletion'];
  return others;
}
