import { drain } from './body.ts';
import { type Challenge, parseChallenges, pickChallenge } from './challenge.ts';
import type { OciLimits, RetryPolicy } from './client.types.ts';
import type { Credentials, Keychain } from './credentials.ts';
import { discoverEndpoint, type Endpoint } from './endpoint.ts';
import { OciError } from './errors.ts';
import type { HttpClient, HttpRequest, HttpResponse } from './http.ts';
import { isConnectionLost, networkError } from './network-error.ts';
import { type Repository, repositoryOf } from './reference.ts';
import { responseError } from './response-error.ts';
import { basicAuthorization, fetchToken, secretsOf, type Token } from './token.ts';
import { guardTarget } from './url-guard.ts';

/** What a client is made of, defaults settled. */
export interface SessionContext {
  readonly http: HttpClient;
  readonly keychain: Keychain;
  readonly userAgent: string;
  readonly limits: OciLimits;
  readonly retry: RetryPolicy;
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly onRetry: (event: { readonly message: string; readonly attempt: number; readonly delayMs: number }) => void;
}

/** What a call may do in its repository; decides the scope of its token. */
export type Action = 'pull' | 'push' | 'delete';

/** One request of a call. */
export interface SessionRequest {
  readonly method: HttpRequest['method'];
  /** A path from `/v2/` on, or a whole URL that the registry gave. */
  readonly target: string;
  readonly action: Action;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each try. */
  readonly body?: () => Uint8Array | AsyncIterable<Uint8Array>;
  /** Statuses that are not an error. */
  readonly accept: readonly number[];
  /** Another repository of the registry to read from (mounts). */
  readonly mountFrom?: string;
  /** Tries in all; default: the policy's. */
  readonly attempts?: number;
  readonly signal?: AbortSignal;
}

/** An accepted answer, its body unread, with the URL that gave it. */
export interface SessionResponse extends HttpResponse {
  readonly url: string;
}

const retryStatuses: ReadonlySet<number> = new Set([408, 429, 499, 500, 502, 503, 504, 522]);
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

// Ping answers are no secret and do not depend on credentials, so all clients of one network share them.
const endpointsOf = new WeakMap<HttpClient, Map<string, Promise<Endpoint>>>();

/**
 * Sends requests to registries: finds their scheme, logs in, retries, follows redirects without credentials.
 *
 * Keeps per registry what the ping told, and per scope a token until it expires or is refused. A network failure forgets
 * the ping, so a registry that moved is found again.
 */
export class Session {
  readonly #ctx: SessionContext;
  readonly #tokens = new Map<string, Promise<Token>>();
  readonly #identityTokens = new Map<string, string>();

  constructor(ctx: SessionContext) {
    this.#ctx = ctx;
  }

  /** Contacts the registry and gets a token, without asking for anything else. */
  async login(repository: Repository, action: Action, signal: AbortSignal | undefined): Promise<void> {
    const endpoint = await this.#endpoint(repository, signal);
    const credentials = await this.#credentials(repository);
    await this.#authorization(repository, endpoint, credentials, {
      action,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Sends one request; tries again as the policy says. @throws {OciError} */
  async send(repository: Repository, request: SessionRequest): Promise<SessionResponse> {
    const attempts = Math.max(1, request.attempts ?? this.#ctx.retry.attempts);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(repository, request);
      } catch (error) {
        if (!isRetryable(error) || attempt >= attempts) throw error;
        if (!(await this.pause(attempt, error, request.signal))) throw error;
      }
    }
  }

