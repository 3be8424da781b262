// WWW-Authenticate = 1#challenge
// challenge        = auth-scheme [ 1*SP ( token68 / #auth-param ) ]        RFC 9110, 11.6.1

/** One challenge of a `WWW-Authenticate` field. */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  /** Lower-case names. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const separators = /[\s,]*/y;
const parameter = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+\-.^_`|~0-9A-Za-z/:]+=*))/y;

/** Parses the field, several joined with commas included. What cannot be understood ends the list. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let current: Map<string, string> | undefined;
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match !== null) position += match[0].length;
    return match;
  };
  while (position < header.length) {
    take(separators);
    if (position >= header.length) break;
    const found = current === undefined ? null : take(parameter);
    if (found !== null) {
      current!.set(found[1]!.toLowerCase(), found[2]?.replace(/\\(.)/gs, '$1') ?? found[3]!);
      continue;
    }
    const scheme = take(token);
    if (scheme === null) break;
    current = new Map();
    challenges.push({ scheme: scheme[0].toLowerCase(), parameters: current });
  }
  return challenges;
}

/** The first challenge that a registry client can meet: Bearer or Basic; else the first of all. */
export function pickChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  return challenges.find(({ scheme }) => scheme === 'bearer' || scheme === 'basic') ?? challenges[0];
}
