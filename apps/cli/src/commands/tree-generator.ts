import { defineCommand } from '../framework/command.ts';
import { CliError } from '../framework/errors.ts';
import { stringFlag } from '../framework/flag-types.ts';
import { toolkitKinds } from '../kinds.ts';
import { completeNames } from '../objects/names.ts';
import { asToolkitObject, textAt, valueAt } from '../objects/toolkit-object.ts';
import type { ObjectTree } from './tree/object-tree.ts';
import { formatTree } from './tree.ts';

/** `flux tree artifact generator` */
export const command = defineCommand({
  long: 'Print the artifacts that an ArtifactGenerator made.',
  example: `  # Print the artifacts of a generator
  flux tree artifact generator my-generator`,
  flags: {
    output: stringFlag('format of the output, json or yaml', '', { shorthand: 'o', completes: ['json', 'yaml'] }),
  },
  complete: completeNames(toolkitKinds.generator),
  async run(context, { args, flags }) {
    const name = args[0];
    if (name === undefined) throw new CliError('generator name is required');
    const kube = await context.kube();
    const found = await kube.get(toolkitKinds.generator, name, context.namespace, { signal: context.deadline });
    const inventory = valueAt(asToolkitObject(found).status, 'inventory');
    const children: ObjectTree[] = (Array.isArray(inventory) ? inventory : []).map((entry: unknown) => ({
      group: 'source.toolkit.fluxcd.io',
      kind: 'ExternalArtifact',
      namespace: textAt(entry, 'namespace'),
      name: textAt(entry, 'name'),
      children: [],
    }));
    const root: ObjectTree = {
      group: 'source.extensions.fluxcd.io',
      kind: 'ArtifactGenerator',
      namespace: context.namespace,
      name,
      children,
    };
    context.stdout(formatTree(root, flags.output));
  },
});
