import { createPrivateKey, createSign, type KeyObject } from 'node:crypto';
import { SopsError } from '../error.ts';
import { askJson, askText } from '../http.ts';
import { readOrFail } from './aws.ts';
import { type AccessToken, endsAt, endsIn, type IdentityPorts } from './ports.ts';

const kmsScope = 'https://www.googleapis.com/auth/cloudkms';
const platformScope = 'https://www.googleapis.com/auth/cloud-platform';
const tokenSeconds = 3600;
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const what = 'cannot get a token for GCP KMS';

type Fields = Readonly<Record<string, unknown>>;
type NetPorts = Pick<IdentityPorts, 'http' | 'now'>;

/** A service account's key file, read. */
export interface ServiceAccountKey {
  readonly email: string;
  readonly id: string;
  readonly key: KeyObject;
  /** Where tokens are given. */
  readonly url: string;
}

/**
 * Reads a service account's JSON key file. Other kinds of credential files make the reader open files and addresses that
 * they name: they are the operator's to give, never an owner's.
 *
 * @throws {SopsError} `KEY_INVALID`
 */
export function readServiceAccountKey(text: string): ServiceAccountKey {
  const fields = parseFields(text);
  const read = (name: string) => (typeof fields?.[name] === 'string' ? (fields[name] as string) : '');
  const url = read('token_uri') || 'https://oauth2.googleapis.com/token';
  try {
    if (new URL(url).protocol !== 'https:') throw new Error('not encrypted');
    return { email: read('client_email'), id: read('private_key_id'), key: createPrivateKey(read('private_key')), url };
  } catch {
    throw new SopsError('KEY_INVALID', 'the credentials are no JSON key file of a service account');
  }
}

/** Exchanges an assertion that the key signs. @throws {SopsError} `SERVICE` */
export async function askWithServiceAccountKey(
  { email, id, key, url }: ServiceAccountKey,
  { http, now }: NetPorts,
  signal?: AbortSignal,
): Promise<AccessToken> {
  const at = now().getTime();
  const issued = Math.floor(at / 1000);
  const claims = { iss: email, scope: kmsScope, aud: url, iat: issued, exp: issued + tokenSeconds };
  const unsigned = `${encode({ alg: 'RS256', typ: 'JWT', ...(id ? { kid: id } : {}) })}.${encode(claims)}`;
  const assertion = `${unsigned}.${createSign('RSA-SHA256').update(unsigned).sign(key, 'base64url')}`;
  const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
  const answer = await askJson(http, { method: 'POST', url, headers: form, body: body.toString(), signal }, what);
  return tokenOf(answer, at);
}

/** A token of another issuer that a workload identity pool trusts. */
export interface GcpFederation {
  /** The provider or the pool, as the token service names it. */
  readonly audience: string;
  readonly token: string;
  /** Default: that of a JWT. */
  readonly tokenType?: string | undefined;
  /** E-mail of the service account that is acted for; without one the federated identity acts itself. */
  readonly serviceAccount?: string | undefined;
}

const stsUrl = 'https://sts.googleapis.com/v1/token';
const iamUrl = 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts';

/** Exchanges another issuer's token for one of Google's. @throws {SopsError} `SERVICE` */
export async function askWithFederation(
  { audience, token, tokenType, serviceAccount }: GcpFederation,
  { http, now }: NetPorts,
  signal?: AbortSignal,
): Promise<AccessToken> {
  const impersonation = serviceAccount && `${iamUrl}/${encodeURIComponent(serviceAccount)}:generateAccessToken`;
  return exchange({ url: stsUrl, audience, token, tokenType, impersonation }, { http, now }, signal);
}

interface Exchange {
  readonly url: string;
  readonly audience: string;
  readonly token: string;
  readonly tokenType: string | undefined;
  /** Where the federated token is changed for one of a service account; empty or undefined: nowhere. */
  readonly impersonation: string | undefined;
}

