import { cloneJson, goJson, isObject, jsonEqual, shallowCopy } from '@fluvial/go-text';
import { compareTyped } from './compare-typed.ts';
import { ConflictError, MergeError } from './errors.ts';
import {
  emptyFieldSet,
  type FieldSet,
  isEmptySet,
  setsEqual,
  subtractSet,
  subtractSetDeep,
  unionSets,
} from './field-set.ts';
import {
  capUpdateOwners,
  formatTime,
  managedFieldsOf,
  type Owner,
  type Owners,
  ownerId,
  readOwners,
  withManagedFields,
  writeOwners,
} from './managed-fields.ts';
import { mergeTyped } from './merge-typed.ts';
import { migrateOwners, moveOwnership, type OwnershipTypes, pruneApplied, stripOwner } from './ownership.ts';
import { compileType, type TypeNode } from './type-node.ts';
import { assertTyped, checkTyped, fieldSetOf } from './typed-value.ts';
import type { JsonObject, ManagedFieldsEntry, TypeSchema } from './types.ts';

/** What every write that tracks ownership needs to know. */
export interface OwnershipRequest {
  /** Field manager's name, at most 128 characters. Empty is `unknown`. */
  readonly manager: string;
  /** `apiVersion` in which the request was made, for example `apps/v1`. */
  readonly apiVersion: string;
  /** Empty or absent for the main resource, else for example `status` or `scale`. */
  readonly subresource?: string;
  /** Schema in `apiVersion`. Absent: types are deduced (maps granular, lists atomic). */
  readonly type?: TypeSchema;
  /** Wall clock for new entries; whole seconds are kept. */
  readonly now: Date | string;
  /**
   * Schemas of the kind's other versions, for managers that wrote in them. `undefined` says the version is no longer
   * served: its managers lose their entries. Without this function every version has the schema of `type`.
   */
  readonly typeOf?: (apiVersion: string) => TypeSchema | undefined;
  /** Fields that this endpoint resets (for example `status` on the main resource): no manager gains them by this request. */
  readonly resetFields?: FieldSet;
}

export interface ApplyRequest extends OwnershipRequest {
  /** The stored object, absent when it has to be created. Never changed. */
  readonly live?: JsonObject;
  /** The applied configuration, without `metadata.managedFields`. Never changed. */
  readonly applied: JsonObject;
  /** Take conflicting fields. Default false. */
  readonly force?: boolean;
  /** What the kind is before anybody writes to it; nobody owns what is as there. Default: nothing but the type. */
  readonly zero?: JsonObject;
}

export interface ApplyResult {
  /** The merged object with `metadata.managedFields`. It is `live` itself when nothing changed. */
  readonly object: JsonObject;
  /** Whether anything differs from `live`, ownership included. */
  readonly changed: boolean;
}

export interface UpdateRequest extends OwnershipRequest {
  /** The stored object, absent on create. */
  readonly live?: JsonObject;
  /** The object about to be stored, after defaulting and admission. */
  readonly next: JsonObject;
  /** Default `Update`. */
  readonly operation?: 'Update';
}

const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Applies a configuration the way the Kubernetes API server does (`PATCH` with `application/apply-patch+yaml`).
 * Defaulting, admission and storage follow in the caller, then {@link keepTimesWithoutChange}.
 *
 * Source of the rules: sigs.k8s.io/structured-merge-diff and k8s.io/apimachinery `util/managedfields`.
 *
 * @throws {ConflictError} fields are owned by other managers with other values and `force` is not set
 * @throws {MergeError} `TYPE_MISMATCH`, `MANAGED_FIELDS_INVALID`, `APPLY_INVALID`
 */
