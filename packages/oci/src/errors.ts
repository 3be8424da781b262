/**
 * Every way a registry operation fails.
 *
 * The upper half are local findings, the lower half codes that a registry named itself (distribution-spec 1.1, "Error Codes").
 */
export type OciErrorCode =
  | 'REFERENCE_INVALID'
  | 'CREDENTIALS_INVALID'
  | 'NETWORK'
  | 'TLS'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'PROTOCOL'
  | 'LIMIT'
  | 'DIGEST_MISMATCH'
  | 'SIZE_MISMATCH'
  | 'PLATFORM_UNKNOWN'
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'UNAVAILABLE'
  | 'STATUS';

/** One entry of a registry's error body, as it came. */
export interface OciDiagnostic {
  readonly code: string;
  readonly message: string;
  readonly detail?: unknown;
}

/** What an {@link OciError} knows beside its message. */
export interface OciErrorOptions {
  readonly cause?: unknown;
  /** HTTP status, when a server answered. */
  readonly status?: number;
  /** What the server asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Whether the same request may succeed later, untouched. Default: derived from code and status. */
  readonly isTransient?: boolean;
  /** The registry's own error entries. */
  readonly diagnostics?: readonly OciDiagnostic[];
}

const transientCodes: ReadonlySet<OciErrorCode> = new Set(['NETWORK', 'TIMEOUT', 'TOOMANYREQUESTS', 'UNAVAILABLE']);
const transientStatuses: ReadonlySet<number> = new Set([408, 429, 499, 500, 502, 503, 504, 522]);

/**
 * The one error of this package.
 *
 * `message` reads as users of Flux know it, for example
 * `GET http://127.0.0.1:5000/v2/app/manifests/1: MANIFEST_UNKNOWN: manifest unknown; map[Tag:1]`.
 * It never holds credentials: userinfo and query values of unknown meaning are taken out.
 */
export class OciError extends Error {
  override readonly name = 'OciError';
  readonly code: OciErrorCode;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isTransient: boolean;
  readonly diagnostics: readonly OciDiagnostic[];

  constructor(code: OciErrorCode, message: string, options: OciErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.diagnostics = options.diagnostics ?? [];
    this.isTransient =
      options.isTransient ??
      (transientCodes.has(code) || (options.status !== undefined && transientStatuses.has(options.status)));
  }
}

/** Tells whether an error says that a manifest, blob, tag or repository does not exist. */
export function isNotFound(error: unknown): error is OciError {
  if (!(error instanceof OciError)) return false;
  return (
    error.status === 404 ||
    error.code === 'MANIFEST_UNKNOWN' ||
    error.code === 'NAME_UNKNOWN' ||
    error.code === 'BLOB_UNKNOWN'
  );
}
