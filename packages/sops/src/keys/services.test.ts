import { createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decryptFile } from '../decrypt.ts';
import type { Http } from '../http.ts';
import { Keyring } from '../keyring.ts';
import {
  type LoopbackAnswer as Answer,
  type LoopbackCall as Call,
  encryptFile,
  type Loopback,
  startLoopback,
} from '../testing/index.ts';
import { loginToVault } from './vault.ts';

let loopback: Loopback;
let http: Http;
let calls: Call[];
beforeAll(async () => {
  loopback = await startLoopback();
  ({ http, calls } = loopback);
});
beforeEach(() => {
  calls.length = 0;
});
afterAll(() => loopback.close());

const dataKey = Buffer.alloc(32, 9);
const now = () => new Date('2026-03-04T05:06:07Z');
const created = { created_at: '2026-01-01T00:00:00Z' };

async function open(keys: Record<string, unknown>, fill: (keyring: Keyring) => void | Promise<void>): Promise<string> {
  const file = await encryptFile('a: plain-s3cret\n', { format: 'yaml', dataKey, keys });
  const keyring = new Keyring({ http, now });
  await fill(keyring);
  return Buffer.from(await decryptFile(file, { keyring, input: 'yaml' })).toString();
}

/** What another implementation puts into the same request's authorization header. */
async function signatureOf(call: Call, service: string, secret: { accessKeyId: string; secretAccessKey: string }) {
  const signed = /SignedHeaders=([^,]+)/.exec(String(call.headers['authorization']))?.[1]?.split(';') ?? [];
  const own = ['host', 'x-amz-date', 'x-amz-security-token'];
  const headers = signed.filter((name) => !own.includes(name)).map((name) => [name, String(call.headers[name])]);
  const token = call.headers['x-amz-security-token'];
  const signer = new AwsV4Signer({
    ...secret,
    ...(typeof token === 'string' ? { sessionToken: token } : {}),
    method: call.method,
    url: call.url,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: call.body,
    service,
    region: 'eu-west-1',
    datetime: String(call.headers['x-amz-date']),
    allHeaders: true,
  });
  return (await signer.sign()).headers.get('authorization');
}

describe('AWS KMS', () => {
  const arn = 'arn:aws:kms:eu-west-1:123456789012:key/abc';
  const credentials = 'aws_access_key_id: AKIDTEST\naws_secret_access_key: aws-s3cret\n';
  const secret = { accessKeyId: 'AKIDTEST', secretAccessKey: 'aws-s3cret' };
  const entry = { arn, context: { team: 'x' }, ...created, enc: 'ZW5jcnlwdGVk', aws_profile: '' };
  const plaintext: Answer = [200, { KeyId: arn, Plaintext: dataKey.toString('base64') }];

  test('sends a signed request to the region of the key', async () => {
    loopback.answer = () => plaintext;
    expect(await open({ kms: [entry] }, (keyring) => keyring.setAws(credentials))).toBe('a: plain-s3cret\n');
    const [call] = calls as [Call];
    expect(call.url).toBe('https://kms.eu-west-1.amazonaws.com/');
    expect(call.headers['x-amz-target']).toBe('TrentService.Decrypt');
    expect(JSON.parse(call.body)).toEqual({
      KeyId: arn,
      CiphertextBlob: 'ZW5jcnlwdGVk',
      EncryptionContext: { team: 'x' },
    });
    expect(call.headers['authorization']).toBe(await signatureOf(call, 'kms', secret));
  });

  test('assumes a role first', async () => {
    const assumed = { AccessKeyId: 'ASIAROLE', SecretAccessKey: 'role-s3cret', SessionToken: 'session' };
    loopback.answer = ({ url }) =>
      url.startsWith('https://sts.')
        ? [200, { AssumeRoleResponse: { AssumeRoleResult: { Credentials: assumed } } }]
        : plaintext;
    const role = 'arn:aws:iam::123456789012:role/decrypt';
    await open({ kms: [{ ...entry, role }] }, (keyring) => keyring.setAws(credentials));
    const [sts, kms] = calls as [Call, Call];
    expect(new URLSearchParams(sts.body).get('RoleArn')).toBe(role);
    expect(sts.headers['authorization']).toBe(await signatureOf(sts, 'sts', secret));
    expect(kms.headers['x-amz-security-token']).toBe('session');
    const own = { accessKeyId: 'ASIAROLE', secretAccessKey: 'role-s3cret' };
    expect(kms.headers['authorization']).toBe(await signatureOf(kms, 'kms', own));
  });

  test('says what the service says, and no key', async () => {
    loopback.answer = () => [400, { __type: 'AccessDeniedException', Message: 'not authorized' }];
    const failure = open({ kms: [entry] }, (keyring) => keyring.setAws(credentials));
    await expect(failure).rejects.toThrow(/AccessDeniedException/);
    await expect(failure).rejects.not.toThrow(/s3cret/);
  });

  test('asks nobody about something that is no key', async () => {
    const failure = open({ kms: [{ ...entry, arn: 'arn:aws:kms:evil.test/:1:key/x' }] }, (keyring) =>
      keyring.setAws(credentials),
    );
    await expect(failure).rejects.toThrow(/no valid ARN/);
    expect(calls).toEqual([]);
  });
});

