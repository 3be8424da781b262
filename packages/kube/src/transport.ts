import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import { KubeError } from './errors.ts';
import type { Authorization, KubeConfig } from './kube-config.ts';

/** One request as it goes on the wire. `headers` alternates names and values. */
export type WireRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
  readonly body: string | Buffer | null;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly maxBytes: number;
};

export type WireResponse = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** Receives a streamed answer. `controller` pauses, resumes and aborts it. */
export type StreamSink = {
  onStart(status: number, headers: IncomingHttpHeaders, controller: StreamController): void;
  onData(chunk: Buffer): void;
};
export type StreamController = Pick<Dispatcher.DispatchController, 'pause' | 'resume' | 'abort'>;

/** An error body is shown to people and parsed as a Status; more than this is no Status. */
const maxErrorBytes = 1024 * 1024;
const connectTimeoutMs = 15_000;
/** Go servers keep idle connections for minutes; servers that announce less (`Keep-Alive: timeout=`) are heeded. */
const keepAliveTimeoutMs = 55_000;
/** Connections that are opened without ado: a TLS handshake costs both sides as much as several small calls. */
const eagerConnections = 12;
/** A call that had to wait so long for a connection makes room for one more. */
const patienceMs = 100;

/**
 * Sends requests to one API server over pooled keep-alive connections: one pool for calls, one for watches, so that
 * many watches never starve the calls. Speaks undici's dispatch protocol directly: half the cost of its `request`.
 *
 * A burst of calls shares a few connections; slow answers (webhooks) let their number grow up to `maxConnections`.
 */
export class Transport {
  readonly #config: KubeConfig;
  readonly #origin: string;
  readonly #prefix: string;
  readonly #maxConnections: number;
  #calls: Dispatcher | undefined;
  #streams: Dispatcher | undefined;
  #cert: Authorization['cert'];
  #key: Authorization['key'];
  #closed = false;
  /** Calls that may run at once, those that do, and those that wait: the longest waiting first. */
  #room: number;
  #running = 0;
  readonly #waiting: { readonly since: number; readonly start: () => void }[] = [];

