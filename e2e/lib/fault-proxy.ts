import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  type ClientRequest,
  createServer,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { KubeConfig } from '@fluvial/kube';

/** One request as the proxy saw it. */
export interface SeenRequest {
  /** `performance.now()` of its arrival. */
  readonly at: number;
  /** The HTTP method; `WATCH` for a watch. */
  readonly verb: string;
  /** Without the query. */
  readonly path: string;
  readonly userAgent: string;
  /** Of the answer; 0 while there is none, and when there never was one. */
  status: number;
}

/** What becomes of requests that match, instead of or before being passed on. */
export interface Fault {
  /** Default: every request. */
  readonly match?: (request: SeenRequest) => boolean;
  /** How many requests it meets. Default 1. */
  readonly times?: number;
  /** Answers with this status; 429 and 503 as a `Status` with `Retry-After`. */
  readonly status?: number;
  /** Seconds, whole. */
  readonly retryAfter?: number;
  /** Breaks the connection without an answer. */
  readonly reset?: boolean;
  /** Waits before it goes on, milliseconds. */
  readonly delayMs?: number;
}

/** A fault that was injected. */
export interface InjectedFault {
  /** Requests that it has met. */
  readonly met: number;
  /** It meets no more. */
  remove(): void;
}

/**
 * A gateway between one client and an API server, which fails as networks and servers fail.
 *
 * It speaks plain HTTP on 127.0.0.1, takes only the token of its own kubeconfig, and signs in upstream as the user of
 * the cluster's kubeconfig; impersonation headers go through.
 */
export interface FaultProxy {
  /** The text of a kubeconfig that leads through the proxy. */
  readonly kubeconfig: string;
  /** Everything that has come in, oldest first. */
  readonly requests: readonly SeenRequest[];
  inject(fault: Fault): InjectedFault;
  /** Breaks the connections of all open watches; returns how many there were. */
  cutWatches(): number;
  /** Half-opens all open watches: their connections stay, and never say another word. Returns how many there were. */
  silenceWatches(): number;
  /** Refuses connections and breaks those that are open, as a server that is down. */
  goDown(): Promise<void>;
  /** Listens again, on the same port. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

interface OpenWatch {
  readonly answer: IncomingMessage;
  readonly response: ServerResponse;
}

/** Starts a proxy in front of the API server of `config`. */
export async function startFaultProxy(config: KubeConfig): Promise<FaultProxy> {
  const upstream = new URL(config.server);
  const isHttps = upstream.protocol === 'https:';
  const { ca, cert, key, serverName, insecureSkipVerify } = config.tls ?? {};
  const agent = isHttps
    ? new HttpsAgent({
        keepAlive: true,
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(serverName === undefined ? {} : { servername: serverName }),
        rejectUnauthorized: insecureSkipVerify !== true,
      })
    : new HttpAgent({ keepAlive: true });
  const token = randomBytes(16).toString('hex');
  const requests: SeenRequest[] = [];
  const faults = new Set<{ fault: Fault; met: number }>();
  const watches = new Set<OpenWatch>();
  const delays = new Set<NodeJS.Timeout>();

  function faultFor(seen: SeenRequest): Fault | undefined {
    for (const entry of faults) {
      if (entry.fault.match?.(seen) === false) continue;
      entry.met += 1;
      if (entry.met >= (entry.fault.times ?? 1)) faults.delete(entry);
      return entry.fault;
    }
    return undefined;
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://proxy');
    const isWatch = ['true', '1'].includes(url.searchParams.get('watch') ?? '');
    const seen: SeenRequest = {
      at: performance.now(),
      verb: isWatch ? 'WATCH' : (incoming.method ?? ''),
      path: url.pathname,
      userAgent: incoming.headers['user-agent'] ?? '',
      status: 0,
    };
    requests.push(seen);
    if (incoming.headers.authorization !== `Bearer ${token}`) return refuse(response, seen, 401, undefined);
    const fault = faultFor(seen);
    if (fault?.delayMs !== undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          delays.delete(timer);
          resolve();
        }, fault.delayMs);
        delays.add(timer);
      });
    }
    if (fault?.reset) {
      incoming.socket.destroy();
      return;
    }
    if (fault?.status !== undefined) {
      // An answer before the body has been read would be taken for a broken connection.
      incoming.resume();
      if (!incoming.complete) await once(incoming, 'end').catch(() => {});
      return refuse(response, seen, fault.status, fault.retryAfter);
    }
    const { host: _host, authorization: _authorization, ...headers } = incoming.headers;
    const outgoing = send({
      agent,
      method: incoming.method,
      path: `${upstream.pathname.replace(/\/$/, '')}${incoming.url ?? '/'}`,
      headers: { ...headers, ...(await config.authorize?.({ refresh: false }))?.headers },
    });
    outgoing.on('response', (answer) => {
      seen.status = answer.statusCode ?? 0;
      response.writeHead(seen.status, answer.rawHeaders);
      response.flushHeaders();
      answer.pipe(response);
      answer.on('error', () => response.destroy());
      if (!isWatch) return;
      const watch = { answer, response };
      watches.add(watch);
      response.on('close', () => watches.delete(watch));
    });
    // The server is away, or went away: so do we.
    outgoing.on('error', () => incoming.socket.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  function send(options: RequestOptions): ClientRequest {
    const target = { hostname: upstream.hostname, port: upstream.port, ...options };
    return isHttps ? httpsRequest(target) : httpRequest(target);
  }

  function refuse(response: ServerResponse, seen: SeenRequest, code: number, retryAfter: number | undefined): void {
    seen.status = code;
    const body = JSON.stringify({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `the proxy says ${code}`,
      reason: reasons[code] ?? 'Unknown',
      ...(retryAfter === undefined ? {} : { details: { retryAfterSeconds: retryAfter } }),
      code,
    });
    response.writeHead(code, {
      'content-type': 'application/json',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    });
    response.end(body);
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => incoming.socket.destroy());
  });
  // Watches last; and what a client may send late is the client's affair.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  async function goDown(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  return {
    kubeconfig: kubeconfigOf(`http://127.0.0.1:${port}`, token),
    requests,
    inject(fault) {
      const entry = { fault, met: 0 };
      faults.add(entry);
      return {
        get met() {
          return entry.met;
        },
        remove: () => faults.delete(entry),
      };
    },
    cutWatches() {
      const count = watches.size;
      for (const { response } of watches) response.destroy();
      return count;
    },
    silenceWatches() {
      const count = watches.size;
      for (const watch of watches) {
        watch.answer.unpipe(watch.response);
        watch.answer.resume();
        watches.delete(watch);
      }
      return count;
    },
    goDown,
    async comeBack() {
      for (let attempt = 0; !server.listening; attempt++) {
        server.listen(port, '127.0.0.1');
        try {
          await once(server, 'listening');
        } catch (error) {
          // Somebody may have been given our port for a moment.
          if (attempt >= 100) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    },
    async close() {
      for (const timer of delays) clearTimeout(timer);
      await goDown();
      agent.destroy();
    },
  };
}

const reasons: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function kubeconfigOf(server: string, token: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: proxy
  cluster: {server: "${server}"}
users:
- name: proxy
  user: {token: "${token}"}
contexts:
- name: proxy
  context: {cluster: proxy, user: proxy}
current-context: proxy
`;
}