  /**
   * Waits after a failed try.
   *
   * @returns false, without waiting, when the server wants a longer pause than the policy allows
   * @throws {OciError} `TIMEOUT`, `ABORTED`
   */
  async pause(attempt: number, error: OciError, signal: AbortSignal | undefined): Promise<boolean> {
    const { initialMs, factor, jitter, maxMs } = this.#ctx.retry;
    const { retryAfterMs = 0 } = error;
    if (retryAfterMs > maxMs) return false;
    const backoffMs = initialMs * factor ** (attempt - 1) * (1 + jitter * this.#ctx.random());
    const delayMs = Math.max(Math.min(backoffMs, maxMs), retryAfterMs);
    this.#ctx.onRetry({ message: error.message, attempt, delayMs });
    try {
      await this.#ctx.sleep(delayMs, signal);
    } catch (cause) {
      if (signal?.aborted !== true) throw cause;
      throw new OciError(isTimeout(signal) ? 'TIMEOUT' : 'ABORTED', error.message, { cause });
    }
    return true;
  }

  async #attempt(repository: Repository, request: SessionRequest): Promise<SessionResponse> {
    try {
      return await this.#exchange(repository, request);
    } catch (error) {
      if (!(error instanceof OciError) || (error.code !== 'NETWORK' && error.code !== 'TLS')) throw error;
      // The ping was made when the registry was elsewhere, or up: ask again, and let its words be the error if it fails.
      if (!this.#forget(repository) || request.signal?.aborted === true) throw error;
      // A kept connection that the server had closed fails like this, too: harmless for what changes nothing.
      if (isConnectionLost(error) && request.method !== 'GET' && request.method !== 'HEAD') throw error;
      return this.#exchange(repository, request);
    }
  }

  async #exchange(repository: Repository, request: SessionRequest): Promise<SessionResponse> {
    const { signal } = request;
    const endpoint = await this.#endpoint(repository, signal);
    const credentials = await this.#credentials(repository);
    const authorization = await this.#authorization(repository, endpoint, credentials, request);
    const response = await this.#follow(repository, endpoint, request, authorization);
    // The token ran out, the registry wants another scope than was asked for, or it asks for more than its ping told.
    const challenge =
      response.status === 401 && credentials.kind !== 'registry-token'
        ? pickChallenge(parseChallenges(response.headers['www-authenticate'] ?? ''))
        : undefined;
    if (challenge?.scheme !== 'bearer') return this.#accept(request, response, credentials, authorization);
    if (!authorization.isToken) this.#forget(repository);
    await drain(response);
    const renewed = await this.#authorization(repository, endpoint, credentials, request, challenge);
    const second = await this.#follow(repository, endpoint, request, renewed);
    return this.#accept(request, second, credentials, renewed);
  }

