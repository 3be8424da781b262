import { createHash } from 'node:crypto';
import { parseYamlDocument } from '@fluvial/yaml';
import type { PrivateKey } from 'openpgp';
import { createDataKeyError, type GroupResult } from './data-key-error.ts';
import { messageOf, SopsError } from './error.ts';
import type { Http } from './http.ts';
import { askAzure, readAzureCredentials } from './identities/azure.ts';
import { askWithServiceAccountKey, readServiceAccountKey } from './identities/gcp.ts';
import type { AccessToken } from './identities/ports.ts';
import { decryptWithAge, readAgeIdentities } from './keys/age.ts';
import { type AwsCredentialsSource, decryptWithAwsKms } from './keys/aws-kms.ts';
import { type AzureTokenSource, decryptWithAzureKeyVault } from './keys/azure-kv.ts';
import { type AccessTokenSource, decryptWithGcpKms } from './keys/gcp-kms.ts';
import { decryptWithPgp, readPgpKeys } from './keys/pgp.ts';
import { decryptWithVault, type VaultTokenSource } from './keys/vault.ts';
import { type MasterKey, nameOfKey } from './master-key.ts';
import type { KeyGroup, SopsMetadata } from './metadata.ts';
import { combineShares } from './shamir.ts';

/** Where keys that are not files come from, for files whose provider has no static credentials. */
export interface KeySources {
  readonly aws?: AwsCredentialsSource;
  readonly gcp?: AccessTokenSource;
  readonly azure?: AzureTokenSource;
  readonly vault?: VaultTokenSource;
}

export interface KeyringOptions extends KeySources {
  readonly http: Http;
  /** The wall clock. */
  readonly now?: () => Date;
  /** For Vault servers, whose certificates have authorities of their own. Default: as the others. */
  readonly vaultHttp?: Http;
  /** Sent to Vault servers with each request, such as `x-vault-namespace`. */
  readonly vaultHeaders?: Readonly<Record<string, string>>;
  /** `AWS_ENDPOINT_URL` and its relatives. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The keys of one owner, and the data keys that they have opened. Lives for one run: {@link Keyring.close} forgets all.
 */
export class Keyring {
  private readonly options: KeyringOptions;
  private readonly now: () => Date;
  private readonly ageIdentities: string[] = [];
  private readonly pgpKeys: PrivateKey[] = [];
  private aws: AwsCredentialsSource | undefined;
  private gcp: AccessTokenSource | undefined;
  private azure: AzureTokenSource | undefined;
  private vault: VaultTokenSource | undefined;
  private readonly dataKeys = new Map<string, Promise<Uint8Array>>();

  constructor(options: KeyringOptions) {
    this.options = options;
    this.now = options.now ?? (() => new Date());
    this.aws = options.aws;
    this.gcp = options.gcp;
    this.azure = options.azure;
    this.vault = options.vault;
  }

  /** An identities file. @throws {SopsError} `KEY_INVALID` */
  async addAge(text: string): Promise<void> {
    this.ageIdentities.push(...(await readAgeIdentities(text)));
  }

  /** Armored private keys. @throws {SopsError} `KEY_INVALID` */
  async addPgp(armored: string): Promise<void> {
    this.pgpKeys.push(...(await readPgpKeys(armored)));
  }

  /** `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token` in YAML. @throws {SopsError} `KEY_INVALID` */
  setAws(text: string): void {
    const read = readYaml(text, 'AWS');
    const accessKeyId = read('aws_access_key_id');
    const secretAccessKey = read('aws_secret_access_key');
    const sessionToken = read('aws_session_token');
    if (accessKeyId === '' || secretAccessKey === '')
      throw new SopsError('KEY_INVALID', 'AWS credentials need aws_access_key_id and aws_secret_access_key');
    this.aws = async () => ({ accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) });
  }

  /** A service account's JSON key file. @throws {SopsError} `KEY_INVALID` */
  setGcp(text: string): void {
    const key = readServiceAccountKey(text);
    const ports = { http: this.options.http, now: this.now };
    const ask = this.remember((_, signal) => askWithServiceAccountKey(key, ports, signal));
    this.gcp = (signal) => ask('', signal);
  }

  /** YAML or JSON. @throws {SopsError} `KEY_INVALID` */
  setAzure(bytes: Uint8Array): void {
    const credentials = readAzureCredentials(bytes);
    const ports = { http: this.options.http, now: this.now };
    this.azure = this.remember((scope, signal) => askAzure(credentials, scope, ports, signal));
  }

  /** A token that is used for any server. */
  setVaultToken(token: string): void {
    const trimmed = token.trim();
    if (trimmed !== '') this.vault = async () => trimmed;
  }

