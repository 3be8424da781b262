import { ApiError, type KubeObject } from '@fluvial/kube';
import { redactSecret } from './redact-secret.ts';
import { type ChangeSet, formatRef, type ObjectRef } from './types.ts';

export type ApplyErrorCode =
  /**
   * The server refused an object in a dry run, or at its apply where that stood for one. Nothing of its stage was applied,
   * except what `changes` names: an object was refused that the server was known to accept.
   */
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

/** The object and the identity under which it is told. */
type Subject = { readonly ref: ObjectRef; readonly object: KubeObject };

/** Text and cause as they may be shown: of a Secret without its values, and then without the cause, which has them. */
function shown({ object }: Subject, cause: unknown): { text: string; cause: unknown } {
  const text = messageOf(cause);
  const safe = redactSecret(object, text);
  return { text: safe, cause: safe === text ? cause : undefined };
}

/** The text of a refused dry run, with the reason that the server names. */
export function dryRunError(subject: Subject, error: unknown): ApplyError {
  const { ref } = subject;
  const { text, cause } = shown(subject, error);
  if (error instanceof ApiError && error.reason === 'NotFound') {
    const what = ref.namespace === '' ? 'namespace not specified' : 'not found';
    return new ApplyError('DRY_RUN', `${formatRef(ref)} ${what}: ${text}`, { cause, ref });
  }
  const reason = error instanceof ApiError ? reasonOf(error) : '';
  return new ApplyError('DRY_RUN', `${formatRef(ref)} dry-run failed${reason === '' ? '' : ` (${reason})`}: ${text}`, {
    cause,
    ref,
  });
}

function reasonOf(error: ApiError): string {
  const isConflict = error.details.causes?.some((cause) => cause.reason === 'FieldManagerConflict');
  return isConflict ? 'Conflict' : error.reason;
}

export function applyFailed(subject: Subject, error: unknown): ApplyError {
  const { text, cause } = shown(subject, error);
  return new ApplyError('APPLY', `${formatRef(subject.ref)} apply failed: ${text}`, { cause, ref: subject.ref });
}

export function recreateFailed({ ref }: Subject, cause: unknown): ApplyError {
  return new ApplyError(
    'RECREATE',
    `${formatRef(ref)} immutable field detected, failed to delete object: ${messageOf(cause)}`,
    { cause, ref },
  );
}

export function cleanupFailed({ ref }: Subject, cause: unknown): ApplyError {
  return new ApplyError('CLEANUP', `${formatRef(ref)} metadata.managedFields cleanup failed: ${messageOf(cause)}`, {
    cause,
    ref,
  });
}
