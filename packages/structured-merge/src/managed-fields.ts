import { compareText, goQuote, isObject } from '@fluvial/go-text';
import { MergeError } from './errors.ts';
import { emptyFieldSet, type FieldSet, isEmptySet, setsEqual, unionSets } from './field-set.ts';
import { formatFieldsV1, parseFieldsV1 } from './fields-v1.ts';
import type { JsonObject, ManagedFieldsEntry } from './types.ts';

/** One owner: an entry of managedFields with its set read. */
export interface Owner {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339, or undefined when the entry has none. */
  readonly time: string | undefined;
  readonly set: FieldSet;
  /** The entry it was read from; reused in the output while it still says the same. */
  readonly entry: ManagedFieldsEntry | undefined;
}

/** Owners by {@link ownerId}. */
export type Owners = Map<string, Owner>;

/**
 * What tells entries apart: manager, operation and subresource; for updates the version too. Appliers have one entry
 * whatever version they last used. Also the order in which messages list managers.
 */
export function ownerId(owner: Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const id: JsonObject = {};
  if (owner.manager !== '') id['manager'] = owner.manager;
  id['operation'] = owner.operation;
  if (owner.operation === 'Update' && owner.apiVersion !== '') id['apiVersion'] = owner.apiVersion;
  if (owner.subresource !== '') id['subresource'] = owner.subresource;
  return JSON.stringify(id);
}

/** `metadata.managedFields` of an object, or undefined. */
export function managedFieldsOf(object: JsonObject | undefined): unknown {
  const metadata = object?.['metadata'];
  return isObject(metadata) ? metadata['managedFields'] : undefined;
}

/**
 * Reads `metadata.managedFields`.
 *
 * @throws {MergeError} `MANAGED_FIELDS_INVALID`
 */
export function readOwners(entries: unknown): Owners {
  const owners: Owners = new Map();
  if (entries === undefined || entries === null) return owners;
  if (!Array.isArray(entries)) throw invalid('managedFields is not a list');
  entries.forEach((entry: unknown, index) => {
    const owner = readOwner(entry, index);
    owners.set(ownerId(owner), owner);
  });
  return owners;
}

function readOwner(value: unknown, index: number): Owner {
  if (!isObject(value)) throw invalid(`managedFields entry ${index} is not an object`);
  const entry = value as ManagedFieldsEntry;
  if (entry.operation !== 'Apply' && entry.operation !== 'Update')
    throw invalid('operation must be `Apply` or `Update`');
  if (typeof entry.apiVersion !== 'string' || entry.apiVersion === '') throw invalid('apiVersion must not be empty');
  if (!entry.fieldsType) throw invalid(`missing fieldsType in managed fields entry ${index}`);
  if (entry.fieldsType !== 'FieldsV1') {
    throw invalid(`invalid fieldsType ${goQuote(String(entry.fieldsType))} in managed fields entry ${index}`);
  }
  return {
    manager: text(entry.manager),
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    subresource: text(entry.subresource),
    time: typeof entry.time === 'string' ? entry.time : undefined,
    set: entry.fieldsV1 === undefined || entry.fieldsV1 === null ? emptyFieldSet : parseFieldsV1(entry.fieldsV1),
    entry,
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function invalid(message: string): MergeError {
  return new MergeError('MANAGED_FIELDS_INVALID', message);
}

/** The owner with another set; the same owner when the set says the same. */
export function withSet(owner: Owner, set: FieldSet): Owner {
  return set === owner.set || setsEqual(set, owner.set) ? owner : { ...owner, set, entry: undefined };
}

/** Entries in the order of an API server: appliers first, then by time, manager, version and subresource. */
export function writeOwners(owners: Owners): ManagedFieldsEntry[] {
  return [...owners.values()].sort(compareOwners).map(writeOwner);
}

function writeOwner(owner: Owner): ManagedFieldsEntry {
  if (owner.entry !== undefined) return owner.entry;
  const entry: ManagedFieldsEntry = {};
  if (owner.manager !== '') entry.manager = owner.manager;
  entry.operation = owner.operation;
  entry.apiVersion = owner.apiVersion;
  if (owner.time !== undefined) entry.time = owner.time;
  entry.fieldsType = 'FieldsV1';
  entry.fieldsV1 = formatFieldsV1(owner.set);
  if (owner.subresource !== '') entry.subresource = owner.subresource;
  return entry;
}

function compareOwners(a: Owner, b: Owner): number {
  return (
    compareText(a.operation, b.operation) ||
    secondsOf(a.time) - secondsOf(b.time) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

function secondsOf(time: string | undefined): number {
  const milliseconds = time === undefined ? 0 : Date.parse(time);
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}

/** A time as entries hold it: RFC 3339 in UTC, whole seconds. */
export function formatTime(now: Date | string): string {
  return `${(typeof now === 'string' ? new Date(now) : now).toISOString().slice(0, 19)}Z`;
}

const maxUpdateOwners = 10;
const ancientManager = 'ancient-changes';

/** Bounds the number of Update entries at ten: the oldest of a version are merged into one named `ancient-changes`. */
export function capUpdateOwners(owners: Owners): void {
  const updates = [...owners].filter(([, owner]) => owner.operation === 'Update');
  if (updates.length <= maxUpdateOwners) return;
  updates.sort(([a, x], [b, y]) => secondsOf(x.time) - secondsOf(y.time) || compareText(a, b));
  let count = updates.length;
  const firstOfVersion = new Map<string, string>();
  for (const [id, owner] of updates) {
    if (count <= maxUpdateOwners) return;
    const { apiVersion } = owner;
    const first = firstOfVersion.get(apiVersion);
    if (first === undefined) {
      firstOfVersion.set(apiVersion, id);
      continue;
    }
    const bucket: Owner = {
      manager: ancientManager,
      operation: 'Update',
      apiVersion,
      subresource: '',
      time: owner.time,
      set: emptyFieldSet,
      entry: undefined,
    };
    const bucketId = ownerId(bucket);
    let collected = owners.get(bucketId)?.set;
    if (collected === undefined) {
      collected = owners.get(first)?.set ?? emptyFieldSet;
      owners.delete(first);
    }
    owners.delete(id);
    owners.set(bucketId, { ...bucket, set: unionSets(owner.set, collected) });
    count--;
  }
}

/** Drops owners of nothing. */
export function dropEmptyOwners(owners: Owners): void {
  for (const [id, owner] of owners) if (isEmptySet(owner.set)) owners.delete(id);
}

/** The object with these entries, or without managedFields when there are none. Shares everything else. */
export function withManagedFields(object: JsonObject, entries: ManagedFieldsEntry[] | undefined): JsonObject {
  const before = isObject(object['metadata']) ? object['metadata'] : {};
  const { managedFields: _old, ...metadata } = before;
  if (entries !== undefined && entries.length > 0) metadata['managedFields'] = entries;
  return { ...object, metadata };
}
