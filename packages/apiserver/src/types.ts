import type { TypeSchema } from '@fluvial/structured-merge';

/** A JSON object as parsed: string keys, own properties only. */
export type JsonObject = { [key: string]: unknown };

/** The parts of `metadata` that the server reads or writes. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: { [key: string]: string };
  annotations?: { [key: string]: string };
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: JsonObject[];
  [field: string]: unknown;
}

/** Any Kubernetes object. Stored objects are shared between requests: never change one, make a new one. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** Who makes a request, after impersonation. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: { readonly [key: string]: readonly string[] };
}

/** What an authorizer is asked. `name` is empty for collections. */
export interface AuthorizationAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Set for paths that are not resources, such as `/healthz`. */
  readonly path?: string;
}

export interface AuthorizationDecision {
  readonly allowed: boolean;
  readonly reason?: string;
}

/** Decides whether a user may do something. */
export type Authorizer = (user: UserInfo, attributes: AuthorizationAttributes) => AuthorizationDecision;

export type Clock = () => Date;

/** Structured log: a constant message and fields. */
export type Log = (message: string, fields?: JsonObject) => void;

/** One printer column of a table. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
  /** Custom resources only. */
  readonly jsonPath?: string;
}

export type { TypeSchema };
