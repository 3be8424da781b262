import { setMaxListeners } from 'node:events';
import { rootCertificates } from 'node:tls';
import type { Dispatcher, Socks5ProxyAgent } from 'undici';
import type { ProxyOptions, TransportOptions } from './client.types.ts';
import { OciError } from './errors.ts';
import type { HttpClient, HttpResponse } from './http.ts';
import { proxyOf } from './proxy-env.ts';

type Undici = typeof import('./undici.ts');

/** A network with connections of its own. */
export interface NetworkHttp {
  readonly http: HttpClient;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** The parts of undici that one network uses. */
interface Dispatchers {
  readonly request: Undici['request'];
  of(url: string): Dispatcher;
  destroy(): Promise<void>;
}

/**
 * The real network: undici, one pool of kept-alive connections per origin. Share one among clients that have the same
 * TLS and proxy settings: what was learned of a registry (its scheme and way to log in) is then shared, too.
 *
 * @throws {OciError} `PROTOCOL` for a proxy URL of another scheme than http, https, socks5.
 */
export function createNetworkHttp(options: TransportOptions = {}): NetworkHttp {
  if (options.proxy !== undefined) parseProxyUrl(options.proxy.url);
  const headersTimeout = options.headersTimeoutMs ?? 60_000;
  const bodyTimeout = options.bodyTimeoutMs ?? 60_000;
  // undici takes 70 ms to load: a command that fails before its first request should not wait for it.
  let loading: Promise<Dispatchers> | undefined;
  return {
    async http({ method, url, headers, body, signal }) {
      loading ??= import('./undici.ts').then((undici) => createDispatchers(undici, options));
      const { request, of } = await loading;
      // One signal may stop any number of requests; Node warns of a leak at the eleventh.
      if (signal !== undefined) setMaxListeners(0, signal);
      const response = await request(url, {
        dispatcher: of(url),
        method,
        // undici hangs up after each HEAD, for servers that send a body all the same; registries do not.
        ...(method === 'HEAD' ? { reset: false } : {}),
        headers: { ...headers },
        headersTimeout,
        bodyTimeout,
        ...(body === undefined ? {} : { body: body as Dispatcher.DispatchOptions['body'] }),
        ...(signal === undefined ? {} : { signal }),
      });
      return toResponse(response);
    },
    async close() {
      await (await loading)?.destroy();
    },
  };
}

function createDispatchers(undici: Undici, options: TransportOptions): Dispatchers {
  const direct = createAgent(undici, options);
  const fixed = options.proxy === undefined ? undefined : createProxyAgent(undici, options.proxy, options);
  const fromEnv = new Map<string, Dispatcher>();
  return {
    request: undici.request,
    of(url) {
      if (fixed !== undefined) return fixed;
      const proxy = options.env === undefined ? undefined : proxyOf(new URL(url), options.env);
      if (proxy === undefined) return direct;
      let agent = fromEnv.get(proxy);
      if (agent === undefined) {
        agent = createProxyAgent(undici, { url: proxy }, options);
        fromEnv.set(proxy, agent);
      }
      return agent;
    },
    async destroy() {
      await Promise.all([direct, fixed, ...fromEnv.values()].map((dispatcher) => dispatcher?.destroy()));
    },
  };
}

function toResponse({ statusCode, headers, body }: Dispatcher.ResponseData): HttpResponse {
  return {
    status: statusCode,
    headers: joinRepeated(headers),
    body,
    discard() {
      // Destroying emits an error for whoever listens; nobody does any more.
      body.on('error', () => {});
      body.destroy();
    },
  };
}

function joinRepeated(headers: Dispatcher.ResponseData['headers']): Record<string, string | undefined> {
  const joined: Record<string, string | undefined> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  return joined;
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

function createAgent({ Agent }: Undici, options: TransportOptions): Dispatcher {
  return new Agent({
    connect: { timeout: options.connectTimeoutMs ?? 30_000, ...tlsOptions(options) },
    connections: 32,
    keepAliveTimeout: 30_000,
  });
}

function parseProxyUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url?.protocol.slice(0, -1) ?? '';
  if (url !== undefined && ['http', 'https', 'socks5'].includes(scheme)) return url;
  throw new OciError(
    'PROTOCOL',
    `proxy URL must use one of the supported schemes (http, https, socks5), got '${scheme}'`,
  );
}

function createProxyAgent(undici: Undici, proxy: ProxyOptions, options: TransportOptions): Dispatcher {
  const url = parseProxyUrl(proxy.url);
  const user = proxy.username ?? decodeURIComponent(url.username);
  const secret = proxy.password ?? decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  if (url.protocol === 'socks5:') {
    return new undici.Socks5ProxyAgent(url, {
      ...(user === '' ? {} : { username: user, password: secret }),
      // Understood, but missing in the types.
      requestTls: tlsOptions(options),
    } as Socks5ProxyAgent.Options);
  }
  const basic = Buffer.from(`${user}:${secret}`).toString('base64');
  return new undici.ProxyAgent({
    uri: url.href,
    ...(user === '' ? {} : { token: `Basic ${basic}` }),
    requestTls: tlsOptions(options),
    proxyTls: { timeout: options.connectTimeoutMs ?? 30_000 },
  });
}
