import type { FieldError } from '@fluvial/schema';
import type { JsonObject } from './types.ts';

/** `reason` of a `Status`. */
export type StatusReason =
  | ''
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Expired'
  | 'Invalid'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'TooManyRequests'
  | 'ServiceUnavailable'
  | 'Timeout';

export interface StatusCause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** A refusal that the client gets as a `Status` object. `code` is the HTTP status. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: StatusReason;
  readonly details: StatusDetails | undefined;
  /** Extra `metadata` of the Status: a continue token that goes on without consistency. */
  readonly listMeta: JsonObject | undefined;

  constructor(
    code: number,
    reason: StatusReason,
    message: string,
    details?: StatusDetails,
    options?: ErrorOptions & { listMeta?: JsonObject },
  ) {
    super(message, options);
    this.name = 'StatusError';
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.listMeta = options?.listMeta;
  }

  toStatus(): JsonObject {
    const status: JsonObject = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.listMeta ?? {},
      status: 'Failure',
      message: this.message,
    };
    if (this.reason !== '') status['reason'] = this.reason;
    if (this.details !== undefined) status['details'] = this.details;
    status['code'] = this.code;
    return status;
  }
}

/** A path that leads nowhere: answered in plain text, as the Go server's router does. */
export class PathNotFound extends Error {
  constructor() {
    super('404 page not found');
    this.name = 'PathNotFound';
  }
}

/** Group and plural name (or kind), as messages qualify them: `deployments.apps`. */
export interface Qualified {
  readonly group: string;
  readonly resource: string;
}

function qualify({ group, resource }: Qualified): string {
  return group === '' ? resource : `${resource}.${group}`;
}

function details(what: Qualified, name: string, more: Partial<StatusDetails> = {}): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(what.group === '' ? {} : { group: what.group }),
    ...(what.resource === '' ? {} : { kind: what.resource }),
    ...more,
  };
}

export function notFound(what: Qualified, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${qualify(what)} "${name}" not found`, details(what, name));
}

/** No such path or resource at all. */
export function pathNotFound(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(what: Qualified, name: string, prefix = ''): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${prefix}${qualify(what)} "${name}" already exists`,
    details(what, name),
  );
}

export function generateNameExhausted(what: Qualified, name: string): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${qualify(what)} "${name}" already exists, the server was not able to generate a unique name for the object`,
    details(what, name, { retryAfterSeconds: 1 }),
  );
}

export const STALE_VERSION =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(what: Qualified, name: string, why: string): StatusError {
  return new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualify(what)} "${name}": ${why}`,
    details(what, name),
  );
}

export function forbidden(what: Qualified, name: string, why: string, causes?: readonly StatusCause[]): StatusError {
  const message =
    what.resource === ''
      ? `forbidden: ${why}`
      : name === ''
        ? `${qualify(what)} is forbidden: ${why}`
        : `${qualify(what)} "${name}" is forbidden: ${why}`;
  return new StatusError(403, 'Forbidden', message, details(what, name, causes ? { causes } : {}));
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function internalError(message: string, cause?: unknown): StatusError {
  return new StatusError(
    500,
    'InternalError',
    `Internal error occurred: ${message}`,
    { causes: [{ message }] },
    { cause },
  );
}

export function methodNotAllowed(what: Qualified, verb: string): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind "${qualify(what)}"`,
    details(what, ''),
  );
}

/** The path exists, but not for this method. */
export function notAllowedHere(): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

export function expired(message: string, listMeta?: JsonObject): StatusError {
  return new StatusError(410, 'Expired', message, undefined, listMeta ? { listMeta } : {});
}

/** `errors` joined as upstream joins an aggregate: one as it is, several in brackets, repeats once. */
function joinErrors(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((e) => `${e.field}: ${e.message}`))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

export function invalid(
  kind: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const what = { group: kind.group, resource: kind.kind };
  return new StatusError(
    422,
    'Invalid',
    `${qualify(what)} "${name}" is invalid${errors.length === 0 ? '' : `: ${joinErrors(errors)}`}`,
    details(what, name, {
      causes: errors.map((e) => ({ reason: e.reason, message: e.message, field: e.field })),
    }),
  );
}
