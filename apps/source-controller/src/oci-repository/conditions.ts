import type { ConditionPolicy } from '@fluvial/runtime';

/** Condition types of an OCIRepository besides Ready, Reconciling and Stalled. */
export const types = {
  storageOperationFailed: 'StorageOperationFailed',
  fetchFailed: 'FetchFailed',
  artifactOutdated: 'ArtifactOutdated',
  artifactInStorage: 'ArtifactInStorage',
  sourceVerified: 'SourceVerified',
} as const;

/** What the controller owns, and how Ready is made of it. */
export const ociRepositoryConditions: ConditionPolicy = {
  owned: Object.values(types),
  summary: [
    types.storageOperationFailed,
    types.fetchFailed,
    types.artifactOutdated,
    types.artifactInStorage,
    types.sourceVerified,
    'Stalled',
    'Reconciling',
  ],
  negative: [types.storageOperationFailed, types.fetchFailed, types.artifactOutdated],
};
