import { readUpTo } from './body.ts';
import { type OciDiagnostic, OciError, type OciErrorCode } from './errors.ts';
import { formatGoValue, statusText } from './go-format.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import { redactSecrets, redactUrl } from './redact.ts';

const registryCodes: ReadonlySet<string> = new Set<OciErrorCode>([
  'BLOB_UNKNOWN',
  'BLOB_UPLOAD_INVALID',
  'BLOB_UPLOAD_UNKNOWN',
  'DIGEST_INVALID',
  'MANIFEST_BLOB_UNKNOWN',
  'MANIFEST_INVALID',
  'MANIFEST_UNKNOWN',
  'NAME_INVALID',
  'NAME_UNKNOWN',
  'SIZE_INVALID',
  'TAG_INVALID',
  'UNAUTHORIZED',
  'DENIED',
  'UNSUPPORTED',
  'TOOMANYREQUESTS',
  'UNAVAILABLE',
]);

// What a person reads of a body that is not JSON. A proxy's error page says all it has to say at its beginning.
const maxShownChars = 2048;
const maxDiagnostics = 20;

/** What {@link responseError} needs beside the answer. */
export interface ResponseErrorOptions {
  readonly maxErrorBytes: number;
  /** Milliseconds now, for a Retry-After that is a date. */
  readonly now: number;
  /** Never to appear in the message. */
  readonly secrets: readonly string[];
}

/**
 * Turns an answer with an unwanted status into an error, reading its body under a bound:
 * `GET http://host/v2/app/manifests/1: MANIFEST_UNKNOWN: manifest unknown; map[Tag:1]`.
 */
export async function responseError(
  request: Pick<HttpRequest, 'method' | 'url'>,
  response: HttpResponse,
  options: ResponseErrorOptions,
): Promise<OciError> {
  const { status } = response;
  const body = new TextDecoder().decode(await readUpTo(response, options.maxErrorBytes));
  const diagnostics = parseDiagnostics(body);
  const words = redactSecrets(describe(request.method, status, body, diagnostics), options.secrets);
  return new OciError(codeOf(status, diagnostics), `${request.method} ${redactUrl(request.url)}: ${words}`, {
    status,
    retryAfterMs: parseRetryAfter(response.headers['retry-after'], options.now),
    diagnostics,
  });
}

/** Reads `Retry-After`: seconds or a date (RFC 9110, 10.2.3). Milliseconds, never negative. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function describe(method: string, status: number, body: string, diagnostics: readonly OciDiagnostic[]): string {
  if (diagnostics.length === 1) return formatDiagnostic(diagnostics[0]!);
  if (diagnostics.length > 1) return `multiple errors returned: ${diagnostics.map(formatDiagnostic).join('; ')}`;
  const words = `unexpected status code ${status} ${statusText(status)}`;
  if (body !== '') return `${words}: ${body.slice(0, maxShownChars)}`;
  return method === 'HEAD' ? `${words} (HEAD responses have no body, use GET for details)` : words;
}

function formatDiagnostic({ code, message, detail }: OciDiagnostic): string {
  const words = `${code}: ${message}`;
  return detail === undefined || detail === null ? words : `${words}; ${formatGoValue(detail)}`;
}

function parseDiagnostics(body: string): OciDiagnostic[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return [];
  }
  const errors = (value as { errors?: unknown } | null)?.errors;
  if (!Array.isArray(errors)) return [];
  return errors.slice(0, maxDiagnostics).flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { code, message, detail } = entry as Record<string, unknown>;
    return [
      { code: typeof code === 'string' ? code : '', message: typeof message === 'string' ? message : '', detail },
    ];
  });
}

function codeOf(status: number, diagnostics: readonly OciDiagnostic[]): OciErrorCode {
  const named = diagnostics[0]?.code;
  if (named !== undefined && registryCodes.has(named)) return named as OciErrorCode;
  if (status === 401) return 'UNAUTHORIZED';
  if (status === 403) return 'DENIED';
  if (status === 429) return 'TOOMANYREQUESTS';
  if (status === 408) return 'TIMEOUT';
  return status >= 500 ? 'UNAVAILABLE' : 'STATUS';
}