  /**
   * The data key of a file. A file that names the same encrypted keys again costs nothing.
   *
   * @throws {SopsError} `DATA_KEY`
   */
  dataKeyOf(metadata: SopsMetadata, signal?: AbortSignal): Promise<Uint8Array> {
    const id = createHash('sha256')
      .update(JSON.stringify([metadata.groups, metadata.shamirThreshold]))
      .digest('base64');
    let known = this.dataKeys.get(id);
    if (known === undefined) {
      known = this.openDataKey(metadata, signal);
      this.dataKeys.set(id, known);
      // A service may answer the next time.
      known.catch(() => this.dataKeys.delete(id));
    }
    return known;
  }

  /** Forgets keys and overwrites data keys. */
  close(): void {
    for (const key of this.dataKeys.values()) key.then((bytes) => bytes.fill(0)).catch(() => undefined);
    this.dataKeys.clear();
    this.ageIdentities.length = 0;
    this.pgpKeys.length = 0;
    this.aws = undefined;
    this.gcp = undefined;
    this.azure = undefined;
    this.vault = undefined;
  }

  /** Tokens of a static credential, each kept for most of its life. */
  private remember(
    ask: (scope: string, signal?: AbortSignal) => Promise<AccessToken>,
  ): (scope: string, signal?: AbortSignal) => Promise<string> {
    const known = new Map<string, { readonly token: string; readonly until: number }>();
    return async (scope, signal) => {
      const at = this.now().getTime();
      const kept = known.get(scope);
      if (kept && at < kept.until) return kept.token;
      const { token, expiresAt } = await ask(scope, signal);
      known.set(scope, { token, until: at + (expiresAt - at) * 0.8 });
      return token;
    };
  }

  private async openDataKey({ groups, shamirThreshold }: SopsMetadata, signal?: AbortSignal): Promise<Uint8Array> {
    const results: GroupResult[] = [];
    const parts: Uint8Array[] = [];
    for (const group of groups) {
      const result = await this.openGroup(group, signal);
      results.push(result);
      if (result.part) parts.push(result.part);
    }
    const isSplit = groups.length > 1;
    if (parts.length < (isSplit ? Math.max(shamirThreshold, 1) : 1)) throw createDataKeyError(results, shamirThreshold);
    const key = isSplit ? combineShares(parts) : (parts[0] as Uint8Array);
    if (key.length !== 32) throw new SopsError('DATA_KEY', 'the data key has a wrong length');
    return key;
  }

  /** Keys that are at hand are tried before those that cost a request. */
  private async openGroup(group: KeyGroup, signal?: AbortSignal): Promise<GroupResult> {
    const rank = ({ type }: MasterKey) => (type === 'age' ? 0 : type === 'pgp' ? 1 : 2);
    const sorted = [...group].sort((a, b) => rank(a) - rank(b));
    const failures: { name: string; reason: string }[] = [];
    for (const key of sorted) {
      try {
        return { part: await this.openKey(key, signal), failures };
      } catch (error) {
        if (signal?.aborted || !(error instanceof SopsError)) throw error;
        failures.push({ name: nameOfKey(key), reason: messageOf(error) });
      }
    }
    return { part: undefined, failures };
  }

  private openKey(key: MasterKey, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { http, env = {}, vaultHttp = http, vaultHeaders = {} } = this.options;
    switch (key.type) {
      case 'age':
        return decryptWithAge(key.enc, this.ageIdentities);
      case 'pgp':
        return decryptWithPgp(key.enc, this.pgpKeys);
      case 'kms':
        return decryptWithAwsKms(key, {
          http,
          credentials: this.aws ?? missing('AWS KMS'),
          now: this.now,
          env,
          signal,
        });
      case 'gcp_kms':
        return decryptWithGcpKms(key, { http, token: this.gcp ?? missing('GCP KMS'), signal });
      case 'azure_kv':
        return decryptWithAzureKeyVault(key, { http, token: this.azure ?? missing('Azure Key Vault'), signal });
      case 'hc_vault':
        return decryptWithVault(key, {
          http: vaultHttp,
          headers: vaultHeaders,
          token: this.vault ?? missing('Vault'),
          signal,
        });
      case 'hckms':
        return Promise.reject(new SopsError('DATA_KEY', 'keys of HuaweiCloud KMS are not supported'));
    }
  }
}

function missing(service: string): () => Promise<never> {
  return () => Promise.reject(new SopsError('DATA_KEY', `no credentials for ${service}`));
}

function readYaml(text: string, what: string): (name: string) => string {
  let data: unknown;
  try {
    data = parseYamlDocument(text);
  } catch {
    throw new SopsError('KEY_INVALID', `failed to parse ${what} credentials: no YAML`);
  }
  return (name) => {
    const value = typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[name] : undefined;
    return value === undefined || value === null ? '' : String(value);
  };
}
