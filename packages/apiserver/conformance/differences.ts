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
    case: 'builtin-defaults/Node: *',
    path: '*f:metadata',
    reason: 'the node controller annotates a new node, when it comes to it',
    sometimes: true,
  },
  {
    case: 'builtin-defaults/NetworkPolicy: empty egress',
    path: '*generationKept',
    reason:
      'kube-apiserver compares an empty list in a dry run with none in its store; here both are none from the start',
  },
  {
    case: 'builtin-defaults/CSINode: no drivers',
    path: '*managedFields',
    reason: 'an empty required list is none here before it gets an owner; only nodes write these objects',
  },
  {
    case: 'builtin-immutability/csi driver',
    path: '*generation',
    reason: 'kube-apiserver gives a CSIDriver its first generation at its first update; nobody reads it',
  },
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
  {
    case: 'patches/json: escapes and nulls',
    path: '*: body.details.causes*',
    reason: 'each layer of the original checks metadata again: one message is repeated up to four times as a cause',
  },
  {
    case: 'patches/merge: what cannot be done',
    path: '*: body.details.causes*',
    reason: 'each layer of the original checks metadata again: one message is repeated up to four times as a cause',
  },
  {
    case: 'patches/json: what cannot be done',
    path: '*: body.details.causes*',
    reason: 'the cause repeats the message, which is listed',
  },
  {
    case: 'patches/deployment: immutable and invalid',
    path: '*: body.details.causes*',
    reason: 'the cause repeats the message, which is listed',
  },
  {
    case: 'patches/json: what cannot be done',
    path: '10 PATCH *: body.message',
    reason: 'a ConfigMap that a patch calls a Secret: the original decodes the Secret first, and its data is no base64',
  },
  {
    case: 'patches/merge: what cannot be done',
    path: '15 PATCH *: body.message',
    reason: 'a ConfigMap that a patch calls a Secret: the original decodes the Secret first, and its data is no base64',
  },
  {
    case: 'patches/deployment: immutable and invalid',
    path: '*: body.message',
    reason: 'the error quotes the whole object, with the fields of untouched structs in the order of their declaration',
  },
  {
    case: 'patches/merge: malformed',
    path: '7 PATCH *: warning',
    reason: 'a key that a patch has twice is not warned about: the last one counts, as in the original',
  },
  {
    case: 'field-validation/duplicates in YAML',
    path: '*',
    reason: 'keys that a YAML text has twice are not looked for: the last one counts, as in the original',
  },
  {
    case: 'deleting/preconditions',
    path: '9 DELETE *: body.message',
    reason: 'delete options that are no JSON: the decoder is named in other words',
  },
  {
    case: 'custom-resources/definition: list types',
    path: '1 POST *: body.*',
    reason: 'several errors of one schema are told in another order',
  },
  {
    case: 'custom-resources/scale',
    path: '*managedFields[1].time',
    reason: 'kube-apiserver forgets when a field was taken over through scale; the embedded server says it',
  },
  {
    case: 'custom-resources/definition: no version is stored, or two are',
    path: '* POST *: body.*',
    reason: 'kube-apiserver prints its internal form of the versions, and tells of a status that nobody has written',
  },
  {
    case: 'custom-resources/definition: CEL that does not compile',
    path: '* POST *',
    reason:
      'rules have no static types here: an unknown field is told when an object is validated; syntax errors in own words',
  },
  {
    case: 'custom-resources/definition: CEL that is no condition',
    path: '* POST *',
    reason: 'rules have no static types here: a rule that gives no boolean is told when an object is validated',
  },
];
