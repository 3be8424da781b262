import { execFile } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

/** A private key in PKCS#8 PEM and its public half in authorized_keys form. */
export type SshKeyPair = { privateKey: string; publicKey: string };

const curveNames: Readonly<Record<string, { node: string; ssh: string }>> = {
  p256: { node: 'P-256', ssh: 'nistp256' },
  p384: { node: 'P-384', ssh: 'nistp384' },
  p521: { node: 'P-521', ssh: 'nistp521' },
};

/** Makes a fresh key pair. */
export function generateKeyPair(algorithm: string, options: { bits: number; curve: string }): SshKeyPair {
  switch (algorithm) {
    case 'rsa':
      return pairOf(generateKeyPairSync('rsa', { modulusLength: options.bits }).privateKey);
    case 'ed25519':
      return pairOf(generateKeyPairSync('ed25519').privateKey);
    default:
      return pairOf(generateKeyPairSync('ec', { namedCurve: curveNames[options.curve]?.node ?? 'P-384' }).privateKey);
  }
}

/** The pair of a private key in PEM; the text is kept as it is. */
export function readKeyPair(text: string, passphrase: string): SshKeyPair {
  const key = createPrivateKey({ key: text, ...(passphrase === '' ? {} : { passphrase }) });
  return { privateKey: text, publicKey: authorizedKey(createPublicKey(key)) };
}

function pairOf(key: KeyObject): SshKeyPair {
  return {
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: authorizedKey(createPublicKey(key)),
  };
}

function authorizedKey(key: KeyObject): string {
  const jwk = key.export({ format: 'jwk' });
  const bytes = (value: string | undefined) => Buffer.from(value ?? '', 'base64url');
  if (jwk.kty === 'RSA') return keyLine('ssh-rsa', [mpint(bytes(jwk.e)), mpint(bytes(jwk.n))]);
  if (jwk.kty === 'OKP') return keyLine('ssh-ed25519', [bytes(jwk.x)]);
  const curve = Object.values(curveNames).find((each) => each.node === jwk.crv)?.ssh ?? 'nistp384';
  const point = Buffer.concat([Buffer.from([4]), bytes(jwk.x), bytes(jwk.y)]);
  return keyLine(`ecdsa-sha2-${curve}`, [Buffer.from(curve), point]);
}

function keyLine(type: string, fields: Buffer[]): string {
  const blob = Buffer.concat([Buffer.from(type), ...fields].map(prefixed));
  return `${type} ${blob.toString('base64')}\n`;
}

function prefixed(field: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(field.length);
  return Buffer.concat([length, field]);
}

/** A number as SSH writes it: a leading zero byte keeps it positive. */
function mpint(bytes: Buffer): Buffer {
  return bytes[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
}

const scanTimeoutMs = 30_000;

/** Asks a server for its host key with ssh-keyscan and returns one known_hosts line. */
export async function scanHostKey(hostPort: string, signal: AbortSignal): Promise<string> {
  const at = hostPort.lastIndexOf(':');
  const host = hostPort.slice(0, at).replace(/^\[|\]$/g, '');
  const port = hostPort.slice(at + 1);
  if (host.startsWith('-')) throw new Error(`invalid host ${JSON.stringify(host)}`);
  const run = promisify(execFile);
  const { stdout } = await run('ssh-keyscan', ['-T', '20', '-p', port, '-t', 'ecdsa,ed25519,rsa', '--', host], {
    timeout: scanTimeoutMs,
    signal,
  });
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const preferred = ['ecdsa', 'ed25519', 'rsa'].map((type) => lines.find((line) => line.split(' ')[1]?.includes(type)));
  const line = preferred.find((each) => each !== undefined);
  if (line === undefined) throw new Error('no host key was offered');
  return line.trim();
}
