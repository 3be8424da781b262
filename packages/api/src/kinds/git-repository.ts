import { ageLast, columns, defineKind, type ObjectOfKind } from '../define-kind.ts';
import { array, boolean, object, oneOf, required, string } from '../schema-builder.ts';
import { interval, looseDuration, timeout } from '../shared/durations.ts';
import { accessFrom, localRef } from '../shared/references.ts';
import { artifact, artifactV1beta1, commonStatusFields, contentConfigChecksum, status } from '../shared/status.ts';

const includes = (description: string) =>
  array(
    description,
    object('One repository to include.', {
      fromPath: string('Directory of the included repository to copy; all of it when empty.'),
      repository: required(localRef('GitRepository whose artifact is copied in.')),
      toPath: string('Directory to copy to; the name of the repository when empty.'),
    }),
  );

const refFields = {
  branch: string('Branch to check out; `master` when nothing else is named.'),
  commit: string('Commit to check out; wins over the others.'),
  semver: string('Range of tags; the highest match wins over `tag`.'),
  tag: string('Tag to check out; wins over `branch`.'),
};
const ref = object('What to check out.', {
  ...refFields,
  name: string('Full name of a reference, such as `refs/heads/main`; wins over branch, tag and semver.'),
});

/** Settings of another Git library, long gone. */
const gitImplementations = ['go-git', 'libgit2'] as const;

const commonFields = {
  ignore: string('Rules in gitignore syntax for what to leave out of the artifact.'),
  include: includes('Other repositories whose artifacts are copied into this one.'),
  recurseSubmodules: boolean('Fetches submodules, too.'),
  secretRef: localRef(
    'Secret with credentials: `username` and `password`, `bearerToken`, or `identity` and `known_hosts`.',
  ),
  suspend: boolean('Stops further fetching; what is stored stays.'),
  url: required(string('Address of the repository.', { pattern: '^(http|https|ssh)://.*$' })),
};

const verifyDescription = 'Signatures that commits or tags must carry.';
const verifySecret = localRef('Secret with the trusted public keys.');

const v1 = {
  spec: object(
    'What to fetch and how.',
    {
      ...commonFields,
      accessFrom,
      gitImplementation: oneOf('Git library of early releases. Ignored.', gitImplementations),
      interval: required(interval('How often the repository is asked.')),
      provider: oneOf('Where credentials come from when no Secret is named.', ['generic', 'aws', 'azure', 'github']),
      proxySecretRef: localRef('Secret with `address`, `username` and `password` of a proxy.'),
      ref,
      serviceAccountName: string('ServiceAccount whose identity authenticates the fetch.'),
      sparseCheckout: array('Directories to check out; all when empty.', string('A directory.')),
      timeout: timeout('Deadline of Git operations.', { default: '60s' }),
      verify: object(verifyDescription, {
        mode: oneOf('What is checked.', ['head', 'HEAD', 'Tag', 'TagAndHEAD'], { default: 'HEAD' }),
        secretRef: required(verifySecret),
      }),
    },
    {
      rules: [
        {
          rule: "!has(self.serviceAccountName) || (has(self.provider) && (self.provider == 'azure' || self.provider == 'aws'))",
          message: "serviceAccountName can only be set when provider is 'azure' or 'aws'",
        },
      ],
    },
  ),
  status: status({
    ...commonStatusFields,
    artifact,
    includedArtifacts: array('Artifacts of the included repositories, in order.', artifact),
    observedIgnore: string('Ignore rules of the stored artifact.'),
    observedInclude: includes('Included repositories of the stored artifact.'),
    observedRecurseSubmodules: boolean('Whether the stored artifact has submodules.'),
    observedSparseCheckout: array('Directories of the stored artifact.', string('A directory.')),
    sourceVerificationMode: string('What was checked of the stored artifact.'),
  }),
};

const betaFields = {
  ...commonFields,
  accessFrom,
  gitImplementation: oneOf('Git library of early releases. Ignored.', gitImplementations, { default: 'go-git' }),
};

const v1beta2 = {
  spec: object('What to fetch and how.', {
    ...betaFields,
    interval: required(interval('How often the repository is asked.')),
    ref,
    timeout: timeout('Deadline of Git operations.', { default: '60s' }),
    verify: object(verifyDescription, {
      mode: required(oneOf('What is checked.', ['head'])),
      secretRef: required(verifySecret),
    }),
  }),
  status: status({
    ...commonStatusFields,
    artifact,
    contentConfigChecksum,
    includedArtifacts: array('Artifacts of the included repositories, in order.', artifact),
    observedIgnore: string('Ignore rules of the stored artifact.'),
    observedInclude: includes('Included repositories of the stored artifact.'),
    observedRecurseSubmodules: boolean('Whether the stored artifact has submodules.'),
    url: string('Stable address of the latest artifact.'),
  }),
};

const v1beta1 = {
  spec: object('What to fetch and how.', {
    ...betaFields,
    interval: required(looseDuration('How often the repository is asked.')),
    ref: object('What to check out.', refFields),
    timeout: looseDuration('Deadline of Git operations.', { default: '60s' }),
    verify: object(verifyDescription, {
      mode: required(oneOf('What is checked.', ['head'])),
      secretRef: verifySecret,
    }),
  }),
  status: status({
    ...commonStatusFields,
    artifact: artifactV1beta1,
    includedArtifacts: array('Artifacts of the included repositories, in order.', artifactV1beta1),
    url: string('Stable address of the latest artifact.'),
  }),
};

/** A Git repository to fetch and serve. */
export type GitRepository = ObjectOfKind<string, 'GitRepository', typeof v1.spec, typeof v1.status>;

const shown = [columns.url, columns.age, columns.ready, columns.status];

/** GitRepository: `v1` (stored), `v1beta2`, `v1beta1`. */
export const gitRepository = defineKind({
  group: 'source.toolkit.fluxcd.io',
  kind: 'GitRepository',
  plural: 'gitrepositories',
  shortNames: ['gitrepo'],
  category: 'fluxcd-sources',
  description: 'Fetches a Git repository and serves its content in the cluster.',
  versions: [
    { name: 'v1', ...v1, columns: shown },
    { name: 'v1beta2', ...v1beta2, columns: shown },
    { name: 'v1beta1', ...v1beta1, columns: ageLast(shown) },
  ],
});
