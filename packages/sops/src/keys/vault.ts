import { SopsError } from '../error.ts';
import { askJson, type Http } from '../http.ts';
import type { MasterKey } from '../master-key.ts';

/** Gives the token for a server; undefined: none is known. */
export type VaultTokenSource = (address: string, signal?: AbortSignal) => Promise<string | undefined>;

interface VaultParts {
  readonly http: Http;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Decrypts with the transit engine of HashiCorp Vault or OpenBao. @throws {SopsError} `DATA_KEY`, `SERVICE` */
export async function decryptWithVault(
  key: Extract<MasterKey, { type: 'hc_vault' }>,
  { http, headers = {}, token, signal }: VaultParts & { readonly token: VaultTokenSource },
): Promise<Uint8Array> {
  const path = `${trim(key.enginePath)}/decrypt/${trim(key.keyName)}`;
  const what = `failed to decrypt sops data key from Vault transit backend '${path}'`;
  const url = vaultUrl(key.address, path);
  if (url === undefined) throw new SopsError('DATA_KEY', `${what}: '${key.address}' is no address of a Vault server`);
  const bearer = await token(key.address, signal);
  if (!bearer) throw new SopsError('DATA_KEY', `${what}: no Vault token`);
  const answer = await askJson(
    http,
    {
      method: 'PUT',
      url,
      headers: { ...headers, 'x-vault-token': bearer, 'x-vault-request': 'true', 'content-type': 'application/json' },
      body: JSON.stringify({ ciphertext: key.enc }),
      signal,
    },
    what,
  );
  const plain = (answer['data'] as { plaintext?: unknown } | undefined)?.plaintext;
  if (typeof plain !== 'string') throw new SopsError('SERVICE', `${what}: the answer has no plaintext`);
  return Buffer.from(plain, 'base64');
}

/**
 * Exchanges a ServiceAccount's token for one of Vault at a login path such as `auth/kubernetes/login`.
 *
 * @throws {SopsError} `SERVICE`
 */
export async function loginToVault(
  { address, loginPath, role, jwt }: { address: string; loginPath: string; role: string; jwt: string },
  { http, headers = {}, signal }: VaultParts,
): Promise<string> {
  const what = `failed to log in to Vault at '${address}'`;
  const url = vaultUrl(address, trim(loginPath));
  if (url === undefined) throw new SopsError('SERVICE', `${what}: it is no address`);
  const answer = await askJson(
    http,
    {
      method: 'PUT',
      url,
      headers: { ...headers, 'x-vault-request': 'true', 'content-type': 'application/json' },
      body: JSON.stringify({ role, jwt }),
      signal,
    },
    what,
  );
  const token = (answer['auth'] as { client_token?: unknown } | undefined)?.client_token;
  if (typeof token !== 'string' || token === '') throw new SopsError('SERVICE', `${what}: the answer has no token`);
  return token;
}

function trim(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}

function vaultUrl(address: string, path: string): string | undefined {
  try {
    const url = new URL(address);
    if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '') return undefined;
    if (path.split('/').some((part) => part === '..' || part === '.' || part === '') || /[?#\\]/.test(path))
      return undefined;
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}/v1/${path}`;
  } catch {
    return undefined;
  }
}
