import type { Context } from '../../../framework/context.ts';
import { CliError, messageOf } from '../../../framework/errors.ts';
import { enumFlag, parsedFlag, stringFlag } from '../../../framework/flag-types.ts';
import type { GoUrl } from '../../../objects/go-url.ts';
import { readFlagFile } from './secret.ts';

const algorithms = ['rsa', 'ecdsa', 'ed25519'] as const;
const curves = ['p256', 'p384', 'p521'] as const;

/** Flags for SSH keys. */
export const sshFlags = {
  'private-key-file': stringFlag('file with a private SSH key; one is generated when absent', '', {
    completes: 'files',
  }),
  'ssh-ecdsa-curve': enumFlag('ecdsaCurve', 'curve of a generated ECDSA key', curves, {
    default: 'p384',
    refuse: (text) =>
      text.trim() === ''
        ? `no curve given, must be one of: ${curves.join(', ')}`
        : `unsupported curve '${text}', must be one of: ${curves.join(', ')}`,
  }),
  'ssh-key-algorithm': enumFlag('publicKeyAlgorithm', 'algorithm of a generated key', algorithms, {
    default: 'ecdsa',
    refuse: (text) =>
      text.trim() === ''
        ? `no public key algorithm given, must be one of: ${algorithms.join(', ')}`
        : `unsupported public key algorithm '${text}', must be one of: ${algorithms.join(', ')}`,
  }),
  'ssh-rsa-bits': parsedFlag('rsaKeyBits', 'bits of a generated RSA key, a multiple of 8', 2048, parseBits, {
    print: String,
  }),
};

function parseBits(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const bits = Number(text);
  if (bits < 1024) throw new Error('RSA key bit size must be at least 1024');
  if (bits % 8 !== 0) throw new Error('RSA key bit size must be a multiples of 8');
  return bits;
}

/** What the credentials are made of. */
export type GitCredentials = {
  url: GoUrl;
  username: string;
  password: string;
  bearerToken: string;
  caFile: string;
  privateKeyFile: string;
  algorithm: string;
  rsaBits: number;
  curve: string;
};

/** The keys of a Secret for Git: a key pair and the host's key for SSH, a login or token for HTTP. */
export async function gitSecret(context: Context, input: GitCredentials): Promise<Record<string, string>> {
  if (input.url.scheme !== 'ssh') {
    return {
      'ca.crt': await readFlagFile(context, input.caFile, 'unable to read TLS CA file'),
      bearerToken: input.bearerToken,
      username: input.username,
      password: input.password,
    };
  }
  const keys = await import('./ssh-keys.ts');
  const text = await readFlagFile(context, input.privateKeyFile, 'failed to open private key file');
  const pair =
    text === ''
      ? keys.generateKeyPair(input.algorithm, { bits: input.rsaBits, curve: input.curve })
      : keys.readKeyPair(text, input.password);
  const host = input.url.host.includes(':') ? input.url.host : `${input.url.host}:22`;
  let knownHosts: string;
  try {
    knownHosts = await keys.scanHostKey(host, context.deadline);
  } catch (error) {
    throw new CliError(`SSH key scan for host ${host} failed, error: ${messageOf(error)}`);
  }
  return {
    identity: pair.privateKey,
    'identity.pub': pair.publicKey,
    known_hosts: knownHosts,
    password: input.password,
  };
}
