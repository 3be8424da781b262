import { type CommandModule, defineCommand } from '../framework/command.ts';
import { confirm } from '../framework/confirm.ts';
import { CliError } from '../framework/errors.ts';
import { boolFlag } from '../framework/flag-types.ts';
import type { ToolkitKind } from '../kinds.ts';
import { completeNames } from '../objects/names.ts';

/** `flux delete KIND NAME` */
export function deleteCommand(kind: ToolkitKind): CommandModule {
  const words = kind.words.join(' ');
  return defineCommand({
    long: `Delete a ${kind.kind}; its controller then cleans up what it left in the cluster.`,
    example: `  # Delete after asking\n  flux delete ${words} app\n\n  # Delete without asking\n  flux delete ${words} app --silent`,
    flags: { silent: boolFlag('delete without asking', false, { shorthand: 's' }) },
    complete: completeNames(kind),
    async run(context, { args, flags }) {
      const name = args[0];
      if (name === undefined) throw new CliError(`${kind.human} name is required`);
      const kube = await context.kube();
      const { namespace, log } = context;
      await kube.get(kind, name, namespace, { metadataOnly: true, signal: context.deadline });
      if (!flags.silent && !(await confirm(context, `Are you sure you want to delete this ${kind.human}`))) {
        throw new CliError('aborting');
      }
      log.action(`deleting ${kind.human} ${name} in ${namespace} namespace`);
      await kube.delete(kind, name, namespace, { signal: context.deadline });
      log.success(`${kind.human} deleted`);
    },
  });
}
