import { SopsError } from '../error.ts';
import { askJson, type Http } from '../http.ts';
import type { MasterKey } from '../master-key.ts';

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
