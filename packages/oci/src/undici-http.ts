import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent, request as undiciRequest } from 'undici';
import type { ProxyOptions, TransportOptions } from './client.types.ts';
import { OciError } from './errors.ts';
import type { HttpClient, HttpResponse } from './http.ts';
import { proxyOf } from './proxy-env.ts';

/** A network with connections of its own. */
export interface NetworkHttp {
  readonly http: HttpClient;
  /** Ends all connections. */
  close(): Promise<void>;
}

/**
 * The real network: undici, one pool of kept-alive connections per origin. Share one among clients that have the same
 * TLS and proxy settings: what was learned of a registry (its scheme and way to log in) is then shared, too.
 *
 * @throws {OciError} `PROTOCOL` for a proxy URL of another scheme than http, https, socks5.
 */
export function createNetworkHttp(options: TransportOptions = {}): NetworkHttp {
  const direct = createAgent(options);
  const fixed = options.proxy === undefined ? undefined : createProxyAgent(options.proxy, options);
  const fromEnv = new Map<string, Dispatcher>();
  const dispatcherOf = (url: string): Dispatcher => {
    if (fixed !== undefined) return fixed;
    const proxy = options.env === undefined ? undefined : proxyOf(new URL(url), options.env);
    if (proxy === undefined) return direct;
    let agent = fromEnv.get(proxy);
    if (agent === undefined) {
      agent = createProxyAgent({ url: proxy }, options);
      fromEnv.set(proxy, agent);
    }
    return agent;
  };
  const headersTimeout = options.headersTimeoutMs ?? 60_000;
  const bodyTimeout = options.bodyTimeoutMs ?? 60_000;
  return {
    async http({ method, url, headers, body, signal }) {
      const response = await undiciRequest(url, {
        dispatcher: dispatcherOf(url),
        method,
        headers: { ...headers },
        headersTimeout,
        bodyTimeout,
        ...(body === undefined ? {} : { body: body as Dispatcher.DispatchOptions['body'] }),
        ...(signal === undefined ? {} : { signal }),
      });
      return toResponse(response);
    },
    async close() {
      await Promise.all([direct, fixed, ...fromEnv.values()].map((dispatcher) => dispatcher?.destroy()));
    },
  };
}

function toResponse({ statusCode, headers, body }: Dispatcher.ResponseData): HttpResponse {
  return {
    status: statusCode,
    headers: new Proxy(headers, {
      get: (target, name) => {
        const value = typeof name === 'string' && Object.hasOwn(target, name) ? target[name] : undefined;
        return Array.isArray(value) ? value.join(', ') : value;
      },
    }) as HttpResponse['headers'],
    body,
    discard() {
      // Destroying emits an error for whoever listens; nobody does any more.
      body.on('error', () => {});
      body.destroy();
    },
  };
}

function tlsOptions({ ca, cert, key, skipTlsVerify }: TransportOptions) {
  const text = (pem: string | Uint8Array): string => (typeof pem === 'string' ? pem : new TextDecoder().decode(pem));
  return {
    ...(ca === undefined ? {} : { ca: [...rootCertificates, text(ca)] }),
    ...(cert === undefined ? {} : { cert: text(cert) }),
    ...(key === undefined ? {} : { key: text(key) }),
    ...(skipTlsVerify === true ? { rejectUnauthorized: false } : {}),
  };
}

function createAgent(options: TransportOptions): Agent {
  return new Agent({
    connect: { timeout: options.connectTimeoutMs ?? 30_000, ...tlsOptions(options) },
    connections: 32,
    keepAliveTimeout: 30_000,
  });
}

function createProxyAgent({ url: text, username, password }: ProxyOptions, options: TransportOptions): Dispatcher {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url?.protocol.slice(0, -1) ?? '';
  if (url === undefined || !['http', 'https', 'socks5'].includes(scheme)) {
    throw new OciError(
      'PROTOCOL',
      `proxy URL must use one of the supported schemes (http, https, socks5), got '${scheme}'`,
    );
  }
  const user = username ?? decodeURIComponent(url.username);
  const secret = password ?? decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  if (scheme === 'socks5') {
    return new Socks5ProxyAgent(url, {
      ...(user === '' ? {} : { username: user, password: secret }),
      requestTls: tlsOptions(options),
    } as Socks5ProxyAgent.Options);
  }
  const basic = Buffer.from(`${user}:${secret}`).toString('base64');
  return new ProxyAgent({
    uri: url.href,
    ...(user === '' ? {} : { token: `Basic ${basic}` }),
    requestTls: tlsOptions(options),
    proxyTls: { timeout: options.connectTimeoutMs ?? 30_000 },
  });
}
