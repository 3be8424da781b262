import { ageLast, columns, defineKind, type ObjectOfKind, textColumn } from '../define-kind.ts';
import { array, boolean, object, oneOf, required, string } from '../schema-builder.ts';
import { interval, looseDuration } from '../shared/durations.ts';
import { accessFrom, localRef, matchOidcIdentity } from '../shared/references.ts';
import { artifact, artifactV1beta1, commonStatusFields, status } from '../shared/status.ts';

const commonFields = {
  chart: required(string('Name of the chart in a repository, or its path in another source.')),
  reconcileStrategy: oneOf(
    'When a new artifact is made: with a new version, or with every revision.',
    ['ChartVersion', 'Revision'],
    {
      default: 'ChartVersion',
    },
  ),
  sourceRef: required(
    object('Where the chart is found.', {
      apiVersion: string('API version of the source.'),
      kind: required(oneOf('Kind of the source.', ['HelmRepository', 'GitRepository', 'Bucket'])),
      name: required(string('Name of the source.')),
    }),
  ),
  suspend: boolean('Stops further fetching; what is stored stays.'),
  valuesFiles: array('Values files of the chart or source that are merged into its values.', string('Path of a file.')),
  version: string('Version or range; only for repositories.', { default: '*' }),
};

const valuesFile = string('One values file, merged before `valuesFiles`. Deprecated: use `valuesFiles`.');

const newerFields = {
  ...commonFields,
  ignoreMissingValuesFiles: boolean('Skips values files that do not exist.'),
  interval: required(interval('How often the source is looked at.')),
  verify: object('Signatures that the chart must carry; only for charts in a registry.', {
    matchOIDCIdentity: matchOidcIdentity,
    provider: required(oneOf('Tool that made the signature.', ['cosign', 'notation'], { default: 'cosign' })),
    secretRef: localRef('Secret with the trusted public keys or certificates; keyless when absent.'),
  }),
};

const statusFields = {
  ...commonStatusFields,
  url: string('Stable address of the latest chart.'),
};
const newerStatusFields = {
  ...statusFields,
  artifact,
  observedChartName: string('Name of the stored chart.'),
  observedSourceArtifactRevision: string('Revision of the source that the chart was taken from.'),
  observedValuesFiles: array('Values files that were merged into the stored chart.', string('Path of a file.')),
};

const v1 = {
  spec: object(
    'Which chart and where to find it.',
    { ...newerFields, accessFrom, valuesFile },
    {
      rules: [
        {
          rule: "!has(self.verify) || self.sourceRef.kind == 'HelmRepository'",
          message: "spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'",
        },
      ],
    },
  ),
  status: status(newerStatusFields),
};

const v1beta2 = {
  spec: object('Which chart and where to find it.', { ...newerFields, accessFrom, valuesFile }),
  status: status(newerStatusFields),
};

const v1beta1 = {
  spec: object('Which chart and where to find it.', {
    ...commonFields,
    accessFrom,
    interval: required(looseDuration('How often the source is looked at.')),
    valuesFile,
  }),
  status: status({ ...statusFields, artifact: artifactV1beta1 }),
};

/** A Helm chart to fetch and serve. */
export type HelmChart = ObjectOfKind<string, 'HelmChart', typeof v1.spec, typeof v1.status>;

const shown = [
  textColumn('Chart', '.spec.chart'),
  textColumn('Version', '.spec.version'),
  textColumn('Source Kind', '.spec.sourceRef.kind'),
  textColumn('Source Name', '.spec.sourceRef.name'),
  columns.age,
  columns.ready,
  columns.status,
];

/** HelmChart: `v1` (stored), `v1beta2`, `v1beta1`. */
export const helmChart = defineKind({
  group: 'source.toolkit.fluxcd.io',
  kind: 'HelmChart',
  plural: 'helmcharts',
  shortNames: ['hc'],
  category: 'fluxcd-sources',
  description: 'Fetches or packages a Helm chart and serves it in the cluster.',
  versions: [
    { name: 'v1', ...v1, columns: shown },
    { name: 'v1beta2', ...v1beta2, columns: shown },
    { name: 'v1beta1', ...v1beta1, columns: ageLast(shown) },
  ],
});
