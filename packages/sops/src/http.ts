import { Agent, request } from 'undici';
import { SopsError } from './error.ts';
import { maxAnswerBytes, serviceTimeoutMs } from './limits.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default 30 s. */
  readonly timeoutMs?: number | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly text: string;
}

/** The network as one function. Redirects are answers like others: credentials go where they were sent to. */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

export interface TlsOptions {
  /** PEM certificates that are trusted instead of the system's. */
  readonly ca?: string | undefined;
  /** The client's own certificate and key, PEM. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name that the server's certificate must have, if not that of the URL. */
  readonly serverName?: string | undefined;
  /** Takes any certificate. Default false. */
  readonly insecure?: boolean | undefined;
}

/** The real network. */
export function createHttp(tls: TlsOptions = {}): Http & { close(): Promise<void> } {
  const { ca, cert, key, serverName, insecure } = tls;
  const agent = new Agent({
    headersTimeout: serviceTimeoutMs,
    bodyTimeout: serviceTimeoutMs,
    connect: {
      timeout: serviceTimeoutMs,
      ...(ca ? { ca } : {}),
      ...(cert && key ? { cert, key } : {}),
      ...(serverName ? { servername: serverName } : {}),
      ...(insecure ? { rejectUnauthorized: false } : {}),
    },
    keepAliveTimeout: 1000,
  });
  const http = async ({ method, url, headers, body, signal, timeoutMs }: HttpRequest): Promise<HttpResponse> => {
    const timeout = AbortSignal.timeout(timeoutMs ?? serviceTimeoutMs);
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
  const body = parseObject(await askText(http, request, what));
  if (body === undefined) throw new SopsError('SERVICE', `${what}: ${hostOf(request.url)} did not answer with JSON`);
  return body;
}

/** The same for an answer that is no JSON. @throws {SopsError} `SERVICE` */
export async function askText(http: Http, request: HttpRequest, what: string): Promise<string> {
  let answer: HttpResponse;
  try {
    answer = await http(request);
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new SopsError('SERVICE', `${what}: ${hostOf(request.url)}: ${whyOf(error)}`, { cause: error });
  }
  if (answer.status < 200 || answer.status > 299) {
    const reason = reasonOf(parseObject(answer.text));
    throw new SopsError('SERVICE', `${what}: ${hostOf(request.url)} answered ${answer.status}${reason}`);
  }
  return answer.text;
}

/** Nothing that a request holds is in it. */
function whyOf(error: unknown): string {
  if (error instanceof SopsError) return error.message;
  if ((error as Error | undefined)?.name === 'TimeoutError') return 'no answer in time';
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'the request failed';
}

const maxReason = 300;

function reasonOf(body: Record<string, unknown> | undefined): string {
  if (body === undefined) return '';
  const nested = body['error'] ?? body['Error'];
  const error = typeof nested === 'object' && nested !== null ? (nested as Record<string, unknown>) : undefined;
  const code = [body['__type'], error?.['status'], error?.['code'], error?.['Code'], nested, body['code']].find(isText);
  const errors = body['errors'];
  const message = [
    body['message'],
    body['Message'],
    error?.['message'],
    error?.['Message'],
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
