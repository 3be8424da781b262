import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import { SopsError } from './error.ts';
import { maxAnswerBytes, serviceTimeoutMs } from './limits.ts';
import { proxyFor } from './proxy.ts';

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

export interface HttpOptions extends TlsOptions {
  /** `HTTPS_PROXY` and its relatives. Default: none, every connection is direct. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

const maxTries = 3;
const firstPauseMs = 200;

/**
 * The real network. What a service cannot answer at the moment (429, 5xx, AWS' throttling) is asked again, twice at most:
 * every request of this package may be repeated.
 */
export function createHttp(options: HttpOptions = {}): Http & { close(): Promise<void> } {
  const { env = {}, ca, cert, key, serverName, insecure } = options;
  const tls = {
    timeout: serviceTimeoutMs,
    ...(ca ? { ca } : {}),
    ...(cert && key ? { cert, key } : {}),
    ...(serverName ? { servername: serverName } : {}),
    ...(insecure ? { rejectUnauthorized: false } : {}),
  };
  const times = { headersTimeout: serviceTimeoutMs, bodyTimeout: serviceTimeoutMs, keepAliveTimeout: 1000 };
  const direct = new Agent({ ...times, connect: tls });
  const proxies = new Map<string, Dispatcher>();

  function wayTo(url: string): Dispatcher {
    const proxy = proxyFor(new URL(url), env);
    if (proxy === undefined) return direct;
    const known = proxies.get(proxy) ?? new ProxyAgent({ ...times, uri: proxy, requestTls: tls });
    proxies.set(proxy, known);
    return known;
  }

  async function send({ method, url, headers, body, signal, timeoutMs }: HttpRequest): Promise<HttpResponse> {
    const timeout = AbortSignal.timeout(timeoutMs ?? serviceTimeoutMs);
    const answer = await request(url, {
      method,
      headers: { ...headers },
      body: body ?? null,
      dispatcher: wayTo(url),
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
  }

  async function http(asked: HttpRequest): Promise<HttpResponse> {
    for (let tries = 1; ; tries++) {
      const answer = await send(asked);
      if (tries === maxTries || !isBusy(answer)) return answer;
      await sleep(firstPauseMs * 2 ** (tries - 1), undefined, asked.signal ? { signal: asked.signal } : {});
    }
  }

  return Object.assign(http, {
    async close() {
      await Promise.all([direct, ...proxies.values()].map((agent) => agent.close()));
    },
  });
}

function isBusy({ status, text }: HttpResponse): boolean {
  return status === 429 || status >= 500 || (status === 400 && /"\w*Throttl\w*"/.test(text));
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
