import { columns, defineKind, type ObjectOfKind, textColumn } from '../define-kind.ts';
import { array, boolean, type Fields, map, object, oneOf, required, string, timestamp } from '../schema-builder.ts';
import { interval } from '../shared/durations.ts';
import { localRef } from '../shared/references.ts';
import { commonStatusFields, status } from '../shared/status.ts';
import { imageRefFields } from './image-policy.ts';

const signingKeyFields = { secretRef: required(localRef('Secret with the key.')) };
const signingKeyText = 'Key that signs commits.';
const templateValues = map('Values that the template refers to.', string('A value.'));

const commitFields = {
  author: required(
    object('Author of the commits.', {
      email: required(string('Email of the author.')),
      name: string('Name of the author.'),
    }),
  ),
  messageTemplate: string('Template of the commit message.'),
};

function git<F extends Fields>(fields: F) {
  return object('How the repository is changed.', {
    checkout: object('What is read.', {
      ref: required(
        object('What to check out.', {
          branch: string('A branch.'),
          commit: string('A commit.'),
          name: string('Full name of a reference.'),
          semver: string('Range of tags.'),
          tag: string('A tag.'),
        }),
      ),
    }),
    commit: required(object('What commits look like.', { ...commitFields, ...fields })),
    push: object('Where commits go; to the branch that is read when absent.', {
      branch: string('Branch to push to.'),
      options: map('Push options.', string('Value of the option.')),
      refspec: string('Refspec to push, too.'),
    }),
  });
}

const commonFields = {
  interval: required(interval('How often the files are brought up to date.')),
  sourceRef: required(
    object('Repository to change.', {
      apiVersion: string('API version of the source.'),
      kind: required(oneOf('Kind of the source.', ['GitRepository'], { default: 'GitRepository' })),
      name: required(string('Name of the source.')),
      namespace: string('Namespace of the source; the object’s own when empty.'),
    }),
  ),
  suspend: boolean('Stops changing the repository.'),
};

const strategy = oneOf('How places to change are found.', ['Setters'], { default: 'Setters' });
const updatePath = string('Directory of the files to change; all when empty.');
const updateDefault = { default: { strategy: 'Setters' as const } };
const updateText = 'Which files are changed, and how.';

const policySelector = object(
  'ImagePolicies to follow; all of the namespace when absent.',
  {
    matchExpressions: array(
      'Requirements on labels.',
      object('One requirement.', {
        key: required(string('Key of the label.')),
        operator: required(string('`In`, `NotIn`, `Exists` or `DoesNotExist`.')),
        values: array('Values to compare with.', string('A value.'), { listType: 'atomic' }),
      }),
      { listType: 'atomic' },
    ),
    matchLabels: map('Labels that must be present with these values.', string('Value of the label.')),
  },
  { mapType: 'atomic' },
);

const commonUpdateStatus = {
  ...commonStatusFields,
  lastAutomationRunTime: timestamp('When the automation last ran.'),
  lastPushCommit: string('Commit that was pushed last.'),
  lastPushTime: timestamp('When it was pushed.'),
};
const newerStatus = status({
  ...commonUpdateStatus,
  observedPolicies: map('Images that were followed, by policy.', object('The chosen tag.', imageRefFields)),
  observedSourceRevision: string('Revision of the repository at the last run.'),
});
const newerFields = {
  ...commonFields,
  policySelector,
  update: object(updateText, { path: updatePath, strategy }, updateDefault),
};
const description = 'Which repository to change, and how.';

const v1 = {
  spec: object(description, {
    ...newerFields,
    git: git({
      messageTemplateValues: templateValues,
      signingKey: object(signingKeyText, { ...signingKeyFields, type: oneOf('Kind of key.', ['gpg', 'ssh']) }),
    }),
  }),
  status: newerStatus,
};

const v1beta2 = {
  spec: object(description, {
    ...newerFields,
    git: git({ messageTemplateValues: templateValues, signingKey: object(signingKeyText, signingKeyFields) }),
  }),
  status: newerStatus,
};

const v1beta1 = {
  spec: object(description, {
    ...commonFields,
    git: git({ signingKey: object(signingKeyText, signingKeyFields) }),
    update: object(updateText, { path: updatePath, strategy: required(strategy) }, updateDefault),
  }),
  status: status(commonUpdateStatus),
};

/** Writes chosen tags into the files of a repository. */
export type ImageUpdateAutomation = ObjectOfKind<string, 'ImageUpdateAutomation', typeof v1.spec, typeof v1.status>;

const lastRun = textColumn('Last run', '.status.lastAutomationRunTime');
const shown = [columns.ready, columns.status, lastRun, columns.age];

/** ImageUpdateAutomation: `v1` (stored), `v1beta2`, `v1beta1`. */
export const imageUpdateAutomation = defineKind({
  group: 'image.toolkit.fluxcd.io',
  kind: 'ImageUpdateAutomation',
  plural: 'imageupdateautomations',
  shortNames: ['iua', 'imgupd', 'imgauto'],
  category: 'fluxcd-images',
  description: 'Writes chosen image tags into the files of a Git repository.',
  versions: [
    { name: 'v1', ...v1, columns: shown },
    { name: 'v1beta2', ...v1beta2, columns: shown },
    { name: 'v1beta1', ...v1beta1, columns: [lastRun] },
  ],
});
