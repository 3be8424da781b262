import { columns, defineKind, type ObjectOfKind } from '../define-kind.ts';
import {
  anything,
  array,
  boolean,
  type Fields,
  integer,
  map,
  object,
  oneOf,
  type Rule,
  required,
  string,
  timestamp,
} from '../schema-builder.ts';
import { interval } from '../shared/durations.ts';
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
  kubeConfigSecretRef,
  localRef,
  patch,
} from '../shared/references.ts';
import { commonStatusFields, inventory, status } from '../shared/status.ts';

const namespaceRules = { maxLength: 63, minLength: 1 };
const nameRules = { maxLength: 253, minLength: 1 };
const plainInteger = { format: undefined };

// Chart.

const chartSpecFields = {
  interval: interval('How often the chart is looked up; the release’s interval when absent.'),
  reconcileStrategy: oneOf(
    'When the chart counts as new: with a new version, or with every revision.',
    ['ChartVersion', 'Revision'],
    {
      default: 'ChartVersion',
    },
  ),
  sourceRef: required(
    object('Where the chart is found.', {
      apiVersion: string('API version of the source.'),
      kind: required(oneOf('Kind of the source.', ['HelmRepository', 'GitRepository', 'Bucket'])),
      name: required(string('Name of the source.', nameRules)),
      namespace: string('Namespace of the source; the release’s own when empty.', namespaceRules),
    }),
  ),
  // The newest version keeps it: the stored form must not lose what an older one said.
  valuesFile: string('One values file, merged before `valuesFiles`. Deprecated: use `valuesFiles`.'),
  valuesFiles: array('Values files of the chart or source that are merged into its values.', string('Path of a file.')),
  version: string('Version or range; only for repositories.', { default: '*' }),
};

const chartName = 'Name of the chart in a repository, or its path in another source.';
const ignoreMissing = boolean('Skips values files that do not exist.');
const verifySecret = localRef('Secret with the trusted public keys; keyless when absent.');
const verifyDescription = 'Signatures that the chart must carry; only for charts in a registry.';

const newerChartSpec = object('The chart.', {
  ...chartSpecFields,
  chart: required(string(chartName, { maxLength: 2048, minLength: 1 })),
  ignoreMissingValuesFiles: ignoreMissing,
  verify: object(verifyDescription, {
    provider: required(oneOf('Tool that made the signature.', ['cosign', 'notation'], { default: 'cosign' })),
    secretRef: verifySecret,
  }),
});

const oldestChartSpec = object('The chart.', {
  ...chartSpecFields,
  chart: required(string(chartName)),
  verify: object(verifyDescription, {
    provider: required(oneOf('Tool that made the signature.', ['cosign'], { default: 'cosign' })),
    secretRef: verifySecret,
  }),
});

const chartMetadata = commonMetadata('Labels and annotations of the HelmChart that is made.');
const chartDescription = 'The HelmChart that is made for the release.';

function chartRef<const K extends readonly string[]>(kinds: K) {
  return object('An existing source of the chart.', {
    apiVersion: string('API version of the source.'),
    kind: required(oneOf('Kind of the source.', kinds)),
    name: required(string('Name of the source.', nameRules)),
    namespace: string('Namespace of the source; the release’s own when empty.', namespaceRules),
  });
}

const oneChartRule: readonly Rule[] = [
  {
    rule: '(has(self.chart) && !has(self.chartRef)) || (!has(self.chart) && has(self.chartRef))',
    message: 'either chart or chartRef must be set',
  },
];

// Actions.

const crdPolicies = ['Skip', 'Create', 'CreateReplace'] as const;
const actionTimeout = interval('Deadline of each Kubernetes operation; the release’s timeout when absent.');
const remediationFields = {
  ignoreTestFailures: boolean('Takes failed tests for no failure.'),
  remediateLastFailure: boolean('Remediates the last failure, too, when no retry is left.'),
  retries: integer('How often a failure is tried again; -1 for always.', plainInteger),
};
const waitFields = {
  disableHooks: boolean('Runs no hooks.'),
  disableWait: boolean('Does not wait for the resources.'),
  disableWaitForJobs: boolean('Does not wait for Jobs.'),
  timeout: actionTimeout,
};
const writeFields = {
  ...waitFields,
  disableOpenAPIValidation: boolean('Does not check manifests against the cluster’s schemas.'),
};
const newestWriteFields = {
  disableSchemaValidation: boolean('Does not check values against the chart’s schema.'),
  disableTakeOwnership: boolean('Does not take over objects that are there already.'),
};

