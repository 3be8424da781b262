import { SopsError } from '../error.ts';
import { askJson, askText, type HttpRequest } from '../http.ts';
import type { AwsCredentials } from '../keys/sigv4.ts';
import { endsAt, type IdentityPorts } from './ports.ts';

/** Credentials with an end; static ones have none. */
export interface ExpiringAwsCredentials extends AwsCredentials {
  /** Milliseconds of the wall clock. */
  readonly expiresAt: number;
}

/** A web identity takes on a role. */
export interface WebIdentity {
  /** `arn:aws:iam::<account>:role/<name>`. */
  readonly role: string;
  readonly sessionName: string;
  /** What the cluster's issuer says of the ServiceAccount, made out for `sts.amazonaws.com`. */
  readonly token: string;
  /** The region whose STS is asked. */
  readonly region: string;
}

const rolePattern = /^arn:(aws[\w-]*):iam::[0-9]{1,30}:role\/.{1,200}$/;
const domains: Readonly<Record<string, string>> = {
  'aws-cn': 'amazonaws.com.cn',
  'aws-eusc': 'amazonaws.eu',
  'aws-iso': 'c2s.ic.gov',
  'aws-iso-b': 'sc2s.sgov.gov',
  'aws-iso-e': 'cloud.adc-e.uk',
  'aws-iso-f': 'csp.hci.ic.gov',
};

/** Where a service of a region is; the operator's variables win, as in AWS' own libraries. */
export function awsEndpoint(
  service: 'kms' | 'sts',
  { region, partition, env }: { region: string; partition: string; env: IdentityPorts['env'] },
): URL {
  const own = env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || env['AWS_ENDPOINT_URL'];
  return new URL(own || `https://${service}.${region}.${domains[partition] ?? 'amazonaws.com'}/`);
}

/** @throws {SopsError} `SERVICE`; `KEY_INVALID` for what is no role */
export async function assumeRoleWithWebIdentity(
  { role, sessionName, token, region }: WebIdentity,
  { http, env, now }: Pick<IdentityPorts, 'http' | 'env' | 'now'>,
  signal?: AbortSignal,
): Promise<ExpiringAwsCredentials> {
  const partition = rolePattern.exec(role)?.[1];
  if (partition === undefined) throw new SopsError('KEY_INVALID', `'${role}' is no ARN of an AWS role`);
  const action = 'AssumeRoleWithWebIdentity';
  const answer = await askJson(
    http,
    {
      method: 'POST',
      url: awsEndpoint('sts', { region, partition, env }).href,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({
        Action: action,
        Version: '2011-06-15',
        RoleArn: role,
        RoleSessionName: sessionName.replace(/[^\w+=,.@-]/g, '-').slice(0, 64),
        WebIdentityToken: token,
      }).toString(),
      signal,
    },
    `failed to assume role '${role}'`,
  );
  return readStsCredentials(answer, action, now().getTime());
}

/** @throws {SopsError} `SERVICE` */
export function readStsCredentials(
  answer: Record<string, unknown>,
  action: string,
  now: number,
): ExpiringAwsCredentials {
  const result = (answer[`${action}Response`] as Record<string, unknown> | undefined)?.[`${action}Result`];
  const found = (result as { Credentials?: Record<string, unknown> } | undefined)?.Credentials;
  return readCredentials(found, 'SessionToken', `the answer to ${action}`, now);
}

function readCredentials(
  found: Record<string, unknown> | undefined,
  tokenName: string,
  what: string,
  now: number,
): ExpiringAwsCredentials {
  const { AccessKeyId, SecretAccessKey, Expiration } = found ?? {};
  const token = found?.[tokenName];
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string' || typeof token !== 'string')
    throw new SopsError('SERVICE', `${what} has no credentials`);
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: token,
    expiresAt: endsAt(Expiration, now),
  };
}

/**
 * The credentials that the process itself has: variables, a web identity's file, those of the container, those of the
 * machine; the first of them that is there.
 *
 * @throws {SopsError} `DATA_KEY` there are none; `SERVICE`
 */
export async function readAwsEnvironment(
  ports: IdentityPorts,
  region: string,
  signal?: AbortSignal,
): Promise<ExpiringAwsCredentials> {
  const { env, readFile, now } = ports;
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  if (accessKeyId && secretAccessKey) {
    const sessionToken = env['AWS_SESSION_TOKEN'];
    return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}), expiresAt: Infinity };
  }
  const role = env['AWS_ROLE_ARN'];
  const file = env['AWS_WEB_IDENTITY_TOKEN_FILE'];
  if (role && file) {
    const token = (await readOrFail(readFile, file, 'AWS_WEB_IDENTITY_TOKEN_FILE')).trim();
    const sessionName = env['AWS_ROLE_SESSION_NAME'] || `sops-${now().getTime()}`;
    return assumeRoleWithWebIdentity({ role, sessionName, token, region }, ports, signal);
  }
  return (await readContainer(ports, signal)) ?? (await readMachine(ports, signal));
}

const containerHost = 'http://169.254.170.2';

/** What the container's agent gives, EKS Pod Identity among others; undefined: there is none. */
async function readContainer(
  { http, env, readFile, now }: IdentityPorts,
  signal: AbortSignal | undefined,
): Promise<ExpiringAwsCredentials | undefined> {
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const url = relative ? `${containerHost}${relative}` : env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  if (!url) return undefined;
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const authorization = file
    ? (await readOrFail(readFile, file, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE')).trim()
    : env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  const headers: Record<string, string> = { accept: 'application/json', ...(authorization ? { authorization } : {}) };
  const what = "failed to get the container's AWS credentials";
  const answer = await askJson(http, { method: 'GET', url, headers, signal }, what);
  return readCredentials(answer, 'Token', `${what}: the answer`, now().getTime());
}

const machineTimeoutMs = 2000;

/** What the machine's metadata service gives, in its second version. */
async function readMachine(
  { http, env, now }: IdentityPorts,
  signal: AbortSignal | undefined,
): Promise<ExpiringAwsCredentials> {
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') throw noCredentials();
  const base = (env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || 'http://169.254.169.254').replace(/\/$/, '');
  const ask = (path: string, headers: Record<string, string>, method: HttpRequest['method'] = 'GET'): HttpRequest => ({
    method,
    url: `${base}/latest/${path}`,
    headers,
    signal,
    timeoutMs: machineTimeoutMs,
  });
  const what = 'failed to get AWS credentials of the machine';
  let headers: Record<string, string>;
  try {
    const session = await askText(
      http,
      ask('api/token', { 'x-aws-ec2-metadata-token-ttl-seconds': '300' }, 'PUT'),
      what,
    );
    headers = { 'x-aws-ec2-metadata-token': session.trim() };
  } catch (error) {
    // Nobody is there: the process runs somewhere else.
    if (!(error instanceof SopsError)) throw error;
    throw noCredentials(error);
  }
  const folder = 'meta-data/iam/security-credentials/';
  const role = (await askText(http, ask(folder, headers), what)).split('\n')[0]?.trim() ?? '';
  const answer = await askJson(http, ask(`${folder}${encodeURIComponent(role)}`, headers), what);
  return readCredentials(answer, 'Token', `${what}: the answer`, now().getTime());
}

function noCredentials(cause?: SopsError): SopsError {
  return new SopsError('DATA_KEY', 'the controller has no AWS credentials of its own', { cause });
}

/** @throws {SopsError} `SERVICE`; the path is told, the content never */
export async function readOrFail(readFile: IdentityPorts['readFile'], path: string, variable: string): Promise<string> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SopsError('SERVICE', `the file that ${variable} names cannot be read`, { cause });
  }
}
