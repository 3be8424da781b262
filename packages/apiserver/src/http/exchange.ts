import type { IncomingMessage, ServerResponse } from 'node:http';
import { stringifyYaml } from '@fluvial/yaml';
import { StatusError } from '../errors.ts';
import type { UserInfo } from '../types.ts';

/** etcd's and the API server's bound for a request body, 3 MiB. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** One request and its response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Decoded path segments without the empty first one. */
  readonly segments: readonly string[];
  readonly path: string;
  readonly query: URLSearchParams;
  readonly user: UserInfo;
  /** Texts for `Warning` headers. */
  readonly warnings: string[];
}

/**
 * Reads a body under the server's bound.
 *
 * @throws {StatusError} 413, also for a body that only announces too much.
 */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > MAX_BODY_BYTES) {
      request.resume();
      reject(tooLarge());
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    request.on('end', () => {
      if (size > MAX_BODY_BYTES) reject(tooLarge());
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
    request.on('aborted', () => reject(new StatusError(400, 'BadRequest', 'the request body was cut off')));
    request.on('error', reject);
  });
}

function tooLarge(): StatusError {
  return new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY_BYTES}`);
}

/** Sends an object that is JSON text already: one line, or indented for people. */
export function sendJson(exchange: Exchange, code: number, json: string, type = 'application/json'): void {
  send(exchange, code, isForPeople(exchange) ? indented(json) : `${json}\n`, type);
}

/** Programs that show answers as they are, and whoever asks for it, as upstream. */
function isForPeople({ query, request }: Exchange): boolean {
  const asked = query.get('pretty') ?? '';
  if (asked !== '') return /^(1|t|true)$/i.test(asked);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(request.headers['user-agent'] ?? '');
}

function indented(json: string): string {
  return JSON.stringify(JSON.parse(json), undefined, 2);
}

export function send(exchange: Exchange, code: number, body: string | Buffer, type: string): void {
  const { response, warnings } = exchange;
  if (response.headersSent || response.destroyed) return;
  const headers: { [name: string]: string | number | string[] } = { 'Cache-Control': 'no-cache, private' };
  if (code !== 204) {
    headers['Content-Type'] = type;
    headers['Content-Length'] = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  }
  if (warnings.length > 0) headers['Warning'] = warningHeaders(warnings);
  response.writeHead(code, headers);
  response.end(exchange.method === 'HEAD' ? undefined : body);
}

/** A status and nothing else. */
export function sendNothing({ response }: Exchange, code: number): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(code, { 'Cache-Control': 'no-cache, private', 'Content-Length': 0 });
  response.end();
}

export function sendError(exchange: Exchange, error: StatusError): void {
  if (error.code === 401) exchange.response.setHeader('WWW-Authenticate', 'Bearer realm="kubernetes"');
  const retry = error.details?.retryAfterSeconds;
  if (retry !== undefined) exchange.response.setHeader('Retry-After', String(retry));
  const { accept } = exchange.request.headers;
  if (accept !== undefined && /^application\/yaml\b/.test(accept))
    send(exchange, error.code, stringifyYaml(error.toStatus()), 'application/yaml');
  else sendJson(exchange, error.code, JSON.stringify(error.toStatus()));
}

/** `299 - "text"`, each text once, as RFC 7234 §5.5 quotes it. */
export function warningHeaders(warnings: readonly string[]): string[] {
  return [...new Set(warnings)].slice(0, 50).map((text) => {
    // Header values are Latin-1 without controls.
    const safe = text.replace(/[^\x20-\x7e]/g, (c) => (c === '\n' || c === '\t' ? ' ' : '?'));
    return `299 - "${safe.replace(/[\\"]/g, '\\$&')}"`;
  });
}
