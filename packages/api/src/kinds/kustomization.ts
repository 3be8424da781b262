import { columns, defineKind, type ObjectOfKind } from '../define-kind.ts';
import { array, boolean, integer, map, object, oneOf, required, string, timestamp } from '../schema-builder.ts';
import { interval, looseDuration } from '../shared/durations.ts';
import { legacyPatchFields } from '../shared/kustomize-legacy.ts';
import {
  commonMetadata,
  dependencyFields,
  dependencyWithExprFields,
  dependsOn,
  healthCheckExprs,
  ignoreRules,
  image,
  kubeConfig,
  localRef,
  objectReference,
  optionalFlag,
  patch,
  sourceRefFields,
} from '../shared/references.ts';
import { commonStatusFields, inventory, status } from '../shared/status.ts';

const decryptionFields = {
  provider: required(oneOf('Tool that encrypted the files.', ['sops'])),
  secretRef: localRef('Secret with private keys or cloud credentials.'),
};

const substituteFields = {
  kind: required(oneOf('Kind of the object with variables.', ['Secret', 'ConfigMap'])),
  name: required(string('Name of the object with variables.', { maxLength: 253, minLength: 1 })),
};
const substituteFromWithOptional = array(
  'Objects whose data are variables; later ones win.',
  object('One object with variables.', {
    ...substituteFields,
    optional: optionalFlag('Whether the object may be missing.'),
  }),
);
const substitute = map('Variables by name; they win over `substituteFrom`.', string('Value of the variable.'));
const postBuildDescription = 'What happens to the manifests after the build.';

/** Fields that every version has, in the same form. */
const commonFields = {
  force: boolean('Recreates objects whose immutable fields change.', { default: false }),
  healthChecks: array('Objects whose health is waited for.', objectReference),
  images: array('Image replacements that are merged into the kustomization file.', image),
  patches: array('Patches that are appended to those of the kustomization file.', patch),
  path: string('Directory in the source with the kustomization file or plain manifests; the root when empty.'),
  // Manifests of 2022 have none; reading treats an absent one as false, and no default is written into the object.
  prune: boolean('Deletes objects that vanish from the source; false when absent.'),
  serviceAccountName: string('ServiceAccount that is impersonated for every request to the cluster.'),
  suspend: boolean('Stops reconciliation, and deletion of applied objects when this object is deleted.'),
  targetNamespace: string('Namespace that all namespaced objects are moved to.', { maxLength: 63, minLength: 1 }),
};

/** Fields of the beta versions that the stored version keeps, so that nothing is lost on the way to storage. */
const legacyFields = {
  ...legacyPatchFields,
  validation: oneOf('How manifests were checked before apply. Ignored.', ['none', 'client', 'server']),
};

const sharedV1Fields = {
  ...commonFields,
  ...legacyFields,
  commonMetadata: commonMetadata('Labels and annotations set on every applied object.'),
  components: array('Kustomize components, as paths relative to `path`.', string('Path of a component.')),
  interval: required(interval('How often the cluster is brought back to the source’s state.')),
  kubeConfig,
  retryInterval: interval('Pause after a failed run; `interval` when absent.'),
  timeout: interval('Deadline of health checks and deletions; `interval` less 30 seconds when absent.'),
  wait: boolean('Waits for the health of everything applied; `healthChecks` is then ignored.'),
};

const newestFields = {
  ...sharedV1Fields,
  buildMetadata: array(
    'Build annotations to add to the objects.',
    oneOf('Kind of annotation.', ['originAnnotations', 'transformerAnnotations']),
  ),
  decryption: object('How to decrypt secrets in the source.', {
    ...decryptionFields,
    serviceAccountName: string('ServiceAccount whose identity reaches a key service.'),
  }),
  deletionPolicy: oneOf('What happens to applied objects when this object is deleted; follows `prune` when absent.', [
    'MirrorPrune',
    'Delete',
    'WaitForTermination',
    'Orphan',
  ]),
  dependsOn: dependsOn(dependencyWithExprFields),
  healthCheckExprs,
  ignore: ignoreRules,
  ignoreMissingComponents: boolean('Skips components whose path does not exist.'),
  namePrefix: string('Text put before every object’s name.', { maxLength: 200, minLength: 1 }),
  nameSuffix: string('Text put after every object’s name.', { maxLength: 200, minLength: 1 }),
  postBuild: object(postBuildDescription, {
    substitute,
    substituteFrom: substituteFromWithOptional,
    substituteStrategy: oneOf('Whether substitution runs only when variables are given, or always.', [
      'WithVariables',
      'Always',
    ]),
  }),
  sourceRef: required(
    object(
      'Source of the manifests.',
      sourceRefFields(['OCIRepository', 'GitRepository', 'Bucket', 'ExternalArtifact']),
    ),
  ),
};

