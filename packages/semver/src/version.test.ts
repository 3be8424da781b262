import semver from 'semver';
import { describe, expect, test } from 'vitest';
import { compareVersions, formatVersion, parseTag, parseVersion, sortDescending } from './version.ts';

describe('parseVersion', () => {
  test.each([
    ['1', '1.0.0'],
    ['v1.2', '1.2.0'],
    ['01.02.3', '1.2.3'],
    ['2025.02.03', '2025.2.3'],
    ['v1.2.3-rc.1+build.5', '1.2.3-rc.1+build.5'],
    ['1-alpha', '1.0.0-alpha'],
    ['9007199254740993.0.0', '9007199254740993.0.0'],
  ])('reads %s as %s', (text, canonical) => {
    expect(formatVersion(parseVersion(text))).toBe(canonical);
    expect(parseVersion(text).original).toBe(text);
  });

  test.each([
    ['', 'invalid semantic version'],
    ['latest', 'invalid semantic version'],
    ['V1', 'invalid semantic version'],
    ['1.', 'invalid semantic version'],
    ['1.2.3.4', 'invalid semantic version'],
    ['1.2.3-', 'invalid semantic version'],
    ['1.2.3-a..b', 'invalid semantic version'],
    [' 1.2.3', 'invalid semantic version'],
    ['1.2.3-01', 'version segment starts with 0'],
    [`1.2.3-${'a'.repeat(300)}`, 'version string is too long (max 256 bytes)'],
    ['18446744073709551616.0.0', 'out of range'],
  ])('refuses "%s"', (text, message) => {
    expect(() => parseVersion(text)).toThrow(message);
  });
});

test('parseTag wants three numbers', () => {
  expect(parseTag('v1.2')).toBeUndefined();
  expect(parseTag('latest')).toBeUndefined();
  expect(parseTag('2025.02.03')?.major).toBe(2025);
  expect(parseTag('v1.2.3-rc.1')?.prerelease).toBe('rc.1');
});

describe('compareVersions', () => {
  const texts = [
    '1.0.0-1', '1.0.0-2', '1.0.0-10', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-rc.1',
    '1.0.0', '1.0.1', '1.2.0', '1.10.0', '2.0.0', '10.0.0', '1.0.0-B', '1.0.0-a',
  ]; // biome-ignore format: a table

  test('orders as semver 2.0 does', () => {
    for (const a of texts) {
      for (const b of texts) expect(compareVersions(parseVersion(a), parseVersion(b))).toBe(semver.compare(a, b));
    }
  });

  test('is exact above 2^53', () => {
    expect(compareVersions(parseVersion('9007199254740993.0.0'), parseVersion('9007199254740992.0.0'))).toBe(1);
    expect(compareVersions(parseVersion('9007199254740993.0.0'), parseVersion('1.0.0'))).toBe(1);
    expect(compareVersions(parseVersion('1.0.0-9007199254740993'), parseVersion('1.0.0-9007199254740992'))).toBe(1);
  });
});

test('sortDescending keeps the order of equals', () => {
  const sorted = sortDescending(['1.0.0+b', '1.3.0', 'v1.3.0', '1.0.0+a', '2.0.0-rc.1'].map(parseVersion));
  expect(sorted.map((version) => version.original)).toEqual(['2.0.0-rc.1', '1.3.0', 'v1.3.0', '1.0.0+b', '1.0.0+a']);
});
