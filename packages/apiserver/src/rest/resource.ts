import type { FieldError } from '@fluvial/schema';
import type { TypeSchema } from '@fluvial/structured-merge';
import type { Bucket } from '../storage/bucket.ts';
import type { JsonObject, KubeObject, TableColumn, UserInfo } from '../types.ts';

/** What a decode found besides errors. */
export interface DecodeReport {
  /** `unknown field "spec.x"`, `duplicate field "a"`, in order. */
  readonly strict: string[];
  /** The object comes from a strategic patch or an apply, not from JSON. Default false. */
  readonly converted?: boolean;
}

/** What a strategy hook may use. */
export interface StrategyContext {
  /** RFC 3339, seconds. */
  readonly now: string;
  /** Looks an object up, for admission (service accounts, storage classes). */
  lookup(bucket: string, key: string): KubeObject | undefined;
  bucket(name: string): Bucket;
  /** All objects of a bucket. */
  list(bucket: string): Iterable<KubeObject>;
  warn(text: string): void;
  /** Who writes; controllers write as nobody. */
  readonly user?: UserInfo;
  /** What of an object is written: `resize`, empty for all of it. */
  readonly subresource: string;
  /** Set for `validate` where the metadata is refused already: nobody is warned then, and no admission asked. */
  readonly refused?: boolean;
}

/**
 * What differs between kinds. All hooks get objects that they may change in place (`object`) and ones they may not
 * (`old`).
 */
export interface Strategy {
  /** Whether `metadata.generation` is kept. */
  readonly generation: boolean;
  /** Whether the change from `old` to `object` bumps the generation; default: anything outside metadata and status. */
  specChanged?(object: KubeObject, old: KubeObject): boolean;
  /** Types, unknown fields, zero values: what decoding into a Go struct does. Throws `StatusError` 400. */
  decode(object: KubeObject, report: DecodeReport): void;
  /** What a new object is compared to for ownership; absent: nothing. */
  zero?(): JsonObject;
  /** Defaults of the API version. */
  defaults(object: KubeObject): void;
  /** Fields the server fills or resets before a create. */
  prepareCreate?(object: KubeObject, context: StrategyContext): void;
  /** The same before an update of the main resource. */
  prepareUpdate?(object: KubeObject, old: KubeObject, context: StrategyContext): void;
  validate(object: KubeObject, old: KubeObject | undefined, context: StrategyContext): FieldError[];
  /** For the status subresource; default none. */
  validateStatus?(object: KubeObject, old: KubeObject, context: StrategyContext): FieldError[];
  /** Error texts about the name; null when it is fine. */
  validateName(name: string, prefix: boolean): string[];
  /** Finalizers that a delete adds, for what has to happen first. */
  finalizersOnDelete?(object: KubeObject): readonly string[];
  /** Object returned instead of a Status by delete. */
  readonly returnsDeleted?: boolean;
  /** PUT or apply of a missing object creates it. Default true (as for nearly all kinds, for apply). */
  readonly createOnUpdate?: boolean;
  /** PUT without a resourceVersion replaces whatever is there. Default true for built-in kinds. */
  readonly unconditionalUpdate: boolean;
  /** Its generation is there from its first change only. */
  readonly generationFromChange?: boolean;
  /** How often an error of labels and the like is a cause of a refused update. Default 2. */
  readonly metaChecks?: number;
}

/** `spec.x`-like paths of the scale subresource. */
export interface ScaleMapping {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath: string | undefined;
}

/** One served version of a resource. */
export interface ServedVersion {
  readonly group: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly served: boolean;
  readonly type: TypeSchema | undefined;
  readonly strategy: Strategy;
  readonly columns: readonly TableColumn[];
  readonly hasStatus: boolean;
  readonly scale: ScaleMapping | undefined;
  readonly deprecationWarning: string | undefined;
  /** From the stored object to this version; the identity for the storage version. */
  fromStorage(object: KubeObject): KubeObject;
  /** From this version to the stored one. */
  toStorage(object: KubeObject): KubeObject;
  readonly isStorage: boolean;
  /** `.spec.x` fields that a custom resource allows in field selectors. */
  readonly selectableFields: readonly string[];
}

/** One resource: a plural name in a group, with all its versions. */
export interface Resource {
  readonly group: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: ReadonlySet<string>;
  readonly subresources: readonly string[];
  readonly versions: ReadonlyMap<string, ServedVersion>;
  /** The stored objects; kinds that are only asked (reviews) have one that stays empty. */
  readonly bucket: Bucket;
  readonly custom: boolean;
  /** Set while a custom resource is being taken away. */
  readonly terminating?: boolean;
}

export function qualified(resource: Resource): { group: string; resource: string } {
  return { group: resource.group, resource: resource.plural };
}

/** Order of the versions of a group as discovery lists them: preferred first. */
export interface GroupInfo {
  readonly group: string;
  readonly versions: readonly string[];
}

export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}
