import { SopsError } from '../error.ts';
import { askJson, type Http } from '../http.ts';
import type { MasterKey } from '../master-key.ts';

/** Gives an OAuth access token. */
export type AccessTokenSource = (signal?: AbortSignal) => Promise<string>;

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
