import { parseDuration } from './duration.ts';

/** One command line flag: how its text becomes a value. */
export interface Flag<V> {
  readonly usage: string;
  readonly fallback: V;
  /** Shown type and whether `--flag` alone means true. */
  readonly type: 'string' | 'int' | 'bool' | 'duration' | 'stringArray' | 'stringSlice';
  /** Environment variable that gives the default when it is set and not empty. */
  readonly env?: string;
  /** Turns the text into a value; `before` is what the flag holds so far. Throws an Error with the reason. */
  parse(text: string, before: V): V;
}

export type FlagSet = Readonly<Record<string, Flag<unknown>>>;
/** The values of a flag set: one field a flag, by its name. */
export type FlagValues<F extends FlagSet> = { -readonly [K in keyof F]: F[K] extends Flag<infer V> ? V : never };

/** A wrong command line. The process ends with status 2, as Go's do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function stringFlag(fallback: string, usage: string, env?: string): Flag<string> {
  return { type: 'string', fallback, usage, ...(env ? { env } : {}), parse: (text) => text };
}

/** A string out of a closed list. */
export function choiceFlag<V extends string>(choices: readonly V[], fallback: V, usage: string): Flag<V> {
  return {
    type: 'string',
    fallback,
    usage,
    parse(text) {
      if (!choices.includes(text as V)) throw new Error(`must be one of: ${choices.join(', ')}`);
      return text as V;
    },
  };
}

export function intFlag(
  fallback: number,
  usage: string,
  { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = {},
): Flag<number> {
  return {
    type: 'int',
    fallback,
    usage,
    parse(text) {
      const value = Number(text);
      if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value))
        throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
      if (value < min || value > max) throw new Error(`must be between ${min} and ${max}`);
      return value;
    },
  };
}

const booleans: Readonly<Record<string, boolean>> = {
  '1': true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  '0': false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
};

export function boolFlag(fallback: boolean, usage: string): Flag<boolean> {
  return {
    type: 'bool',
    fallback,
    usage,
    parse(text) {
      const value = Object.hasOwn(booleans, text) ? booleans[text] : undefined;
      if (value === undefined) throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
      return value;
    },
  };
}

/** A Go duration; the value is in milliseconds. */
export function durationFlag(fallbackMs: number, usage: string): Flag<number> {
  return { type: 'duration', fallback: fallbackMs, usage, parse: (text) => parseDuration(text) };
}

/** May be given several times; each text is one element. */
export function stringArrayFlag(usage: string): Flag<readonly string[]> {
  return { type: 'stringArray', fallback: [], usage, parse: (text, before) => [...before, text] };
}

/** May be given several times, and each text may hold several elements between commas. */
export function stringSliceFlag(usage: string): Flag<readonly string[]> {
  return {
    type: 'stringSlice',
    fallback: [],
    usage,
    parse: (text, before) => [...before, ...(text === '' ? [] : text.split(','))],
  };
}

/**
 * Reads a command line as Go's pflag does: `--name=value`, `--name value`, `--bool`, `--` ends the flags.
 *
 * @throws {UsageError} unknown flag, missing argument, text that the flag refuses, words that are no flags
 */
export function parseFlags<const F extends FlagSet>(
  flags: F,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): FlagValues<F> {
  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(flags)) {
    const text = flag.env === undefined ? undefined : env[flag.env];
    values[name] = text === undefined || text === '' ? flag.fallback : convert(name, flag, text, flag.fallback);
  }
  const given = new Set<string>();
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] as string;
    if (word === '--') {
      if (index + 1 < argv.length) throw new UsageError(`unexpected argument: ${argv[index + 1]}`);
      break;
    }
    if (!word.startsWith('--')) {
      throw new UsageError(word.startsWith('-') ? `unknown shorthand flag in ${word}` : `unexpected argument: ${word}`);
    }
    const equals = word.indexOf('=');
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined) throw new UsageError(`unknown flag: --${name}`);
    let text: string;
    if (equals >= 0) text = word.slice(equals + 1);
    else if (flag.type === 'bool') text = 'true';
    else {
      index += 1;
      const next = argv[index];
      if (next === undefined) throw new UsageError(`flag needs an argument: --${name}`);
      text = next;
    }
    // The first mention replaces the default, further ones of a list add to it.
    values[name] = convert(name, flag, text, given.has(name) ? values[name] : emptyOf(flag));
    given.add(name);
  }
  return values as FlagValues<F>;
}

function emptyOf(flag: Flag<unknown>): unknown {
  return Array.isArray(flag.fallback) ? [] : flag.fallback;
}

function convert(name: string, flag: Flag<unknown>, text: string, before: unknown): unknown {
  try {
    return flag.parse(text, before);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`invalid argument ${JSON.stringify(text)} for "--${name}" flag: ${reason}`, { cause: error });
  }
}

/** The flags as `--help` lists them. */
export function describeFlags(flags: FlagSet): string {
  const rows = Object.entries(flags).map(([name, flag]) => [
    `      --${name}${flag.type === 'bool' ? '' : ` ${flag.type}`}`,
    flag.usage,
  ]);
  const width = Math.max(...rows.map(([left]) => (left as string).length)) + 3;
  return `${rows.map(([left, right]) => `${(left as string).padEnd(width)}${right}`).join('\n')}\n`;
}
