import { createHash, createPrivateKey, createSign, randomUUID, X509Certificate } from 'node:crypto';
import { parseYamlDocument } from '@fluvial/yaml';
import { SopsError } from '../error.ts';
import { askJson, type HttpRequest } from '../http.ts';
import { readOrFail } from './aws.ts';
import { type AccessToken, endsIn, type IdentityPorts } from './ports.ts';

/** How to get tokens from Entra ID. */
export type AzureCredentials =
  | {
      readonly by: 'secret';
      readonly tenant: string;
      readonly client: string;
      readonly secret: string;
      readonly authority: string;
    }
  | {
      readonly by: 'certificate';
      readonly tenant: string;
      readonly client: string;
      readonly pem: string;
      readonly sendChain: boolean;
      readonly authority: string;
    }
  | {
      readonly by: 'federation';
      readonly tenant: string;
      readonly client: string;
      /** What another issuer says of the workload, made out for `api://AzureADTokenExchange`. */
      readonly assertion: string;
      readonly authority: string;
    }
  /** Client: the one of several identities of the machine that is meant; empty: its only one. */
  | { readonly by: 'managed-identity'; readonly client: string };

const publicAuthority = 'https://login.microsoftonline.com/';
const machineTimeoutMs = 5000;

/**
 * Reads `sops.azure-kv`: YAML or JSON, a byte order mark before it is tolerated (also that of UTF-16).
 *
 * @throws {SopsError} `KEY_INVALID`
 */
export function readAzureCredentials(bytes: Uint8Array): AzureCredentials {
  let data: unknown;
  try {
    data = parseYamlDocument(decode(bytes));
  } catch {
    throw new SopsError('KEY_INVALID', 'failed to parse Azure credentials: neither YAML nor JSON');
  }
  const read = (name: string) => {
    const value = typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[name] : undefined;
    return value === undefined || value === null ? '' : String(value);
  };
  const authority = authorityOf(read('authorityHost'));
  const tenant = read('tenantId');
  const client = read('clientId');
  if (tenant && client && read('clientSecret'))
    return { by: 'secret', tenant, client, secret: read('clientSecret'), authority };
  if (tenant && client && read('clientCertificate')) {
    const pem = openCertificate(read('clientCertificate'), read('clientCertificatePassword'));
    return {
      by: 'certificate',
      tenant,
      client,
      pem,
      sendChain: read('clientCertificateSendChain') === 'true',
      authority,
    };
  }
  if (read('tenant') && read('appId') && read('password'))
    return { by: 'secret', tenant: read('tenant'), client: read('appId'), secret: read('password'), authority };
  if (client) return { by: 'managed-identity', client };
  throw new SopsError('KEY_INVALID', 'invalid data: requires a combination of fields that tells a way to authenticate');
}

function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder().decode(bytes);
}

function openCertificate(pem: string, passphrase: string): string {
  try {
    const key = createPrivateKey(passphrase ? { key: pem, passphrase } : pem);
    const certificates = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    if (certificates.length === 0) throw new Error('no certificate');
    return `${key.export({ type: 'pkcs8', format: 'pem' })}${certificates.join('\n')}\n`;
  } catch {
    throw new SopsError('KEY_INVALID', 'clientCertificate must hold a private key and its certificate in PEM form');
  }
}

/** Asks Entra ID, or the machine, for a token. @throws {SopsError} `SERVICE` */
export async function askAzure(
  credentials: AzureCredentials,
  scope: string,
  { http, now }: Pick<IdentityPorts, 'http' | 'now'>,
  signal?: AbortSignal,
): Promise<AccessToken> {
  const at = now().getTime();
  const what = 'failed to get Azure token credential to decrypt';
  const answer = await askJson(http, tokenRequest(credentials, scope, at, signal), what);
  const token = answer['access_token'];
  if (typeof token !== 'string') throw new SopsError('SERVICE', `${what}: the answer has no token`);
  return { token, expiresAt: endsIn(answer['expires_in'], at) };
}

/**
 * The credentials that the process itself has: a secret or a certificate in variables, the file of a workload identity,
 * else the identity of the machine.
 *
 * @throws {SopsError} `SERVICE`, `KEY_INVALID`
 */
