/** One object of a built-in kind as a user writes it, and the collection it goes to. */
export interface Manifest {
  /** Says what is special about it; unique. */
  readonly name: string;
  /** `/api/v1/namespaces/{ns}/pods`. */
  readonly collection: string;
  readonly object: { readonly metadata: { readonly name: string }; readonly [field: string]: unknown };
  readonly namespaced: boolean;
}

type Fields = { readonly [field: string]: unknown };

/** Builds the manifests of one kind. Cluster-scoped ones get a name of the run. */
export function kind(apiVersion: string, kind: string, plural: string, namespaced = true) {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const collection = namespaced ? `${root}/namespaces/{ns}/${plural}` : `${root}/${plural}`;
  return (name: string, fields: Fields, metadata: Fields = {}): Manifest => ({
    name: `${kind}: ${name}`,
    collection,
    object: { apiVersion, kind, metadata: { name: namespaced ? 'it' : 'it-{id}', ...metadata }, ...fields },
    namespaced,
  });
}
