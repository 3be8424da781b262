import { defineCommand } from '../../../framework/command.ts';
import { CliError } from '../../../framework/errors.ts';
import { stringFlag } from '../../../framework/flag-types.ts';
import { nameArgument, parseLabels } from '../create-object.ts';
import { createFlags } from '../flags.ts';
import { parseGitUrl } from '../source/git.ts';
import { gitSecret, sshFlags } from './git-credentials.ts';
import { finishSecret, newSecret } from './secret.ts';

/** `flux create secret git` */
export const command = defineCommand({
  long: 'Create or update a Secret with credentials for Git over SSH or HTTP.',
  example: `  # User and password
  flux create secret git app-auth \\
    --url=https://github.com/org/app \\
    --username=git \\
    --password=\${TOKEN}

  # A generated SSH key
  flux create secret git app-auth --url=ssh://git@github.com/org/app`,
  flags: {
    'bearer-token': stringFlag('bearer token'),
    'ca-crt-file': stringFlag('file with the certificate authority of the server', '', { completes: 'files' }),
    password: stringFlag('password or token, or the passphrase of the SSH key', '', { shorthand: 'p' }),
    url: stringFlag('address of the repository'),
    username: stringFlag('user name', '', { shorthand: 'u' }),
    ...sshFlags,
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags.url === '') throw new CliError('url is required');
    const url = parseGitUrl(flags.url);
    const labels = parseLabels(flags.label);
    if (url.scheme !== 'ssh') {
      const hasLogin = flags.username !== '' && flags.password !== '';
      if (!hasLogin && flags['bearer-token'] === '') {
        throw new CliError('for Git over HTTP/S the username and password, or a bearer token is required');
      }
      if (flags['bearer-token'] !== '' && (flags.username !== '' || flags.password !== '')) {
        throw new CliError('user credentials and bearer token cannot be used together');
      }
    }
    const stringData = await gitSecret(context, {
      url,
      username: flags.username,
      password: flags.password,
      bearerToken: flags['bearer-token'],
      caFile: flags['ca-crt-file'],
      privateKeyFile: flags['private-key-file'],
      algorithm: flags['ssh-key-algorithm'],
      rsaBits: flags['ssh-rsa-bits'],
      curve: flags['ssh-ecdsa-curve'],
    });
    if (url.scheme === 'ssh' && !flags.export) context.log.generate(`deploy key: ${stringData['identity.pub']}`);
    await finishSecret(context, newSecret(context, name, { labels, stringData }), {
      what: 'git',
      export: flags.export,
    });
  },
});
