/** One field manager's entry in `metadata.managedFields`. */
export type ManagedFieldsEntry = {
  readonly manager?: string;
  readonly operation?: 'Apply' | 'Update';
  readonly apiVersion?: string;
  readonly time?: string;
  readonly fieldsType?: string;
  readonly fieldsV1?: Record<string, unknown>;
  readonly subresource?: string;
};

/** A reference from a dependent object to its owner. */
export type OwnerReference = {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
};

/** Metadata that every Kubernetes object carries. Times are RFC 3339 strings, versions are opaque strings. */
export type ObjectMeta = {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string | null;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFieldsEntry[];
  [field: string]: unknown;
};

/** Any Kubernetes object. Nothing is dropped on the way: unknown fields travel as they came. */
export type KubeObject = {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
};

/** A kind in one version; every object is one. */
export type KindRef = { readonly apiVersion: string; readonly kind: string };

/** A list as the server sends it; items have their `apiVersion` and `kind` filled in. */
export type KubeList<T extends KubeObject = KubeObject> = {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items: T[];
};

/** What discovery knows of one kind in one version. */
export type ResourceInfo = {
  /** `""` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Names of the subresources, such as `status` and `scale`. */
  readonly subresources: readonly string[];
};

/** The words that Kubernetes' authorization uses for requests. */
export type RequestVerb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'raw';

/** What `onRequest` is told when a request has ended; of a retried request each attempt is told. */
export type RequestInfo = {
  readonly verb: RequestVerb;
  readonly method: string;
  readonly group: string;
  readonly version: string;
  /** Plural name, `""` for requests outside the resources (discovery, probes). */
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly dryRun: boolean;
  /** HTTP status, `0` when no answer came. */
  readonly code: number;
  readonly durationMs: number;
};

/** Accepted by every call. */
export type CallOptions = {
  signal?: AbortSignal;
  /** Whole time for the call's one attempt, milliseconds. Default: the client's `timeoutMs`. */
  timeoutMs?: number;
};

export type GetOptions = CallOptions & {
  subresource?: string;
  /** Asks for `PartialObjectMetadata`: the metadata alone, small on the wire. */
  metadataOnly?: boolean;
  resourceVersion?: string;
};

export type ListOptions = CallOptions & {
  /** Absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Objects a page, default 500. `list` follows the pages to the end whatever it is. */
  limit?: number;
  metadataOnly?: boolean;
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
};

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export type WriteOptions = CallOptions & {
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: FieldValidation;
  subresource?: string;
};

export type ApplyOptions = WriteOptions & {
  /** Takes fields over from other managers instead of failing with a conflict. */
  force?: boolean;
};

export type PatchType = 'merge' | 'json' | 'strategic' | 'apply';

export type PatchOptions = ApplyOptions & {
  type: PatchType;
  /** The patch: an object, or an array of operations for `json`. */
  body: unknown;
  /** Asks for `PartialObjectMetadata` as answer. */
  metadataOnly?: boolean;
};

export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

export type DeleteOptions = CallOptions & {
  propagationPolicy?: PropagationPolicy;
  preconditions?: { uid?: string; resourceVersion?: string };
  gracePeriodSeconds?: number;
  dryRun?: boolean;
};

export type DeleteCollectionOptions = DeleteOptions & {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
};

export type WatchOptions = {
  signal?: AbortSignal;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Where to start. Absent: the server sends the present state as ADDED events first. */
  resourceVersion?: string;
  /** Default true. */
  allowBookmarks?: boolean;
  /** The server ends the watch after so many seconds. Default: random between 300 and 600. */
  timeoutSeconds?: number;
  /**
   * The stream is given up when no byte came for so long, milliseconds. Servers send bookmarks about once a
   * minute, so silence means a half-open socket. Default 150 000; 0 switches it off.
   */
  idleTimeoutMs?: number;
  metadataOnly?: boolean;
};

/** One event of a watch. An ERROR event is never delivered: the iteration throws its `ApiError`. */
export type WatchEvent<T extends KubeObject = KubeObject> = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
};

/** A request that no other method covers. */
export type RawRequest = CallOptions & {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  /** Path with its query, such as `/readyz?verbose`. */
  path: string;
  /** An object is sent as JSON; a string or bytes go as they are. */
  body?: unknown;
  contentType?: string;
  accept?: string;
  headers?: Record<string, string>;
  maxBytes?: number;
};

export type RawResponse = {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
  text(): string;
  /** @throws {KubeError} `BAD_RESPONSE` when the body is not JSON. */
  json(): unknown;
};

/** An identity to act as. */
export type Impersonation = {
  user: string;
  groups?: readonly string[];
  uid?: string;
  extra?: Readonly<Record<string, readonly string[]>>;
};
