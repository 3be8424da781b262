import { columns, defineKind, type ObjectOfKind, textColumn } from '../define-kind.ts';
import { object, required, string } from '../schema-builder.ts';
import { artifact, conditions, plainStatus } from '../shared/status.ts';

const v1 = {
  spec: object('Where the artifact comes from.', {
    sourceRef: object('Object that made the artifact.', {
      apiVersion: string('API version of the object.'),
      kind: required(string('Kind of the object.')),
      name: required(string('Name of the object.')),
      namespace: string('Namespace of the object; this one’s own when empty.'),
    }),
  }),
  status: plainStatus({ artifact, conditions }),
};

/** An artifact that a controller outside of the suite stores. */
export type ExternalArtifact = ObjectOfKind<string, 'ExternalArtifact', typeof v1.spec, typeof v1.status>;

/** ExternalArtifact: `v1`. */
export const externalArtifact = defineKind({
  group: 'source.toolkit.fluxcd.io',
  kind: 'ExternalArtifact',
  plural: 'externalartifacts',
  shortNames: ['ea'],
  category: 'fluxcd-sources',
  description: 'An artifact that another controller stores and reports.',
  versions: [
    {
      name: 'v1',
      ...v1,
      columns: [columns.age, columns.ready, columns.status, textColumn('Source', '.spec.sourceRef.name')],
    },
  ],
});
