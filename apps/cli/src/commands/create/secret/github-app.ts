import { defineCommand } from '../../../framework/command.ts';
import { CliError } from '../../../framework/errors.ts';
import { stringFlag } from '../../../framework/flag-types.ts';
import { nameArgument, parseLabels } from '../create-object.ts';
import { createFlags } from '../flags.ts';
import { finishSecret, newSecret, readFlagFile } from './secret.ts';

/** `flux create secret githubapp` */
export const command = defineCommand({
  long: 'Create or update a Secret with the identity of a GitHub App.',
  example: `  # An app that is installed for an organisation
  flux create secret githubapp app-auth \\
    --app-id=1 \\
    --app-installation-owner=org \\
    --app-private-key=key.pem`,
  flags: {
    'app-base-url': stringFlag('address of a GitHub Enterprise server'),
    'app-id': stringFlag('id of the app'),
    'app-installation-id': stringFlag('id of the installation'),
    'app-installation-owner': stringFlag('organisation or user that the app is installed for'),
    'app-private-key': stringFlag('file with the private key of the app', '', { completes: 'files' }),
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    const labels = parseLabels(flags.label);
    const key = await readFlagFile(context, flags['app-private-key'], 'unable to read private key file');
    if (flags['app-id'] === '') throw new CliError('githubAppID is required');
    const owner = flags['app-installation-owner'];
    const installation = flags['app-installation-id'];
    if ((owner === '') === (installation === '')) {
      throw new CliError('exactly one of githubAppInstallationOwner or githubAppInstallationID must be provided');
    }
    if (key === '') throw new CliError('githubAppPrivateKey is required');
    const secret = newSecret(context, name, {
      labels,
      type: 'Opaque',
      stringData: {
        githubAppBaseURL: flags['app-base-url'],
        githubAppID: flags['app-id'],
        githubAppInstallationID: installation,
        githubAppInstallationOwner: owner,
        githubAppPrivateKey: key,
      },
    });
    await finishSecret(context, secret, { what: 'githubapp', export: flags.export });
  },
});
