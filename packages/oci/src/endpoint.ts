import { readUpTo } from './body.ts';
import { type Challenge, parseChallenges, pickChallenge } from './challenge.ts';
import { OciError } from './errors.ts';
import type { HttpClient, HttpResponse } from './http.ts';
import { networkError } from './network-error.ts';
import type { Repository } from './reference.ts';
import { responseError } from './response-error.ts';

/** Where a registry listens and how it wants to be logged in to: what `GET /v2/` told. */
export interface Endpoint {
  /** `https://host` or `http://host`. */
  readonly origin: string;
  readonly isHttp: boolean;
  /** Absent when no login is asked for. */
  readonly challenge: Challenge | undefined;
}

// When HTTPS is slow to fail, plain HTTP starts beside it; go-containerregistry waits as long.
const httpHeadStartMs = 300;

/** What {@link discoverEndpoint} needs. */
export interface DiscoveryContext {
  readonly http: HttpClient;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxErrorBytes: number;
  readonly now: () => number;
  readonly signal?: AbortSignal;
}

/**
 * Finds a registry's scheme and challenge. HTTPS first; plain HTTP only where the repository allows it, when HTTPS failed
 * or is slow.
 *
 * @throws {OciError} as the requests fail; with both schemes tried, both messages joined by `; `.
 */
export async function discoverEndpoint(repository: Repository, ctx: DiscoveryContext): Promise<Endpoint> {
  const { registry, allowsHttp } = repository;
  if (!allowsHttp) return ping(`https://${registry}`, ctx);
  return race(registry, ctx);
}

async function race(registry: string, ctx: DiscoveryContext): Promise<Endpoint> {
  const loser = new AbortController();
  const signal = ctx.signal === undefined ? loser.signal : AbortSignal.any([ctx.signal, loser.signal]);
  const racing = { ...ctx, signal };
  let timer: NodeJS.Timeout | undefined;
  try {
    const https = ping(`https://${registry}`, racing);
    const isSlow = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, httpHeadStartMs);
    });
    const http = Promise.race([
      isSlow,
      https.then(
        () => new Promise<never>(() => {}),
        () => {},
      ),
    ]).then(() => ping(`http://${registry}`, racing));
    return await Promise.any([https, http]);
  } catch (cause) {
    throw cause instanceof AggregateError ? joinErrors(cause.errors) : cause;
  } finally {
    clearTimeout(timer);
    loser.abort();
  }
}

async function ping(origin: string, ctx: DiscoveryContext): Promise<Endpoint> {
  const request = { method: 'GET' as const, url: `${origin}/v2/`, headers: ctx.headers, ...signalOf(ctx) };
  let response: HttpResponse;
  try {
    response = await ctx.http(request);
  } catch (cause) {
    throw networkError(cause, request);
  }
  const isHttp = origin.startsWith('http:');
  const { status } = response;
  if (status === 200 || status === 401) {
    const header = response.headers['www-authenticate'];
    await readUpTo(response, ctx.maxErrorBytes);
    if (status === 200) return { origin, isHttp, challenge: undefined };
    return { origin, isHttp, challenge: header === undefined ? undefined : pickChallenge(parseChallenges(header)) };
  }
  throw await responseError(request, response, { maxErrorBytes: ctx.maxErrorBytes, now: ctx.now(), secrets: [] });
}

function joinErrors(errors: readonly unknown[]): OciError {
  const found = errors.filter((error): error is OciError => error instanceof OciError);
  const last = found.at(-1)!;
  const message = found.map((error) => error.message).join('; ');
  return new OciError(last.code, message, {
    cause: last.cause ?? last,
    isTransient: found.some((error) => error.isTransient),
    status: last.status,
    retryAfterMs: last.retryAfterMs,
    diagnostics: last.diagnostics,
  });
}

function signalOf({ signal }: DiscoveryContext): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