const installFields = {
  ...writeFields,
  crds: oneOf('What happens to the chart’s CRDs.', crdPolicies),
  createNamespace: boolean('Creates the target namespace.'),
  remediation: object('What happens after a failed install.', remediationFields),
  replace: boolean('Takes the name of a deleted release that is kept in the history.'),
  skipCRDs: boolean('Leaves CRDs out. Deprecated: use `crds`.'),
};
const upgradeFields = {
  ...writeFields,
  cleanupOnFail: boolean('Deletes new objects of a failed upgrade.'),
  crds: oneOf('What happens to the chart’s CRDs.', crdPolicies),
  force: boolean('Replaces objects instead of patching them.'),
  preserveValues: boolean('Keeps values of the last release that are not given anew.'),
  remediation: object('What happens after a failed upgrade.', {
    ...remediationFields,
    strategy: oneOf('How a failure is undone.', ['rollback', 'uninstall']),
  }),
};
const rollbackFields = {
  ...waitFields,
  cleanupOnFail: boolean('Deletes new objects of a failed rollback.'),
  force: boolean('Replaces objects instead of patching them.'),
  recreate: boolean('Restarts pods.'),
};

function strategy(rule: Rule) {
  return object(
    'What happens after a failure.',
    {
      name: required(oneOf('Remediate at once, or try again later.', ['RemediateOnFailure', 'RetryOnFailure'])),
      retryInterval: interval('Pause before another try.'),
    },
    { rules: [rule] },
  );
}

const serverSideApply = oneOf('Whether objects are applied on the server’s side.', ['enabled', 'disabled', 'auto']);

const testFields = {
  enable: boolean('Runs tests after install and upgrade.'),
  ignoreFailures: boolean('Takes failed tests for no failure.'),
  timeout: actionTimeout,
};
const filteredTest = object('Tests of the chart.', {
  ...testFields,
  filters: array(
    'Tests to run or to leave out.',
    object('One filter.', {
      exclude: boolean('Leaves the test out.'),
      name: required(string('Name of the test.', nameRules)),
    }),
  ),
});

// Values.

const valuesFromFields = {
  kind: required(oneOf('Kind of the object with values.', ['Secret', 'ConfigMap'])),
  name: required(string('Name of the object.', nameRules)),
  optional: boolean('Whether the object may be missing.'),
  targetPath: string('Place of a single value in the values, in dots.', {
    maxLength: 250,
    pattern: '^([a-zA-Z0-9_\\-.\\\\\\/]|\\[[0-9]{1,5}\\])+$',
  }),
  valuesKey: string('Key in the object; `values.yaml` when empty.', { maxLength: 253, pattern: '^[\\-._a-zA-Z0-9]+$' }),
};

function valuesFrom<F extends Fields>(fields: F) {
  return array('Objects with values; later ones win.', object('One object.', fields));
}

function postRenderers<F extends Fields>(fields: F) {
  return array(
    'Changes to the rendered manifests, in order.',
    object('One step.', {
      kustomize: object('Kustomize patches and images.', {
        images: array('Image replacements.', image),
        patches: array('Patches.', patch),
        ...fields,
      }),
    }),
  );
}

// Spec.

