import { isNotFound, type KubeClient } from '@fluvial/kube';
import { type CommandModule, defineCommand } from '../framework/command.ts';
import type { Context } from '../framework/context.ts';
import { CliError, messageOf } from '../framework/errors.ts';
import { boolFlag } from '../framework/flag-types.ts';
import type { ToolkitKind } from '../kinds.ts';
import { completeNames } from '../objects/names.ts';
import { successLine } from '../objects/success-line.ts';
import { waitForReady } from '../objects/wait.ts';
import { fieldManager } from './create/create-object.ts';

/** `flux resume KIND NAME…` */
export function resumeCommand(kind: ToolkitKind): CommandModule {
  const words = kind.words.join(' ');
  return defineCommand({
    long: `Resume the reconciliation of suspended ${kind.kind} objects.`,
    example: `  # Resume one object and wait for it\n  flux resume ${words} app\n\n  # Resume all objects of the namespace\n  flux resume ${words} --all`,
    flags: {
      all: boolFlag(`resume all ${kind.kind} objects of the namespace`),
      wait: boolFlag('wait for the reconciliation of each object'),
    },
    complete: completeNames(kind),
    async run(context, { args, flags, given }) {
      if (args.length === 0 && !flags.all) throw new CliError(`${kind.human} name is required`);
      const kube = await context.kube();
      const resumed = await resumeAll(context, kube, kind, args);
      const wait = flags.wait || (args.length === 1 && !given('wait'));
      if (wait && resumed.length > 0) await waitForAll(context, kube, kind, resumed);
    },
  });
}

async function resumeAll(
  context: Context,
  kube: KubeClient,
  kind: ToolkitKind,
  args: readonly string[],
): Promise<string[]> {
  const { log, namespace } = context;
  const names = args.length > 0 ? [...new Set(args)] : [];
  if (args.length === 0) {
    const list = await kube.list(kind, { namespace, metadataOnly: true, signal: context.deadline });
    if (list.items.length === 0) log.failure(`no ${kind.kind} objects found in ${namespace} namespace`);
    names.push(...list.items.map((each) => each.metadata.name));
  }
  const resumed: string[] = [];
  for (const name of names) {
    try {
      await kube.get(kind, name, namespace, { metadataOnly: true, signal: context.deadline });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // The original names the first object that was asked for, whichever is missing.
      log.failure(`${kind.kind} object '${args[0]}' not found in ${namespace} namespace`);
      continue;
    }
    log.action(`resuming ${kind.human} ${name} in ${namespace} namespace`);
    await kube.patch(kind, name, namespace, {
      type: 'merge',
      body: { spec: { suspend: null } },
      fieldManager,
      signal: context.deadline,
    });
    log.success(`${kind.human} resumed`);
    resumed.push(name);
  }
  return resumed;
}

async function waitForAll(context: Context, kube: KubeClient, kind: ToolkitKind, names: string[]): Promise<void> {
  const { log } = context;
  const waits = names.map((name) => {
    log.waiting(`waiting for ${kind.kind} reconciliation`);
    return waitForReady(context, kube, kind, name).then(
      (object) => ({ name, object }),
      (error: unknown) => ({ name, error }),
    );
  });
  const results = (await Promise.all(waits)).sort((a, b) => (a.name < b.name ? -1 : 1));
  let failed = 0;
  for (const result of results) {
    if ('error' in result) {
      failed++;
      log.failure(`${kind.kind} ${result.name} reconciliation failed: ${messageOf(result.error)}`);
      continue;
    }
    log.success(`${kind.kind} ${result.name} reconciliation completed`);
    log.success(successLine(result.object));
  }
  if (failed > 0) throw new CliError(`reconciliation failed for ${failed} ${kind.kind}(s)`);
}
