import { expect, test } from 'vitest';
import { parseConstraint, parseTag, sortDescending } from './index.ts';

test('the example of the README', () => {
  const range = parseConstraint('>=1.0.0 <2.0.0 || ~3.1');
  const tags = ['latest', 'v1.4.0', '1.10.2', '2.0.0', '3.1.7-rc.1'];
  const versions = tags.flatMap((tag) => parseTag(tag) ?? []);
  const newest = sortDescending(versions.filter((version) => range.check(version)))[0];
  expect(newest?.original).toBe('1.10.2');
});
