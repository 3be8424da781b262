import { createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Loopback, type LoopbackCall, startLoopback } from '../testing/index.ts';
import { assumeRoleWithWebIdentity, readAwsEnvironment } from './aws.ts';
import { askAzure, readAzureCredentials, readAzureEnvironment } from './azure.ts';
import { askWithFederation, readGcpEnvironment, readGkePool, readServiceAccountKey } from './gcp.ts';
import type { IdentityPorts } from './ports.ts';

let loopback: Loopback;
beforeAll(async () => {
  loopback = await startLoopback();
});
beforeEach(() => {
  loopback.calls.length = 0;
  loopback.answer = () => [404, { message: 'nobody is asked' }];
});
afterAll(() => loopback.close());

const testdata = (name: string) => readFileSync(new URL(`../../testdata/${name}`, import.meta.url), 'utf8');
const certificate = testdata('client.crt');
/** Its passphrase: `pass-s3cret`. */
const encryptedKey = testdata('client.key');

const at = Date.parse('2026-03-04T05:06:07Z');
const later = '2026-03-04T06:06:07Z';
const seconds = (Date.parse(later) - at) / 1000;

function portsOf(env: Record<string, string>, files: Record<string, string> = {}): IdentityPorts {
  return {
    http: loopback.http,
    env,
    now: () => new Date(at),
    async readFile(path) {
      const text = files[path];
      if (text === undefined) throw new Error(`no such file: ${path}`);
      return text;
    },
  };
}

const formOf = (call: LoopbackCall | undefined) => Object.fromEntries(new URLSearchParams(call?.body));
const urls = () => loopback.calls.map(({ method, url }) => `${method} ${url}`);

