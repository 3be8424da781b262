import { resolve } from 'node:path';
import { defineCommand } from '../../framework/command.ts';
import { CliError, messageOf } from '../../framework/errors.ts';
import { boolFlag, stringFlag } from '../../framework/flag-types.ts';
import { openLocal, packLocal, replaceFile } from './local-archive.ts';
import { ignoreFlags } from './registry-flags.ts';

/** `flux build artifact` */
export const command = defineCommand({
  long: 'Pack a folder or a file into the archive that `flux push artifact` would push.',
  example: `  # Pack a folder
  flux build artifact --path ./deploy --output ./artifact.tgz

  # Pack manifests from standard input
  kustomize build . | flux build artifact --path - --output ./artifact.tgz`,
  flags: {
    output: stringFlag('file to write', 'artifact.tgz', { shorthand: 'o', completes: 'files' }),
    path: stringFlag('folder or file to pack, - for standard input', '', { shorthand: 'p', completes: 'files' }),
    'resolve-symlinks': boolFlag('pack what symbolic links point at'),
    ...ignoreFlags,
  },
  async run(context, { flags }) {
    const content = await openLocal(context, flags.path, { tellsReason: false, readsStdin: true });
    context.log.action(`building artifact from ${flags.path}`);
    try {
      const archive = await packLocal(context, content, flags);
      await replaceFile(resolve(context.cwd, flags.output), archive.bytes, 0o640);
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError(`building artifact failed, error: ${messageOf(error)}`, { cause: error });
    }
    context.log.success(`artifact created at ${flags.output}`);
  },
});
