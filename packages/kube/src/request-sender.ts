import type { KubeClientOptions } from './kube-client.ts';
import type { KubeConfig } from './kube-config.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { impersonationHeaders, warningTexts } from './request-headers.ts';
import { parseRetryAfter } from './retry-after.ts';
import { sleep } from './sleep.ts';
import { isReset, type Transport, type WireResponse } from './transport.ts';
import type { CallOptions, Impersonation, RequestVerb, ResourceInfo } from './types.ts';

/** No wait for a busy server is longer; the caller's own back-off does the rest. */
const longestRetryWaitMs = 30_000;
const resetRetries = 2;

/** What a call is about: for error texts, metrics and retries. */
export type Subject = {
  readonly verb: RequestVerb;
  readonly method: string;
  readonly info: ResourceInfo | undefined;
  readonly name: string;
  readonly namespace: string;
  readonly subresource: string;
  readonly dryRun: boolean;
  /** Sending it twice does what sending it once does. */
  readonly repeatable: boolean;
};

/** Requests outside the resources. */
export const rawSubject: Subject = {
  verb: 'raw',
  method: 'GET',
  info: undefined,
  name: '',
  namespace: '',
  subresource: '',
  dryRun: false,
  repeatable: true,
};

/** Sends the requests of one identity: credentials, rate limit, retries, reports. */
export class RequestSender {
  readonly fixedHeaders: readonly string[];
  readonly #config: KubeConfig;
  readonly #transport: Transport;
  readonly #limiter: RateLimiter | undefined;
  readonly #options: KubeClientOptions;
  readonly #timeoutMs: number;
  readonly #maxRetries: number;

  constructor(
    config: KubeConfig,
    transport: Transport,
    limiter: RateLimiter | undefined,
    options: KubeClientOptions,
    identity: Impersonation | undefined,
  ) {
    this.#config = config;
    this.#transport = transport;
    this.#limiter = limiter;
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#maxRetries = options.maxRetries ?? 5;
    this.fixedHeaders = ['user-agent', options.userAgent ?? 'fluvial', ...impersonationHeaders(identity)];
  }

  /** One call: as many attempts as its kind and the server's answers allow. The last answer comes back whatever it is. */
  async send(
    subject: Subject,
    path: string,
    headers: string[],
    body: string | Buffer | null,
    options: CallOptions,
    maxBytes: number,
  ): Promise<WireResponse> {
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs;
    const { signal } = options;
    let refused = false;
    for (let attempt = 0; ; attempt++) {
      if (this.#limiter !== undefined) await this.#limiter.take(signal);
      const wireHeaders = [...this.fixedHeaders, ...headers];
      const authorizing = this.authorize(wireHeaders, refused);
      if (authorizing !== undefined) await authorizing;
      const started = performance.now();
      let response: WireResponse;
      try {
        response = await this.#transport.send({
          method: subject.method,
          path,
          headers: wireHeaders,
          body,
          signal,
          timeoutMs,
          maxBytes,
        });
      } catch (error) {
        this.report(subject, 0, started);
        if (!subject.repeatable || attempt >= resetRetries || !isReset(error)) throw error;
        await sleep(20 * 4 ** attempt * (1 + Math.random()), signal);
        continue;
      }
      this.report(subject, response.status, started);
      if (response.status < 400) {
        this.#readHeaders(response);
        return response;
      }
      if (response.status === 401 && !refused && this.#config.authorize !== undefined) {
        refused = true;
        continue;
      }
      const waitMs = retryWaitMs(subject, response);
      if (waitMs === undefined || attempt >= this.#maxRetries) return response;
      await sleep(waitMs, signal);
    }
  }

  /** Adds the credentials; undefined when they were at hand, so that the common case awaits nothing. */
  authorize(headers: string[], refresh: boolean): Promise<void> | undefined {
    const { authorize } = this.#config;
    if (authorize === undefined) return undefined;
    const add = (authorization: Awaited<ReturnType<NonNullable<KubeConfig['authorize']>>>) => {
      for (const name in authorization.headers) headers.push(name, authorization.headers[name]!);
      if (authorization.cert !== undefined) this.#transport.useCertificate(authorization.cert, authorization.key);
    };
    const given = authorize({ refresh });
    if (given instanceof Promise) return given.then(add);
    add(given);
    return undefined;
  }

  #readHeaders(response: WireResponse): void {
    const { headers } = response;
    if (this.#limiter !== undefined && this.#options.limitOnlyWithoutFairness !== false) {
      if (headers['x-kubernetes-pf-flowschema-uid'] !== undefined) this.#limiter.lift();
    }
    const { warning } = headers as { warning?: string | string[] };
    if (warning !== undefined && this.#options.onWarning !== undefined) {
      for (const text of warningTexts(warning)) this.#options.onWarning(text);
    }
  }

  /** Tells the `onRequest` hook of one attempt. */
  report(subject: Subject, code: number, startedAt: number): void {
    const { onRequest } = this.#options;
    if (onRequest === undefined) return;
    const { verb, method, info, namespace, subresource, dryRun } = subject;
    onRequest({
      verb,
      method,
      group: info?.group ?? '',
      version: info?.version ?? '',
      resource: info?.plural ?? '',
      subresource,
      namespace,
      dryRun,
      code,
      durationMs: performance.now() - startedAt,
    });
  }
}

/** How long to wait before the request may be repeated; undefined: it may not. */
function retryWaitMs(subject: Subject, response: WireResponse): number | undefined {
  const { status } = response;
  // 429 means that nothing was done, so also a create may be repeated; 503 leaves that open.
  if (status !== 429 && !(status === 503 && subject.repeatable)) return undefined;
  const waitMs = parseRetryAfter(response.headers['retry-after']);
  return waitMs === undefined ? undefined : Math.min(waitMs, longestRetryWaitMs) * (1 + Math.random() * 0.1);
}
