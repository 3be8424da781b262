import { CliError, messageOf } from './errors.ts';
import type { Flag, Flags } from './flag-types.ts';

/** What a command line says: values by flag name, which were given, and what is left. */
export type ParsedFlags = {
  readonly values: Record<string, unknown>;
  readonly given: ReadonlySet<string>;
  readonly args: string[];
  /** Lines for deprecated flags that were used. */
  readonly notices: string[];
};

/**
 * Reads arguments as pflag does: flags anywhere, `--x=v`, `--x v`, `-xv`, `-x=v`, `-x v`, switches together (`-Aw`),
 * and everything after `--` as it is.
 *
 * @throws {CliError} with pflag's texts.
 */
export function parseFlags(args: readonly string[], flags: Flags): ParsedFlags {
  const values: Record<string, unknown> = Object.create(null);
  for (const [name, flag] of Object.entries(flags)) values[name] = flag.default;
  const given = new Set<string>();
  const rest: string[] = [];
  const notices: string[] = [];
  const shorthands = new Map<string, string>();
  for (const [name, flag] of Object.entries(flags)) if (flag.shorthand) shorthands.set(flag.shorthand, name);

  const set = (name: string, flag: Flag<unknown>, text: string): void => {
    try {
      values[name] = flag.type.parse(text, given.has(name) ? values[name] : undefined);
    } catch (error) {
      const shown = flag.shorthand ? `-${flag.shorthand}, --${name}` : `--${name}`;
      throw new CliError(`invalid argument ${JSON.stringify(text)} for "${shown}" flag: ${messageOf(error)}`);
    }
    if (flag.deprecated !== undefined && !given.has(name))
      notices.push(`Flag --${name} has been deprecated, ${flag.deprecated}`);
    given.add(name);
  };

  const queue = [...args];
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (arg === '--') {
      rest.push(...queue);
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      rest.push(arg);
      continue;
    }
    if (arg.startsWith('--')) {
      const body = arg.slice(2);
      if (body.startsWith('-') || body.startsWith('=')) throw new CliError(`bad flag syntax: ${arg}`);
      const equals = body.indexOf('=');
      const name = equals < 0 ? body : body.slice(0, equals);
      const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
      if (flag === undefined) throw new CliError(`unknown flag: --${name}`);
      if (equals >= 0) set(name, flag, body.slice(equals + 1));
      else if (flag.type.alone !== undefined) set(name, flag, flag.type.alone);
      else {
        const next = queue.shift();
        if (next === undefined) throw new CliError(`flag needs an argument: --${name}`);
        set(name, flag, next);
      }
      continue;
    }
    let letters = arg.slice(1);
    while (letters !== '') {
      const letter = letters[0]!;
      const name = shorthands.get(letter);
      const flag = name === undefined ? undefined : flags[name];
      if (name === undefined || flag === undefined) {
        throw new CliError(`unknown shorthand flag: '${letter}' in -${letters}`);
      }
      const more = letters.slice(1);
      if (more.startsWith('=') && more.length > 1) {
        set(name, flag, more.slice(1));
        break;
      }
      if (flag.type.alone !== undefined) {
        set(name, flag, flag.type.alone);
        letters = more;
        continue;
      }
      if (more !== '') set(name, flag, more);
      else {
        const next = queue.shift();
        if (next === undefined) throw new CliError(`flag needs an argument: '${letter}' in -${letters}`);
        set(name, flag, next);
      }
      break;
    }
  }
  return { values, given, args: rest, notices };
}

/** Whether an argument is a flag that takes the next argument as its value, as far as these flags tell. */
export function takesNext(arg: string, flags: Flags): boolean {
  if (arg.includes('=')) return false;
  if (arg.startsWith('--')) {
    const name = arg.slice(2);
    return !Object.hasOwn(flags, name) || flags[name]?.type.alone === undefined;
  }
  if (arg.length !== 2) return false;
  const flag = Object.values(flags).find((each) => each.shorthand === arg[1]);
  return flag === undefined || flag.type.alone === undefined;
}