describe('AWS', () => {
  const role = 'arn:aws:iam::123456789012:role/decrypt';
  const sts = {
    AssumeRoleWithWebIdentityResponse: {
      AssumeRoleWithWebIdentityResult: {
        Credentials: {
          AccessKeyId: 'ASIAWEB',
          SecretAccessKey: 'web-s3cret',
          SessionToken: 'web-session',
          Expiration: Date.parse(later) / 1000,
        },
      },
    },
  };
  const web = {
    accessKeyId: 'ASIAWEB',
    secretAccessKey: 'web-s3cret',
    sessionToken: 'web-session',
    expiresAt: Date.parse(later),
  };

  test('variables win over everything', async () => {
    const env = {
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 's3cret',
      AWS_ROLE_ARN: role,
      AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
    };
    expect(await readAwsEnvironment(portsOf(env), 'eu-west-1')).toEqual({
      accessKeyId: 'AKID',
      secretAccessKey: 's3cret',
      expiresAt: Infinity,
    });
    expect(urls()).toEqual([]);
  });

  test("a web identity's file is exchanged at the STS of the key's region", async () => {
    loopback.answer = () => [200, sts];
    const env = { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: '/token', AWS_ROLE_SESSION_NAME: 'session' };
    expect(await readAwsEnvironment(portsOf(env, { '/token': 'j.w.t\n' }), 'eu-west-1')).toEqual(web);
    expect(urls()).toEqual(['POST https://sts.eu-west-1.amazonaws.com/']);
    expect(formOf(loopback.calls[0])).toEqual({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: 'session',
      WebIdentityToken: 'j.w.t',
    });
  });

  test.each([
    ['arn:aws-cn:iam::123456789012:role/x', {}, 'https://sts.cn-north-1.amazonaws.com.cn/'],
    ['arn:aws:iam::123456789012:role/x', { AWS_ENDPOINT_URL_STS: 'https://sts.test/' }, 'https://sts.test/'],
  ])('%s is asked where its partition, or the operator, says', async (arn, env, url) => {
    loopback.answer = () => [200, sts];
    const identity = { role: arn, sessionName: 'a/b c', token: 'j.w.t', region: 'cn-north-1' };
    await assumeRoleWithWebIdentity(identity, portsOf(env));
    expect(urls()).toEqual([`POST ${url}`]);
    expect(formOf(loopback.calls[0])['RoleSessionName']).toBe('a-b-c');
  });

  test("the container's agent is asked with its token", async () => {
    loopback.answer = () => [
      200,
      { AccessKeyId: 'ASIAPOD', SecretAccessKey: 'pod-s3cret', Token: 'pod-session', Expiration: later },
    ];
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/agent',
    };
    const found = await readAwsEnvironment(portsOf(env, { '/agent': 'agent-token' }), 'eu-west-1');
    expect(found).toMatchObject({ accessKeyId: 'ASIAPOD', expiresAt: Date.parse(later) });
    expect(urls()).toEqual(['GET http://169.254.170.23/v1/credentials']);
    expect(loopback.calls[0]?.headers['authorization']).toBe('agent-token');
  });

  test('the machine is asked in two steps, with a session', async () => {
    loopback.answer = ({ method, url, headers }) => {
      if (method === 'PUT') return [200, 'session'];
      expect(headers['x-aws-ec2-metadata-token']).toBe('session');
      if (url.endsWith('/security-credentials/')) return [200, 'node-role\n'];
      return [200, { AccessKeyId: 'ASIANODE', SecretAccessKey: 'node-s3cret', Token: 't', Expiration: later }];
    };
    expect(await readAwsEnvironment(portsOf({}), 'eu-west-1')).toMatchObject({ accessKeyId: 'ASIANODE' });
    expect(urls()).toEqual([
      'PUT http://169.254.169.254/latest/api/token',
      'GET http://169.254.169.254/latest/meta-data/iam/security-credentials/',
      'GET http://169.254.169.254/latest/meta-data/iam/security-credentials/node-role',
    ]);
  });

  test('nothing anywhere is said so', async () => {
    const failure = readAwsEnvironment(portsOf({ AWS_EC2_METADATA_DISABLED: 'true' }), 'eu-west-1');
    await expect(failure).rejects.toMatchObject({ code: 'DATA_KEY', message: /no AWS credentials of its own/ });
    await expect(readAwsEnvironment(portsOf({}), 'eu-west-1')).rejects.toMatchObject({ code: 'DATA_KEY' });
  });

  test('a refusal is told, the token is not', async () => {
    loopback.answer = () => [
      403,
      { Error: { Code: 'AccessDenied', Message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity' } },
    ];
    const identity = { role, sessionName: 's', token: 'j.w.t', region: 'eu-west-1' };
    const failure = assumeRoleWithWebIdentity(identity, portsOf({}));
    await expect(failure).rejects.toMatchObject({
      code: 'SERVICE',
      message: `failed to assume role '${role}': sts.eu-west-1.amazonaws.com answered 403: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity`,
    });
    await expect(assumeRoleWithWebIdentity({ ...identity, role: 'root' }, portsOf({}))).rejects.toMatchObject({
      code: 'KEY_INVALID',
    });
  });
});

describe('Azure', () => {
  const scope = 'https://vault.azure.net/.default';
  const entra = 'https://login.microsoftonline.com/t/oauth2/v2.0/token';
  const answered = { access_token: 'az-token', expires_in: seconds };
  const expected = { token: 'az-token', expiresAt: Date.parse(later) };
  const askEnvironment = async (env: Record<string, string>, files: Record<string, string> = {}) => {
    const ports = portsOf(env, files);
    return askAzure(await readAzureEnvironment(ports), scope, ports);
  };

  test('a client secret of the process', async () => {
    loopback.answer = () => [200, answered];
    const env = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 'az-s3cret' };
    expect(await askEnvironment(env)).toEqual(expected);
    expect(urls()).toEqual([`POST ${entra}`]);
    expect(formOf(loopback.calls[0])).toEqual({
      grant_type: 'client_credentials',
      client_id: 'c',
      client_secret: 'az-s3cret',
      scope,
    });
  });

  test("a workload identity's file, at the authority of its cloud", async () => {
    loopback.answer = () => [200, answered];
    const env = {
      AZURE_TENANT_ID: 't',
      AZURE_CLIENT_ID: 'c',
      AZURE_FEDERATED_TOKEN_FILE: '/token',
      AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us/',
    };
    expect(await askEnvironment(env, { '/token': 'j.w.t' })).toEqual(expected);
    expect(urls()).toEqual(['POST https://login.microsoftonline.us/t/oauth2/v2.0/token']);
    expect(formOf(loopback.calls[0])).toMatchObject({
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'j.w.t',
    });
  });

  test('the identity of the machine', async () => {
    loopback.answer = ({ headers }) => (headers['metadata'] === 'true' ? [200, answered] : [400, {}]);
    expect(await askEnvironment({})).toEqual(expected);
    const [call] = loopback.calls;
    expect(call?.url).toMatch(/^http:\/\/169\.254\.169\.254\/metadata\/identity\/oauth2\/token\?/);
    const query = Object.fromEntries(new URL(call?.url ?? '').searchParams);
    expect(query).toEqual({ 'api-version': '2018-02-01', resource: 'https://vault.azure.net' });
  });

  test.each([false, true])('a client certificate signs an assertion; with its chain: %s', async (sendChain) => {
    loopback.answer = () => [200, answered];
    const credentials = readAzureCredentials(
      Buffer.from(
        JSON.stringify({
          tenantId: 't',
          clientId: 'c',
          clientCertificate: certificate + encryptedKey,
          clientCertificatePassword: 'pass-s3cret',
          clientCertificateSendChain: sendChain,
        }),
      ),
    );
    expect(await askAzure(credentials, scope, portsOf({}))).toEqual(expected);
    const { client_assertion: assertion = '' } = formOf(loopback.calls[0]);
    const [header = '', claims = '', signature = ''] = assertion.split('.');
    const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`);
    expect(verify.verify(createPublicKey(certificate), signature, 'base64url')).toBe(true);
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    expect(read(claims)).toMatchObject({ aud: entra, iss: 'c', sub: 'c', exp: at / 1000 + 600 });
    expect(read(header)).toMatchObject({ alg: 'RS256', x5t: expect.any(String) });
    expect('x5c' in read(header)).toBe(sendChain);
  });

  test('a refusal is told, the secret is not', async () => {
    loopback.answer = () => [
      401,
      { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret' },
    ];
    const env = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 'az-s3cret' };
    await expect(askEnvironment(env)).rejects.toMatchObject({
      code: 'SERVICE',
      message:
        'failed to get Azure token credential to decrypt: login.microsoftonline.com answered 401: invalid_client: AADSTS7000215: Invalid client secret',
    });
    await expect(askEnvironment({ ...env, AZURE_AUTHORITY_HOST: 'http://plain.test' })).rejects.toMatchObject({
      code: 'KEY_INVALID',
    });
  });
});

describe('GCP', () => {
  const provider = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x';
  const kms = 'https://www.googleapis.com/auth/cloudkms';

  test('a federated token, without and with a service account behind it', async () => {
    loopback.answer = ({ url }) =>
      url.startsWith('https://sts.googleapis.com/')
        ? [200, { access_token: 'federated', expires_in: seconds }]
        : [200, { accessToken: 'impersonated', expireTime: later }];
    const federation = { audience: provider, token: 'j.w.t' };
    expect(await askWithFederation(federation, portsOf({}))).toEqual({
      token: 'federated',
      expiresAt: Date.parse(later),
    });
    expect(formOf(loopback.calls[0])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: 'j.w.t',
      audience: provider,
      scope: kms,
    });
    const behind = { ...federation, serviceAccount: 'sops@p.iam.gserviceaccount.com' };
    expect((await askWithFederation(behind, portsOf({}))).token).toBe('impersonated');
    const [, , call] = loopback.calls;
    expect(call?.url).toBe(
      'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/sops%40p.iam.gserviceaccount.com:generateAccessToken',
    );
    expect(call?.headers['authorization']).toBe('Bearer federated');
    expect(JSON.parse(call?.body ?? '')).toEqual({ scope: [kms], lifetime: '3600s' });
  });

  test("the machine's metadata service", async () => {
    loopback.answer = ({ url, headers }) => {
      expect(headers['metadata-flavor']).toBe('Google');
      if (url.includes('/service-accounts/default/token?')) return [200, { access_token: 'node', expires_in: seconds }];
      return [200, url.split('/').at(-1) ?? ''];
    };
    expect((await readGcpEnvironment(portsOf({}))).token).toBe('node');
    expect(await readGkePool(portsOf({ GCE_METADATA_HOST: 'metadata.test' }))).toEqual({
      pool: 'project-id.svc.id.goog',
      audience:
        'identitynamespace:project-id.svc.id.goog:https://container.googleapis.com/v1/projects/project-id/locations/cluster-location/clusters/cluster-name',
    });
    expect(loopback.calls.at(-1)?.url).toMatch(/^http:\/\/metadata\.test\/computeMetadata\/v1\//);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['text', {}, 'j.w.t\n'],
    ['a field of JSON', { format: { type: 'json', subject_token_field_name: 'token' } }, '{"token": "j.w.t"}'],
  ])("the operator's external account reads its token from a file of %s", async (_, format, content) => {
    loopback.answer = () => [200, { access_token: 'external', expires_in: seconds }];
    const account = {
      type: 'external_account',
      audience: provider,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: 'https://sts.googleapis.com/v1/token',
      credential_source: { file: '/token', ...format },
    };
    const files = { '/adc.json': JSON.stringify(account), '/token': content };
    const { token } = await readGcpEnvironment(portsOf({ GOOGLE_APPLICATION_CREDENTIALS: '/adc.json' }, files));
    expect(token).toBe('external');
    expect(formOf(loopback.calls[0])['subject_token']).toBe('j.w.t');
  });

  test("the operator's refresh token", async () => {
    loopback.answer = () => [200, { access_token: 'user', expires_in: seconds }];
    const user = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' };
    const ports = portsOf({ GOOGLE_APPLICATION_CREDENTIALS: '/adc' }, { '/adc': JSON.stringify(user) });
    expect((await readGcpEnvironment(ports)).token).toBe('user');
    expect(formOf(loopback.calls[0])['refresh_token']).toBe('r');
  });

  test("an owner's file is a service account's key and nothing else", () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const read = (fields: Record<string, unknown>) => readServiceAccountKey(JSON.stringify(fields));
    expect(read({ private_key: key }).url).toBe('https://oauth2.googleapis.com/token');
    expect(() => read({ private_key: key, token_uri: 'http://169.254.169.254/' })).toThrow('no JSON key file');
    const source = { file: '/var/run/secrets/kubernetes.io/serviceaccount/token' };
    expect(() => read({ type: 'external_account', credential_source: source })).toThrow('no JSON key file');
  });

  test('a refusal is told, the token is not', async () => {
    loopback.answer = () => [400, { error: 'invalid_grant', error_description: 'The audience does not match.' }];
    await expect(askWithFederation({ audience: provider, token: 'j.w.t' }, portsOf({}))).rejects.toMatchObject({
      code: 'SERVICE',
      message:
        'cannot get a token for GCP KMS: sts.googleapis.com answered 400: invalid_grant: The audience does not match.',
    });
    await expect(readGcpEnvironment(portsOf({ GOOGLE_APPLICATION_CREDENTIALS: '/absent' }))).rejects.toMatchObject({
      message: 'the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read',
    });
  });
});
