import {
  array,
  type Fields,
  type Infer,
  integer,
  map,
  object,
  oneOf,
  required,
  type Schema,
  string,
  timestamp,
} from '../schema-builder.ts';

const conditionTypePattern =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$';

/** One observation, as in the Kubernetes API conventions. */
export const condition = object('One observation about the object.', {
  lastTransitionTime: required(timestamp('When the status last changed.')),
  message: required(string('Explanation for people; may be empty.', { maxLength: 32768 })),
  observedGeneration: integer('Generation of the spec that the observation is about.', { minimum: 0 }),
  reason: required(
    string('Cause of the last transition in one word.', {
      maxLength: 1024,
      minLength: 1,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    }),
  ),
  status: required(oneOf('Whether the observation holds.', ['True', 'False', 'Unknown'])),
  type: required(string('What is observed.', { maxLength: 316, pattern: conditionTypePattern })),
});

/** A condition in an object's status. */
export type Condition = Infer<typeof condition>;

/** Conditions of the object. */
export const conditions = array('Observations about the object’s state.', condition);

/** Fields that every reconciled kind reports. */
export const commonStatusFields = {
  conditions,
  lastHandledReconcileAt: string('Value of the reconcile request annotation that was last acted on.'),
  observedGeneration: integer('Generation of the spec that was last reconciled.'),
};

/** The status of a reconciled kind: `observedGeneration` starts at -1, so that a new object is never taken for done. */
export function status<F extends Fields>(fields: F) {
  const schema = object('What was last observed of the object.', fields);
  return { ...schema, json: { ...schema.json, default: { observedGeneration: -1 } } };
}

/** The status of a kind that has no reconciler of its own here. */
export function plainStatus<F extends Fields>(fields: F) {
  return object('What was last observed of the object.', fields);
}

const digestPattern = '^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$';

const artifactFields = {
  digest: required(string('Digest of the stored file: algorithm, colon, hex.', { pattern: digestPattern })),
  lastUpdateTime: required(timestamp('When the file was stored.')),
  metadata: map('Facts from upstream, such as the annotations of an OCI manifest.', string('Value of the fact.')),
  path: required(string('Path of the file below the storage root.')),
  revision: required(string('Identifies the content in the origin’s terms.')),
  size: integer('Bytes of the stored file.'),
  url: required(string('Where consumers in the cluster fetch the file.')),
};

/** A stored archive and where to fetch it. */
export const artifact = object('The stored content of the source.', artifactFields);

/** A source's stored archive. */
export type Artifact = Infer<typeof artifact>;

/** The artifact as the first version reported it. */
export const artifactV1beta1 = object('The stored content of the source.', {
  checksum: string('SHA-256 of the stored file, hex.'),
  lastUpdateTime: artifactFields.lastUpdateTime,
  path: artifactFields.path,
  revision: string('Identifies the content in the origin’s terms.'),
  url: artifactFields.url,
});

/** Digest that sums up the settings of the last fetch; not written any more. */
export const contentConfigChecksum: Schema<string> = string(
  'Digest over the settings of the last fetch. Not written any more.',
);

/** What the last apply left in the cluster. */
export const inventory = object('Objects that the last successful apply left in the cluster.', {
  entries: required(
    array(
      'The objects.',
      object('One object.', {
        id: required(string('Namespace, name, group and kind, joined by underscores.')),
        v: required(string('API version without the group.')),
      }),
    ),
  ),
});
