import { Agent, request } from 'undici';
import { SopsError } from './error.ts';
import { maxAnswerBytes, serviceTimeoutMs } from './limits.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly text: string;
}

/** The network as one function. Redirects are answers like others: credentials go where they were sent to. */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

/** The real network. `ca` holds further PEM certificates that are trusted. */
export function createHttp({ ca }: { readonly ca?: string | undefined } = {}): Http & { close(): Promise<void> } {
  const agent = new Agent({
    headersTimeout: serviceTimeoutMs,
    bodyTimeout: serviceTimeoutMs,
    connect: { timeout: serviceTimeoutMs, ...(ca ? { ca } : {}) },
    keepAliveTimeout: 1000,
  });
  const http = async ({ method, url, headers, body, signal }: HttpRequest): Promise<HttpResponse> => {
    const timeout = AbortSignal.timeout(serviceTimeoutMs);
    const answer = await request(url, {
      method,
      headers: { ...headers },
      body: body ?? null,
      dispatcher: agent,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of answer.body as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > maxAnswerBytes) throw new SopsError('LIMIT', `the answer is larger than ${maxAnswerBytes} bytes`);
      parts.push(part);
    }
    return { status: answer.statusCode, text: Buffer.concat(parts).toString('utf8') };
  };
  return Object.assign(http, { close: () => agent.close() });
}

/**
 * Sends a request and reads a JSON answer. What the service says of an error is given on up to a length, as it names
 * keys and permissions, never values.
 *
 * @throws {SopsError} `SERVICE`
 */
export async function askJson(http: Http, request: HttpRequest, what: string): Promise<Record<string, unknown>> {
  let answer: HttpResponse;
  try {
    answer = await http(request);
  } catch (error) {
    if (request.signal?.aborted) throw error;
    const code = (error as { code?: unknown }).code;
    const why = error instanceof SopsError ? error.message : typeof code === 'string' ? code : 'the request failed';
    throw new SopsError('SERVICE', `${what}: ${hostOf(request.url)}: ${why}`, { cause: error });
  }
  const body = parseObject(answer.text);
  if (answer.status < 200 || answer.status > 299) {
    throw new SopsError('SERVICE', `${what}: ${hostOf(request.url)} answered ${answer.status}${reasonOf(body)}`);
  }
  if (body === undefined) throw new SopsError('SERVICE', `${what}: ${hostOf(request.url)} did not answer with JSON`);
  return body;
}

const maxReason = 300;

function reasonOf(body: Record<string, unknown> | undefined): string {
  if (body === undefined) return '';
  const nested = body['error'];
  const error = typeof nested === 'object' && nested !== null ? (nested as Record<string, unknown>) : undefined;
  const code = [body['__type'], error?.['status'], error?.['code'], nested, body['code']].find(isText);
  const errors = body['errors'];
  const message = [
    body['message'],
    body['Message'],
    error?.['message'],
    body['error_description'],
    Array.isArray(errors) ? errors.filter(isText).join(', ') : undefined,
  ].find(isText);
  const text = [code, message].filter(isText).join(': ').replace(/\s+/g, ' ').slice(0, maxReason);
  return text === '' ? '' : `: ${text}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return 'the service';
  }
}
