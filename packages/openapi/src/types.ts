/**
 * An OpenAPI v3 schema node with Kubernetes' extensions, as a kube-apiserver publishes it.
 *
 * A reference is `{ allOf: [{ $ref }] }` or a bare `{ $ref }`; `resolve` of {@link TypeSchema} follows its text.
 */
export interface OpenApiSchema {
  $ref?: string;
  allOf?: OpenApiSchema[];
  oneOf?: OpenApiSchema[];
  anyOf?: OpenApiSchema[];
  type?: string;
  format?: string;
  enum?: unknown[];
  default?: unknown;
  required?: string[];
  properties?: Record<string, OpenApiSchema>;
  additionalProperties?: OpenApiSchema | boolean;
  items?: OpenApiSchema;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-group-version-kind'?: GroupVersionKind[];
}

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

/** A schema and the way to follow its references. */
export interface TypeSchema {
  readonly schema: OpenApiSchema;
  resolve(ref: string): OpenApiSchema | undefined;
}

/** One built-in resource as discovery lists it. */
export interface BuiltinResource {
  readonly group: string;
  readonly version: string;
  /** True where the server prefers this version of the group. */
  readonly preferred: boolean;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

/** One column of the table that the server prints for a resource. */
export interface PrinterColumn {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly name: string;
  readonly type: string;
  readonly format: string;
  /** 0 shows always, 1 and above only with `-o wide`. */
  readonly priority: number;
}

/** How one field of a schema merges. */
export interface MergeKey {
  readonly schema: string;
  /** Empty: the rule is that of the schema itself. */
  readonly field: string;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
}