  async #accept(
    request: SessionRequest,
    response: SessionResponse,
    credentials: Credentials,
    { header }: Authorization,
  ): Promise<SessionResponse> {
    if (request.accept.includes(response.status)) return response;
    const secrets = secretsOf(credentials);
    const token = header?.split(' ')[1];
    throw await responseError({ method: request.method, url: response.url }, response, {
      maxErrorBytes: this.#ctx.limits.maxErrorBytes,
      now: this.#ctx.now(),
      secrets: token === undefined ? secrets : [...secrets, token],
    });
  }

  async #follow(
    repository: Repository,
    endpoint: Endpoint,
    request: SessionRequest,
    { header }: Authorization,
  ): Promise<SessionResponse> {
    const { method, signal } = request;
    let url = request.target.startsWith('/')
      ? `${endpoint.origin}${request.target}`
      : guardTarget(request.target, `${endpoint.origin}/`, repository.registry);
    for (let redirects = 0; ; redirects++) {
      const isHome = new URL(url).origin === new URL(endpoint.origin).origin;
      const response = await this.#call({
        method,
        url,
        // Credentials go to the registry and nowhere else, wherever it sends us.
        headers: {
          ...this.#headers(),
          ...request.headers,
          ...(isHome && header !== undefined ? { authorization: header } : {}),
        },
        ...(request.body === undefined ? {} : { body: request.body() }),
        ...(signal === undefined ? {} : { signal }),
      });
      const { location } = response.headers;
      const isRedirect = redirectStatuses.has(response.status) && location !== undefined;
      if (!isRedirect || (method !== 'GET' && method !== 'HEAD')) return withUrl(response, url);
      await drain(response);
      if (redirects >= this.#ctx.limits.maxRedirects) {
        throw new OciError('PROTOCOL', `stopped after ${this.#ctx.limits.maxRedirects} redirects`);
      }
      url = guardTarget(location, url, repository.registry);
    }
  }

  async #call(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#ctx.http(request);
    } catch (cause) {
      throw networkError(cause, request);
    }
  }

  async #authorization(
    repository: Repository,
    endpoint: Endpoint,
    credentials: Credentials,
    request: Pick<SessionRequest, 'action' | 'mountFrom' | 'signal'>,
    refused?: Challenge,
  ): Promise<Authorization> {
    if (credentials.kind === 'registry-token') return { header: `Bearer ${credentials.token}`, isToken: false };
    const challenge = refused ?? endpoint.challenge;
    switch (challenge?.scheme) {
      case undefined:
      case 'basic':
        return { header: basicAuthorization(credentials), isToken: false };
      case 'bearer': {
        const token = await this.#token(repository, endpoint, credentials, request, challenge, refused !== undefined);
        return { header: `Bearer ${token.value}`, isToken: true };
      }
      default:
        throw new OciError('PROTOCOL', `unrecognized challenge: ${challenge?.scheme}`);
    }
  }

  async #token(
    repository: Repository,
    endpoint: Endpoint,
    credentials: Credentials,
    request: Pick<SessionRequest, 'action' | 'mountFrom' | 'signal'>,
    challenge: Challenge,
    isRefused: boolean,
  ): Promise<Token> {
    const scopes = scopesOf(repository, request);
    const key = `${endpoint.origin} ${scopes.join(' ')}`;
    const cached = isRefused ? undefined : await this.#tokens.get(key)?.catch(() => undefined);
    if (cached !== undefined && cached.expiresAt > this.#ctx.now()) return cached;
    // What the registry asked for in so many words comes first: some token servers read one scope only.
    const asked = isRefused ? challenge.parameters.get('scope') : undefined;
    const wanted = asked === undefined || scopes.includes(asked) ? scopes : [asked, ...scopes];
    // Renewed together: many calls that find the same old token ask once.
    const pending = this.#requestToken(repository, endpoint, credentials, wanted, challenge, request.signal);
    this.#tokens.set(key, pending);
    try {
      return await pending;
    } catch (error) {
      if (this.#tokens.get(key) === pending) this.#tokens.delete(key);
      throw error;
    }
  }

  async #requestToken(
    repository: Repository,
    endpoint: Endpoint,
    credentials: Credentials,
    scopes: readonly string[],
    challenge: Challenge,
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    const { registry } = repository;
    const { http, limits, now } = this.#ctx;
    const renewed = this.#identityTokens.get(registry);
    const login: Credentials =
      credentials.kind === 'identity-token' && renewed !== undefined ? { ...credentials, token: renewed } : credentials;
    const token = await fetchToken(challenge, registry, endpoint.origin, scopes, login, {
      http,
      headers: this.#headers(),
      maxJsonBytes: Math.min(limits.maxJsonBytes, 64 * 1024), // No token is longer; header limits are far below.
      maxErrorBytes: limits.maxErrorBytes,
      now,
      ...(signal === undefined ? {} : { signal }),
    });
    if (token.refreshToken !== undefined && credentials.kind === 'identity-token') {
      this.#identityTokens.set(registry, token.refreshToken);
    }
    return token;
  }

  async #credentials({ registry, repository }: Repository): Promise<Credentials> {
    return this.#ctx.keychain.resolve({ registry, repository });
  }

  async #endpoint(repository: Repository, signal: AbortSignal | undefined): Promise<Endpoint> {
    const { http, limits, now } = this.#ctx;
    const known = this.#endpoints();
    const key = endpointKey(repository);
    const found = known.get(key);
    // Another call's ping may fail because that call was aborted.
    if (found !== undefined) return found.catch(() => this.#endpoint(repository, signal));
    const ctx = { http, headers: this.#headers(), maxErrorBytes: limits.maxErrorBytes, now };
    const pending = discoverEndpoint(repositoryOf(repository), signal === undefined ? ctx : { ...ctx, signal });
    known.set(key, pending);
    try {
      return await pending;
    } catch (error) {
      if (known.get(key) === pending) known.delete(key);
      throw error;
    }
  }

  // Whether there was something to forget: with a fresh ping there is nothing to try again.
  #forget(repository: Repository): boolean {
    return this.#endpoints().delete(endpointKey(repository));
  }

  #endpoints(): Map<string, Promise<Endpoint>> {
    let known = endpointsOf.get(this.#ctx.http);
    if (known === undefined) {
      known = new Map();
      endpointsOf.set(this.#ctx.http, known);
    }
    return known;
  }

  #headers(): Record<string, string> {
    return { 'user-agent': this.#ctx.userAgent };
  }
}

interface Authorization {
  readonly header: string | undefined;
  /** Whether it came from a token server, which can give another. */
  readonly isToken: boolean;
}

function scopesOf(
  { repository }: Repository,
  { action, mountFrom }: Pick<SessionRequest, 'action' | 'mountFrom'>,
): string[] {
  const actions = action === 'pull' ? 'pull' : action === 'push' ? 'push,pull' : 'delete,pull';
  const own = `repository:${repository}:${actions}`;
  return mountFrom === undefined ? [own] : [own, `repository:${mountFrom}:pull`];
}

function endpointKey({ registry, allowsHttp }: Repository): string {
  return `${registry} ${allowsHttp}`;
}

/** Whether a failed try may be repeated: a passing status, or a connection that died. A refused connection may not. */
export function isRetryable(error: unknown): error is OciError {
  if (!(error instanceof OciError)) return false;
  return error.status === undefined ? isConnectionLost(error) : retryStatuses.has(error.status);
}

function isTimeout(signal: AbortSignal): boolean {
  return (signal.reason as { name?: string } | undefined)?.name === 'TimeoutError';
}

function withUrl(response: HttpResponse, url: string): SessionResponse {
  const { status, headers, body } = response;
  return { status, headers, body, discard: () => response.discard(), url };
}