export async function readAzureEnvironment({
  env,
  readFile,
}: Pick<IdentityPorts, 'env' | 'readFile'>): Promise<AzureCredentials> {
  const tenant = env['AZURE_TENANT_ID'] ?? '';
  const client = env['AZURE_CLIENT_ID'] ?? '';
  const authority = authorityOf(env['AZURE_AUTHORITY_HOST'] ?? '');
  if (tenant && client) {
    const secret = env['AZURE_CLIENT_SECRET'];
    if (secret) return { by: 'secret', tenant, client, secret, authority };
    const certificate = env['AZURE_CLIENT_CERTIFICATE_PATH'];
    if (certificate) {
      const text = await readOrFail(readFile, certificate, 'AZURE_CLIENT_CERTIFICATE_PATH');
      const pem = openCertificate(text, env['AZURE_CLIENT_CERTIFICATE_PASSWORD'] ?? '');
      const sendChain = /^(?:1|true)$/i.test(env['AZURE_CLIENT_SEND_CERTIFICATE_CHAIN'] ?? '');
      return { by: 'certificate', tenant, client, pem, sendChain, authority };
    }
    const file = env['AZURE_FEDERATED_TOKEN_FILE'];
    if (file) {
      const assertion = (await readOrFail(readFile, file, 'AZURE_FEDERATED_TOKEN_FILE')).trim();
      return { by: 'federation', tenant, client, assertion, authority };
    }
  }
  return { by: 'managed-identity', client };
}

/** Where tokens are asked for; empty: the public cloud. @throws {SopsError} `KEY_INVALID` */
export function authorityOf(host: string): string {
  if (host !== '' && !host.startsWith('https://'))
    throw new SopsError('KEY_INVALID', 'authorityHost must begin with https://');
  return host || publicAuthority;
}

function tokenRequest(
  credentials: AzureCredentials,
  scope: string,
  at: number,
  signal: AbortSignal | undefined,
): HttpRequest {
  if (credentials.by === 'managed-identity') {
    const query = new URLSearchParams({
      'api-version': '2018-02-01',
      resource: scope.replace(/\/\.default$/, ''),
      ...(credentials.client ? { client_id: credentials.client } : {}),
    });
    const url = `http://169.254.169.254/metadata/identity/oauth2/token?${query}`;
    return { method: 'GET', url, headers: { metadata: 'true' }, signal, timeoutMs: machineTimeoutMs };
  }
  const { tenant, client, authority } = credentials;
  const url = new URL(
    `${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
    authority.endsWith('/') ? authority : `${authority}/`,
  );
  const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  const assert = (assertion: string) => ({ client_assertion_type: assertionType, client_assertion: assertion });
  const proof: Record<string, string> =
    credentials.by === 'secret'
      ? { client_secret: credentials.secret }
      : assert(credentials.by === 'federation' ? credentials.assertion : clientAssertion(credentials, url.href, at));
  return {
    method: 'POST',
    url: url.href,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: client, scope, ...proof }).toString(),
    signal,
  };
}

const assertionSeconds = 600;

function clientAssertion(
  { client, pem, sendChain }: Extract<AzureCredentials, { by: 'certificate' }>,
  audience: string,
  at: number,
): string {
  const chain = (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
    (text) => new X509Certificate(text).raw,
  );
  const x5t = createHash('sha1')
    .update(chain[0] as Buffer)
    .digest('base64url');
  const issued = Math.floor(at / 1000);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = {
    alg: 'RS256',
    typ: 'JWT',
    x5t,
    ...(sendChain ? { x5c: chain.map((raw) => raw.toString('base64')) } : {}),
  };
  const claims = {
    aud: audience,
    iss: client,
    sub: client,
    jti: randomUUID(),
    nbf: issued,
    exp: issued + assertionSeconds,
  };
  const unsigned = `${encode(header)}.${encode(claims)}`;
  return `${unsigned}.${createSign('RSA-SHA256').update(unsigned).sign(createPrivateKey(pem), 'base64url')}`;
}
