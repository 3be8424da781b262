import { columns, defineKind, type ObjectOfKind, textColumn } from '../define-kind.ts';
import { boolean, object, oneOf, required, string } from '../schema-builder.ts';
import { interval } from '../shared/durations.ts';
import { commonStatusFields, conditions, status } from '../shared/status.ts';

const order = oneOf('Direction; the last is chosen.', ['asc', 'desc'], { default: 'asc' });

const commonFields = {
  filterTags: object('Which tags are considered, and what of them is compared.', {
    extract: string('Part of the tag to compare, as `$name` or `$1`.'),
    pattern: string('Pattern that tags must match.'),
  }),
  imageRepositoryRef: required(
    object('ImageRepository whose tags are chosen from.', {
      name: required(string('Name of the ImageRepository.')),
      namespace: string('Its namespace; the object’s own when empty.'),
    }),
  ),
  policy: required(
    object('How a tag is chosen; one of the three.', {
      alphabetical: object('By letters.', { order }),
      numerical: object('By number.', { order }),
      semver: object('By version.', { range: required(string('Range; the highest match is chosen.')) }),
    }),
  ),
};

/** A tag of an image. */
export const imageRefFields = {
  digest: string('Digest of the image.'),
  name: required(string('Name of the image.')),
  tag: required(string('The tag.')),
};

const v1 = {
  spec: object(
    'Which tag to choose.',
    {
      ...commonFields,
      digestReflectionPolicy: oneOf(
        'When the digest of the chosen tag is looked up.',
        ['Always', 'IfNotPresent', 'Never'],
        {
          default: 'Never',
        },
      ),
      interval: interval('How often the digest is looked up; only with `Always`.'),
      suspend: boolean('Stops choosing.'),
    },
    {
      rules: [
        {
          rule: "!has(self.interval) || (has(self.digestReflectionPolicy) && self.digestReflectionPolicy == 'Always')",
          message: "spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'",
        },
        {
          rule: "has(self.interval) || !has(self.digestReflectionPolicy) || self.digestReflectionPolicy != 'Always'",
          message: "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'",
        },
      ],
    },
  ),
  status: status({
    ...commonStatusFields,
    latestRef: object('The chosen tag.', imageRefFields),
    observedPreviousRef: object('The tag chosen before.', imageRefFields),
  }),
};

const v1beta1 = {
  spec: object('Which tag to choose.', commonFields),
  status: status({
    conditions,
    latestImage: string('The chosen image with its tag.'),
    observedGeneration: commonStatusFields.observedGeneration,
  }),
};

/** Chooses a tag of an image. */
export type ImagePolicy = ObjectOfKind<string, 'ImagePolicy', typeof v1.spec, typeof v1.status>;

const shown = [
  textColumn('Image', '.status.latestRef.name'),
  textColumn('Tag', '.status.latestRef.tag'),
  columns.ready,
  columns.status,
  columns.age,
];

/** ImagePolicy: `v1` (stored), `v1beta2`, `v1beta1`. */
export const imagePolicy = defineKind({
  group: 'image.toolkit.fluxcd.io',
  kind: 'ImagePolicy',
  plural: 'imagepolicies',
  shortNames: ['imgpol', 'imagepol'],
  category: 'fluxcd-images',
  description: 'Chooses a tag of a scanned image.',
  versions: [
    { name: 'v1', ...v1, columns: shown },
    { name: 'v1beta2', ...v1, columns: shown },
    { name: 'v1beta1', ...v1beta1, columns: [textColumn('LatestImage', '.status.latestImage')] },
  ],
});
