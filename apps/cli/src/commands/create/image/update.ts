import { defineCommand } from '../../../framework/command.ts';
import { formatDuration } from '../../../framework/duration.ts';
import { CliError } from '../../../framework/errors.ts';
import { stringFlag } from '../../../framework/flag-types.ts';
import { toolkitKinds } from '../../../kinds.ts';
import { compact } from '../../../objects/toolkit-object.ts';
import { createAndWait, nameArgument, newObject, parseLabels } from '../create-object.ts';
import { createFlags } from '../flags.ts';
import { imageAnnouncement } from './announcement.ts';

/** `flux create image update` */
export const command = defineCommand({
  long: 'Create or update an ImageUpdateAutomation and wait until it has run.',
  example: `  # Write new tags into a branch
  flux create image update flux-system \\
    --git-repo-ref=flux-system \\
    --git-repo-path="./clusters/production" \\
    --checkout-branch=main \\
    --author-name=flux \\
    --author-email=flux@example.com`,
  flags: {
    'author-email': stringFlag('email of the commits’ author'),
    'author-name': stringFlag('name of the commits’ author'),
    'checkout-branch': stringFlag('branch to read'),
    'commit-template': stringFlag('template of the commit message'),
    'git-repo-namespace': stringFlag('namespace of the GitRepository; the object’s own when absent'),
    'git-repo-path': stringFlag('directory of the files to change'),
    'git-repo-ref': stringFlag('GitRepository to change'),
    'push-branch': stringFlag('branch to push to; the one that is read when absent'),
    'signing-key-secret': stringFlag('Secret with the key that signs commits'),
    'signing-key-type': stringFlag('kind of that key, gpg or ssh'),
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags['git-repo-ref'] === '') throw new CliError('a reference to a GitRepository is required (--git-repo-ref)');
    if (flags['checkout-branch'] === '')
      throw new CliError('the Git repository branch is required (--checkout-branch)');
    if (flags['author-name'] === '') throw new CliError('the author name is required (--author-name)');
    if (flags['author-email'] === '') throw new CliError('the author email is required (--author-email)');
    const keyType = flags['signing-key-type'];
    if (keyType !== '' && flags['signing-key-secret'] === '') {
      throw new CliError('--signing-key-type requires --signing-key-secret');
    }
    if (keyType !== '' && keyType !== 'gpg' && keyType !== 'ssh') {
      throw new CliError('--signing-key-type must be one of: gpg, ssh');
    }
    const labels = parseLabels(flags.label);
    const kind = toolkitKinds.imageUpdate;
    const signingKey =
      flags['signing-key-secret'] === ''
        ? undefined
        : { secretRef: { name: flags['signing-key-secret'] }, ...compact({ type: keyType }) };
    const object = newObject(context, kind, name, labels, {
      git: compact({
        checkout: { ref: { branch: flags['checkout-branch'] } },
        commit: compact({
          author: { email: flags['author-email'], name: flags['author-name'] },
          messageTemplate: flags['commit-template'],
          signingKey,
        }),
        push: flags['push-branch'] === '' ? undefined : { branch: flags['push-branch'] },
      }),
      interval: formatDuration(flags.interval),
      sourceRef: compact({
        kind: 'GitRepository',
        name: flags['git-repo-ref'],
        namespace: flags['git-repo-namespace'],
      }),
      ...(flags['git-repo-path'] === '' ? {} : { update: { path: flags['git-repo-path'], strategy: 'Setters' } }),
    });
    await createAndWait(context, kind, object, imageAnnouncement(kind), { export: flags.export });
  },
});
