import { defineCommand } from '../../framework/command.ts';
import { CliError } from '../../framework/errors.ts';
import { listFlag, stringFlag } from '../../framework/flag-types.ts';
import { toolkitKinds } from '../../kinds.ts';
import { compact, textAt } from '../../objects/toolkit-object.ts';
import { createAndWait, nameArgument, newObject, objectAnnouncement, parseLabels } from './create-object.ts';
import { receiverTypeFlag } from './flag-values.ts';
import { createFlags } from './flags.ts';
import { splitKindName } from './parse-references.ts';

/** `flux create receiver` */
export const command = defineCommand({
  long: 'Create or update a Receiver and wait until its webhook address is known.',
  example: `  # Reconcile on every push to GitHub
  flux create receiver github \\
    --type=github \\
    --event=ping,push \\
    --secret-ref=webhook-token \\
    --resource=GitRepository/app`,
  flags: {
    event: listFlag('events to act on; all when absent'),
    resource: listFlag('objects to reconcile, <kind>/<name>'),
    'secret-ref': stringFlag('Secret with the token'),
    type: receiverTypeFlag('who sends webhooks'),
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags.type === '') throw new CliError('Receiver type is required');
    if (flags['secret-ref'] === '') throw new CliError('secret ref is required');
    const resources = flags.resource.map((text) => {
      const { kind, name: resource } = splitKindName(text);
      if (kind === '') throw new CliError(`invalid event source '${text}', must be in format <kind>/<name>`);
      return { kind, name: resource };
    });
    if (resources.length === 0) throw new CliError('atleast one resource is required');
    const labels = parseLabels(flags.label);
    const kind = toolkitKinds.receiver;
    const object = newObject(context, kind, name, labels, {
      ...compact({ events: flags.event }),
      resources,
      secretRef: { name: flags['secret-ref'] },
      type: flags.type,
    });
    const announcement = objectAnnouncement('Receiver', (ready) => [
      `generated webhook URL ${textAt(ready.status, 'webhookPath')}`,
    ]);
    await createAndWait(context, kind, object, announcement, { export: flags.export });
  },
});
