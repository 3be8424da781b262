// Decrypting
export { type DecryptOptions, decryptFile, verifyFile } from './decrypt.ts';
// Errors and limits
export { SopsError, type SopsErrorCode } from './error.ts';
// Formats
export type { Format } from './formats/format.ts';
export { detectFormat, formatOfPath, isEncrypted } from './formats/index.ts';
// Network
export {
  createHttp,
  type Http,
  type HttpOptions,
  type HttpRequest,
  type HttpResponse,
  type TlsOptions,
} from './http.ts';
// Identities of processes and of ServiceAccounts
export {
  assumeRoleWithWebIdentity,
  type ExpiringAwsCredentials,
  readAwsEnvironment,
  type WebIdentity,
} from './identities/aws.ts';
export { type AzureCredentials, askAzure, authorityOf, readAzureEnvironment } from './identities/azure.ts';
export { askWithFederation, type GcpFederation, readGcpEnvironment, readGkePool } from './identities/gcp.ts';
export type { AccessToken, IdentityPorts } from './identities/ports.ts';
// Keys
export { Keyring, type KeyringOptions, type KeySources } from './keyring.ts';
export type { AwsCredentialsSource } from './keys/aws-kms.ts';
export type { AzureTokenSource } from './keys/azure-kv.ts';
export type { AccessTokenSource } from './keys/gcp-kms.ts';
export type { AwsCredentials } from './keys/sigv4.ts';
export { loginToVault, type VaultTokenSource } from './keys/vault.ts';
export { maxFileBytes } from './limits.ts';
