import { columns, defineKind, type ObjectOfKind } from '../define-kind.ts';
import { boolean, object, oneOf, required, string } from '../schema-builder.ts';
import { interval, timeout } from '../shared/durations.ts';
import { localRef, matchOidcIdentity } from '../shared/references.ts';
import { artifact, commonStatusFields, contentConfigChecksum, status } from '../shared/status.ts';

const layerSelector = object('Which layer of the artifact to take and what to do with it.', {
  mediaType: string('Media type of the layer; the first match is taken, the first layer when empty.'),
  operation: oneOf('`extract` unpacks the layer, `copy` stores it as it is.', ['extract', 'copy']),
});

const verifyFields = {
  matchOIDCIdentity: matchOidcIdentity,
  provider: required(oneOf('Tool that made the signature.', ['cosign', 'notation'], { default: 'cosign' })),
  secretRef: localRef('Secret with the trusted public keys or certificates; keyless when absent.'),
};

const specFields = {
  certSecretRef: localRef('Secret with `ca.crt`, `tls.crt` and `tls.key` for the registry.'),
  ignore: string('Rules in gitignore syntax for what to leave out of the artifact.'),
  insecure: boolean('Allows plain HTTP.'),
  interval: required(interval('How often the registry is asked.')),
  layerSelector,
  provider: oneOf('Where credentials come from when no Secret is named.', ['generic', 'aws', 'azure', 'gcp'], {
    default: 'generic',
  }),
  proxySecretRef: localRef('Secret with `address`, `username` and `password` of a proxy.'),
  ref: object('Which artifact to take; `latest` when absent.', {
    digest: string('Digest to pull; wins over the others.'),
    semver: string('Range; the highest matching tag is pulled. Wins over `tag`.'),
    semverFilter: string('Pattern that tags must match to be considered for the range.'),
    tag: string('Tag to pull.'),
  }),
  secretRef: localRef('Secret with registry credentials in docker config form.'),
  serviceAccountName: string('ServiceAccount whose image pull secrets or identity authenticate the pull.'),
  suspend: boolean('Stops further fetching; what is stored stays.'),
  timeout: timeout('Deadline of remote calls.', { default: '60s' }),
  url: required(string('Address of the repository: `oci://host/path`.', { pattern: '^oci://.*$' })),
};

const statusFields = {
  ...commonStatusFields,
  artifact,
  observedIgnore: string('Ignore rules of the stored artifact.'),
  observedLayerSelector: layerSelector,
  url: string('Stable address of the latest artifact.'),
};

const v1 = {
  spec: object('What to pull and how.', {
    ...specFields,
    verify: object('Signatures that the artifact must carry.', {
      ...verifyFields,
      trustedRootSecretRef: localRef('Secret with `trusted_root.json` of a private Sigstore.'),
    }),
  }),
  status: status(statusFields),
};

const v1beta2 = {
  spec: object('What to pull and how.', {
    ...specFields,
    verify: object('Signatures that the artifact must carry.', verifyFields),
  }),
  status: status({ ...statusFields, contentConfigChecksum }),
};

/** An OCI artifact to pull and serve. */
export type OCIRepository = ObjectOfKind<string, 'OCIRepository', typeof v1.spec, typeof v1.status>;

/** `source.toolkit.fluxcd.io/v1beta2`. */
export type OCIRepositoryV1beta2 = ObjectOfKind<
  'source.toolkit.fluxcd.io/v1beta2',
  'OCIRepository',
  typeof v1beta2.spec,
  typeof v1beta2.status
>;

const shown = [columns.url, columns.ready, columns.status, columns.age];

/** OCIRepository: `v1` (stored), `v1beta2`. */
export const ociRepository = defineKind({
  group: 'source.toolkit.fluxcd.io',
  kind: 'OCIRepository',
  plural: 'ocirepositories',
  shortNames: ['ocirepo'],
  category: 'fluxcd-sources',
  description: 'Pulls an artifact from an OCI registry and serves its content in the cluster.',
  versions: [
    { name: 'v1', ...v1, columns: shown },
    { name: 'v1beta2', ...v1beta2, columns: shown },
  ],
});
