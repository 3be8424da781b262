import { keepTimesWithoutChange, parseFieldsV1, updateManagedFields } from '@fluvial/structured-merge';
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  generateNameExhausted,
  invalid,
  notFound,
  STALE_VERSION,
  StatusError,
} from '../errors.ts';
import { invalidValue } from '../field-errors.ts';
import { asString, equalJson } from '../json.ts';
import { askPolicies } from '../policies/admission-policies.ts';
import type { Stored } from '../storage/stored.ts';
import type { KubeObject, ObjectMeta, UserInfo } from '../types.ts';
import { type ApiContext, timestamp } from './api-context.ts';
import { specDiffers, validateMeta, validateMetaUpdate } from './object-meta.ts';
import { partOf, stampConditions } from './object-parts.ts';
import { qualified, type Resource, type ServedVersion, type StrategyContext } from './resource.ts';
import {
  asOftenAsToldUpstream,
  dropServerFields,
  finalizersFor,
  freshMeta,
  markDeleted,
  withoutTimesOfScale,
} from './write-metadata.ts';

/** Where a write goes. */
export interface Target {
  readonly resource: Resource;
  readonly served: ServedVersion;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  /** Empty, `status`, `scale`, … */
  readonly subresource: string;
}

export interface WriteOptions {
  readonly dryRun: boolean;
  /** Name for managed fields. */
  readonly manager: string;
  readonly warn: (text: string) => void;
  readonly user?: UserInfo;
  /** Managed fields are already right (server-side apply). */
  readonly keepManagedFields?: boolean;
  /** The change is none of the desired state. */
  readonly keepGeneration?: boolean;
  /** Last word on whether this may be written: throws. `old` is absent for a create. */
  readonly admit?: (object: KubeObject, old: KubeObject | undefined) => void;
}

export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly preconditions?:
    | { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined }
    | undefined;
  /** Who deletes. Absent: the server itself. */
  readonly user?: UserInfo;
  readonly warn?: (text: string) => void;
  /** It is one of a collection that is deleted. */
  readonly isCollection?: boolean;
}

const STATUS_FIELDS = parseFieldsV1({ 'f:status': {} });
const ALL_BUT_STATUS = parseFieldsV1({ 'f:spec': {}, 'f:metadata': {} });
const SPEC_AND_LABELS = parseFieldsV1({ 'f:spec': {}, 'f:metadata': { 'f:labels': {} } });

const MAX_GENERATED = 63 - 5;

export function keyOf(resource: Resource, namespace: string, name: string): string {
  return resource.namespaced ? `${namespace}/${name}` : name;
}

/** The one way objects change: defaults, admission, validation, ownership, revision. All of it synchronous. */
export class ObjectWriter {
  readonly #api: ApiContext;

  constructor(api: ApiContext) {
    this.#api = api;
  }

  /**
   * Stores a new object.
   *
   * @param object In the served version, decoded; owned by the writer from now on.
   * @returns The stored object in the served version.
   * @throws {StatusError}
   */
  create(target: Target, object: KubeObject, options: WriteOptions): KubeObject {
    const { resource, served, namespace } = target;
    const { strategy } = served;
    const meta = object.metadata;
    const api = this.#api;
    if (resource.terminating === true) {
      throw new StatusError(
        405,
        'MethodNotAllowed',
        'create not allowed while custom resource definition is terminating',
        { group: resource.group, kind: resource.plural },
      );
    }
    const now = api.clock();
    if (resource.namespaced) {
      if (meta.namespace === undefined || meta.namespace === '') meta.namespace = namespace;
      else if (meta.namespace !== namespace) {
        throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
      }
      this.#checkNamespace(resource, namespace, asString(meta.name));
    } else delete meta.namespace; // A request without one clears it.
    if (asString(meta.resourceVersion) !== '' && meta.resourceVersion !== '0') {
      throw internalResourceVersionError();
    }
    const generated = asString(meta.name) === '' && asString(meta.generateName) !== '';
    if (generated) meta.name = meta.generateName!.slice(0, MAX_GENERATED) + api.randomSuffix(5);
    dropServerFields(meta);
    strategy.defaults(object);
    options.admit?.(object, undefined);
    if (options.keepManagedFields !== true) {
      delete meta.managedFields;
      object = this.#own(target, undefined, object, options, now);
    }
    object.metadata = freshMeta(
      object.metadata,
      timestamp(now),
      strategy.generation && strategy.generationFromChange !== true,
    );
    const fresh = object.metadata;
    if (served.hasStatus && !keepsStatusOnCreate(resource)) delete object['status'];
    const context = this.#context(options, now, target.subresource);
    strategy.prepareCreate?.(object, context);
    // A status that was dropped reads as its default: a definition's defaults belong to every decode.
    if (resource.custom) strategy.defaults(object);
    const errors = validateMeta(resource, strategy, fresh);
    errors.push(...strategy.validate(object, undefined, { ...context, refused: errors.length > 0 }));
    if (errors.length > 0) throw invalid(resource, asString(fresh.name), errors);
    this.#askPolicies('CREATE', target, object, undefined, options);
    const key = keyOf(resource, asString(fresh.namespace), fresh.name!);
    const known = resource.bucket.get(key);
    if (known !== undefined) {
      throw generated
        ? generateNameExhausted(qualified(resource), fresh.name!)
        : alreadyExists(
            qualified(resource),
            fresh.name!,
            known.object.metadata.deletionTimestamp === undefined ? '' : 'object is being deleted: ',
          );
    }
    if (options.dryRun) {
      delete fresh.resourceVersion;
      return object;
    }
    const stored = api.store.put(resource.bucket, key, served.toStorage(object));
    return this.read(served, stored);
  }