const commonFields = {
  driftDetection: object('What happens to changes in the cluster.', {
    ignore: ignoreRules,
    mode: oneOf('Correct them, warn, or leave them alone.', ['enabled', 'warn', 'disabled']),
  }),
  interval: required(interval('How often the release is checked.')),
  maxHistory: integer('Releases kept in the history; 0 for all, 5 when absent.', plainInteger),
  persistentClient: boolean('Uses one client for all steps; true when absent.'),
  releaseName: string('Name of the release; made of namespace and name when empty.', { maxLength: 53, minLength: 1 }),
  storageNamespace: string('Namespace of the release records.', namespaceRules),
  suspend: boolean('Stops reconciliation.'),
  targetNamespace: string('Namespace to install into.', namespaceRules),
  timeout: interval('Deadline of each Kubernetes operation; 5 minutes when absent.'),
  uninstall: object('How the release is removed.', {
    deletionPropagation: oneOf('How dependents go.', ['background', 'foreground', 'orphan'], { default: 'background' }),
    disableHooks: boolean('Runs no hooks.'),
    disableWait: boolean('Does not wait until everything is gone.'),
    keepHistory: boolean('Keeps the release records.'),
    timeout: actionTimeout,
  }),
  values: anything('Values of the chart; they win over `valuesFrom`.'),
};
const serviceAccount = 'ServiceAccount that is impersonated for every request to the cluster.';

// Status.

const snapshotFields = {
  apiVersion: string('Version of this record’s form.'),
  appVersion: string('Version of the application.'),
  chartName: required(string('Name of the chart.')),
  chartVersion: required(string('Version of the chart.')),
  configDigest: required(string('Digest of the values.')),
  deleted: timestamp('When the release was deleted.'),
  digest: required(string('Digest of the release.')),
  firstDeployed: required(timestamp('When the release was first deployed.')),
  lastDeployed: required(timestamp('When this version was deployed.')),
  name: required(string('Name of the release.')),
  namespace: required(string('Namespace of the release.')),
  ociDigest: string('Digest of the chart’s artifact.'),
  status: required(string('State of the release.')),
  testHooks: map(
    'Tests by name.',
    object('One test.', {
      lastCompleted: timestamp('When it ended.'),
      lastStarted: timestamp('When it began.'),
      phase: string('How it went.'),
    }),
  ),
  version: required(integer('Version of the release.', plainInteger)),
};

const commonHelmStatus = {
  ...commonStatusFields,
  failures: integer('Failures in a row.'),
  helmChart: string('HelmChart that was made, as namespace and name.'),
  installFailures: integer('Failed installs in a row.'),
  lastAttemptedConfigDigest: string('Digest of the values of the last attempt.'),
  lastAttemptedGeneration: integer('Generation of the last attempt.'),
  lastAttemptedRevision: string('Chart version of the last attempt.'),
  lastAttemptedValuesChecksum: string('Checksum of the values of the last attempt. Not written any more.'),
  lastHandledForceAt: string('Value of the force annotation that was last acted on.'),
  lastHandledResetAt: string('Value of the reset annotation that was last acted on.'),
  lastReleaseRevision: integer('Version of the last release. Not written any more.', plainInteger),
  observedPostRenderersDigest: string('Digest of the post renderers of the last release.'),
  upgradeFailures: integer('Failed upgrades in a row.'),
};
const history = array('Releases, newest first.', object('One release.', snapshotFields));
const action = 'What the last attempt did.';
const storage = 'Namespace of the release records.';

