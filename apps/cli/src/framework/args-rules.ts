import type { ArgsRule } from './command.ts';
import { CliError } from './errors.ts';

/** Exactly so many arguments. */
export function exactly(count: number): ArgsRule {
  return (args) => {
    if (args.length !== count) throw new CliError(`accepts ${count} arg(s), received ${args.length}`);
  };
}

/** At most so many arguments. */
export function atMost(count: number): ArgsRule {
  return (args) => {
    if (args.length > count) throw new CliError(`accepts at most ${count} arg(s), received ${args.length}`);
  };
}

/** No argument at all. */
export const none: ArgsRule = (args, path) => {
  if (args.length > 0) throw new CliError(`unknown command ${JSON.stringify(args[0])} for "${path}"`);
};
