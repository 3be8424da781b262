import { defineCommand } from '../../../framework/command.ts';
import { stringFlag } from '../../../framework/flag-types.ts';
import { nameArgument, parseLabels } from '../create-object.ts';
import { createFlags } from '../flags.ts';
import { helmCredentials } from './helm-credentials.ts';
import { finishSecret, newSecret } from './secret.ts';
import { tlsFlags } from './tls-pair.ts';

/** `flux create secret helm` */
export const command = defineCommand({
  long: 'Create or update a Secret with credentials for a Helm repository.',
  example: `  # User and password
  flux create secret helm repo-auth --username=me --password=\${TOKEN}

  # A client certificate
  flux create secret helm repo-auth --tls-crt-file=cert.crt --tls-key-file=cert.key`,
  flags: {
    password: stringFlag('password', '', { shorthand: 'p' }),
    username: stringFlag('user name', '', { shorthand: 'u' }),
    ...tlsFlags,
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    const labels = parseLabels(flags.label);
    const credentials = await helmCredentials(context, flags);
    await finishSecret(context, newSecret(context, name, { labels, ...credentials }), {
      what: 'helm',
      export: flags.export,
    });
  },
});
