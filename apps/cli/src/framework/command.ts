import type { Context } from './context.ts';
import type { Flags, FlagValues } from './flag-types.ts';

/** What a command is given: arguments that are no flags, values of its own and inherited flags, and which were set. */
export type Invocation<F extends Flags> = {
  readonly args: string[];
  readonly flags: FlagValues<F>;
  given(name: keyof F & string): boolean;
};

/** Checks the arguments before anything else happens; throws what is wrong. */
export type ArgsRule = (args: readonly string[], path: string) => void;

/** Offers candidates for the next argument. */
export type ArgsCompletion = (context: Context, args: readonly string[], prefix: string) => Promise<string[]>;

/** The part of a command that is loaded only when the command is used or its help is asked for. */
export type CommandModule = {
  readonly long?: string;
  readonly example?: string;
  readonly flags: Flags;
  readonly args?: ArgsRule;
  readonly complete?: ArgsCompletion;
  run(context: Context, invocation: Invocation<Flags>): Promise<void>;
};

type CommandInput<F extends Flags, I extends Flags> = {
  long?: string;
  example?: string;
  flags: F;
  /** Flags of the groups above that the command reads. */
  inherited?: I;
  args?: ArgsRule;
  complete?: ArgsCompletion;
  run(context: Context, invocation: Invocation<F & I>): Promise<void>;
};

const noFlags = {};

/** Describes a command; `run` sees its flags by name with their types. */
export function defineCommand<F extends Flags, I extends Flags = typeof noFlags>(
  input: CommandInput<F, I>,
): CommandModule {
  const { inherited: _, run, ...rest } = input;
  return { ...rest, run: (context, invocation) => run(context, invocation as unknown as Invocation<F & I>) };
}

/** One name in the command tree. Cheap: everything that costs is behind `load`. */
export type CommandNode = {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly short: string;
  /** Longer text of a group; a command has its own. */
  readonly long?: string;
  readonly example?: string;
  /** Arguments in the usage line, such as `[name]`. */
  readonly takes?: string;
  readonly hidden?: boolean;
  /** Whether help warns that the command may change. */
  readonly preview?: boolean;
  /** Heading for plugins and the like. */
  readonly section?: string;
  /** Flags that hold for everything below. */
  readonly persistent?: Flags;
  /** Skips the check of `--namespace` for everything below. */
  readonly skipsNamespaceCheck?: boolean;
  readonly commands?: readonly CommandNode[];
  readonly load?: () => Promise<CommandModule>;
  /** Takes all arguments as they are, flags included. */
  readonly passThrough?: (context: Context, args: readonly string[]) => Promise<void>;
};