  /** @throws {KubeError} `CONFIG` when the server's address is no http(s) URL. */
  constructor(config: KubeConfig, options: { maxConnections: number }) {
    let url: URL;
    try {
      url = new URL(config.server);
    } catch (cause) {
      throw new KubeError('CONFIG', `invalid server address ${JSON.stringify(config.server)}`, { cause });
    }
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new KubeError('CONFIG', `server address must be http or https, not ${JSON.stringify(url.protocol)}`);
    }
    this.#config = config;
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, '');
    this.#maxConnections = options.maxConnections;
    this.#room = Math.min(eagerConnections, options.maxConnections);
  }

  get origin(): string {
    return this.#origin;
  }

  /** Uses another client certificate from now on; calls under way finish on the old connections. */
  useCertificate(cert: Authorization['cert'], key: Authorization['key']): void {
    if (cert === this.#cert && key === this.#key) return;
    if (cert?.toString() === this.#cert?.toString() && key?.toString() === this.#key?.toString()) return;
    this.#cert = cert;
    this.#key = key;
    const old = [this.#calls, this.#streams];
    this.#calls = undefined;
    this.#streams = undefined;
    for (const dispatcher of old) void dispatcher?.close().catch(() => undefined);
  }

  send(request: WireRequest): Promise<WireResponse> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      let started = false;
      const settled = (): void => {
        // The pool takes a connection for busy until the turn after its answer, and would open another one.
        if (started) setImmediate(() => setImmediate(() => this.#makeRoom()));
      };
      const handler = new CallHandler(request, resolve, reject, settled);
      if (handler.done) return;
      const start = (): void => {
        if (handler.done) return;
        if (this.#closed) {
          handler.fail(closedError());
          return;
        }
        started = true;
        this.#running += 1;
        try {
          this.#calls ??= this.#open(this.#maxConnections);
          this.#calls.dispatch(this.#options(request), handler);
        } catch (error) {
          handler.fail(error);
        }
      };
      if (this.#running < this.#room) start();
      else this.#waiting.push({ since: performance.now(), start });
    });
  }

  #makeRoom(): void {
    this.#running -= 1;
    while (this.#running < this.#room) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (this.#room < this.#maxConnections && performance.now() - next.since > patienceMs) this.#room += 1;
      next.start();
    }
  }

  /** Resolves when the server ended the answer regularly, rejects when it broke or was aborted. */
  stream(request: Omit<WireRequest, 'timeoutMs' | 'maxBytes'>, sink: StreamSink): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    this.#streams ??= this.#open(null);
    const dispatcher = this.#streams;
    return new Promise((resolve, reject) => {
      const handler = new StreamHandler(request.signal, sink, resolve, reject);
      if (handler.done) return;
      dispatcher.dispatch(this.#options(request), handler);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const open = [this.#calls, this.#streams];
    this.#calls = undefined;
    this.#streams = undefined;
    for (const { start } of this.#waiting.splice(0)) start();
    await Promise.all(open.map((dispatcher) => dispatcher?.destroy(closedError())));
  }

  #options(request: Pick<WireRequest, 'method' | 'path' | 'headers' | 'body'>): Dispatcher.DispatchOptions {
    return {
      origin: this.#origin,
      path: this.#prefix + request.path,
      method: request.method as Dispatcher.HttpMethod,
      headers: request.headers,
      body: request.body,
      headersTimeout: 0,
      bodyTimeout: 0,
    };
  }

  #open(connections: number | null): Dispatcher {
    const { tls, proxyUrl } = this.#config;
    const connect = {
      ca: tls?.ca,
      cert: this.#cert ?? tls?.cert,
      key: this.#key ?? tls?.key,
      servername: tls?.serverName,
      rejectUnauthorized: !tls?.insecureSkipVerify,
      timeout: connectTimeoutMs,
    };
    const options = { connections, pipelining: 1, keepAliveTimeout: keepAliveTimeoutMs, allowH2: false };
    if (proxyUrl !== undefined) {
      return new ProxyAgent({
        ...options,
        connections: connections ?? undefined,
        uri: proxyUrl,
        requestTls: connect,
        proxyTunnel: this.#origin.startsWith('https:'),
      });
    }
    return new Pool(this.#origin, { ...options, connect });
  }
}

function closedError(): KubeError {
  return new KubeError('CLOSED', 'the Kubernetes client was closed');
}

class CallHandler implements Dispatcher.DispatchHandler {
  readonly #request: WireRequest;
  readonly #resolve: (response: WireResponse) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onSettled: () => void;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #onAbort: (() => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];
  #size = 0;
  done = false;

  constructor(
    request: WireRequest,
    resolve: (response: WireResponse) => void,
    reject: (error: unknown) => void,
    onSettled: () => void,
  ) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onSettled = onSettled;
    const { signal, timeoutMs } = request;
    if (signal?.aborted) {
      this.done = true;
      reject(signal.reason);
      return;
    }
    if (signal !== undefined) {
      this.#onAbort = () => this.fail(signal.reason);
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    if (timeoutMs > 0) {
      this.#timer = setTimeout(() => {
        const { method, path } = this.#request;
        this.fail(
          new KubeError('TIMEOUT', `${method} ${path.split('?')[0]}: no complete answer within ${timeoutMs} ms`),
        );
      }, timeoutMs);
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.done) controller.abort(new Error('abandoned'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.done) return;
    this.#size += chunk.length;
    if (this.#status >= 400 && this.#size > maxErrorBytes) {
      this.#chunks.push(chunk.subarray(0, Math.max(0, maxErrorBytes - (this.#size - chunk.length))));
      this.#succeed();
      this.#controller?.abort(new Error('error body too large'));
      return;
    }
    if (this.#status < 400 && this.#size > this.#request.maxBytes) {
      const { method, path, maxBytes } = this.#request;
      this.fail(
        new KubeError('TOO_LARGE', `${method} ${path.split('?')[0]}: the answer is larger than ${maxBytes} bytes`),
      );
      return;
    }
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.done) this.#succeed();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.done) this.fail(asKubeError(error, this.#request));
  }

  #succeed(): void {
    this.#settle();
    const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  fail(error: unknown): void {
    if (this.done) return;
    this.#settle();
    this.#reject(error);
    this.#controller?.abort(error instanceof Error ? error : new Error('aborted'));
  }

  #settle(): void {
    this.done = true;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    if (this.#onAbort !== undefined) this.#request.signal?.removeEventListener('abort', this.#onAbort);
    this.#onSettled();
  }
}

class StreamHandler implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal | undefined;
  readonly #sink: StreamSink;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  readonly #onAbort: (() => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  done = false;

  constructor(
    signal: AbortSignal | undefined,
    sink: StreamSink,
    resolve: () => void,
    reject: (error: unknown) => void,
  ) {
    this.#signal = signal;
    this.#sink = sink;
    this.#resolve = resolve;
    this.#reject = reject;
    if (signal?.aborted) {
      this.done = true;
      reject(signal.reason);
      return;
    }
    if (signal !== undefined) {
      this.#onAbort = () => this.#fail(signal.reason);
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.done) controller.abort(new Error('abandoned'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (this.done) return;
    this.#guarded(() =>
      this.#sink.onStart(status, headers, {
        pause: () => controller.pause(),
        resume: () => controller.resume(),
        abort: (reason) => this.#fail(reason),
      }),
    );
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.done) return;
    this.#guarded(() => this.#sink.onData(chunk));
  }

  onResponseEnd(): void {
    if (this.done) return;
    this.#settle();
    this.#resolve();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.done) this.#fail(asKubeError(error, { method: 'GET', path: '' }));
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.done) return;
    this.#settle();
    this.#reject(error);
    this.#controller?.abort(error instanceof Error ? error : new Error('aborted'));
  }

  #settle(): void {
    this.done = true;
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}

function asKubeError(error: Error & { code?: string }, request: { method: string; path: string }): Error {
  if (error instanceof KubeError) return error;
  const what = request.path === '' ? 'watch' : `${request.method} ${request.path.split('?')[0]}`;
  if (error.code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new KubeError('TIMEOUT', `${what}: ${error.message}`, { cause: error });
  }
  if (error.code === 'UND_ERR_DESTROYED' || error.code === 'UND_ERR_CLOSED') return closedError();
  if (error.code === 'UND_ERR_INVALID_ARG') {
    return new KubeError('INVALID_ARGUMENT', `${what}: ${error.message}`, { cause: error });
  }
  return new KubeError('CONNECTION', `${what}: ${error.message || error.code || 'connection failed'}`, {
    cause: error,
  });
}

/** True when the connection broke (and not: could not be made), so that a read may simply be tried again. */
export function isReset(error: unknown): boolean {
  if (!(error instanceof KubeError) || error.code !== 'CONNECTION') return false;
  const code = (error.cause as { code?: string } | undefined)?.code;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE' || code === 'HPE_INVALID_CONSTANT';
}
