import { defineCommand } from '../../../framework/command.ts';
import { CliError } from '../../../framework/errors.ts';
import { stringFlag } from '../../../framework/flag-types.ts';
import { nameArgument, parseLabels } from '../create-object.ts';
import { createFlags } from '../flags.ts';
import { finishSecret, newSecret } from './secret.ts';

/** `flux create secret oci` */
export const command = defineCommand({
  long: 'Create or update a Secret with credentials for a registry, in docker config form.',
  example: `  # User and password
  flux create secret oci podinfo-auth --url=ghcr.io --username=me --password=\${TOKEN}`,
  flags: {
    password: stringFlag('password or token', '', { shorthand: 'p' }),
    url: stringFlag('registry, such as ghcr.io'),
    username: stringFlag('user name', '', { shorthand: 'u' }),
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags.url === '') throw new CliError('--url is required');
    if (flags.username === '') throw new CliError('--username is required');
    if (flags.password === '') throw new CliError('--password is required');
    const labels = parseLabels(flags.label);
    const auth = Buffer.from(`${flags.username}:${flags.password}`).toString('base64');
    const config = { auths: { [flags.url]: { username: flags.username, password: flags.password, auth } } };
    const secret = newSecret(context, name, {
      labels,
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': JSON.stringify(config, undefined, 2) },
    });
    await finishSecret(context, secret, { what: 'oci', export: flags.export });
  },
});
