import { ApiError, genericError, KubeError, type Status } from './errors.ts';
import { decodeJson } from './json.ts';
import { parseRetryAfter } from './retry-after.ts';
import type { KindRef, KubeObject } from './types.ts';

/** @throws {KubeError} `BAD_RESPONSE` */
export function parseBody(body: Buffer, what: string): unknown {
  try {
    return decodeJson(body.toString('utf8'));
  } catch (cause) {
    throw new KubeError('BAD_RESPONSE', `${what}: the answer is not JSON`, { cause });
  }
}

/** The error for an answer of 400 and above. */
export function errorFrom(
  response: { status: number; headers: Readonly<Record<string, string | string[] | undefined>>; body: Buffer },
  request: { method: string; verb: string; resource: string; name: string },
): ApiError {
  const text = response.body.toString('utf8');
  const retryAfterMs = parseRetryAfter(response.headers['retry-after']);
  try {
    const status = JSON.parse(text) as Status | null;
    if (status?.kind === 'Status') return new ApiError({ ...status, code: response.status }, { retryAfterMs });
  } catch {
    // Not a Status: a proxy's page, or cut short.
  }
  return genericError(response.status, request, text, retryAfterMs);
}

/** Whether a NotFound says that the resource is not served, rather than that the object does not exist. */
export function isMissingResource(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404 && !error.details.name && !error.details.kind;
}

/** Items of a list of built-in kinds come without their kind. */
export function completeItem(item: KubeObject, kind: KindRef, metadataOnly: boolean): KubeObject {
  if (metadataOnly) return metadataOf(item, kind);
  if (item.kind === undefined || item.apiVersion === undefined) {
    return { ...item, apiVersion: kind.apiVersion, kind: kind.kind };
  }
  return item;
}

/** The metadata under the object's own kind, also when the server did not know how to send it alone. */
export function metadataOf(object: unknown, kind: KindRef): KubeObject {
  return { apiVersion: kind.apiVersion, kind: kind.kind, metadata: (object as KubeObject).metadata };
}
