import { withTag } from '@fluvial/oci';
import { defineCommand } from '../../framework/command.ts';
import { CliError } from '../../framework/errors.ts';
import { listFlag } from '../../framework/flag-types.ts';
import { parseArtifactUrl, registryError, withRegistry } from './registry.ts';
import { registryFlags } from './registry-flags.ts';

/** `flux tag artifact` */
export const command = defineCommand({
  long: 'Give an artifact more tags in its repository.',
  example: `  # Tag an artifact as latest
  flux tag artifact oci://ghcr.io/org/config/app:v1 --tag latest`,
  flags: {
    tag: listFlag('tags to give, may be given several times'),
    ...registryFlags,
  },
  async run(context, { args, flags }) {
    if (args[0] === undefined) throw new CliError('artifact name is required');
    if (flags.tag.length === 0) throw new CliError('--tag is required');
    const url = parseArtifactUrl(args[0]);
    const signal = context.deadline;
    await withRegistry(context, flags, url, async (client) => {
      context.log.action('tagging artifact');
      for (const tag of flags.tag) {
        try {
          await client.tag(url.reference, tag, { signal });
        } catch (error) {
          throw registryError('tagging artifact failed', error);
        }
        context.log.success(`artifact tagged as ${withTag(url.reference, tag).name}`);
      }
    });
  },
});
