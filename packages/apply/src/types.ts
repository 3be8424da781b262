import type { KindRef, KubeObject } from '@fluvial/kube';

/** Which object, in which version. `namespace` is `""` for cluster-scoped objects. */
export type ObjectRef = KindRef & { readonly name: string; readonly namespace: string };

/** What happened to one object. */
export type Action = 'created' | 'configured' | 'unchanged' | 'skipped' | 'deleted' | 'unknown';

/** One object's line in a change set. */
export type ChangeEntry = {
  readonly ref: ObjectRef;
  /** `<Kind>/<namespace>/<name>`, without the namespace for cluster-scoped objects. */
  readonly subject: string;
  readonly action: Action;
  /** The object as the server last returned it in this run; absent when nothing had to be asked. Do not change it. */
  readonly live?: KubeObject;
  /** The Job deletes itself when done (`spec.ttlSecondsAfterFinished`), so it may be gone when it is looked at. */
  readonly hasTtl?: boolean;
};

/** All entries in apply order. */
export type ChangeSet = readonly ChangeEntry[];

/** An entry of a Kustomization's `status.inventory`. */
export type InventoryEntry = { readonly id: string; readonly v: string };

/** The object whose applies are tracked by labels on what it applied. */
export type Owner = { readonly name: string; readonly namespace: string };

export type GroupKind = { readonly group: string; readonly kind: string };

/** Fields whose drift does not matter, on the objects that match. */
export type IgnoreRule = {
  /** RFC 6901 pointers, such as `/spec/replicas`. */
  readonly paths: readonly string[];
  /** Whether the rule is about the object; absent: about every object. */
  readonly matches?: (object: KubeObject) => boolean;
};

/** The reference to an object. */
export function refOf(object: KubeObject): ObjectRef {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? '',
  };
}

/** `<Kind>/<namespace>/<name>` or `<Kind>/<name>`, as it stands in events and messages. */
export function formatRef(ref: { kind: string; name: string; namespace?: string }): string {
  return ref.namespace ? `${ref.kind}/${ref.namespace}/${ref.name}` : `${ref.kind}/${ref.name}`;
}

/** Group of an apiVersion, `""` for the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

export function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1);
}
