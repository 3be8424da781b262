/** Every way this package fails. */
export type ArtifactErrorCode =
  | 'NOT_GZIP'
  | 'ARCHIVE_INVALID'
  | 'ENTRY_NAME'
  | 'ENTRY_TYPE'
  | 'LIMIT'
  | 'DIGEST_EMPTY'
  | 'DIGEST_INVALID'
  | 'DIGEST_MISMATCH'
  | 'PATH_INVALID'
  | 'NOT_FOUND'
  | 'HTTP_STATUS'
  | 'NETWORK'
  | 'STORAGE'
  | 'ABORTED';

/** The one error of this package; `code` tells the case, `message` is fit for a condition. */
export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
  readonly code: ArtifactErrorCode;

  constructor(code: ArtifactErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Throws `ABORTED` with the signal's reason as cause when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ArtifactError('ABORTED', 'context canceled', signal.reason);
}