export function applyServerSide(request: ApplyRequest): ApplyResult {
  const { applied, apiVersion, live } = request;
  const types = typesOf(request);
  if (applied['apiVersion'] !== apiVersion) {
    throw new MergeError('APPLY_INVALID', `invalid object type: ${printKind(applied)}`);
  }
  if (managedFieldsOf(applied) !== undefined && managedFieldsOf(applied) !== null) {
    throw new MergeError('APPLY_INVALID', 'metadata.managedFields must be nil');
  }
  const owners = decodeForApply(live);
  const base = inVersion(live, apiVersion) ?? { apiVersion, kind: applied['kind'] };
  assertTyped(types.node, applied, false, `failed to create typed patch object (${describe(applied)})`);
  assertLive(types.node, base, `failed to create typed live object (${describe(base)})`);

  if (owners.size === 0 && live !== undefined) {
    // Nobody tracked this object yet: what it holds belongs to the time before the first apply.
    const empty = request.zero ?? { apiVersion, kind: live['kind'] };
    recordUpdate(empty, base, owners, 'before-first-apply', request, types);
  }
  const attempt = (force: boolean): JsonObject => applyOnce(base, owners, request, types, force);
  let object: JsonObject;
  try {
    object = attempt(request.force === true);
  } catch (error) {
    if (!(error instanceof ConflictError) || request.manager !== 'kubectl') throw error;
    if (!ownedByClientSideApply(error, base, apiVersion, types.node)) throw error;
    object = attempt(true);
  }
  const kubectlObject = request.manager === 'kubectl' ? withLastApplied(object, applied) : object;
  return finish(live, kubectlObject === base && live !== undefined ? live : kubectlObject, owners);
}

/** One try; `owners` changes only when it succeeds. Returns the merged object, `base` itself without a change. */
function applyOnce(
  base: JsonObject,
  owners: Owners,
  request: ApplyRequest,
  types: OwnershipTypes,
  force: boolean,
): JsonObject {
  const next: Owners = new Map(owners);
  migrateOwners(next, types);
  const merged = mergeTyped(types.node, base, request.applied) as JsonObject;
  const identity = {
    manager: request.manager === '' ? 'unknown' : request.manager,
    operation: 'Apply',
    apiVersion: request.apiVersion,
    subresource: request.subresource ?? '',
  } as const;
  const self = ownerId(identity);
  const last = next.get(self);
  let set = fieldSetOf(types.node, request.applied);
  if (types.resetFields !== undefined) set = subtractSetDeep(set, types.resetFields);
  next.set(self, { ...identity, time: last?.time, set, entry: undefined });
  const pruned = pruneApplied(merged, last, next, types);
  moveOwnership(base, pruned, next, self, force, types);
  stripOwner(next, self);

  const unchanged = pruned === base || jsonEqual(pruned, base);
  const owner = next.get(self);
  if (owner !== undefined) next.set(self, renewed(owner, last, unchanged ? last?.time : formatTime(request.now)));
  owners.clear();
  for (const [id, value] of next) owners.set(id, value);
  return unchanged ? base : pruned;
}

/** The applier's entry; the very one it had when it says the same. */
function renewed(owner: Owner, last: Owner | undefined, time: string | undefined): Owner {
  if (
    last !== undefined &&
    last.time === time &&
    last.apiVersion === owner.apiVersion &&
    setsEqual(last.set, owner.set)
  ) {
    return last;
  }
  return { ...owner, time, entry: undefined };
}

/**
 * Recomputes `metadata.managedFields` for a create, update or non-apply patch.
 * Returns `next` with its new managedFields (a shallow copy of the object and its metadata).
 *
 * An object that was never tracked stays so, unless this request creates it. `managedFields: []` or `[{}]` in `next`
 * ends tracking. What cannot be read in `next` is taken from `live`. Never throws for the objects' content: one that
 * does not fit its schema loses its managedFields, as on an API server.
 */
export function updateManagedFields(request: UpdateRequest): JsonObject {
  const { live, next, apiVersion } = request;
  const types = typesOf(request);
  const owners = decodeForUpdate(request);
  const plain = withManagedFields(next, undefined);
  const isCreate = !(isObject(live?.['metadata']) && live['metadata']['uid']);
  if (owners.size === 0 && !isCreate) return plain;
  const base = inVersion(live, apiVersion) ?? { apiVersion, kind: next['kind'] };
  if (checkTyped(types.node, plain, true) !== undefined || !isTypedLive(types.node, base)) return plain;
  recordUpdate(base, plain, owners, request.manager, request, types);
  return withManagedFields(plain, writeOwners(owners));
}