const revisions = {
  lastAppliedRevision: string('Revision of the last fully successful run.'),
  lastAttemptedRevision: string('Revision of the last run.'),
};

const v1 = {
  spec: object('What to apply and how.', newestFields),
  status: status({
    ...commonStatusFields,
    ...revisions,
    history: array(
      'Outcomes of recent runs, newest first.',
      object('One build and its outcome.', {
        digest: required(string('Digest of the built manifests.')),
        firstReconciled: required(timestamp('When the build was first applied.')),
        lastReconciled: required(timestamp('When the build was last applied.')),
        lastReconciledDuration: required(string('How long the last run took.')),
        lastReconciledStatus: required(string('Reason of the last run’s Ready condition.')),
        metadata: map('Revisions of the build.', string('A revision.')),
        totalReconciliations: required(integer('How many runs ended so.')),
      }),
    ),
    inventory,
    lastAppliedOriginRevision: string('Origin revision of the last fully successful run.'),
  }),
};

const v1beta2 = {
  spec: object('What to apply and how.', {
    ...sharedV1Fields,
    decryption: object('How to decrypt secrets in the source.', decryptionFields),
    dependsOn: dependsOn(dependencyFields),
    postBuild: object(postBuildDescription, { substitute, substituteFrom: substituteFromWithOptional }),
    sourceRef: required(
      object('Source of the manifests.', sourceRefFields(['OCIRepository', 'GitRepository', 'Bucket'])),
    ),
  }),
  status: status({ ...commonStatusFields, ...revisions, inventory }),
};

const v1beta1 = {
  spec: object('What to apply and how.', {
    ...commonFields,
    ...legacyFields,
    decryption: object('How to decrypt secrets in the source.', decryptionFields),
    dependsOn: dependsOn(dependencyFields),
    interval: required(looseDuration('How often the cluster is brought back to the source’s state.')),
    kubeConfig: object('Connects to another cluster instead of the one the controller runs in.', {
      secretRef: required(localRef('Secret with a kubeconfig under the key `value`.')),
    }),
    postBuild: object(postBuildDescription, {
      substitute,
      substituteFrom: array(
        'Objects whose data are variables; later ones win.',
        object('One object with variables.', substituteFields),
      ),
    }),
    retryInterval: looseDuration('Pause after a failed run; `interval` when absent.'),
    sourceRef: required(object('Source of the manifests.', sourceRefFields(['GitRepository', 'Bucket']))),
    timeout: looseDuration('Deadline of health checks; `interval` when absent.'),
  }),
  status: status({
    ...commonStatusFields,
    ...revisions,
    snapshot: object('Kinds of the last apply. Not written any more.', {
      checksum: required(string('Checksum of the manifests.')),
      entries: required(
        array(
          'Kinds by namespace.',
          object('Kinds of one namespace.', {
            kinds: required(map('Kinds by group and version.', string('Name of the kind.'))),
            namespace: string('The namespace; empty for cluster-scoped kinds.'),
          }),
        ),
      ),
    }),
  }),
};

/** A set of manifests to build and apply. */
export type Kustomization = ObjectOfKind<string, 'Kustomization', typeof v1.spec, typeof v1.status>;

/** `kustomize.toolkit.fluxcd.io/v1beta2`. */
export type KustomizationV1beta2 = ObjectOfKind<
  'kustomize.toolkit.fluxcd.io/v1beta2',
  'Kustomization',
  typeof v1beta2.spec,
  typeof v1beta2.status
>;

/** `kustomize.toolkit.fluxcd.io/v1beta1`. */
export type KustomizationV1beta1 = ObjectOfKind<
  'kustomize.toolkit.fluxcd.io/v1beta1',
  'Kustomization',
  typeof v1beta1.spec,
  typeof v1beta1.status
>;

/** Kustomization: `v1` (stored), `v1beta2`, `v1beta1`. */
export const kustomization = defineKind({
  group: 'kustomize.toolkit.fluxcd.io',
  kind: 'Kustomization',
  plural: 'kustomizations',
  shortNames: ['ks'],
  category: 'fluxcd-appliers',
  description: 'Builds manifests from a source and keeps the cluster in their state.',
  versions: [
    { name: 'v1', ...v1, columns: [columns.age, columns.ready, columns.status] },
    { name: 'v1beta2', ...v1beta2, columns: [columns.age, columns.ready, columns.status] },
    { name: 'v1beta1', ...v1beta1, columns: [columns.ready, columns.status, columns.age] },
  ],
});
