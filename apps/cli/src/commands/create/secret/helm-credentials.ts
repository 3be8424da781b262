import type { Context } from '../../../framework/context.ts';
import { CliError } from '../../../framework/errors.ts';
import { readTls } from './tls-pair.ts';

type Input = {
  username: string;
  password: string;
  'ca-crt-file': string;
  'tls-crt-file': string;
  'tls-key-file': string;
};

/** Type and keys of a Secret for a Helm repository: a client certificate, else a login, else an authority alone. */
export async function helmCredentials(
  context: Context,
  input: Input,
): Promise<{ type?: string; stringData: Record<string, string> }> {
  const tls = await readTls(context, input);
  if (tls['tls.crt'] !== '') return { type: 'kubernetes.io/tls', stringData: tls };
  if (input.username !== '' || input.password !== '') {
    if (input.username === '') throw new CliError('username is required');
    if (input.password === '') throw new CliError('password is required');
    return {
      type: 'kubernetes.io/basic-auth',
      stringData: { username: input.username, password: input.password, 'ca.crt': tls['ca.crt'] },
    };
  }
  if (tls['ca.crt'] !== '') return { type: 'Opaque', stringData: { 'ca.crt': tls['ca.crt'] } };
  return { stringData: {} };
}
