import type { JsonObject } from '@fluvial/go-text';

export type { JsonObject };

/**
 * The part of an OpenAPI v3 schema that patches and field ownership read. Every other keyword is ignored here, so the
 * wider `JsonSchema` of `@fluvial/schema` can be passed as it is.
 */
export interface JsonSchema {
  readonly $ref?: string;
  readonly allOf?: readonly JsonSchema[];
  readonly type?: string;
  readonly properties?: { readonly [name: string]: JsonSchema };
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly default?: unknown;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly [keyword: string]: unknown;
}

/**
 * The schema of one kind: its root and how to follow `$ref`. `resolve` gets the whole reference text, for example
 * `#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec`.
 *
 * Compiled forms are cached by this object's identity: hand out the same object for the same kind.
 */
export interface TypeSchema {
  readonly schema: JsonSchema;
  resolve(ref: string): JsonSchema | undefined;
}

/** One entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  manager?: string;
  operation?: 'Apply' | 'Update';
  apiVersion?: string;
  /** RFC 3339 in UTC, seconds. */
  time?: string;
  fieldsType?: string;
  fieldsV1?: JsonObject;
  subresource?: string;
}

/** One field that another manager owns with another value. */
export interface FieldConflict {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339, or empty when the entry had none. */
  readonly time: string;
  /** As upstream prints it, for example `.spec.template.spec.containers[name="app"].image`. */
  readonly field: string;
}