const v2 = {
  spec: object(
    'Which chart to install and how.',
    {
      ...commonFields,
      chart: object(chartDescription, { metadata: chartMetadata, spec: required(newerChartSpec) }),
      chartRef: chartRef(['OCIRepository', 'HelmChart', 'ExternalArtifact']),
      commonMetadata: commonMetadata('Labels and annotations set on every object of the release.'),
      dependsOn: dependsOn(dependencyWithExprFields),
      healthCheckExprs,
      install: object('How the release is installed.', {
        ...installFields,
        ...newestWriteFields,
        serverSideApply: boolean('Whether objects are applied on the server’s side.'),
        strategy: strategy({
          rule: "!has(self.retryInterval) || self.name != 'RemediateOnFailure'",
          message: ".retryInterval cannot be set when .name is 'RemediateOnFailure'",
        }),
      }),
      kubeConfig,
      postRenderStrategy: oneOf('How hooks are treated by post renderers.', ['nohooks', 'combined', 'separate']),
      postRenderers: postRenderers(legacyPatchFields),
      rollback: object('How the release is rolled back.', { ...rollbackFields, serverSideApply }),
      serviceAccountName: string(serviceAccount, nameRules),
      test: filteredTest,
      upgrade: object('How the release is upgraded.', {
        ...upgradeFields,
        ...newestWriteFields,
        chartNameChangeStrategy: oneOf('What happens when the chart’s name changes.', ['InPlaceUpdate', 'Reinstall']),
        serverSideApply,
        strategy: strategy({
          rule: "!has(self.retryInterval) || self.name == 'RetryOnFailure'",
          message: ".retryInterval can only be set when .name is 'RetryOnFailure'",
        }),
      }),
      valuesFrom: valuesFrom({
        ...valuesFromFields,
        literal: boolean('Takes the value at `targetPath` as text, as it is.'),
      }),
      waitStrategy: object('How readiness is waited for.', {
        name: required(oneOf('Name of the strategy.', ['poller', 'legacy'])),
      }),
    },
    { rules: oneChartRule },
  ),
  status: status({
    ...commonHelmStatus,
    history: array(
      'Releases, newest first.',
      object('One release.', { ...snapshotFields, action: string('What made the release.') }),
    ),
    inventory,
    lastAttemptedReleaseAction: oneOf(action, ['install', 'upgrade']),
    lastAttemptedReleaseActionDuration: string('How long the last attempt took.'),
    lastAttemptedRevisionDigest: string('Digest of the chart’s artifact of the last attempt.'),
    observedCommonMetadataDigest: string('Digest of the common metadata of the last release.'),
    storageNamespace: string(storage, namespaceRules),
  }),
};

const olderFields = {
  ...commonFields,
  chartRef: chartRef(['OCIRepository', 'HelmChart']),
  dependsOn: dependsOn(dependencyFields),
  install: object('How the release is installed.', installFields),
  postRenderers: postRenderers(legacyPatchFields),
  rollback: object('How the release is rolled back.', rollbackFields),
  upgrade: object('How the release is upgraded.', upgradeFields),
  valuesFrom: valuesFrom(valuesFromFields),
};
const lastAppliedRevision = string('Chart version of the last successful release. Not written any more.');

const v2beta2 = {
  spec: object(
    'Which chart to install and how.',
    {
      ...olderFields,
      chart: object(chartDescription, { metadata: chartMetadata, spec: required(newerChartSpec) }),
      kubeConfig,
      serviceAccountName: string(serviceAccount, nameRules),
      test: filteredTest,
    },
    { rules: oneChartRule },
  ),
  status: status({
    ...commonHelmStatus,
    history,
    lastAppliedRevision,
    lastAttemptedReleaseAction: oneOf(action, ['install', 'upgrade']),
    lastAttemptedRevisionDigest: string('Digest of the chart’s artifact of the last attempt.'),
    storageNamespace: string(storage, namespaceRules),
  }),
};

const v2beta1 = {
  spec: object('Which chart to install and how.', {
    ...olderFields,
    chart: required(object(chartDescription, { metadata: chartMetadata, spec: required(oldestChartSpec) })),
    kubeConfig: object('Connects to another cluster instead of the one the controller runs in.', {
      secretRef: required(kubeConfigSecretRef),
    }),
    serviceAccountName: string(serviceAccount),
    test: object('Tests of the chart.', testFields),
  }),
  status: status({
    ...commonHelmStatus,
    history,
    lastAppliedRevision,
    lastAttemptedReleaseAction: string(action),
    storageNamespace: string(storage),
  }),
};

/** A Helm release. */
export type HelmRelease = ObjectOfKind<string, 'HelmRelease', typeof v2.spec, typeof v2.status>;

const shown = [columns.age, columns.ready, columns.status];

/** HelmRelease: `v2` (stored), `v2beta2`, `v2beta1`. */
export const helmRelease = defineKind({
  group: 'helm.toolkit.fluxcd.io',
  kind: 'HelmRelease',
  plural: 'helmreleases',
  shortNames: ['hr'],
  category: 'fluxcd-appliers',
  description: 'Installs a Helm chart and keeps the release in its state.',
  versions: [
    { name: 'v2', ...v2, columns: shown },
    { name: 'v2beta2', ...v2beta2, columns: shown },
    { name: 'v2beta1', ...v2beta1, columns: shown },
  ],
});
