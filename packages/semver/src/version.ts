import semver from 'semver';
import { SemverError } from './errors.ts';

/**
 * One number of a version.
 *
 * A `bigint` only above 2^53 - 1, so two equal numbers always have the same type and `<`, `>` and `===` are right.
 */
export type VersionNumber = number | bigint;

/** A parsed version. */
export interface Version {
  readonly major: VersionNumber;
  readonly minor: VersionNumber;
  readonly patch: VersionNumber;
  /** Without the dash; `''` for a release. */
  readonly prerelease: string;
  /** Build metadata without the plus; never compared. */
  readonly metadata: string;
  /** The text it was parsed from. */
  readonly original: string;
}

/** Longest version text that is read, in characters: registries and repositories may send anything. */
const maxVersionLength = 256;
const largestUint64 = 2n ** 64n - 1n;
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const tail = `(?:-(${identifiers}))?(?:\\+(${identifiers}))?$`;
const loose = new RegExp(`^v?([0-9]+)(?:\\.([0-9]+))?(?:\\.([0-9]+))?${tail}`);
const threeParts = new RegExp(`^v?([0-9]+)\\.([0-9]+)\\.([0-9]+)${tail}`);
const digits = /^[0-9]+$/;

/**
 * Parses as Masterminds/semver v3.5 `NewVersion` does: an optional `v`, one to three numbers, leading zeros allowed
 * in the numbers (`2025.02.03`) but not in a numeric prerelease identifier.
 *
 * @throws {SemverError} `VERSION_INVALID`
 */
export function parseVersion(text: string): Version {
  return parseWith(loose, text);
}

/**
 * Parses a tag as Flux does: like {@link parseVersion}, but all three numbers must be there.
 * Returns undefined for anything else: most tags of a repository are no versions.
 */
export function parseTag(tag: string): Version | undefined {
  try {
    return parseWith(threeParts, tag);
  } catch {
    return undefined;
  }
}

function parseWith(grammar: RegExp, text: string): Version {
  if (text.length > maxVersionLength) {
    throw new SemverError('VERSION_INVALID', `version string is too long (max ${maxVersionLength} bytes)`);
  }
  const match = grammar.exec(text);
  if (match === null) throw new SemverError('VERSION_INVALID', 'invalid semantic version');
  const [, major = '0', minor = '0', patch = '0', prerelease = '', metadata = ''] = match;
  for (const identifier of prerelease.split('.')) {
    if (identifier.length > 1 && identifier.startsWith('0') && digits.test(identifier)) {
      throw new SemverError('VERSION_INVALID', 'version segment starts with 0');
    }
  }
  return {
    major: parseNumber(major),
    minor: parseNumber(minor),
    patch: parseNumber(patch),
    prerelease,
    metadata,
    original: text,
  };
}

function parseNumber(text: string): VersionNumber {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  const big = BigInt(text);
  if (big > largestUint64) {
    throw new SemverError(
      'VERSION_INVALID',
      `error parsing version segment: strconv.ParseUint: parsing "${text}": value out of range`,
    );
  }
  return big;
}

/** Prints the canonical form: `1.2.3-rc.1+build`, without `v`. */
export function formatVersion(version: Version): string {
  const { major, minor, patch, prerelease, metadata } = version;
  return `${major}.${minor}.${patch}${prerelease === '' ? '' : `-${prerelease}`}${metadata === '' ? '' : `+${metadata}`}`;
}

/** Orders two versions by semver 2.0 precedence; build metadata does not count. */
export function compareVersions(a: Version, b: Version): -1 | 0 | 1 {
  if (a.major !== b.major) return a.major < b.major ? -1 : 1;
  if (a.minor !== b.minor) return a.minor < b.minor ? -1 : 1;
  if (a.patch !== b.patch) return a.patch < b.patch ? -1 : 1;
  return comparePrereleases(a.prerelease, b.prerelease);
}

/** Orders two prerelease texts; `''` (a release) is the highest. */
export function comparePrereleases(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  if (a === '') return 1;
  if (b === '') return -1;
  const left = a.split('.');
  const right = b.split('.');
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const order = compareIdentifierTexts(left[index]!, right[index]!);
    if (order !== 0) return order;
  }
  return left.length === right.length ? 0 : left.length < right.length ? -1 : 1;
}

// Up to here npm's numbers are exact; beyond, digits are compared as text of equal length.
const exactDigits = 15;

function compareIdentifierTexts(a: string, b: string): -1 | 0 | 1 {
  if (a.length <= exactDigits && b.length <= exactDigits) return semver.compareIdentifiers(a, b);
  if (a === b) return 0;
  const aIsNumber = isUint64(a);
  const bIsNumber = isUint64(b);
  if (aIsNumber && bIsNumber) {
    // No leading zeros, so the longer number is the greater one.
    if (a.length !== b.length) return a.length < b.length ? -1 : 1;
    return a < b ? -1 : 1;
  }
  if (aIsNumber) return -1;
  if (bIsNumber) return 1;
  return a < b ? -1 : 1;
}

// A longer run of digits is no number for the original either: it is compared as text.
function isUint64(text: string): boolean {
  if (!digits.test(text)) return false;
  return text.length < 20 || (text.length === 20 && BigInt(text) <= largestUint64);
}

/** Sorts a copy from the highest to the lowest; equal precedence (build metadata, `v`) keeps the given order. */
export function sortDescending(versions: Iterable<Version>): Version[] {
  return [...versions].sort((a, b) => compareVersions(b, a));
}