test('GCP KMS takes a token for a signed assertion, once', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = JSON.stringify({
    type: 'service_account',
    client_email: 'sops@project.test',
    private_key_id: 'k1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token_uri: 'https://oauth2.googleapis.com/token',
  });
  const resourceId = 'projects/p/locations/global/keyRings/r/cryptoKeys/k';
  loopback.answer = ({ url, body, headers }) => {
    if (url === 'https://oauth2.googleapis.com/token') {
      const assertion = new URLSearchParams(body).get('assertion') ?? '';
      const [header = '', claims = '', signature = ''] = assertion.split('.');
      const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`);
      expect(
        verify.verify(createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })), signature, 'base64url'),
      ).toBe(true);
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
        iss: 'sops@project.test',
        aud: 'https://oauth2.googleapis.com/token',
        exp: now().getTime() / 1000 + 3600,
      });
      return [200, { access_token: 'gcp-token', expires_in: 3600 }];
    }
    expect(url).toBe(`https://cloudkms.googleapis.com/v1/${resourceId}:decrypt`);
    expect(headers['authorization']).toBe('Bearer gcp-token');
    expect(JSON.parse(body)).toEqual({ ciphertext: 'ZW5j' });
    return [200, { plaintext: dataKey.toString('base64') }];
  };
  const keys = { gcp_kms: [{ resource_id: resourceId, ...created, enc: 'ZW5j' }] };
  expect(await open(keys, (keyring) => keyring.setGcp(file))).toBe('a: plain-s3cret\n');
  expect(calls).toHaveLength(2);
});

describe('Azure Key Vault', () => {
  const entry = { vault_url: 'https://v.vault.azure.net', name: 'k', version: '1', ...created, enc: 'ZW5j' };

  test.each([
    ['a client secret', 'tenantId: t\nclientId: c\nclientSecret: az-s3cret\n'],
    ['a service principal', '{"tenant": "t", "appId": "c", "password": "az-s3cret"}'],
  ])('with %s', async (_, text) => {
    loopback.answer = ({ url, body, headers }) => {
      if (url === 'https://login.microsoftonline.com/t/oauth2/v2.0/token') {
        expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
          grant_type: 'client_credentials',
          client_id: 'c',
          client_secret: 'az-s3cret',
          scope: 'https://vault.azure.net/.default',
        });
        return [200, { access_token: 'az-token', expires_in: 3600 }];
      }
      expect(url).toBe('https://v.vault.azure.net/keys/k/1/decrypt?api-version=7.4');
      expect(headers['authorization']).toBe('Bearer az-token');
      expect(JSON.parse(body)).toEqual({ alg: 'RSA-OAEP-256', value: 'ZW5j' });
      return [200, { value: dataKey.toString('base64url') }];
    };
    const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
    expect(await open({ azure_kv: [entry] }, (keyring) => keyring.setAzure(bytes))).toBe('a: plain-s3cret\n');
  });

  test('with a managed identity', async () => {
    loopback.answer = ({ url, headers }) => {
      if (!url.startsWith('http://169.254.169.254/metadata/identity/oauth2/token?'))
        return [200, { value: dataKey.toString('base64url') }];
      expect(headers['metadata']).toBe('true');
      expect(new URL(url).searchParams.get('client_id')).toBe('c');
      return [200, { access_token: 'az-token', expires_in: '3600' }];
    };
    const fill = (keyring: Keyring) => keyring.setAzure(Buffer.from('clientId: c'));
    expect(await open({ azure_kv: [entry] }, fill)).toBe('a: plain-s3cret\n');
  });

  test('sends no token to a host that is none of its vaults', async () => {
    const keys = { azure_kv: [{ ...entry, vault_url: 'https://vault.azure.net.evil.test' }] };
    const failure = open(keys, (keyring) => keyring.setAzure(Buffer.from('clientId: c')));
    await expect(failure).rejects.toThrow(/it is no vault/);
    expect(calls).toEqual([]);
  });
});

describe('Vault', () => {
  const entry = {
    vault_address: 'https://vault.test:8200',
    engine_path: 'sops',
    key_name: 'k',
    ...created,
    enc: 'vault:v1:abc',
  };

  test('decrypts with the transit engine', async () => {
    loopback.answer = ({ method, url, headers, body }) => {
      expect([method, url]).toEqual(['PUT', 'https://vault.test:8200/v1/sops/decrypt/k']);
      expect(headers['x-vault-token']).toBe('s.token');
      expect(JSON.parse(body)).toEqual({ ciphertext: 'vault:v1:abc' });
      return [200, { data: { plaintext: dataKey.toString('base64') } }];
    };
    const fill = (keyring: Keyring) => keyring.setVaultToken('s.token\n');
    expect(await open({ hc_vault: [entry] }, fill)).toBe('a: plain-s3cret\n');
  });

  test('stays inside of the engine, and tells what is refused', async () => {
    const fill = (keyring: Keyring) => keyring.setVaultToken('s.token');
    await expect(open({ hc_vault: [{ ...entry, key_name: '../../sys/seal' }] }, fill)).rejects.toThrow(/no address/);
    expect(calls).toEqual([]);
    loopback.answer = () => [403, { errors: ['permission denied'] }];
    await expect(open({ hc_vault: [entry] }, fill)).rejects.toThrow(/permission\s+(\| )?denied/);
  });

  test('logs in with the token of a ServiceAccount', async () => {
    loopback.answer = ({ url, body }) => {
      expect(url).toBe('https://vault.test:8200/v1/auth/kubernetes/login');
      expect(JSON.parse(body)).toEqual({ role: 'ns_sa', jwt: 'j.w.t' });
      return [200, { auth: { client_token: 's.login' } }];
    };
    const login = {
      address: 'https://vault.test:8200',
      loginPath: 'auth/kubernetes/login',
      role: 'ns_sa',
      jwt: 'j.w.t',
    };
    expect(await loginToVault(login, { http })).toBe('s.login');
  });
});
