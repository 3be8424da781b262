import { createPrivateKey, createSign, type KeyObject } from 'node:crypto';
import { SopsError } from '../error.ts';
import { askJson, type Http } from '../http.ts';
import type { MasterKey } from '../metadata.ts';

/** Gives an OAuth access token. */
export type AccessTokenSource = (signal?: AbortSignal) => Promise<string>;

const scope = 'https://www.googleapis.com/auth/cloudkms';
const tokenSeconds = 3600;
const resource = /^projects\/[^/?#]+\/locations\/[^/?#]+\/keyRings\/[^/?#]+\/cryptoKeys\/[^/?#]+$/;

/** @throws {SopsError} `DATA_KEY`, `SERVICE` */
export async function decryptWithGcpKms(
  key: Extract<MasterKey, { type: 'gcp_kms' }>,
  { http, token, signal }: { http: Http; token: AccessTokenSource; signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  const what = 'failed to decrypt sops data key with GCP KMS key';
  if (!resource.test(key.resourceId))
    throw new SopsError('DATA_KEY', `${what}: no valid resource ID found in '${key.resourceId}'`);
  const answer = await askJson(
    http,
    {
      method: 'POST',
      url: `https://cloudkms.googleapis.com/v1/${key.resourceId}:decrypt`,
      headers: { authorization: `Bearer ${await token(signal)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ciphertext: key.enc }),
      signal,
    },
    what,
  );
  const plain = answer['plaintext'];
  if (typeof plain !== 'string') throw new SopsError('SERVICE', `${what}: the answer has no plaintext`);
  return Buffer.from(plain, 'base64');
}

/**
 * Tokens of a service account's key file.
 *
 * @throws {SopsError} `KEY_INVALID` the file is none
 */
export function createServiceAccountTokens(
  text: string,
  { http, now }: { readonly http: Http; readonly now: () => Date },
): AccessTokenSource {
  let file: Record<string, unknown>;
  let privateKey: KeyObject;
  try {
    file = JSON.parse(text) as Record<string, unknown>;
    privateKey = createPrivateKey(String(file['private_key']));
  } catch {
    throw new SopsError('KEY_INVALID', 'the credentials are no JSON key file of a service account');
  }
  const url = typeof file['token_uri'] === 'string' ? file['token_uri'] : 'https://oauth2.googleapis.com/token';
  let known: { token: string; until: number } | undefined;
  return async (signal) => {
    const at = now().getTime();
    if (known && at < known.until) return known.token;
    const issued = Math.floor(at / 1000);
    const claims = { iss: file['client_email'], scope, aud: url, iat: issued, exp: issued + tokenSeconds };
    const unsigned = `${encode({ alg: 'RS256', typ: 'JWT', kid: file['private_key_id'] })}.${encode(claims)}`;
    const assertion = `${unsigned}.${createSign('RSA-SHA256').update(unsigned).sign(privateKey, 'base64url')}`;
    const answer = await askJson(
      http,
      {
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString(),
        signal,
      },
      'cannot get a token for GCP KMS',
    );
    const token = answer['access_token'];
    if (typeof token !== 'string')
      throw new SopsError('SERVICE', 'cannot get a token for GCP KMS: the answer has none');
    known = { token, until: at + Number(answer['expires_in'] ?? 0) * 800 };
    return token;
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
