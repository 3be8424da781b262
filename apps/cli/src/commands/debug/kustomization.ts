import type { KubeClient } from '@fluvial/kube';
import { stringifyYaml } from '@fluvial/yaml';
import { exactly } from '../../framework/args-rules.ts';
import { defineCommand } from '../../framework/command.ts';
import type { Context } from '../../framework/context.ts';
import { CliError, messageOf } from '../../framework/errors.ts';
import { boolFlag } from '../../framework/flag-types.ts';
import { toolkitKinds } from '../../kinds.ts';
import { completeNames } from '../../objects/names.ts';
import { asToolkitObject, type ToolkitObject, textAt, valueAt } from '../../objects/toolkit-object.ts';
import { dataOf } from './data-of.ts';

const page = 'https://fluxcd.io/flux/components/kustomize/kustomizations';

/** `flux debug kustomization` */
export const command = defineCommand({
  long: 'Print the status, the substitution variables or the history of a Kustomization. Variables may hold secrets.',
  example: `  # Print the variables with their values
  flux debug ks podinfo --show-vars`,
  flags: {
    'show-history': boolFlag('print the history'),
    'show-status': boolFlag('print the status'),
    'show-vars': boolFlag('print the variables of post-build substitution'),
  },
  args: exactly(1),
  complete: completeNames(toolkitKinds.kustomization),
  async run(context, { args, flags }) {
    const asked = [flags['show-status'], flags['show-vars'], flags['show-history']].filter(Boolean).length;
    if (asked !== 1) throw new CliError('exactly one of --show-status, --show-vars, or --show-history must be set');
    const kube = await context.kube();
    const found = await kube.get(toolkitKinds.kustomization, args[0]!, context.namespace, { signal: context.deadline });
    const object = asToolkitObject(found);
    if (flags['show-status']) {
      context.stdout(`# Status documentation: ${page}/#kustomization-status\n${stringifyYaml(object.status ?? {})}`);
    } else if (flags['show-history']) {
      context.stdout(
        `# History documentation: ${page}/#history\n${stringifyYaml(valueAt(object.status, 'history') ?? [])}`,
      );
    } else context.stdout(await variables(context, kube, object));
  },
});

async function variables(context: Context, kube: KubeClient, object: ToolkitObject): Promise<string> {
  const postBuild = valueAt(object.spec, 'postBuild');
  if (postBuild === undefined) throw new CliError('no post build substitutions found');
  const values = new Map<string, string>();
  const set = (data: unknown) => {
    for (const [key, value] of Object.entries((data ?? {}) as object))
      values.set(key, String(value).replaceAll('\n', ''));
  };
  const from = valueAt(postBuild, 'substituteFrom');
  for (const ref of Array.isArray(from) ? from : []) {
    try {
      const data = await dataOf(context, kube, textAt(ref, 'kind'), textAt(ref, 'name'));
      if (data === undefined && valueAt(ref, 'optional') !== true) {
        throw new Error(`${textAt(ref, 'kind').toLowerCase()}s ${JSON.stringify(textAt(ref, 'name'))} not found`);
      }
      set(data);
    } catch (error) {
      throw new CliError(`substitute from '${textAt(ref, 'kind')}/${textAt(ref, 'name')}' error: ${messageOf(error)}`);
    }
  }
  set(valueAt(postBuild, 'substitute'));
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([key, value]) => `${key}=${value}\n`).join('');
}
