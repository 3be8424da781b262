import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConstraint, satisfies } from './constraint.ts';
import { SemverError } from './errors.ts';
import { parseVersion } from './version.ts';

interface Vectors {
  readonly versions: readonly string[];
  readonly rows: readonly { constraint: string; error?: string; admits?: readonly string[] }[];
}

// Our own cases; the answers are those of Masterminds/semver v3.5.0.
const vectors = JSON.parse(readFileSync(new URL('./testdata/constraints.json', import.meta.url), 'utf8')) as Vectors;

describe('parseConstraint', () => {
  test.each(vectors.rows.filter((row) => row.error !== undefined))('refuses "$constraint"', ({ constraint, error }) => {
    expect(() => parseConstraint(constraint)).toThrow(new SemverError('CONSTRAINT_INVALID', error!));
  });

  test.each(vectors.rows.filter((row) => row.admits !== undefined))(
    'admits by "$constraint"',
    ({ constraint, admits }) => {
      const parsed = parseConstraint(constraint);
      expect(vectors.versions.filter((version) => parsed.check(parseVersion(version)))).toEqual(admits);
    },
  );

  test('bounds the length of what it reads', () => {
    expect(() => parseConstraint('1.2.3 || '.repeat(1000))).toThrow(/too long/);
    // A long run that almost matches must not take long.
    const hostile = `${'1 '.repeat(250)}!`;
    expect(() => parseConstraint(hostile)).toThrow(SemverError);
    expect(() => parseConstraint(`${' '.repeat(500)}!`)).toThrow(SemverError);
    expect(() => parseConstraint(`${'1'.repeat(500)} - `)).toThrow(SemverError);
  });
});

test('satisfies answers false for what does not parse', () => {
  expect(satisfies('1.2.3', '>=1')).toBe(true);
  expect(satisfies('latest', '*')).toBe(false);
  expect(satisfies('1.2.3', 'latest')).toBe(false);
});