/** Enters what changed from `live` to `next` as an update by `manager`. */
function recordUpdate(
  live: JsonObject,
  next: JsonObject,
  owners: Owners,
  manager: string,
  request: OwnershipRequest,
  types: OwnershipTypes,
): void {
  const identity = {
    manager: manager === '' ? 'unknown' : manager,
    operation: 'Update',
    apiVersion: request.apiVersion,
    subresource: request.subresource ?? '',
  } as const;
  const self = ownerId(identity);
  migrateOwners(owners, types);
  // The request acts as an owner of its own, so that an unchanged value is not taken from the same manager's entry.
  const changes = moveOwnership(live, next, owners, '', true, types);
  let set = unionSets(changes.modified, changes.added);
  if (types.resetFields !== undefined) set = subtractSetDeep(set, types.resetFields);
  const scratch: Owners = new Map([[self, { ...identity, time: undefined, set, entry: undefined }]]);
  stripOwner(scratch, self);
  const gained = scratch.get(self)?.set;
  if (gained !== undefined && gained !== emptyFieldSet) {
    const previous = owners.get(self)?.set ?? emptyFieldSet;
    owners.set(self, {
      ...identity,
      time: formatTime(request.now),
      set: unionSets(gained, previous),
      entry: undefined,
    });
  }
  capUpdateOwners(owners);
}

/**
 * Gives `next` the managedFields times of `live` when the two differ in nothing else, as the API server does so that a
 * write without effect stays without effect. Returns `live` itself in that case, else `next`.
 */
export function keepTimesWithoutChange(live: JsonObject, next: JsonObject): JsonObject {
  if (live === next) return live;
  const before = managedFieldsOf(live);
  const after = managedFieldsOf(next);
  if (!Array.isArray(before) || !Array.isArray(after) || before.length !== after.length || before.length === 0) {
    return next;
  }
  for (let i = 0; i < before.length; i++) if (!sameButTime(before[i], after[i])) return next;
  const { metadata: liveMeta, ...liveRest } = live;
  const { metadata: nextMeta, ...nextRest } = next;
  const { managedFields: _l, ...liveMetaRest } = liveMeta as JsonObject;
  const { managedFields: _n, ...nextMetaRest } = nextMeta as JsonObject;
  return jsonEqual(liveMetaRest, nextMetaRest) && jsonEqual(liveRest, nextRest) ? live : next;
}

function sameButTime(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b)) return false;
  const { time: _a, ...left } = a as ManagedFieldsEntry;
  const { time: _b, ...right } = b as ManagedFieldsEntry;
  return jsonEqual(left, right);
}

function finish(live: JsonObject | undefined, object: JsonObject, owners: Owners): ApplyResult {
  const entries = writeOwners(owners);
  if (live !== undefined && object === live) {
    const before = managedFieldsOf(live);
    const same = Array.isArray(before) && before.length === entries.length;
    if (same && entries.every((entry, i) => entry === before[i] || jsonEqual(entry, before[i]))) {
      return { object: live, changed: false };
    }
  }
  return { object: withManagedFields(object, entries), changed: true };
}

function typesOf(request: OwnershipRequest): OwnershipTypes {
  const { apiVersion, typeOf } = request;
  const node = compileType(request.type);
  return {
    apiVersion,
    node,
    resetFields: request.resetFields,
    nodeOf: (version) => {
      if (version === apiVersion || typeOf === undefined) return node;
      const type = typeOf(version);
      if (type === undefined) return undefined;
      return compileType(type);
    },
  };
}

/** The stored object as the request sees it: versions differ in nothing but their name here. */
function inVersion(live: JsonObject | undefined, apiVersion: string): JsonObject | undefined {
  return live === undefined || live['apiVersion'] === apiVersion ? live : { ...live, apiVersion };
}

function decodeForApply(live: JsonObject | undefined): Owners {
  try {
    return readOwners(managedFieldsOf(live));
  } catch (cause) {
    if (!(cause instanceof MergeError)) throw cause;
    throw new MergeError(cause.code, `failed to decode managed fields: ${cause.message}`, { cause });
  }
}

