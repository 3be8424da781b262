import { readBody } from './body.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { OciError } from './errors.ts';
import type { HttpClient, HttpRequest, HttpResponse } from './http.ts';
import { networkError } from './network-error.ts';
import { responseError } from './response-error.ts';
import { guardTarget } from './url-guard.ts';

/** A bearer token for some scopes. */
export interface Token {
  readonly value: string;
  /** Milliseconds since the epoch after which it should not be used. */
  readonly expiresAt: number;
  /** A new identity token, when the server gave one. */
  readonly refreshToken: string | undefined;
}

/** What {@link fetchToken} needs. */
export interface TokenContext {
  readonly http: HttpClient;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxJsonBytes: number;
  readonly maxErrorBytes: number;
  readonly now: () => number;
  readonly signal?: AbortSignal;
}

// Without `expires_in` a token lives 60 seconds (distribution's token specification). Used up a little earlier than that.
const defaultLifeSeconds = 60;
const marginMs = 5_000;

/**
 * Exchanges credentials for a token at the realm of a Bearer challenge: OAuth2 POST for an identity token (GET where the
 * server knows no POST), otherwise GET, with Basic when there is a password.
 *
 * @throws {OciError} `UNAUTHORIZED`, `DENIED` … as the token server answers; `PROTOCOL` for a useless realm or answer.
 */
export async function fetchToken(
  challenge: Challenge,
  registry: string,
  origin: string,
  scopes: readonly string[],
  credentials: Credentials,
  ctx: TokenContext,
): Promise<Token> {
  const realm = challenge.parameters.get('realm');
  if (realm === undefined) throw new OciError('PROTOCOL', 'malformed www-authenticate, missing realm');
  const url = guardTarget(realm, `${origin}/`, registry);
  const service = challenge.parameters.get('service') ?? '';
  if (credentials.kind === 'identity-token') {
    try {
      return await fetchByPost(url, service, scopes, credentials.token, ctx);
    } catch (error) {
      if (!(error instanceof OciError) || error.status !== 404) throw error;
    }
  }
  return fetchByGet(url, service, scopes, credentials, ctx);
}

async function fetchByPost(
  url: string,
  service: string,
  scopes: readonly string[],
  identityToken: string,
  ctx: TokenContext,
): Promise<Token> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: identityToken,
    client_id: 'fluvial',
    scope: scopes.join(' '),
    ...(service === '' ? {} : { service }),
  });
  const body = new TextEncoder().encode(form.toString());
  return exchange(
    {
      method: 'POST',
      url,
      headers: {
        ...ctx.headers,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(body.byteLength),
      },
      body,
    },
    [identityToken],
    ctx,
  );
}

async function fetchByGet(
  url: string,
  service: string,
  scopes: readonly string[],
  credentials: Credentials,
  ctx: TokenContext,
): Promise<Token> {
  const target = new URL(url);
  for (const scope of scopes) target.searchParams.append('scope', scope);
  target.searchParams.set('service', service);
  const authorization = basicAuthorization(credentials);
  return exchange(
    {
      method: 'GET',
      url: target.href,
      headers: authorization === undefined ? ctx.headers : { ...ctx.headers, authorization },
    },
    secretsOf(credentials),
    ctx,
  );
}

async function exchange(request: HttpRequest, secrets: readonly string[], ctx: TokenContext): Promise<Token> {
  const { signal } = ctx;
  let response: HttpResponse;
  try {
    response = await ctx.http(signal === undefined ? request : { ...request, signal });
  } catch (cause) {
    throw networkError(cause, { ...request, ...(signal === undefined ? {} : { signal }) });
  }
  // A redirect is not followed: credentials stay with the server that the challenge named.
  if (response.status !== 200) {
    throw await responseError(request, response, { maxErrorBytes: ctx.maxErrorBytes, now: ctx.now(), secrets });
  }
  return parseToken(await readBody(response, ctx.maxJsonBytes, 'token answer', request.url, signal), ctx.now());
}

function parseToken(bytes: Uint8Array, now: number): Token {
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // The parser's message would quote the answer, which may hold a token.
    throw new OciError('PROTOCOL', 'token answer is not JSON');
  }
  const fields = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<string, unknown>;
  const text = (name: string): string | undefined => {
    const value = fields[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const value = text('access_token') ?? text('token');
  if (value === undefined) throw new OciError('PROTOCOL', 'no token in bearer response');
  // It becomes a header: a line break in it would be another header.
  if (!/^[\x21-\x7e]+$/.test(value)) throw new OciError('PROTOCOL', 'token in bearer response is malformed');
  const life = fields['expires_in'];
  const seconds = typeof life === 'number' && life > 0 ? life : defaultLifeSeconds;
  return { value, expiresAt: now + seconds * 1000 - marginMs, refreshToken: text('refresh_token') };
}

/** The Basic header of credentials; `undefined` when they have no user. */
export function basicAuthorization(credentials: Credentials): string | undefined {
  if (credentials.kind !== 'basic') return undefined;
  const { username, password } = credentials;
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** What must not appear in a message. */
export function secretsOf(credentials: Credentials): string[] {
  if (credentials.kind === 'anonymous') return [];
  if (credentials.kind !== 'basic') return [credentials.token];
  return [credentials.password, basicAuthorization(credentials)!.slice('Basic '.length)];
}
