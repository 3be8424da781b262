import { stringifyYaml } from '@fluvial/yaml';
import { defineCommand } from '../framework/command.ts';
import { CliError } from '../framework/errors.ts';
import { boolFlag, stringFlag } from '../framework/flag-types.ts';
import { toolkitKinds } from '../kinds.ts';
import { completeNames } from '../objects/names.ts';
import { asToolkitObject } from '../objects/toolkit-object.ts';
import { type ObjectTree, printTree, treeJson } from './tree/object-tree.ts';
import { treeOfKustomization } from './tree/walk-inventory.ts';

/** `flux tree kustomization` */
export const command = defineCommand({
  long: 'Print the objects that a Kustomization applied, with those of its own Kustomizations and HelmReleases.',
  example: `  # Print everything
  flux tree kustomization flux-system

  # Print only objects of the suite's own kinds
  flux tree kustomization flux-system --compact`,
  flags: {
    compact: boolFlag('print only objects of the suite’s own kinds'),
    output: stringFlag('format of the output, json or yaml', '', { shorthand: 'o', completes: ['json', 'yaml'] }),
  },
  complete: completeNames(toolkitKinds.kustomization),
  async run(context, { args, flags }) {
    const name = args[0];
    if (name === undefined) throw new CliError('kustomization name is required');
    const kube = await context.kube();
    const found = await kube.get(toolkitKinds.kustomization, name, context.namespace, { signal: context.deadline });
    const tree = await treeOfKustomization(context, kube, asToolkitObject(found), { compact: flags.compact });
    context.stdout(formatTree(tree, flags.output));
  },
});

/** The tree in the asked form; any other word prints it for people. */
export function formatTree(tree: ObjectTree, output: string): string {
  if (output === 'json') return `${JSON.stringify(treeJson(tree), undefined, 2)}\n`;
  if (output === 'yaml') return `${stringifyYaml(treeJson(tree))}\n`;
  return `${printTree(tree)}\n`;
}
