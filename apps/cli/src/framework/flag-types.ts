import { formatDuration, parseDuration } from './duration.ts';

/** How a flag's text becomes a value and back. */
export type FlagType<T> = {
  /** Word for the value in help: `string`, `duration`; `` for switches. */
  readonly name: string;
  /** @throws {Error} whose text follows `invalid argument "V" for "--x" flag: `. */
  parse(text: string, before: T | undefined): T;
  /** The default as help shows it; `` when help shows none. */
  print(value: T): string;
  /** The value when the flag stands alone; such flags never take the next argument. */
  readonly alone?: string;
};

/** One flag of a command. */
export type Flag<T> = {
  readonly type: FlagType<T>;
  readonly default: T;
  readonly usage: string;
  readonly shorthand?: string;
  readonly hidden?: boolean;
  /** Hint that is printed when the flag is used. */
  readonly deprecated?: string;
  /** What completion offers for the value. */
  readonly completes?: 'namespaces' | 'contexts' | 'files' | readonly string[];
};

// biome-ignore lint/suspicious/noExplicitAny: a set holds flags of every value type; FlagValues gives each its own back.
export type Flags = { readonly [name: string]: Flag<any> };

/** The values of a set of flags by flag name. */
export type FlagValues<F extends Flags> = { -readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

type Extras = { shorthand?: string; hidden?: boolean; deprecated?: string; completes?: Flag<unknown>['completes'] };

const stringType: FlagType<string> = {
  name: 'string',
  parse: (text) => text,
  print: (value) => (value === '' ? '' : JSON.stringify(value)),
};

/** Free text. */
export function stringFlag(usage: string, value = '', extras: Extras = {}): Flag<string> {
  return { type: stringType, default: value, usage, ...extras };
}

const trueWords = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falseWords = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

const boolType: FlagType<boolean> = {
  name: '',
  alone: 'true',
  parse(text) {
    if (trueWords.has(text)) return true;
    if (falseWords.has(text)) return false;
    throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
  },
  print: (value) => (value ? 'true' : ''),
};

/** A switch: `--x`, `--x=false`. */
export function boolFlag(usage: string, value = false, extras: Extras = {}): Flag<boolean> {
  return { type: boolType, default: value, usage, ...extras };
}

const durationType: FlagType<number> = {
  name: 'duration',
  parse: (text) => parseDuration(text),
  print: (value) => (value === 0 ? '' : formatDuration(value)),
};

/** A Go duration, nanoseconds. `value` is written as text. */
export function durationFlag(usage: string, value = '0s', extras: Extras = {}): Flag<number> {
  return { type: durationType, default: parseDuration(value), usage, ...extras };
}

function wholeNumber(text: string, go: string): number {
  if (!/^[+-]?(0[xX][\da-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+|\d[\d_]*)$/.test(text)) {
    throw new Error(`${go}: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const plain = text.replaceAll('_', '');
  const octal = /^([+-]?)0([0-7]+)$/.exec(plain);
  const value = octal === null ? Number(plain) : Number(`${octal[1]}0o${octal[2]}`.replace(/^\+/, ''));
  const signed = Number.isNaN(value) ? -Number(plain.slice(1)) : value;
  if (!Number.isSafeInteger(signed)) {
    throw new Error(`${go}: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return signed;
}

/** A whole number. */
export function intFlag(usage: string, value: number, extras: Extras = {}): Flag<number> {
  const type: FlagType<number> = {
    name: 'int',
    parse: (text) => wholeNumber(text, 'strconv.ParseInt'),
    print: (shown) => (shown === 0 ? '' : String(shown)),
  };
  return { type, default: value, usage, ...extras };
}

/** A decimal number. */
export function floatFlag(usage: string, value: number, extras: Extras = {}): Flag<number> {
  const type: FlagType<number> = {
    name: 'float',
    parse(text) {
      const parsed = Number(text);
      if (text.trim() === '' || Number.isNaN(parsed)) {
        throw new Error(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
      }
      return parsed;
    },
    print: (shown) => (shown === 0 ? '' : String(shown)),
  };
  return { type, default: value, usage, ...extras };
}

const listType: FlagType<string[]> = {
  name: 'strings',
  parse: (text, before) => [...(before ?? []), ...splitCsv(text)],
  print: (value) => (value.length === 0 ? '' : `[${value.join(',')}]`),
};

/** A list: repeatable, and commas split (CSV quoting). */
export function listFlag(usage: string, value: readonly string[] = [], extras: Extras = {}): Flag<string[]> {
  return { type: listType, default: [...value], usage, ...extras };
}

const arrayType: FlagType<string[]> = {
  name: 'stringArray',
  parse: (text, before) => [...(before ?? []), text],
  print: (value) => (value.length === 0 ? '' : `[${value.join(',')}]`),
};

/** A list that only repetition extends; commas stay. */
export function arrayFlag(usage: string, value: readonly string[] = [], extras: Extras = {}): Flag<string[]> {
  return { type: arrayType, default: [...value], usage, ...extras };
}

const mapType: FlagType<Map<string, string>> = {
  name: 'stringToString',
  parse(text, before) {
    const result = new Map(before ?? []);
    const pairs = text.split('=').length === 2 ? [text.replace(/^"|"$/g, '')] : splitCsv(text);
    for (const pair of pairs) {
      const at = pair.indexOf('=');
      if (at < 0) throw new Error(`${pair} must be formatted as key=value`);
      result.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return result;
  },
  print: (value) => (value.size === 0 ? '' : `[${[...value].map(([key, each]) => `${key}=${each}`).join(',')}]`),
};

/** `key=value` pairs. */
export function mapFlag(usage: string, extras: Extras = {}): Flag<Map<string, string>> {
  return { type: mapType, default: new Map(), usage, ...extras };
}

/** A flag whose text a function checks and turns into the value. */
export function parsedFlag<T>(
  name: string,
  usage: string,
  value: T,
  parse: (text: string) => T,
  extras: Extras & { print?: (value: T) => string } = {},
): Flag<T> {
  const { print = (shown: T) => (typeof shown === 'string' ? shown : ''), ...rest } = extras;
  return { type: { name, parse, print }, default: value, usage, ...rest };
}

/** One of a closed list of words. `refuse` says why another word is no good. */
export function enumFlag<const V extends readonly string[]>(
  name: string,
  usage: string,
  values: V,
  options: { default?: V[number] | ''; refuse: (text: string) => string; shorthand?: string },
): Flag<V[number] | ''> {
  return parsedFlag<V[number] | ''>(
    name,
    usage,
    options.default ?? '',
    (text) => {
      const found = values.find((each) => each === text);
      if (found === undefined) throw new Error(options.refuse(text));
      return found;
    },
    { completes: values, shorthand: options.shorthand },
  );
}

/** Splits one line of comma-separated values; double quotes protect commas. */
export function splitCsv(text: string): string[] {
  if (text === '') return [];
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      let field = '';
      at++;
      for (;;) {
        if (at >= text.length)
          throw new Error('parse error on line 1, column 1: extraneous or missing " in quoted-field');
        if (text[at] === '"' && text[at + 1] === '"') {
          field += '"';
          at += 2;
        } else if (text[at] === '"') {
          at++;
          break;
        } else {
          field += text[at];
          at++;
        }
      }
      if (at < text.length && text[at] !== ',') {
        throw new Error(`parse error on line 1, column ${at}: extraneous or missing " in quoted-field`);
      }
      fields.push(field);
    } else {
      const comma = text.indexOf(',', at);
      const field = comma < 0 ? text.slice(at) : text.slice(at, comma);
      const quote = field.indexOf('"');
      if (quote >= 0) throw new Error(`parse error on line 1, column ${at + quote + 1}: bare " in non-quoted field`);
      fields.push(field);
      at += field.length;
    }
    if (at >= text.length) return fields;
    at++;
  }
}
