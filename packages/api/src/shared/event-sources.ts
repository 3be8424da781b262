import { map, oneOf, required, string } from '../schema-builder.ts';

/** Kinds that could be referred to from the start. */
export const oldestKinds = [
  'Bucket',
  'GitRepository',
  'Kustomization',
  'HelmRelease',
  'HelmChart',
  'HelmRepository',
  'ImageRepository',
  'ImagePolicy',
  'ImageUpdateAutomation',
  'OCIRepository',
] as const;

/** Kinds that can be referred to now. */
export const newestKinds = [...oldestKinds, 'ArtifactGenerator', 'ExternalArtifact'] as const;

/** Fields of a reference across namespaces, by name or labels. */
export function crossReferenceFields<const K extends readonly string[]>(kinds: K, maxLength: number) {
  return {
    apiVersion: string('API version of the object.'),
    kind: required(oneOf('Kind of the object.', kinds)),
    matchLabels: map('Labels that the object must have.', string('Value of the label.')),
    name: required(string('Name of the object; `*` for all.', { maxLength, minLength: 1 })),
    namespace: string('Namespace of the object; this one’s own when empty.', { maxLength, minLength: 1 }),
  };
}
