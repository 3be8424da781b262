import { type CommandModule, defineCommand } from '../framework/command.ts';
import type { Context } from '../framework/context.ts';
import { CliError, messageOf } from '../framework/errors.ts';
import type { ToolkitKind } from '../kinds.ts';
import { completeNames } from '../objects/names.ts';
import { exportable, yamlDocument } from '../objects/print-object.ts';
import { asToolkitObject, type ToolkitObject, textAt } from '../objects/toolkit-object.ts';
import { exportFlags, exportSourceFlags } from './export-flags.ts';

/** `flux export KIND [NAME]` */
export function exportCommand(kind: ToolkitKind): CommandModule {
  const words = kind.words.join(' ');
  return defineCommand({
    long: `Print ${kind.kind} objects as YAML that can be applied again.`,
    example: `  # Print one object\n  flux export ${words} app > app.yaml\n\n  # Print all objects of the namespace\n  flux export ${words} --all > all.yaml`,
    flags: {},
    inherited: { ...exportFlags, ...exportSourceFlags },
    complete: completeNames(kind),
    async run(context, { args, flags }) {
      const name = args[0];
      if (name === undefined && !flags.all) throw new CliError('name is required');
      const objects = await objectsOf(context, kind, flags.all ? undefined : name);
      const withSecrets = flags['with-credentials'] === true && kind.kind !== 'HelmChart';
      for (const object of objects) {
        context.stdout(yamlDocument(exportable(object)));
        const secret = withSecrets ? textAt(object.spec, 'secretRef', 'name') : '';
        if (secret !== '') context.stdout(yamlDocument(await secretOf(context, secret)));
      }
    },
  });
}

async function objectsOf(context: Context, kind: ToolkitKind, name: string | undefined): Promise<ToolkitObject[]> {
  const kube = await context.kube();
  const { namespace } = context;
  if (name !== undefined) return [asToolkitObject(await kube.get(kind, name, namespace, { signal: context.deadline }))];
  const list = await kube.list(kind, { namespace, signal: context.deadline });
  if (list.items.length === 0) throw new CliError(`no objects found in ${namespace} namespace`);
  return list.items.map(asToolkitObject);
}

async function secretOf(context: Context, name: string): Promise<unknown> {
  const kube = await context.kube();
  try {
    const ref = { apiVersion: 'v1', kind: 'Secret' };
    const secret = await kube.get(ref, name, context.namespace, { signal: context.deadline });
    return {
      ...ref,
      ...(secret['data'] ? { data: secret['data'] } : {}),
      metadata: { name, namespace: context.namespace },
      ...(secret['type'] ? { type: secret['type'] } : {}),
    };
  } catch (error) {
    throw new CliError(`failed to retrieve secret ${name}, error: ${messageOf(error)}`, { cause: error });
  }
}
