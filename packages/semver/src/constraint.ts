import { SemverError } from './errors.ts';
import { comparePrereleases, compareVersions, parseVersion, type Version } from './version.ts';

/**
 * A parsed constraint.
 *
 * Grammar (Masterminds/semver v3.5; npm's range grammar differs):
 *
 * ```text
 * constraint = group *( "||" group )
 * group      = term *( ( whitespace / "," ) term )         all must hold
 * term       = [ op ] [ whitespace ] version / version whitespace "-" whitespace version
 * op         = "=" "!=" ">" "<" ">=" "=>" "<=" "=<" "~" "~>" "^"
 * version    = [ "v" ] part [ "." part [ "." part ] ] [ "-" prerelease ] [ "+" metadata ]
 * part       = 1*DIGIT / "x" / "X" / "*"
 * ```
 */
export interface Constraint {
  /** The text it was parsed from. */
  readonly original: string;
  /** Tells whether a version satisfies the constraint. */
  check(version: Version): boolean;
}

type Operator = '=' | '!=' | '>' | '<' | '>=' | '<=' | '~' | '^';

interface Term {
  readonly operator: Operator;
  readonly version: Version;
  /** Which part is a wildcard or missing, the first one counting; undefined for a full version. */
  readonly open: 'major' | 'minor' | 'patch' | undefined;
}

interface Group {
  readonly terms: readonly Term[];
  /** One term names a prerelease: then the whole group admits prereleases. */
  readonly admitsPrereleases: boolean;
}

/** Longest constraint that is read, in characters. */
const maxConstraintLength = 512;
const maxGroups = 32;

const part = '[0-9|xX*]+';
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const operator = '=>|=<|>=|<=|!=|~>|=|>|<|~|\\^|';
const versionPattern = `v?${part}(?:\\.${part})?(?:\\.${part})?(?:-${identifiers})?(?:\\+${identifiers})?`;
const termAt = new RegExp(
  `\\s*(${operator})\\s*(v?(${part})(?:\\.(${part}))?(?:\\.(${part}))?(-${identifiers})?(?:\\+${identifiers})?)\\s*`,
  'y',
);
const hyphenRange = new RegExp(`\\s*(${versionPattern})\\s+-\\s+(${versionPattern})\\s*`, 'g');

const canonicalOperators: Readonly<Record<string, Operator>> = {
  '': '=',
  '=': '=',
  '!=': '!=',
  '>': '>',
  '<': '<',
  '>=': '>=',
  '=>': '>=',
  '<=': '<=',
  '=<': '<=',
  '~': '~',
  '~>': '~',
  '^': '^',
};

/**
 * Parses a constraint.
 *
 * @throws {SemverError} `CONSTRAINT_INVALID`: `improper constraint: "…"` with the group that does not parse
 */
export function parseConstraint(text: string): Constraint {
  if (text.length > maxConstraintLength) {
    throw new SemverError('CONSTRAINT_INVALID', `constraint string is too long (max ${maxConstraintLength} bytes)`);
  }
  const rewritten = text.replace(hyphenRange, (_, low: string, high: string) => `>= ${low}, <= ${high} `);
  const texts = rewritten.split('||');
  if (texts.length > maxGroups) {
    throw new SemverError('CONSTRAINT_INVALID', `too many constraint groups (max ${maxGroups})`);
  }
  const groups = texts.map(parseGroup);
  return {
    original: text,
    check: (version) => groups.some((group) => holds(group, version)),
  };
}

/**
 * Tells whether a version text satisfies a constraint text; false when either does not parse.
 * Parse once with {@link parseConstraint} when checking many.
 */
export function satisfies(version: string, constraint: string): boolean {
  try {
    return parseConstraint(constraint).check(parseVersion(version));
  } catch (error) {
    if (error instanceof SemverError) return false;
    throw error;
  }
}

function parseGroup(text: string): Group {
  const matches: RegExpExecArray[] = [];
  let at = 0;
  let separated = true;
  while (at < text.length || matches.length === 0) {
    termAt.lastIndex = at;
    const match = termAt.exec(text);
    if (match === null || match[0] === '' || !separated) throw improper(text);
    at = termAt.lastIndex;
    matches.push(match);
    separated = /\s$/.test(match[0]);
    if (text[at] === ',') {
      at += 1;
      separated = true;
      if (at === text.length) throw improper(text);
    }
  }
  const terms = matches.map(parseTerm);
  return { terms, admitsPrereleases: terms.some((term) => term.version.prerelease !== '') };
}

