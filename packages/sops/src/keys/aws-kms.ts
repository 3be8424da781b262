import { SopsError } from '../error.ts';
import { askJson, type Http } from '../http.ts';
import type { MasterKey } from '../metadata.ts';
import { type AwsCredentials, signPost } from './sigv4.ts';

/** Gives credentials for a region: static ones, or those of a workload identity. */
export type AwsCredentialsSource = (region: string, signal?: AbortSignal) => Promise<AwsCredentials>;

const arnPattern = /^arn:(aws[\w-]*):kms:([a-z0-9-]+):[0-9]+:(?:key|alias)\/.+$/;

/** @throws {SopsError} `DATA_KEY`, `SERVICE` */
export async function decryptWithAwsKms(
  key: Extract<MasterKey, { type: 'kms' }>,
  {
    http,
    credentials,
    now,
    signal,
  }: { http: Http; credentials: AwsCredentialsSource; now: () => Date; signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  const what = 'failed to decrypt sops data key with AWS KMS';
  const match = arnPattern.exec(key.arn);
  if (match === null) throw new SopsError('DATA_KEY', `${what}: no valid ARN found in '${key.arn}'`);
  const [, partition = '', region = ''] = match;
  const domain = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  let used = await credentials(region, signal);
  if (key.role !== '') used = await assumeRole(key.role, { http, region, domain, credentials: used, now, signal });
  const host = `kms.${region}.${domain}`;
  const hasContext = Object.keys(key.context).length > 0;
  const body = JSON.stringify({
    KeyId: key.arn,
    CiphertextBlob: key.enc,
    ...(hasContext ? { EncryptionContext: key.context } : {}),
  });
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Decrypt' };
  const signed = signPost({ host, body, headers }, { region, service: 'kms', credentials: used, now: now() });
  const answer = await askJson(http, { method: 'POST', url: `https://${host}/`, headers: signed, body, signal }, what);
  const plain = answer['Plaintext'];
  if (typeof plain !== 'string') throw new SopsError('SERVICE', `${what}: the answer has no plaintext`);
  return Buffer.from(plain, 'base64');
}

async function assumeRole(
  role: string,
  parts: {
    http: Http;
    region: string;
    domain: string;
    credentials: AwsCredentials;
    now: () => Date;
    signal?: AbortSignal | undefined;
  },
): Promise<AwsCredentials> {
  const { http, region, domain, credentials, now, signal } = parts;
  const host = `sts.${region}.${domain}`;
  const body = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: 'sops',
  }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  const signed = signPost({ host, body, headers }, { region, service: 'sts', credentials, now: now() });
  return readStsCredentials(
    await askJson(
      http,
      { method: 'POST', url: `https://${host}/`, headers: signed, body, signal },
      `failed to assume role '${role}'`,
    ),
    'AssumeRole',
  );
}

/** @throws {SopsError} `SERVICE` */
export function readStsCredentials(answer: Record<string, unknown>, action: string): AwsCredentials {
  const result = (answer[`${action}Response`] as Record<string, unknown> | undefined)?.[`${action}Result`];
  const found = (result as { Credentials?: Record<string, unknown> } | undefined)?.Credentials;
  const { AccessKeyId, SecretAccessKey, SessionToken } = found ?? {};
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string' || typeof SessionToken !== 'string')
    throw new SopsError('SERVICE', `the answer to ${action} has no credentials`);
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}
