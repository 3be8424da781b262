import { isNotFound, type KubeClient } from '@fluvial/kube';
import { type CommandModule, defineCommand } from '../framework/command.ts';
import type { Context } from '../framework/context.ts';
import { CliError, messageOf } from '../framework/errors.ts';
import { boolFlag } from '../framework/flag-types.ts';
import type { ToolkitKind } from '../kinds.ts';
import { completeNames } from '../objects/names.ts';
import { fieldManager } from './create/create-object.ts';

/** `flux suspend KIND NAME…` */
export function suspendCommand(kind: ToolkitKind): CommandModule {
  const words = kind.words.join(' ');
  return defineCommand({
    long: `Suspend the reconciliation of ${kind.kind} objects.`,
    example: `  # Suspend one object\n  flux suspend ${words} app\n\n  # Suspend several objects\n  flux suspend ${words} app web`,
    flags: { all: boolFlag(`suspend all ${kind.kind} objects of the namespace`) },
    complete: completeNames(kind),
    async run(context, { args, flags }) {
      if (args.length === 0 && !flags.all) throw new CliError(`${kind.human} name is required`);
      const kube = await context.kube();
      const names = args.length > 0 ? [...new Set(args)] : await allNames(context, kube, kind);
      for (const name of names) await suspendOne(context, kube, kind, name);
    },
  });
}

async function allNames(context: Context, kube: KubeClient, kind: ToolkitKind): Promise<string[]> {
  const list = await kube.list(kind, { namespace: context.namespace, metadataOnly: true, signal: context.deadline });
  if (list.items.length === 0) throw new CliError('no objects found');
  return list.items.map((each) => each.metadata.name);
}

async function suspendOne(context: Context, kube: KubeClient, kind: ToolkitKind, name: string): Promise<void> {
  const { log, namespace } = context;
  try {
    await kube.get(kind, name, namespace, { metadataOnly: true, signal: context.deadline });
    log.action(`suspending ${kind.human} ${name} in ${namespace} namespace`);
    await kube.patch(kind, name, namespace, {
      type: 'merge',
      body: { spec: { suspend: true } },
      fieldManager,
      signal: context.deadline,
    });
    log.success(`${kind.human} suspended`);
  } catch (error) {
    if (isNotFound(error)) log.failure(`${kind.kind} ${name} not found in ${namespace} namespace`);
    else log.failure(`failed suspending ${kind.kind} ${name} in ${namespace} namespace: ${messageOf(error)}`);
  }
}
