import { expand } from '@fluvial/envsubst';
import { none } from '../framework/args-rules.ts';
import { defineCommand } from '../framework/command.ts';
import { CliError, messageOf } from '../framework/errors.ts';
import { boolFlag } from '../framework/flag-types.ts';

/** `flux envsubst` */
export const command = defineCommand({
  long: 'Replace variables in standard input by their values in the environment, line by line.',
  example: `  # See what a kustomization becomes
  kustomize build ./deploy | flux envsubst

  # Fail on unset variables
  kustomize build ./deploy | flux envsubst --strict`,
  flags: { strict: boolFlag('fail when a variable without a default is not set') },
  args: none,
  async run(context, { flags }) {
    for await (const line of context.stdin.lines()) {
      try {
        context.stdout(`${expand(line, (name) => context.env[name], { strict: flags.strict })}\n`);
      } catch (error) {
        throw new CliError(messageOf(error), { cause: error });
      }
    }
  },
});
