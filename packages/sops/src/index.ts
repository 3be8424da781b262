// Decrypting
export { type DecryptOptions, decryptFile, verifyFile } from './decrypt.ts';
// Errors and limits
export { SopsError, type SopsErrorCode } from './error.ts';
// Formats
export type { Format } from './formats/format.ts';
export { detectFormat, formatOfPath, isEncrypted } from './formats/index.ts';
// Network
export { createHttp, type Http, type HttpRequest, type HttpResponse } from './http.ts';
// Keys
export { Keyring, type KeyringOptions, type KeySources } from './keyring.ts';
export { type AwsCredentialsSource, readStsCredentials } from './keys/aws-kms.ts';
export type { AzureTokenSource } from './keys/azure-kv.ts';
export type { AccessTokenSource } from './keys/gcp-kms.ts';
export type { AwsCredentials } from './keys/sigv4.ts';
export { loginToVault, type VaultTokenSource } from './keys/vault.ts';
export { maxFileBytes } from './limits.ts';
