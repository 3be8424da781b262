// For everybody who handles objects of the suite's kinds.

// For API servers and whoever installs the suite.
export { allCrds, type CrdVersion, type CustomResourceDefinition, crdOf } from './crd.ts';
export { crdFiles } from './crd-files.ts';
export type { KindDefinition, KindVersion, PrinterColumn } from './define-kind.ts';
export type { Kustomization, KustomizationV1beta1, KustomizationV1beta2 } from './kinds/kustomization.ts';
export { kustomization } from './kinds/kustomization.ts';
export type { OCIRepository, OCIRepositoryV1beta2 } from './kinds/oci-repository.ts';
export { ociRepository } from './kinds/oci-repository.ts';
export { findKind, kinds, newestApiVersion } from './kinds.ts';
export type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from './shared/metadata.ts';
export type { Artifact, Condition } from './shared/status.ts';
export { defaultObject, schemaOf, type UntypedObject, validateObject } from './validate.ts';
