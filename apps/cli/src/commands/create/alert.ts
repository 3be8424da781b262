import { defineCommand } from '../../framework/command.ts';
import { CliError } from '../../framework/errors.ts';
import { listFlag, stringFlag } from '../../framework/flag-types.ts';
import { toolkitKinds } from '../../kinds.ts';
import { compact } from '../../objects/toolkit-object.ts';
import { createAndWait, nameArgument, newObject, objectAnnouncement, parseLabels } from './create-object.ts';
import { createFlags } from './flags.ts';
import { splitKindNameNamespace } from './parse-references.ts';

/** `flux create alert` */
export const command = defineCommand({
  long: 'Create or update an Alert.',
  example: `  # Errors of all Kustomizations to a chat
  flux create alert chat \\
    --provider-ref=slack \\
    --event-severity=error \\
    --event-source="Kustomization/*"`,
  flags: {
    'event-severity': stringFlag('severity of the events to send, info or error'),
    'event-source': listFlag('objects whose events are sent, <kind>/<name>[.<namespace>]'),
    'provider-ref': stringFlag('Provider to send to'),
  },
  inherited: createFlags,
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags['provider-ref'] === '') throw new CliError('provider ref is required');
    const eventSources = flags['event-source'].map((text) => {
      const { kind, name: source, namespace } = splitKindNameNamespace(text);
      if (kind === '') throw new CliError(`invalid event source '${text}', must be in format <kind>/<name>`);
      return compact({ kind, name: source, namespace });
    });
    if (eventSources.length === 0) throw new CliError('at least one event source is required');
    const labels = parseLabels(flags.label);
    const kind = toolkitKinds.alert;
    const object = newObject(context, kind, name, labels, {
      ...compact({ eventSeverity: flags['event-severity'] }),
      eventSources,
      providerRef: { name: flags['provider-ref'] },
    });
    await createAndWait(context, kind, object, objectAnnouncement('Alert'), { export: flags.export });
  },
});
