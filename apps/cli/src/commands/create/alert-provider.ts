import { defineCommand } from '../../framework/command.ts';
import { CliError } from '../../framework/errors.ts';
import { stringFlag } from '../../framework/flag-types.ts';
import { toolkitKinds } from '../../kinds.ts';
import { compact, refTo } from '../../objects/toolkit-object.ts';
import { createAndWait, nameArgument, newObject, objectAnnouncement, parseLabels } from './create-object.ts';
import { createFlags } from './flags.ts';

/** `flux create alert-provider` */
export const command = defineCommand({
  long: 'Create or update a Provider, where alerts go.',
  example: `  # A chat channel
  flux create alert-provider slack --type=slack --channel=general --secret-ref=slack-token`,
  flags: {
    address: stringFlag('address to send to'),
    channel: stringFlag('channel to send to'),
    'secret-ref': stringFlag('Secret with the address or a token'),
    type: stringFlag('kind of service'),
    username: stringFlag('name of the sender'),
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags.type === '') throw new CliError('Provider type is required');
    const labels = parseLabels(flags.label);
    const kind = toolkitKinds.provider;
    const object = newObject(context, kind, name, labels, {
      ...compact({
        address: flags.address,
        channel: flags.channel,
        secretRef: refTo(flags['secret-ref']),
        username: flags.username,
      }),
      type: flags.type,
    });
    await createAndWait(context, kind, object, objectAnnouncement('Provider'), { export: flags.export });
  },
});
