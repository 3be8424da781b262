/** Details of a Kubernetes Status. */
export type StatusDetails = {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  readonly retryAfterSeconds?: number;
};

/** The API server's answer to a request that failed. */
export type Status = {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
};

/**
 * The server answered with an error. `message` is the server's own text, as kubectl and the Go clients show it.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status. */
  readonly code: number;
  /** `NotFound`, `Conflict`, `Invalid`, …; `""` when unknown. */
  readonly reason: string;
  readonly details: StatusDetails;
  /** Parsed from `Retry-After` or the details; undefined when the server gave none. */
  readonly retryAfterMs: number | undefined;
  /** False when the server did not send a Status and the text was made here. */
  readonly fromStatus: boolean;

  constructor(status: Status & { code: number }, options: { retryAfterMs?: number; fromStatus?: boolean } = {}) {
    super(status.message ?? `the server answered with status ${status.code}`);
    this.code = status.code;
    this.reason = status.reason ?? '';
    this.details = status.details ?? {};
    this.retryAfterMs =
      options.retryAfterMs ?? (status.details?.retryAfterSeconds ? status.details.retryAfterSeconds * 1000 : undefined);
    this.fromStatus = options.fromStatus ?? true;
  }
}

export type KubeErrorCode =
  /** The kubeconfig is missing, unreadable or asks for what is not allowed. */
  | 'CONFIG'
  /** No connection, or it broke before the answer was complete. */
  | 'CONNECTION'
  /** The time for the call ran out. */
  | 'TIMEOUT'
  /** The answer is larger than its bound. */
  | 'TOO_LARGE'
  /** The answer is not what the protocol says (not JSON, broken event). */
  | 'BAD_RESPONSE'
  /** Discovery knows no such kind. */
  | 'NO_MATCH'
  /** The caller's name or path cannot be part of a request. */
  | 'INVALID_ARGUMENT'
  /** The client was closed. */
  | 'CLOSED';

/** Anything that went wrong without an answer of the API server. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: KubeErrorCode;

  constructor(code: KubeErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export function isApiError(error: unknown): error is ApiError {
  return error instanceof ApiError;
}

function hasReason(error: unknown, reason: string, code: number): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.reason === reason || (error.code === code && !knownReasons.has(error.reason));
}

const knownReasons = new Set([
  'Unauthorized',
  'Forbidden',
  'NotFound',
  'AlreadyExists',
  'Conflict',
  'Gone',
  'Invalid',
  'ServerTimeout',
  'StoreReadError',
  'Timeout',
  'TooManyRequests',
  'BadRequest',
  'MethodNotAllowed',
  'NotAcceptable',
  'RequestEntityTooLarge',
  'UnsupportedMediaType',
  'InternalError',
  'Expired',
  'ServiceUnavailable',
]);

export const isNotFound = (error: unknown): boolean => hasReason(error, 'NotFound', 404);
export const isAlreadyExists = (error: unknown): boolean =>
  error instanceof ApiError && error.reason === 'AlreadyExists';
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict', 409);
export const isInvalid = (error: unknown): boolean => hasReason(error, 'Invalid', 422);
export const isForbidden = (error: unknown): boolean => hasReason(error, 'Forbidden', 403);
export const isUnauthorized = (error: unknown): boolean => hasReason(error, 'Unauthorized', 401);
export const isTooManyRequests = (error: unknown): boolean => hasReason(error, 'TooManyRequests', 429);
export const isServerTimeout = (error: unknown): boolean =>
  error instanceof ApiError && (error.reason === 'ServerTimeout' || error.reason === 'Timeout');
/** The resource version or the continue token is too old: list anew. */
export const isExpired = (error: unknown): boolean =>
  error instanceof ApiError && (error.reason === 'Expired' || error.reason === 'Gone' || error.code === 410);
/** Discovery knows no such kind (its definition is not installed, or not yet). */
export const isNoMatch = (error: unknown): boolean => error instanceof KubeError && error.code === 'NO_MATCH';
/** The connection failed or the time ran out: nothing is known about the outcome. */
export const isConnectionError = (error: unknown): boolean =>
  error instanceof KubeError && (error.code === 'CONNECTION' || error.code === 'TIMEOUT');

/** What the error text says about the request; the Go clients' wording of answers without a Status. */
export type FailedRequest = {
  readonly method: string;
  readonly verb: string;
  readonly resource: string;
  readonly name: string;
};

/** Makes the error for an answer that carries no Status, with the texts that the Go clients use. */
export function genericError(code: number, request: FailedRequest, body: string, retryAfterMs?: number): ApiError {
  const [reason, text] = genericReason(code, request.method, body);
  const subject = [request.resource, request.name].filter((s) => s !== '').join(' ');
  const message = subject === '' ? text : `${text} (${request.verb} ${subject})`;
  return new ApiError({ code, reason, message }, { retryAfterMs, fromStatus: false });
}

function genericReason(code: number, method: string, body: string): [string, string] {
  const shown = body.trim().slice(0, 1024);
  switch (code) {
    case 400:
      return ['BadRequest', 'the server rejected our request for an unknown reason'];
    case 401:
      return ['Unauthorized', 'the server has asked for the client to provide credentials'];
    case 403:
      return ['Forbidden', shown === '' ? 'the server does not allow access to the requested resource' : shown];
    case 404:
      return ['NotFound', 'the server could not find the requested resource'];
    case 405:
      return ['MethodNotAllowed', 'the server does not allow this method on the requested resource'];
    case 406:
      return ['NotAcceptable', 'the server was unable to respond with a content type that the client supports'];
    case 409:
      return [method === 'POST' ? 'AlreadyExists' : 'Conflict', 'the server reported a conflict'];
    case 410:
      return ['Expired', 'the requested version is no longer available'];
    case 413:
      return ['RequestEntityTooLarge', 'the request is too large for the server'];
    case 415:
      return ['UnsupportedMediaType', 'the server does not accept the media type of the request'];
    case 422:
      return ['Invalid', 'the server rejected our request due to an error in our request'];
    case 429:
      return ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'];
    case 503:
      return ['ServiceUnavailable', 'the server is currently unable to handle the request'];
    case 504:
      return [
        'Timeout',
        'the server was unable to return a response in the time allotted, but may still be processing the request',
      ];
    default:
      if (code >= 500) {
        return [
          'InternalError',
          `an error on the server (${JSON.stringify(shown)}) has prevented the request from succeeding`,
        ];
      }
      return ['', `the server responded with the status code ${code} but did not return more information`];
  }
}
