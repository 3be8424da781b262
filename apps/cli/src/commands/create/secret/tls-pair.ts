import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Context } from '../../../framework/context.ts';
import { CliError, messageOf } from '../../../framework/errors.ts';
import { stringFlag } from '../../../framework/flag-types.ts';
import { readFlagFile } from './secret.ts';

/** Flags that name certificates. */
export const tlsFlags = {
  'ca-crt-file': stringFlag('file with the certificate authority', '', { completes: 'files' }),
  'tls-crt-file': stringFlag('file with the client certificate', '', { completes: 'files' }),
  'tls-key-file': stringFlag('file with the key of the client certificate', '', { completes: 'files' }),
};

/** The keys of a Secret with certificates; absent parts are ``. */
export async function readTls(
  context: Context,
  flags: { 'ca-crt-file': string; 'tls-crt-file': string; 'tls-key-file': string },
): Promise<{ 'ca.crt': string; 'tls.crt': string; 'tls.key': string }> {
  const ca = await readFlagFile(context, flags['ca-crt-file'], 'unable to read TLS CA file');
  if (flags['tls-crt-file'] === '' && flags['tls-key-file'] === '')
    return { 'ca.crt': ca, 'tls.crt': '', 'tls.key': '' };
  const certificate = await readFlagFile(context, flags['tls-crt-file'], 'failed to read cert file');
  const key = await readFlagFile(context, flags['tls-key-file'], 'failed to read key file');
  try {
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) {
      throw new Error('tls: private key does not match public key');
    }
  } catch (error) {
    throw new CliError(`invalid TLS certificate and key pair: ${messageOf(error)}`);
  }
  return { 'ca.crt': ca, 'tls.crt': certificate, 'tls.key': key };
}
