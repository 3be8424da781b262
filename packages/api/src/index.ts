// For everybody who handles objects of the suite's kinds.

// For API servers and whoever installs the suite.
export { allCrds, type CrdVersion, type CustomResourceDefinition, crdOf } from './crd.ts';
export { crdFiles } from './crd-files.ts';
export type { KindDefinition, KindVersion, PrinterColumn } from './define-kind.ts';
export type { Alert } from './kinds/alert.ts';
export type { ArtifactGenerator } from './kinds/artifact-generator.ts';
export type { Bucket } from './kinds/bucket.ts';
export type { ExternalArtifact } from './kinds/external-artifact.ts';
export type { GitRepository } from './kinds/git-repository.ts';
export type { HelmChart } from './kinds/helm-chart.ts';
export type { HelmRelease } from './kinds/helm-release.ts';
export type { HelmRepository } from './kinds/helm-repository.ts';
export type { ImagePolicy } from './kinds/image-policy.ts';
export type { ImageRepository } from './kinds/image-repository.ts';
export type { ImageUpdateAutomation } from './kinds/image-update-automation.ts';
export {
  type Kustomization,
  type KustomizationV1beta1,
  type KustomizationV1beta2,
  kustomization,
} from './kinds/kustomization.ts';
export { type OCIRepository, type OCIRepositoryV1beta2, ociRepository } from './kinds/oci-repository.ts';
export type { Provider } from './kinds/provider.ts';
export type { Receiver } from './kinds/receiver.ts';
export { findKind, kinds, newestApiVersion } from './kinds.ts';
export { schemaOf } from './schema-of.ts';
export type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from './shared/metadata.ts';
export type { Artifact, Condition } from './shared/status.ts';
