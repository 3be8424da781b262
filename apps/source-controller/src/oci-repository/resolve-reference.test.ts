import { describe, expect, test } from 'vitest';
import { pickTag, readRepository } from './resolve-reference.ts';

describe('readRepository', () => {
  test.each([
    ['oci://ghcr.io/org/app', 'ghcr.io/org/app'],
    ['oci://127.0.0.1:5000/a/b/c', '127.0.0.1:5000/a/b/c'],
    ['oci://registry.test:443/app', 'registry.test:443/app'],
  ])('%s is %s', (url, context) => {
    expect(readRepository({ url }).context).toBe(context);
  });

  test.each([
    ['https://ghcr.io/app', "URL must be in format 'oci://<domain>/<org>/<repo>'"],
    ['oci://ghcr.io/org/app:1.0', "URL must not contain a tag; remove ':1.0'"],
    [`oci://ghcr.io/org/app@sha256:${'a'.repeat(64)}`, `URL must not contain a tag; remove ':${'a'.repeat(64)}'`],
    ['oci://ghcr.io/Org/App', 'could not parse reference: ghcr.io/Org/App'],
    ['oci://', 'could not parse reference: '],
  ])('%s stalls', (url, message) => {
    expect(() => readRepository({ url })).toThrow(
      expect.objectContaining({
        name: 'StallingError',
        reason: 'URLInvalid',
        message: `URL validation failed for '${url}': ${message}`,
      }),
    );
  });
});

describe('pickTag', () => {
  const tags = ['1.0.0', '1.2.0', 'v1.3.0', '1.3.0', '2.0.0-rc.1', '2025.02.03', '1.4', 'latest', '9'];
  test.each([
    ['>=1.0.0 <2', undefined, 'v1.3.0'],
    ['1.2.x', undefined, '1.2.0'],
    ['*', undefined, '2025.02.03'],
    ['>=2.0.0-0 <3', undefined, '2.0.0-rc.1'],
    ['*', '^1\\.', '1.3.0'],
    ['*', '2', '2025.02.03'],
  ])('%s filtered by %s is %s', (range, filter, tag) => {
    expect(pickTag(tags, range, filter)).toBe(tag);
  });

  test('reads the underscore of chart tags as a plus', () => {
    expect(pickTag(['1.0.0_build.1', '0.9.0'], '*', undefined, true)).toBe('1.0.0_build.1');
    expect(pickTag(['1.0.0_build.1', '0.9.0'], '*', undefined)).toBe('0.9.0');
  });

  test.each([
    ['latest', undefined, 'semver \'latest\' parse error: improper constraint: "latest"'],
    ['>=9999', undefined, 'no match found for semver: >=9999'],
    ['*', 'nothing', 'no match found for semver: *'],
    ['*', '(', 'error parsing regexp: missing closing ): `(`'],
    ['*', '(?=x)', 'error parsing regexp'],
  ])('%s filtered by %s fails', (range, filter, message) => {
    expect(() => pickTag(tags, range, filter)).toThrow(message);
  });

  test('a pattern of the catastrophic kind takes linear time', () => {
    expect(() => pickTag(['a'.repeat(5000)], '*', '(a+)+$x')).toThrow('no match found');
  });
});