  /**
   * Replaces an object by what `change` makes of it.
   *
   * @param change Gets the stored object in the served version, which it must not alter; returns a new decoded object,
   * or the very same one when nothing changes.
   */
  update(target: Target, change: (current: KubeObject) => KubeObject, options: WriteOptions): KubeObject {
    const { resource, served, namespace, name, subresource } = target;
    const stored = resource.bucket.get(keyOf(resource, namespace, name));
    if (stored === undefined) throw notFound(qualified(resource), name);
    const current = this.read(served, stored);
    let object = change(current);
    if (object === current) {
      this.#askPolicies('UPDATE', target, current, current, options);
      return current;
    }
    options.admit?.(object, current);
    const api = this.#api;
    const now = api.clock();
    const { strategy } = served;
    this.#checkVersion(target, object.metadata, current);
    if (!resource.namespaced) delete object.metadata.namespace;
    else if (asString(object.metadata.namespace) === '') object.metadata.namespace = namespace;
    if (subresource !== 'status') strategy.defaults(object);
    if (options.keepManagedFields !== true) object = this.#own(target, current, object, options, now);
    // Who sent a field owns it, also where the subresource passes it over.
    object = partOf(subresource, current, object) ?? object;
    if (subresource === 'status') object = withStatusOf(object, current, resource.custom);
    else if (served.hasStatus && subresource === '') {
      if (current['status'] === undefined) delete object['status'];
      else object['status'] = current['status'];
    }
    if (isSigningRequest(resource) && subresource !== '') stampConditions(object, timestamp(now));
    object.metadata.resourceVersion = current.metadata.resourceVersion;
    const context = this.#context(options, now, target.subresource);
    const metaErrors = validateMetaUpdate(resource, object, current);
    const errors = asOftenAsToldUpstream(metaErrors, strategy.metaChecks ?? 2);
    if (subresource === 'status') errors.push(...(strategy.validateStatus?.(object, current, context) ?? []));
    else if (subresource !== 'binding') {
      if (subresource === '') strategy.prepareUpdate?.(object, current, context);
      errors.push(...strategy.validate(object, current, { ...context, refused: errors.length > 0 }));
    }
    if (errors.length > 0) throw invalid(resource, name, errors);
    this.#askPolicies('UPDATE', target, object, current, options);
    if (strategy.generation && subresource !== 'status' && options.keepGeneration !== true) {
      const changed =
        strategy.specChanged?.(object, current) ?? specDiffers(object, current, served.hasStatus || !resource.custom);
      if (changed) object.metadata.generation = (current.metadata.generation ?? 0) + 1;
    }
    const kept = keepTimesWithoutChange(current, object) as KubeObject;
    if (kept === current || equalJson(kept, current)) return current;
    object = kept;
    if (options.dryRun) return object;
    if (isFinished(object)) {
      const last = served.toStorage(object);
      api.store.remove(resource.bucket, stored.key, { ...last, metadata: { ...last.metadata } });
      return object;
    }
    return this.read(served, api.store.put(resource.bucket, stored.key, served.toStorage(object)));
  }

