import { resolve } from 'node:path';
import { stringifyYaml } from '@fluvial/yaml';
import { defineCommand } from '../../framework/command.ts';
import { CliError } from '../../framework/errors.ts';
import { boolFlag } from '../../framework/flag-types.ts';
import { toolkitKinds } from '../../kinds.ts';
import { completeNames } from '../../objects/names.ts';
import { buildObjects } from './build-objects.ts';
import { findKustomization, isDirectory } from './find-kustomization.ts';
import { kustomizationFlags } from './flags.ts';

/** `flux build kustomization` */
export const command = defineCommand({
  long: 'Build the manifests of a Kustomization from a folder on this machine, as the controller would, and print them.',
  example: `  # Build with the Kustomization of the cluster
  flux build kustomization podinfo --path ./deploy

  # Build without a cluster
  flux build kustomization podinfo --path ./deploy --kustomization-file ./podinfo.yaml --dry-run`,
  flags: {
    ...kustomizationFlags,
    'dry-run': boolFlag('build without the cluster; needs --kustomization-file'),
  },
  complete: completeNames(toolkitKinds.kustomization),
  async run(context, { args, flags }) {
    const name = args[0];
    if (name === undefined) throw new CliError('kustomization name is required');
    if (flags.path === '') throw new CliError('invalid resource path ""');
    const dir = resolve(context.cwd, flags.path);
    if (!isDirectory(dir)) throw new CliError(`invalid resource path ${JSON.stringify(dir)}`);
    const file = flags['kustomization-file'];
    if (flags['dry-run'] && file === '') throw new CliError('dry-run mode requires a kustomization file');
    const owner = await findKustomization(context, name, { file, dryRun: flags['dry-run'] });
    const objects = await buildObjects(context, owner, {
      dir,
      ignorePaths: flags['ignore-paths'],
      strict: flags['strict-substitute'],
      dryRun: flags['dry-run'],
      recursive: flags.recursive,
      localSources: flags['local-sources'],
    });
    for (const object of objects) context.stdout(`${stringifyYaml(object)}---\n`);
  },
});
