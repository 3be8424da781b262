import { createHash, createPrivateKey, createSign, randomUUID, X509Certificate } from 'node:crypto';
import { parseYamlDocument } from '@fluvial/yaml';
import { SopsError } from '../error.ts';
import { askJson, type Http, type HttpRequest } from '../http.ts';
import type { MasterKey } from '../metadata.ts';

/** Gives a token for a vault's API; the scope depends on the cloud that the vault is in. */
export type AzureTokenSource = (scope: string, signal?: AbortSignal) => Promise<string>;

const apiVersion = '7.4';
// Host suffixes of vaults: a token is sent there, so nothing else is asked.
const clouds = [
  'vault.azure.net',
  'vault.azure.cn',
  'vault.usgovcloudapi.net',
  'vault.microsoftazure.de',
  'managedhsm.azure.net',
];

/** @throws {SopsError} `DATA_KEY`, `SERVICE` */
export async function decryptWithAzureKeyVault(
  key: Extract<MasterKey, { type: 'azure_kv' }>,
  { http, token, signal }: { http: Http; token: AzureTokenSource; signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  const url = vaultUrl(key.vaultUrl);
  const cloud = clouds.find((suffix) => url?.hostname.endsWith(`.${suffix}`));
  const name = `${key.vaultUrl}/keys/${key.name}/${key.version}`;
  const what = `failed to decrypt sops data key with Azure Key Vault key '${name}'`;
  if (url === undefined || cloud === undefined) throw new SopsError('DATA_KEY', `${what}: it is no vault of Azure's`);
  const path = [key.name, key.version].filter((part) => part !== '').map(encodeURIComponent);
  const bearer = await token(`https://${cloud}/.default`, signal);
  const answer = await askJson(
    http,
    {
      method: 'POST',
      url: `${url.origin}/keys/${path.join('/')}/decrypt?api-version=${apiVersion}`,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ alg: 'RSA-OAEP-256', value: key.enc }),
      signal,
    },
    what,
  );
  const plain = answer['value'];
  if (typeof plain !== 'string') throw new SopsError('SERVICE', `${what}: the answer has no value`);
  return Buffer.from(plain, 'base64url');
}

function vaultUrl(text: string): URL | undefined {
  try {
    const url = new URL(text);
    return url.protocol === 'https:' && url.username === '' ? url : undefined;
  } catch {
    return undefined;
  }
}

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
  | { readonly by: 'managed-identity'; readonly client: string };

const publicAuthority = 'https://login.microsoftonline.com/';

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
  const authority = read('authorityHost') || publicAuthority;
  if (!authority.startsWith('https://')) throw new SopsError('KEY_INVALID', 'authorityHost must begin with https://');
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

/** Tokens by the credentials; each scope's is kept while it lasts. */
export function createAzureTokens(
  credentials: AzureCredentials,
  { http, now }: { readonly http: Http; readonly now: () => Date },
): AzureTokenSource {
  const known = new Map<string, { token: string; until: number }>();
  return async (scope, signal) => {
    const at = now().getTime();
    const kept = known.get(scope);
    if (kept && at < kept.until) return kept.token;
    const what = 'failed to get Azure token credential to decrypt';
    const answer = await askJson(http, tokenRequest(credentials, scope, at, signal), what);
    const token = answer['access_token'];
    if (typeof token !== 'string') throw new SopsError('SERVICE', `${what}: the answer has no token`);
    known.set(scope, { token, until: at + Number(answer['expires_in'] ?? 0) * 800 });
    return token;
  };
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
      client_id: credentials.client,
    });
    const url = `http://169.254.169.254/metadata/identity/oauth2/token?${query}`;
    return { method: 'GET', url, headers: { metadata: 'true' }, signal };
  }
  const { tenant, client, authority } = credentials;
  const url = new URL(
    `${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
    authority.endsWith('/') ? authority : `${authority}/`,
  );
  const proof: Record<string, string> =
    credentials.by === 'secret'
      ? { client_secret: credentials.secret }
      : {
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: clientAssertion(credentials, url.href, at),
        };
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
