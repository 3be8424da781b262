import { columns, defineKind, type ObjectOfKind } from '../define-kind.ts';
import { array, object, oneOf, required, string } from '../schema-builder.ts';
import { commonMetadata } from '../shared/references.ts';
import { conditions, plainStatus } from '../shared/status.ts';

const aliasReference = { maxLength: 64, pattern: '^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)$' };

const v1beta1 = {
  spec: object(
    'Which artifacts to make, and of what.',
    {
      artifacts: required(
        array(
          'Artifacts to make.',
          object('One artifact.', {
            copy: required(
              array(
                'What is copied into the artifact, in order.',
                object('One copy.', {
                  exclude: array('Patterns of files to leave out.', string('A pattern.'), { maxItems: 100 }),
                  from: required(
                    string('Source and pattern, `@alias/pattern`.', {
                      maxLength: 1024,
                      minLength: 1,
                      pattern: '^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)/(.*)$',
                    }),
                  ),
                  strategy: oneOf('What happens to files that are there already.', ['Overwrite', 'Merge', 'Extract']),
                  to: required(
                    string('Place in the artifact, `@artifact/path`.', {
                      maxLength: 1024,
                      minLength: 1,
                      pattern: '^@(artifact)/(.*)$',
                    }),
                  ),
                }),
                { minItems: 1 },
              ),
            ),
            name: required(string('Name of the ExternalArtifact.', { maxLength: 253, minLength: 1 })),
            originRevision: string('Source whose origin revision the artifact reports, `@alias`.', aliasReference),
            revision: string('Source whose revision the artifact takes, `@alias`.', aliasReference),
          }),
          { maxItems: 1000, minItems: 1 },
        ),
      ),
      commonMetadata: commonMetadata('Labels and annotations of the artifacts.'),
      pathPattern: string('Directories of a source that each make artifacts of their own, `@alias/pattern`.', {
        maxLength: 1024,
        pattern: '^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)/(.*)$',
      }),
      sources: required(
        array(
          'Sources to copy from.',
          object('One source.', {
            alias: required(
              string('Name of the source in this object.', {
                maxLength: 63,
                pattern: '^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$',
              }),
            ),
            kind: required(
              oneOf('Kind of the source.', [
                'Bucket',
                'GitRepository',
                'OCIRepository',
                'HelmChart',
                'ExternalArtifact',
              ]),
            ),
            name: required(
              string('Name of the source.', { maxLength: 253, pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' }),
            ),
            namespace: string('Namespace of the source; the object’s own when empty.', {
              maxLength: 63,
              minLength: 1,
              pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
            }),
          }),
          { maxItems: 1000, minItems: 1 },
        ),
      ),
    },
    {
      rules: [
        {
          rule: "has(self.pathPattern) && size(self.pathPattern) > 0 || self.artifacts.all(a, a.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'))",
          message: 'artifact names must be valid Kubernetes object names when pathPattern is not set',
        },
      ],
    },
  ),
  status: plainStatus({
    conditions,
    inventory: array(
      'Artifacts that were made.',
      object('One artifact.', {
        digest: required(string('Digest of the stored file.')),
        filename: required(string('Name of the stored file.')),
        name: required(string('Name of the ExternalArtifact.')),
        namespace: required(string('Namespace of the ExternalArtifact.')),
      }),
    ),
    lastHandledReconcileAt: string('Value of the reconcile request annotation that was last acted on.'),
    observedSourcesDigest: string('Digest over the revisions of the sources.'),
  }),
};

/** Composes artifacts of several sources. */
export type ArtifactGenerator = ObjectOfKind<string, 'ArtifactGenerator', typeof v1beta1.spec, typeof v1beta1.status>;

/** ArtifactGenerator: `v1beta1`. */
export const artifactGenerator = defineKind({
  group: 'source.extensions.fluxcd.io',
  kind: 'ArtifactGenerator',
  plural: 'artifactgenerators',
  shortNames: ['ag'],
  category: 'fluxcd-sources',
  description: 'Composes artifacts of the content of several sources.',
  versions: [{ name: 'v1beta1', ...v1beta1, columns: [columns.age, columns.ready, columns.status] }],
});