  /**
   * Deletes an object, or marks it when something has to be done first.
   *
   * @returns The last state, and whether it is gone.
   */
  delete(target: Target, options: DeleteOptions): { object: KubeObject; gone: boolean } {
    const { resource, served, namespace, name } = target;
    const { store } = this.#api;
    const stored = resource.bucket.get(keyOf(resource, namespace, name));
    if (stored === undefined) throw notFound(qualified(resource), name);
    const current = stored.object;
    checkPreconditions(resource, name, current, options);
    this.#askPolicies('DELETE', target, undefined, served.fromStorage(current), options);
    const meta = current.metadata;
    const finalizers = finalizersFor(meta, options.propagationPolicy);
    if (meta.deletionTimestamp === undefined) {
      for (const name of served.strategy.finalizersOnDelete?.(current) ?? []) {
        if (!finalizers.includes(name)) finalizers.push(name);
      }
    }
    const waits =
      finalizers.length > 0 ||
      (resource.group === '' && resource.plural === 'namespaces' && hasNamespaceFinalizers(current));
    if (!waits) {
      const last = { ...current, metadata: { ...meta } };
      // A pod's deletion is written before it is done; the answer shows it.
      if (resource.group === '' && resource.plural === 'pods' && meta.deletionTimestamp === undefined)
        markDeleted(last, timestamp(this.#api.clock()));
      if (!options.dryRun) store.remove(resource.bucket, stored.key, last);
      return { object: served.fromStorage(last), gone: true };
    }
    const same = equalJson(finalizers, meta.finalizers ?? []);
    if (meta.deletionTimestamp !== undefined && same) return { object: this.read(served, stored), gone: false };
    const next: KubeObject = { ...current, metadata: { ...meta } };
    if (finalizers.length > 0) next.metadata.finalizers = finalizers;
    else delete next.metadata.finalizers;
    if (meta.deletionTimestamp === undefined) {
      next.metadata.deletionTimestamp = timestamp(this.#api.clock());
      // A namespace goes in its own time.
      if (resource.group !== '' || resource.plural !== 'namespaces') next.metadata.deletionGracePeriodSeconds = 0;
      if (next.metadata.generation !== undefined) next.metadata.generation++;
    }
    if (resource.group === '' && resource.plural === 'namespaces')
      next['status'] = { ...(next['status'] as object), phase: 'Terminating' };
    if (options.dryRun) return { object: served.fromStorage(next), gone: false };
    return { object: this.read(served, store.put(resource.bucket, stored.key, next)), gone: false };
  }

  read(served: ServedVersion, stored: Stored): KubeObject {
    if (served.isStorage) return stored.object;
    return stored.view(served.apiVersion, served.fromStorage).object;
  }

  /** Validating admission. What the server itself writes is not asked about. */
  #askPolicies(
    operation: 'CREATE' | 'UPDATE' | 'DELETE',
    target: Target,
    object: KubeObject | undefined,
    old: KubeObject | undefined,
    { dryRun, user, warn, isCollection }: Pick<DeleteOptions, 'dryRun' | 'user' | 'warn' | 'isCollection'>,
  ): void {
    if (user === undefined || target.subresource === 'scale') return;
    const name = isCollection === true ? '' : (object?.metadata.name ?? target.name);
    askPolicies(this.#api, { operation, target, name, object, old, dryRun, user, warn: warn ?? (() => undefined) });
  }

  #own(target: Target, live: KubeObject | undefined, next: KubeObject, options: WriteOptions, now: Date): KubeObject {
    const { resource, served, subresource } = target;
    // Fields of signing requests belong to nobody.
    if (isSigningRequest(resource)) return next;
    const before = live ?? served.strategy.zero?.();
    const resetFields =
      subresource === 'status'
        ? target.resource.custom
          ? ALL_BUT_STATUS
          : SPEC_AND_LABELS
        : served.hasStatus
          ? STATUS_FIELDS
          : undefined;
    const owned = updateManagedFields({
      ...(before === undefined ? {} : { live: before }),
      next,
      manager: options.manager,
      subresource,
      apiVersion: served.apiVersion,
      ...(served.type === undefined ? {} : { type: served.type }),
      ...(resetFields === undefined ? {} : { resetFields }),
      now,
      typeOf: typesOf(target.resource),
    }) as KubeObject;
    return subresource === 'scale' ? withoutTimesOfScale(owned) : owned;
  }

  #checkVersion(target: Target, meta: ObjectMeta, current: KubeObject): void {
    const { resource, served, name } = target;
    const given = asString(meta.resourceVersion);
    if (!/^\d*$/.test(given)) throw unreadableVersion(given);
    if (given === '' || given === '0') {
      if (served.strategy.unconditionalUpdate || given === '') return;
    }
    if (given !== current.metadata.resourceVersion) throw conflict(qualified(resource), name, STALE_VERSION);
  }

  /** NamespaceLifecycle: nothing new in a namespace that is not there or is going. */
  #checkNamespace(resource: Resource, namespace: string, name: string): void {
    const found = this.#api.store.bucket('/namespaces').get(namespace);
    if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace);
    if (found.object.metadata.deletionTimestamp === undefined) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(qualified(resource), name, why, [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ]);
  }

  #context({ warn, user }: WriteOptions, now: Date, subresource: string): StrategyContext {
    const { store } = this.#api;
    return {
      now: timestamp(now),
      subresource,
      warn,
      ...(user === undefined ? {} : { user }),
      bucket: (name) => store.bucket(name),
      lookup: (bucket, key) => store.buckets.get(bucket)?.get(key)?.object,
      *list(bucket) {
        for (const stored of store.buckets.get(bucket)?.values() ?? []) yield stored.object;
      },
    };
  }
}

