/** TLS material for one API server; PEM text or bytes. */
export type TlsOptions = {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** Name to expect in the server's certificate, when it is not the host of the address. */
  readonly serverName?: string;
  /** Takes any certificate of the server. Default false. */
  readonly insecureSkipVerify?: boolean;
};

/** What one request needs to be let in. */
export type Authorization = {
  /** Header values by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** A client certificate that a plugin gave; a change of it opens new connections. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
};

/**
 * How to reach one API server. Made by `loadKubeConfig`, or by hand:
 * `{ server: 'http://127.0.0.1:8080', authorize: bearerToken('…') }`.
 */
export type KubeConfig = {
  /** `https://host:port`, perhaps with a path. */
  readonly server: string;
  readonly tls?: TlsOptions;
  /** HTTP proxy for all requests. */
  readonly proxyUrl?: string;
  /** Namespace of the context, `default` when it names none. */
  readonly namespace?: string;
  /** Names from the kubeconfig, for messages. */
  readonly context?: string;
  readonly cluster?: string;
  readonly user?: string;
  /** The identity that the kubeconfig's user acts as (`as`, `as-groups`, …). */
  readonly impersonate?: import('./types.ts').Impersonation;
  /**
   * Gives the credentials of the next request. Called for every request, so it caches by itself; with
   * `refresh` after the server refused the last ones (401).
   */
  readonly authorize?: (options: { refresh: boolean }) => Authorization | Promise<Authorization>;
};

/** Authorization with a token that does not change. */
export function bearerToken(token: string): NonNullable<KubeConfig['authorize']> {
  const authorization: Authorization = { headers: { authorization: `Bearer ${token}` } };
  return () => authorization;
}
