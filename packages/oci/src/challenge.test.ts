import { expect, test } from 'vitest';
import { parseChallenges, pickChallenge } from './challenge.ts';

const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => ({ scheme, ...Object.fromEntries(parameters) }));

test.each([
  ['Basic realm="Registry"', [{ scheme: 'basic', realm: 'Registry' }]],
  [
    'Bearer realm="https://auth.test/token",service="r.test",scope="repository:a/b:pull,push"',
    [{ scheme: 'bearer', realm: 'https://auth.test/token', service: 'r.test', scope: 'repository:a/b:pull,push' }],
  ],
  ['bearer REALM=https://auth.test/token', [{ scheme: 'bearer', realm: 'https://auth.test/token' }]],
  ['Negotiate, Basic realm="x"', [{ scheme: 'negotiate' }, { scheme: 'basic', realm: 'x' }]],
  [
    'Bearer realm="a\\"b", Basic realm="c"',
    [
      { scheme: 'bearer', realm: 'a"b' },
      { scheme: 'basic', realm: 'c' },
    ],
  ],
  ['Bearer', [{ scheme: 'bearer' }]],
  ['', []],
  ['"', []],
])('parseChallenges %s', (header, expected) => {
  expect(read(header)).toEqual(expected);
});

test('parseChallenges ends on a long hostile field', () => {
  expect(parseChallenges(`Bearer realm="${'\\a'.repeat(50_000)}`).length).toBeGreaterThan(0);
  expect(parseChallenges(', '.repeat(50_000))).toEqual([]);
});

test('pickChallenge prefers what can be met', () => {
  expect(pickChallenge(parseChallenges('Negotiate, Bearer realm="x"'))?.scheme).toBe('bearer');
  expect(pickChallenge(parseChallenges('Digest realm="x"'))?.scheme).toBe('digest');
  expect(pickChallenge([])).toBeUndefined();
});
