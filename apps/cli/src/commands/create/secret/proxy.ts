import { defineCommand } from '../../../framework/command.ts';
import { CliError, messageOf } from '../../../framework/errors.ts';
import { stringFlag } from '../../../framework/flag-types.ts';
import { parseGoUrl } from '../../../objects/go-url.ts';
import { nameArgument, parseLabels } from '../create-object.ts';
import { createFlags } from '../flags.ts';
import { finishSecret, newSecret } from './secret.ts';

/** `flux create secret proxy` */
export const command = defineCommand({
  long: 'Create or update a Secret with the address and credentials of a proxy.',
  example: `  # A proxy that asks for a login
  flux create secret proxy corp --address=https://proxy.example.com:3128 --username=me --password=\${TOKEN}`,
  flags: {
    address: stringFlag('address of the proxy'),
    password: stringFlag('password', '', { shorthand: 'p' }),
    username: stringFlag('user name', '', { shorthand: 'u' }),
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    const labels = parseLabels(flags.label);
    if (flags.address === '') throw new CliError('address is required');
    try {
      parseGoUrl(flags.address);
    } catch (error) {
      throw new CliError(`invalid proxy address: ${messageOf(error)}`);
    }
    const { address, username, password } = flags;
    const secret = newSecret(context, name, { labels, type: 'Opaque', stringData: { address, username, password } });
    await finishSecret(context, secret, { what: 'proxy', export: flags.export });
  },
});