function decodeForUpdate({ live, next, subresource }: UpdateRequest): Owners {
  if (subresource === undefined || subresource === '') {
    const given = managedFieldsOf(next);
    if (Array.isArray(given)) {
      const first: unknown = given[0];
      const resets = given.length === 0 || (given.length === 1 && isObject(first) && Object.keys(first).length === 0);
      if (resets) return new Map();
    }
    const owners = readOrUndefined(given);
    if (owners !== undefined && owners.size > 0) return owners;
  }
  return readOrUndefined(managedFieldsOf(live)) ?? new Map();
}

function readOrUndefined(entries: unknown): Owners | undefined {
  try {
    return readOwners(entries);
  } catch {
    // A request with unreadable managedFields is not refused here: validation of the object comes later.
    return undefined;
  }
}

// Stored objects are immutable and meet many requests: one check is enough.
const checkedLive = new WeakMap<JsonObject, TypeNode>();

function assertLive(node: TypeNode, live: JsonObject, prefix: string): void {
  if (checkedLive.get(live) === node) return;
  assertTyped(node, live, true, prefix);
  checkedLive.set(live, node);
}

function isTypedLive(node: TypeNode, live: JsonObject): boolean {
  if (checkedLive.get(live) === node) return true;
  if (checkTyped(node, live, true) !== undefined) return false;
  checkedLive.set(live, node);
  return true;
}

function describe(object: JsonObject): string {
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const namespace = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : '';
  const name = typeof metadata['name'] === 'string' ? metadata['name'] : '';
  return `${namespace}/${name}; ${printKind(object)}`;
}

function printKind(object: JsonObject): string {
  const apiVersion = typeof object['apiVersion'] === 'string' ? object['apiVersion'] : '';
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${String(object['kind'] ?? '')}`;
}

function annotationsOf(object: JsonObject): JsonObject | undefined {
  const metadata = object['metadata'];
  if (!isObject(metadata) || !isObject(metadata['annotations'])) return undefined;
  return metadata['annotations'];
}

/**
 * Whether all conflicts of a `kubectl` apply are over fields that client-side apply set and nobody changed since: their
 * ownership passes to server-side apply without force.
 */
function ownedByClientSideApply(error: ConflictError, live: JsonObject, apiVersion: string, node: TypeNode): boolean {
  const text = annotationsOf(live)?.[lastAppliedAnnotation];
  if (typeof text !== 'string' || text === '') return false;
  let lastApplied: unknown;
  try {
    lastApplied = JSON.parse(text);
  } catch {
    return false;
  }
  if (!isObject(lastApplied) || lastApplied['apiVersion'] !== apiVersion) return false;
  if (checkTyped(node, lastApplied, false) !== undefined || checkTyped(node, live, false) !== undefined) return false;
  const { added, modified, removed } = compareTyped(node, lastApplied, live);
  const unchanged = subtractSet(subtractSet(subtractSet(fieldSetOf(node, lastApplied), modified), added), removed);
  return isEmptySet(subtractSet(error.fields, unchanged));
}

/** Keeps the annotation of client-side apply in step, when there is one. */
function withLastApplied(object: JsonObject, applied: JsonObject): JsonObject {
  const annotations = annotationsOf(object);
  if (!annotations?.[lastAppliedAnnotation]) return object;
  const copy = cloneJson(applied);
  const appliedAnnotations = annotationsOf(copy);
  if (appliedAnnotations !== undefined) {
    delete appliedAnnotations[lastAppliedAnnotation];
    if (Object.keys(appliedAnnotations).length === 0) delete (copy['metadata'] as JsonObject)['annotations'];
  }
  const text = `${goJson(copy)}\n`;
  if (text === annotations[lastAppliedAnnotation]) return object;
  const metadata = shallowCopy(object['metadata'] as JsonObject);
  metadata['annotations'] = { ...annotations, [lastAppliedAnnotation]: text };
  return { ...object, metadata };
}