async function exchange(
  { url, audience, token, tokenType, impersonation }: Exchange,
  { http, now }: NetPorts,
  signal: AbortSignal | undefined,
): Promise<AccessToken> {
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token_type: tokenType || 'urn:ietf:params:oauth:token-type:jwt',
    subject_token: token,
    audience,
    scope: impersonation ? platformScope : kmsScope,
  });
  const at = now().getTime();
  const federated = tokenOf(
    await askJson(http, { method: 'POST', url, headers: form, body: body.toString(), signal }, what),
    at,
  );
  if (!impersonation) return federated;
  const answer = await askJson(
    http,
    {
      method: 'POST',
      url: impersonation,
      headers: { authorization: `Bearer ${federated.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope: [kmsScope], lifetime: `${tokenSeconds}s` }),
      signal,
    },
    what,
  );
  const own = answer['accessToken'];
  if (typeof own !== 'string') throw new SopsError('SERVICE', `${what}: the answer has none`);
  return { token: own, expiresAt: endsAt(answer['expireTime'], at) };
}

/**
 * A token of the process itself: by the file that `GOOGLE_APPLICATION_CREDENTIALS` names, else by the machine's metadata
 * service.
 *
 * @throws {SopsError} `DATA_KEY` there is no identity; `SERVICE`, `KEY_INVALID`
 */
export async function readGcpEnvironment(ports: IdentityPorts, signal?: AbortSignal): Promise<AccessToken> {
  const { http, env, readFile, now } = ports;
  const variable = 'GOOGLE_APPLICATION_CREDENTIALS';
  const path = env[variable];
  if (path) {
    const text = await readOrFail(readFile, path, variable);
    const fields = parseFields(text);
    switch (fields?.['type']) {
      case 'external_account':
        return exchange(await readExternalAccount(fields, ports, signal), ports, signal);
      case 'authorized_user':
        return askWithRefreshToken(fields, ports, signal);
      default:
        return askWithServiceAccountKey(readServiceAccountKey(text), ports, signal);
    }
  }
  const query = new URLSearchParams({ scopes: kmsScope });
  const at = now().getTime();
  try {
    return tokenOf(
      await askJson(http, metadata(env, `instance/service-accounts/default/token?${query}`, signal), what),
      at,
    );
  } catch (cause) {
    if (!(cause instanceof SopsError)) throw cause;
    throw new SopsError('DATA_KEY', `the controller has no GCP identity of its own: ${cause.message}`, { cause });
  }
}

/**
 * The pool of the GKE cluster that the process runs in: tokens are made out for it, and exchanged under its long name.
 *
 * @throws {SopsError} `SERVICE`
 */
export async function readGkePool(
  { http, env }: Pick<IdentityPorts, 'http' | 'env'>,
  signal?: AbortSignal,
): Promise<{ readonly pool: string; readonly audience: string }> {
  const ask = async (path: string) =>
    (await askText(http, metadata(env, path, signal), "failed to ask for the cluster's identity pool")).trim();
  const project = await ask('project/project-id');
  const location = await ask('instance/attributes/cluster-location');
  const cluster = await ask('instance/attributes/cluster-name');
  const pool = `${project}.svc.id.goog`;
  const id = `https://container.googleapis.com/v1/projects/${project}/locations/${location}/clusters/${cluster}`;
  return { pool, audience: `identitynamespace:${pool}:${id}` };
}

function metadata(env: IdentityPorts['env'], path: string, signal: AbortSignal | undefined) {
  const host = env['GCE_METADATA_HOST'] || '169.254.169.254';
  const url = `http://${host}/computeMetadata/v1/${path}`;
  return { method: 'GET', url, headers: { 'metadata-flavor': 'Google' }, signal, timeoutMs: 2000 } as const;
}

async function readExternalAccount(
  fields: Fields,
  { http, readFile }: IdentityPorts,
  signal: AbortSignal | undefined,
): Promise<Exchange> {
  const read = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  const source = (fields['credential_source'] ?? {}) as {
    file?: unknown;
    url?: unknown;
    headers?: Record<string, string>;
    format?: { type?: unknown; subject_token_field_name?: unknown };
  };
  let text: string;
  if (typeof source.file === 'string') text = await readOrFail(readFile, source.file, 'credential_source');
  else if (typeof source.url === 'string')
    text = await askText(http, { method: 'GET', url: source.url, headers: source.headers ?? {}, signal }, what);
  else throw new SopsError('KEY_INVALID', 'an external account needs a credential_source with a file or a url');
  const field = source.format?.type === 'json' ? String(source.format.subject_token_field_name) : undefined;
  const token = field === undefined ? text.trim() : parseFields(text)?.[field];
  if (typeof token !== 'string' || token === '')
    throw new SopsError('SERVICE', `${what}: the external account's source gives no token`);
  return {
    url: read('token_url') || stsUrl,
    audience: read('audience'),
    token,
    tokenType: read('subject_token_type'),
    impersonation: read('service_account_impersonation_url'),
  };
}

async function askWithRefreshToken(
  fields: Fields,
  { http, now }: NetPorts,
  signal: AbortSignal | undefined,
): Promise<AccessToken> {
  const read = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: read('client_id'),
    client_secret: read('client_secret'),
    refresh_token: read('refresh_token'),
  });
  const url = 'https://oauth2.googleapis.com/token';
  const at = now().getTime();
  return tokenOf(await askJson(http, { method: 'POST', url, headers: form, body: body.toString(), signal }, what), at);
}

function tokenOf(answer: Fields, at: number): AccessToken {
  const token = answer['access_token'];
  if (typeof token !== 'string') throw new SopsError('SERVICE', `${what}: the answer has none`);
  return { token, expiresAt: endsIn(answer['expires_in'], at) };
}

function parseFields(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
