/** A difference between the servers that stays, with its reason. */
export interface KnownDifference {
  /** Glob over `GROUP/CASE`. */
  readonly case: string;
  /** Glob over the path of a difference, as the run prints it. */
  readonly path: string;
  readonly reason: string;
  /** It depends on timing. Otherwise a listed difference that does not show is an error. */
  readonly sometimes?: boolean;
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    case: 'subresources/scale: its owner of the field',
    path: '*managedFields[1].time',
    reason: 'kube-apiserver forgets when a field was taken over through scale; the embedded server says it',
  },
  {
    case: 'crud/YAML that is none',
    path: '1 POST *: body.message',
    reason: 'two YAML parsers describe a syntax error in their own words',
  },
  {
    case: 'tables/a table of one, whole',
    path: '*columnDefinitions*description',
    reason:
      'column descriptions of built-in kinds are sentences of the Go sources; the embedded server names the column',
  },
  {
    case: 'discovery/OpenAPI v3: a custom resource',
    path: '* schema: properties.*.description',
    reason:
      'the descriptions that kube-apiserver adds to apiVersion, kind and metadata are sentences of the Go sources',
  },
];
