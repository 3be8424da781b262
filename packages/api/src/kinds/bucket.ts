import { ageLast, columns, defineKind, type ObjectOfKind, textColumn } from '../define-kind.ts';
import { boolean, object, oneOf, type Rule, required, string } from '../schema-builder.ts';
import { interval, looseDuration, timeout } from '../shared/durations.ts';
import { accessFrom, localRef } from '../shared/references.ts';
import { artifact, artifactV1beta1, commonStatusFields, status } from '../shared/status.ts';

const commonFields = {
  bucketName: required(string('Name of the bucket.')),
  endpoint: required(string('Address of the service, without a scheme.')),
  ignore: string('Rules in gitignore syntax for what to leave out of the artifact.'),
  insecure: boolean('Allows plain HTTP.'),
  region: string('Region of the bucket.'),
  secretRef: localRef('Secret with credentials of the service.'),
  suspend: boolean('Stops further fetching; what is stored stays.'),
};

const newerFields = {
  ...commonFields,
  accessFrom,
  certSecretRef: localRef('Secret with `ca.crt`, `tls.crt` and `tls.key` for the service.'),
  interval: required(interval('How often the bucket is listed.')),
  prefix: string('Beginning of the keys that are fetched.'),
  provider: oneOf('Kind of service.', ['generic', 'aws', 'gcp', 'azure'], { default: 'generic' }),
  proxySecretRef: localRef('Secret with `address`, `username` and `password` of a proxy.'),
  sts: object('Where temporary credentials come from.', {
    certSecretRef: localRef('Secret with certificates for the token service; only for `ldap`.'),
    endpoint: required(string('Address of the token service.', { pattern: '^(http|https)://.*$' })),
    provider: required(oneOf('Kind of token service.', ['aws', 'ldap'])),
    secretRef: localRef('Secret with `username` and `password`; only for `ldap`.'),
  }),
  timeout: timeout('Deadline of fetches.', { default: '60s' }),
};

const stsRules: readonly Rule[] = [
  {
    rule: "self.provider == 'aws' || self.provider == 'generic' || !has(self.sts)",
    message: "STS configuration is only supported for the 'aws' and 'generic' Bucket providers",
  },
  {
    rule: "self.provider != 'aws' || !has(self.sts) || self.sts.provider == 'aws'",
    message: "'aws' is the only supported STS provider for the 'aws' Bucket provider",
  },
  {
    rule: "self.provider != 'generic' || !has(self.sts) || self.sts.provider == 'ldap'",
    message: "'ldap' is the only supported STS provider for the 'generic' Bucket provider",
  },
  {
    rule: "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.secretRef)",
    message: "spec.sts.secretRef is not required for the 'aws' STS provider",
  },
  {
    rule: "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.certSecretRef)",
    message: "spec.sts.certSecretRef is not required for the 'aws' STS provider",
  },
];

const identityRules: readonly Rule[] = [
  {
    rule: "self.provider != 'generic' || !has(self.serviceAccountName)",
    message: "ServiceAccountName is not supported for the 'generic' Bucket provider",
  },
  {
    rule: '!has(self.secretRef) || !has(self.serviceAccountName)',
    message: 'cannot set both .spec.secretRef and .spec.serviceAccountName',
  },
];

const statusFields = { ...commonStatusFields, url: string('Stable address of the latest artifact.') };
const newerStatus = status({
  ...statusFields,
  artifact,
  observedIgnore: string('Ignore rules of the stored artifact.'),
});

const v1 = {
  spec: object(
    'What to fetch and how.',
    { ...newerFields, serviceAccountName: string('ServiceAccount whose identity authenticates the fetch.') },
    { rules: [...stsRules, ...identityRules] },
  ),
  status: newerStatus,
};

const v1beta2 = { spec: object('What to fetch and how.', newerFields, { rules: stsRules }), status: newerStatus };

const v1beta1 = {
  spec: object('What to fetch and how.', {
    ...commonFields,
    accessFrom,
    interval: required(looseDuration('How often the bucket is listed.')),
    provider: oneOf('Kind of service.', ['generic', 'aws', 'gcp'], { default: 'generic' }),
    timeout: looseDuration('Deadline of fetches.', { default: '60s' }),
  }),
  status: status({ ...statusFields, artifact: artifactV1beta1 }),
};

/** A bucket to fetch and serve. */
export type Bucket = ObjectOfKind<string, 'Bucket', typeof v1.spec, typeof v1.status>;

const shown = [textColumn('Endpoint', '.spec.endpoint'), columns.age, columns.ready, columns.status];

/** Bucket: `v1` (stored), `v1beta2`, `v1beta1`. */
export const bucket = defineKind({
  group: 'source.toolkit.fluxcd.io',
  kind: 'Bucket',
  plural: 'buckets',
  shortNames: [],
  category: 'fluxcd-sources',
  description: 'Fetches the objects of a bucket and serves them in the cluster.',
  versions: [
    { name: 'v1', ...v1, columns: shown },
    { name: 'v1beta2', ...v1beta2, columns: shown },
    { name: 'v1beta1', ...v1beta1, columns: ageLast(shown) },
  ],
});
