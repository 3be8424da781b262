import { expect, test } from 'vitest';
import { duplicateKeys } from './duplicate-keys.ts';

test.each([
  ['{"a":1,"b":{"a":2}}', []],
  ['{"a":1,"a":2}', ['a']],
  ['{"s":{"p":[{"n":1},{"n":2,"n":3}]},"s":"{\\"a\\":1,\\"a\\":2}"}', ['s.p[1].n', 's']],
  ['{"a":["x","x"],"b":"a"}', []],
])('%s', (text, expected) => {
  expect(duplicateKeys(text)).toEqual(expected);
});
