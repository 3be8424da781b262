import { expect, test } from 'vitest';
import { duplicateKeys, duplicatesOfYaml } from './duplicate-keys.ts';

test.each([
  ['{"a":1,"b":{"a":2}}', []],
  ['{"a":1,"a":2}', ['a']],
  ['{"s":{"p":[{"n":1},{"n":2,"n":3}]},"s":"{\\"a\\":1,\\"a\\":2}"}', ['s.p[1].n', 's']],
  ['{"a":["x","x"],"b":"a"}', []],
])('%s', (text, expected) => {
  expect(duplicateKeys(text)).toEqual(expected);
});

test('keys that a YAML text has twice are told by their lines, those of aliases once', () => {
  const text = 'metadata:\n  name: a\n  name: b\ndata: &d\n  x: "1"\n  x: "2"\nmore: [*d, *d]\n';
  expect(duplicatesOfYaml(text)).toEqual({
    warnings: ['line 3: key "name" already set in map', 'line 6: key "x" already set in map'],
    error: 'yaml: unmarshal errors:\n  line 3: key "name" already set in map\n  line 6: key "x" already set in map',
  });
  expect(duplicatesOfYaml('a: 1\nb: {c: 2}\n')).toBeUndefined();
  expect(duplicatesOfYaml('{"a": 1, "a": 2}')?.warnings).toEqual(['line 1: key "a" already set in map']);
});