function improper(text: string): SemverError {
  return new SemverError('CONSTRAINT_INVALID', `improper constraint: ${quote(text)}`);
}

/** Quotes as Go's %q does for printable text. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function isWildcard(text: string | undefined): boolean {
  return text === undefined || text === 'x' || text === 'X' || text === '*';
}

function parseTerm(match: RegExpExecArray): Term {
  const [, operatorText = '', full = '', major, minor, patch, prerelease = ''] = match;
  let open: Term['open'];
  let text = full;
  // A wildcard makes everything after it 0, but a prerelease stays.
  if (isWildcard(major)) {
    open = 'major';
    text = `0.0.0${prerelease}`;
  } else if (isWildcard(minor)) {
    open = 'minor';
    text = `${major}.0.0${prerelease}`;
  } else if (isWildcard(patch)) {
    open = 'patch';
    text = `${major}.${minor}.0${prerelease}`;
  }
  let version: Version;
  try {
    version = parseVersion(text);
  } catch {
    throw new SemverError('CONSTRAINT_INVALID', 'constraint parser error');
  }
  return { operator: canonicalOperators[operatorText]!, version, open };
}

function holds({ terms, admitsPrereleases }: Group, version: Version): boolean {
  if (version.prerelease !== '' && !admitsPrereleases) return false;
  return terms.every((term) => termHolds(term, version));
}

function termHolds(term: Term, version: Version): boolean {
  switch (term.operator) {
    case '=':
      return term.open === undefined ? compareVersions(version, term.version) === 0 : isWithinTilde(term, version);
    case '!=':
      return isUnequal(term, version);
    case '>':
      return isAbove(term, version);
    case '<':
      return compareVersions(version, term.version) < 0;
    case '>=':
      return compareVersions(version, term.version) >= 0;
    case '<=':
      return isAtMost(term, version);
    case '~':
      return isWithinTilde(term, version);
    case '^':
      return isWithinCaret(term, version);
  }
}

function isUnequal({ version: limit, open }: Term, version: Version): boolean {
  if (open === undefined) return compareVersions(version, limit) !== 0;
  if (version.major !== limit.major) return true;
  if (open === 'minor') return false;
  if (version.minor !== limit.minor) return true;
  if (open === 'major') return version.patch !== limit.patch || compareVersions(version, limit) !== 0;
  if (version.prerelease !== '' || limit.prerelease !== '') {
    return comparePrereleases(version.prerelease, limit.prerelease) !== 0;
  }
  return false;
}

// `>1.2` means "above every 1.2.x".
function isAbove({ version: limit, open }: Term, version: Version): boolean {
  if (open === undefined || version.major !== limit.major) return compareVersions(version, limit) > 0;
  if (open === 'minor') return false;
  if (open === 'patch') return version.minor > limit.minor;
  return compareVersions(version, limit) > 0;
}

// `<=1.2` admits every 1.2.x.
function isAtMost({ version: limit, open }: Term, version: Version): boolean {
  if (open === undefined) return compareVersions(version, limit) <= 0;
  if (version.major > limit.major) return false;
  return !(version.major === limit.major && version.minor > limit.minor && open !== 'minor');
}

function isWithinTilde({ version: limit, open }: Term, version: Version): boolean {
  if (compareVersions(version, limit) < 0) return false;
  // `~0.0.0` and `*` admit everything.
  if (limit.major === 0 && limit.minor === 0 && limit.patch === 0 && open !== 'minor' && open !== 'patch') return true;
  if (version.major !== limit.major) return false;
  return version.minor === limit.minor || open === 'minor';
}

function isWithinCaret({ version: limit, open }: Term, version: Version): boolean {
  if (compareVersions(version, limit) < 0) return false;
  if (limit.major > 0 || open === 'minor') return version.major === limit.major;
  if (version.major > limit.major) return false;
  if (limit.minor > 0 || open === 'patch') return version.minor === limit.minor;
  if (version.minor > limit.minor) return false;
  return version.patch === limit.patch;
}
