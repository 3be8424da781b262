import { SopsError } from '../error.ts';
import { askJson, type Http } from '../http.ts';
import { awsEndpoint, readStsCredentials } from '../identities/aws.ts';
import type { MasterKey } from '../master-key.ts';
import { type AwsCredentials, signPost } from './sigv4.ts';

/** Gives credentials for a region: static ones, or those of a workload identity. */
export type AwsCredentialsSource = (region: string, signal?: AbortSignal) => Promise<AwsCredentials>;

type Env = Readonly<Record<string, string | undefined>>;

interface AwsParts {
  readonly http: Http;
  readonly credentials: AwsCredentialsSource;
  readonly now: () => Date;
  /** Endpoints that the operator sets. */
  readonly env: Env;
  readonly signal?: AbortSignal | undefined;
}

const arnPattern = /^arn:(aws[\w-]*):kms:([a-z0-9-]+):[0-9]+:(?:key|alias)\/.+$/;

/** @throws {SopsError} `DATA_KEY`, `SERVICE` */
export async function decryptWithAwsKms(
  key: Extract<MasterKey, { type: 'kms' }>,
  { http, credentials, now, env, signal }: AwsParts,
): Promise<Uint8Array> {
  const what = 'failed to decrypt sops data key with AWS KMS';
  const match = arnPattern.exec(key.arn);
  if (match === null) throw new SopsError('DATA_KEY', `${what}: no valid ARN found in '${key.arn}'`);
  const [, partition = '', region = ''] = match;
  const place = { region, partition, env };
  let used = await credentials(region, signal);
  if (key.role !== '') used = await assumeRole(key.role, { http, place, credentials: used, now, signal });
  const { host, href: url } = awsEndpoint('kms', place);
  const hasContext = Object.keys(key.context).length > 0;
  const body = JSON.stringify({
    KeyId: key.arn,
    CiphertextBlob: key.enc,
    ...(hasContext ? { EncryptionContext: key.context } : {}),
  });
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Decrypt' };
  const signed = signPost({ host, body, headers }, { region, service: 'kms', credentials: used, now: now() });
  const answer = await askJson(http, { method: 'POST', url, headers: signed, body, signal }, what);
  const plain = answer['Plaintext'];
  if (typeof plain !== 'string') throw new SopsError('SERVICE', `${what}: the answer has no plaintext`);
  return Buffer.from(plain, 'base64');
}

async function assumeRole(
  role: string,
  parts: {
    http: Http;
    place: { region: string; partition: string; env: Env };
    credentials: AwsCredentials;
    now: () => Date;
    signal?: AbortSignal | undefined;
  },
): Promise<AwsCredentials> {
  const { http, place, credentials, now, signal } = parts;
  const { host, href: url } = awsEndpoint('sts', place);
  const body = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: 'sops',
  }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  const signed = signPost({ host, body, headers }, { region: place.region, service: 'sts', credentials, now: now() });
  const request = { method: 'POST', url, headers: signed, body, signal } as const;
  const answer = await askJson(http, request, `failed to assume role '${role}'`);
  return readStsCredentials(answer, 'AssumeRole', now().getTime());
}