function isSigningRequest({ group, plural }: Resource): boolean {
  return plural === 'certificatesigningrequests' && group === 'certificates.k8s.io';
}

export function typesOf(resource: Resource) {
  return (apiVersion: string) => {
    const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
    const served = resource.versions.get(version);
    return served?.apiVersion === apiVersion && served.served ? served.type : undefined;
  };
}

function internalResourceVersionError(): Error {
  return new StatusError(500, '', 'resourceVersion should not be set on objects to be created');
}

/** Upstream's storage says it in Go's words, as a fault of its own. */
function unreadableVersion(given: string): Error {
  return new StatusError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(given)}: invalid syntax`);
}

/** Kinds whose create keeps a given status, because it is part of what they say. */
function keepsStatusOnCreate(resource: Resource): boolean {
  return !resource.custom && (resource.plural === 'nodes' || resource.group === 'authentication.k8s.io');
}

/**
 * What a write to `/status` may change: the status, and for built-in kinds annotations and the like, but neither labels
 * nor anything a client asks for.
 */
function withStatusOf(object: KubeObject, current: KubeObject, custom: boolean): KubeObject {
  const next: KubeObject = { ...current, metadata: { ...current.metadata } };
  if (object['status'] === undefined) delete next['status'];
  else next['status'] = object['status'];
  if (!custom) {
    next.metadata = { ...object.metadata };
    if (current.metadata.labels === undefined) delete next.metadata.labels;
    else next.metadata.labels = current.metadata.labels;
  } else if (object.metadata.managedFields !== undefined) next.metadata.managedFields = object.metadata.managedFields;
  return next;
}

/** Being deleted, with nothing left to wait for. */
function isFinished(object: KubeObject): boolean {
  if (object.metadata.deletionTimestamp === undefined || (object.metadata.finalizers ?? []).length > 0) return false;
  return !(object.kind === 'Namespace' && object.apiVersion === 'v1' && hasNamespaceFinalizers(object));
}

function hasNamespaceFinalizers(object: KubeObject): boolean {
  const spec = object['spec'] as { finalizers?: unknown[] } | undefined;
  return (spec?.finalizers ?? []).length > 0;
}

function checkPreconditions(resource: Resource, name: string, current: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { metadata } = current;
  // Upstream names the kind here, not the resource.
  const what = { group: resource.group, resource: resource.kind };
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      what,
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      what,
      name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

/** For PUT on kinds that want a resourceVersion. */
export function requireVersion(target: Target, meta: ObjectMeta): void {
  if (target.served.strategy.unconditionalUpdate || asString(meta.resourceVersion) !== '') return;
  // Upstream names the resource here, not the kind.
  throw invalid({ group: target.resource.group, kind: target.resource.plural }, target.name, [
    invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
  ]);
}
