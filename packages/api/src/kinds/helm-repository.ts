import { ageLast, columns, defineKind, type ObjectOfKind } from '../define-kind.ts';
import { boolean, object, oneOf, required, string } from '../schema-builder.ts';
import { interval, looseDuration, timeout } from '../shared/durations.ts';
import { accessFrom, localRef } from '../shared/references.ts';
import { artifact, artifactV1beta1, commonStatusFields, status } from '../shared/status.ts';

const commonFields = {
  accessFrom,
  passCredentials: boolean('Sends credentials to hosts that the index names besides the repository’s own.'),
  secretRef: localRef('Secret with credentials: `username` and `password`, or a client certificate.'),
  suspend: boolean('Stops further fetching; what is stored stays.'),
};

const statusFields = {
  ...commonStatusFields,
  url: string('Stable address of the latest index.'),
};

const v1 = {
  spec: object('Which repository and how to reach it.', {
    ...commonFields,
    certSecretRef: localRef('Secret with `ca.crt`, `tls.crt` and `tls.key` for the server.'),
    insecure: boolean('Allows plain HTTP to a registry; only for the type `oci`.'),
    interval: interval('How often the index is fetched; not needed for the type `oci`.'),
    provider: oneOf(
      'Where registry credentials come from; only for the type `oci`.',
      ['generic', 'aws', 'azure', 'gcp'],
      {
        default: 'generic',
      },
    ),
    timeout: timeout('Deadline of remote calls; 60 seconds when absent.'),
    type: oneOf('`oci` for charts in a registry.', ['default', 'oci']),
    url: required(string('Address of the repository.', { pattern: '^(http|https|oci)://.*$' })),
  }),
  status: status({ ...statusFields, artifact }),
};

const v1beta1 = {
  spec: object('Which repository and how to reach it.', {
    ...commonFields,
    interval: required(looseDuration('How often the index is fetched.')),
    timeout: looseDuration('Deadline of remote calls.', { default: '60s' }),
    url: required(string('Address of the repository.')),
  }),
  status: status({ ...statusFields, artifact: artifactV1beta1 }),
};

/** A Helm repository. */
export type HelmRepository = ObjectOfKind<string, 'HelmRepository', typeof v1.spec, typeof v1.status>;

const shown = [columns.url, columns.age, columns.ready, columns.status];

/** HelmRepository: `v1` (stored), `v1beta2`, `v1beta1`. */
export const helmRepository = defineKind({
  group: 'source.toolkit.fluxcd.io',
  kind: 'HelmRepository',
  plural: 'helmrepositories',
  shortNames: ['helmrepo'],
  category: 'fluxcd-sources',
  description: 'Fetches the index of a Helm repository, or names a registry with charts.',
  versions: [
    { name: 'v1', ...v1, columns: shown },
    { name: 'v1beta2', ...v1, columns: shown },
    { name: 'v1beta1', ...v1beta1, columns: ageLast(shown) },
  ],
});
