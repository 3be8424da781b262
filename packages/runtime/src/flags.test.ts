import { describe, expect, test } from 'vitest';
import { commonFlags } from './common-flags.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { parseFeatureGates } from './feature-gates.ts';
import {
  boolFlag,
  durationFlag,
  intFlag,
  parseFlags,
  stringArrayFlag,
  stringFlag,
  stringSliceFlag,
  UsageError,
} from './flags.ts';

const flags = {
  name: stringFlag('x', 'name', 'NAME'),
  count: intFlag(1, 'count', { min: 1, max: 9 }),
  on: boolFlag(false, 'on'),
  wait: durationFlag(30_000, 'wait'),
  each: stringArrayFlag('each'),
  all: stringSliceFlag('all'),
};

describe('parseFlags', () => {
  test.each([
    [[], {}, { name: 'x', count: 1, on: false, wait: 30_000, each: [], all: [] }],
    [
      ['--name=a=b', '--count', '3', '--on', '--wait=2s'],
      {},
      { name: 'a=b', count: 3, on: true, wait: 2000, each: [], all: [] },
    ],
    [
      ['--on=false', '--each=a,b', '--each', 'c', '--all=a,b', '--all=c'],
      {},
      { name: 'x', count: 1, on: false, wait: 30_000, each: ['a,b', 'c'], all: ['a', 'b', 'c'] },
    ],
    [[], { NAME: 'env' }, { name: 'env', count: 1, on: false, wait: 30_000, each: [], all: [] }],
    [['--name=flag', '--'], { NAME: 'env' }, { name: 'flag', count: 1, on: false, wait: 30_000, each: [], all: [] }],
  ])('%j', (argv, env, values) => {
    expect(parseFlags(flags, argv, env)).toEqual(values);
  });

  test.each([
    [['--nope'], 'unknown flag: --nope'],
    [['--__proto__=x'], 'unknown flag: --__proto__'],
    [['--name'], 'flag needs an argument: --name'],
    [['word'], 'unexpected argument: word'],
    [['--count=x'], 'invalid argument "x" for "--count" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    [['--count=10'], 'invalid argument "10" for "--count" flag: must be between 1 and 9'],
    [['--on=maybe'], 'invalid argument "maybe" for "--on" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
    [['--wait=5'], 'invalid argument "5" for "--wait" flag: time: invalid duration "5"'],
  ])('%j fails', (argv, message) => {
    expect(() => parseFlags(flags, argv)).toThrow(new UsageError(message));
  });

  test('the common flags have the defaults of the original', () => {
    const values = parseFlags(commonFlags({ concurrent: 2 }), [], { EVENTS_ADDR: 'http://n./' });
    expect(values).toMatchObject({
      concurrent: 2,
      'events-addr': 'http://n./',
      'health-addr': ':9440',
      'metrics-addr': ':8080',
      'requeue-dependency': 30_000,
      'max-retry-delay': 900_000,
    });
  });
});

test.each([
  ['1h30m', 5_400_000, '1h30m0s'],
  ['90s', 90_000, '1m30s'],
  ['176.16ms', 176.16, '176.16ms'],
  ['1.5s', 1500, '1.5s'],
  ['-2m', -120_000, '-2m0s'],
  ['100us', 0.1, '100µs'],
  ['0', 0, '0s'],
])('duration %s', (text, ms, printed) => {
  expect(parseDuration(text)).toBe(ms);
  expect(formatDuration(ms)).toBe(printed);
});

test.each(['', '5', 's', '1d', '1h-3m', 'abc'])('%j is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow(RangeError);
});

test('parseFeatureGates knows only the gates of the app', () => {
  expect(parseFeatureGates('A=false, B=true', { A: true, B: false })).toEqual({ A: false, B: true });
  expect(() => parseFeatureGates('C=true', { A: true })).toThrow("feature-gate 'C' not supported");
});
