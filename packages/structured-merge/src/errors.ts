import type { FieldSet } from './field-set.ts';
import type { FieldConflict } from './types.ts';

/**
 * - `PATCH_INVALID`: the patch itself is malformed (not an array, no `op`, a bad pointer).
 * - `PATCH_FAILED`: the patch is well-formed but does not fit the document.
 * - `PATCH_TEST_FAILED`: a JSON patch `test` did not hold.
 * - `PATCH_TOO_LARGE`: a limit on operations, depth or size was passed.
 * - `TYPE_MISMATCH`: an object does not fit its schema (`field not declared in schema`, duplicate list-map keys).
 * - `MANAGED_FIELDS_INVALID`: a `metadata.managedFields` cannot be read.
 * - `APPLY_INVALID`: an apply request cannot be carried out (managedFields given, wrong version, no manager).
 * - `CONFLICT`: see {@link ConflictError}.
 */
export type MergeErrorCode =
  | 'PATCH_INVALID'
  | 'PATCH_FAILED'
  | 'PATCH_TEST_FAILED'
  | 'PATCH_TOO_LARGE'
  | 'TYPE_MISMATCH'
  | 'MANAGED_FIELDS_INVALID'
  | 'APPLY_INVALID'
  | 'CONFLICT';

/** Whatever this package throws. `message` is the text a Kubernetes API server gives. */
export class MergeError extends Error {
  readonly code: MergeErrorCode;

  constructor(code: MergeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MergeError';
    this.code = code;
  }
}

/** A server-side apply met fields of other managers. The server answers 409 with reason `Conflict`. */
export class ConflictError extends MergeError {
  readonly conflicts: readonly FieldConflict[];
  /** For `status.details.causes`, one per conflict, sorted as upstream sorts them. */
  readonly causes: readonly { reason: 'FieldManagerConflict'; message: string; field: string }[];

  /** The fields of all conflicts. */
  readonly fields: FieldSet;

  constructor(
    message: string,
    fields: FieldSet,
    conflicts: readonly FieldConflict[],
    causes: readonly { reason: 'FieldManagerConflict'; message: string; field: string }[],
  ) {
    super('CONFLICT', message);
    this.name = 'ConflictError';
    this.fields = fields;
    this.conflicts = conflicts;
    this.causes = causes;
  }
}
