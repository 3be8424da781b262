import { ApiError } from '@fluvial/kube';
import { type ChangeSet, formatRef, type ObjectRef } from './types.ts';

export type ApplyErrorCode =
  /** The server refused an object in a dry run; nothing of its stage was applied. */
  | 'DRY_RUN'
  /** The server refused an object that had passed the dry run. */
  | 'APPLY'
  /** An object had to be made anew and could not be deleted. */
  | 'RECREATE'
  /** The ownership of other field managers could not be taken over. */
  | 'CLEANUP'
  /** The definitions or classes of a stage did not become ready. */
  | 'STAGE_WAIT'
  /** Objects could not be deleted. */
  | 'DELETE'
  /** What was applied did not become healthy. */
  | 'HEALTH'
  /** Objects did not go in time. */
  | 'TERMINATION';

/** Anything that stops an apply, a prune or a wait. `message` is what the user is shown. */
export class ApplyError extends Error {
  override readonly name = 'ApplyError';
  readonly code: ApplyErrorCode;
  /** What was done before the error. */
  readonly changes: ChangeSet;
  readonly ref: ObjectRef | undefined;

  constructor(
    code: ApplyErrorCode,
    message: string,
    options: { cause?: unknown; changes?: ChangeSet; ref?: ObjectRef } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.changes = options.changes ?? [];
    this.ref = options.ref;
  }
}

/** The same error, with what had been done before it. */
export function withChanges(error: ApplyError, changes: ChangeSet): ApplyError {
  return new ApplyError(error.code, error.message, { cause: error.cause, ref: error.ref, changes });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The text of a refused dry run, with the reason that the server names. */
export function dryRunError(ref: ObjectRef, cause: unknown): ApplyError {
  const subject = formatRef(ref);
  const text = messageOf(cause);
  if (cause instanceof ApiError && cause.reason === 'NotFound') {
    const what = ref.namespace === '' ? 'namespace not specified' : 'not found';
    return new ApplyError('DRY_RUN', `${subject} ${what}: ${text}`, { cause, ref });
  }
  const reason = cause instanceof ApiError ? reasonOf(cause) : '';
  return new ApplyError('DRY_RUN', `${subject} dry-run failed${reason === '' ? '' : ` (${reason})`}: ${text}`, {
    cause,
    ref,
  });
}

function reasonOf(error: ApiError): string {
  const isConflict = error.details.causes?.some((cause) => cause.reason === 'FieldManagerConflict');
  return isConflict ? 'Conflict' : error.reason;
}

export function applyFailed(ref: ObjectRef, cause: unknown): ApplyError {
  return new ApplyError('APPLY', `${formatRef(ref)} apply failed: ${messageOf(cause)}`, { cause, ref });
}

export function recreateFailed(ref: ObjectRef, cause: unknown): ApplyError {
  return new ApplyError(
    'RECREATE',
    `${formatRef(ref)} immutable field detected, failed to delete object: ${messageOf(cause)}`,
    { cause, ref },
  );
}

export function cleanupFailed(ref: ObjectRef, cause: unknown): ApplyError {
  return new ApplyError('CLEANUP', `${formatRef(ref)} metadata.managedFields cleanup failed: ${messageOf(cause)}`, {
    cause,
    ref,
  });
}
