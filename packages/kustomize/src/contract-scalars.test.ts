import { describe, expect, test } from 'vitest';
import { failure, member, spec } from './testing/builds.ts';

// How the contract wants scalars read and printed.

describe('scalars', () => {
  test.each([
    ['yes', '"yes"'],
    ['off', '"off"'],
    ['n', '"n"'],
    ['True', 'true'],
    ['~', 'null'],
    ['', 'null'],
    ['0777', '511'],
    ['0o14', '12'],
    ['0x1F', '31'],
    ['0b101', '5'],
    ['1_000', '1000'],
    ['1.0', '1'],
    ['1.10', '1.1'],
    ['1e3', '1000'],
    ['1.5e10', '15000000000'],
    ['123456789.123', '1.23456789123e+08'],
    ['0.00001', '1e-05'],
    ['1e21', '1e+21'],
    ['12345678901234567890', '12345678901234567890'],
    ['+5', '5'],
    ['12:30:45', '"12:30:45"'],
    ['2001-01-01', '"2001-01-01T00:00:00Z"'],
    ['!!binary aGk=', 'hi'],
    ['!own 5', '"5"'],
    ['100000.5', '100000.5'],
    ['1234567.5', '1.2345675e+06'],
  ])('%s is read and printed as %s', (source, printed) => {
    expect(member(source)).toBe(`k: ${printed}\n`);
  });

  test('keys that are no text fail below the first level', () => {
    for (const key of ['123', 'true'])
      expect(
        failure({
          'kustomization.yaml': 'resources: [x.yaml]\n',
          'x.yaml': `kind: A\nmetadata: {name: x}\nspec: {${key}: x}\n`,
        }),
      ).toContain('json: unsupported type: map[interface {}]interface {}');
  });

  test.each([
    '=a',
    'a]',
    'a, [b]',
    'http://x:80',
    '0x',
    '0xZ',
    '0b2',
    '0o8',
    '1e',
    '1:60',
    '.',
    '+',
    'NaN',
    'Inf',
    'oFF',
    '-a',
    '?a',
    'é',
    '漢',
  ])('%s stays plain', (text) => {
    expect(member(JSON.stringify(text))).toBe(`k: ${text}\n`);
  });

  test.each([
    '08',
    '1.',
    '1_0',
    '2001-1-1',
    '1:2:3',
    '190:20:30.15',
    '',
    '~',
    'null',
    'Y',
    'on',
    'true',
    '.inf',
    '-.Inf',
    '0x1',
    '1e3',
  ])('%s is put in double quotes', (text) => {
    expect(member(JSON.stringify(text))).toBe(`k: "${text}"\n`);
  });

  test.each([
    '# a',
    '[a',
    '{a',
    '&a',
    '*a',
    '!a',
    '|',
    '>',
    "'a",
    '%a',
    '@a',
    '`a',
    '- a',
    'a: b',
    'a:',
    'a #b',
    '---',
    '...',
    ' a',
    'a ',
  ])('%s is put in single quotes', (text) => {
    expect(member(JSON.stringify(text))).toBe(`k: '${text.replaceAll("'", "''")}'\n`);
  });

  test.each([
    ['a\tb', '"a\\tb"'],
    ['\u{1f600}', '"\\U0001F600"'],
    ['a \nb', '"a \\nb"'],
    ['\x07\x1b\\"\x00\x7f', '"\\a\\e\\\\\\"\\0\\x7F"'],
  ])('%j is escaped', (text, printed) => {
    expect(member(JSON.stringify(text))).toBe(`k: ${printed}\n`);
  });

  test.each([
    ['a\nb', '|-\n  a\n  b'],
    ['a\nb\n', '|\n  a\n  b'],
    ['a\n\n', '|+\n  a\n'],
    ['\n', '|2+\n'],
    [' a\nb', '|2-\n   a\n  b'],
  ])('%j is a block', (text, printed) => {
    expect(member(JSON.stringify(text))).toBe(`k: ${printed}\n`);
  });

  test('long lines are folded behind column 80', () => {
    const words = Array.from({ length: 30 }, (_, i) => `word${i}`).join(' ');
    const lines = member(words).trimEnd().split('\n');
    expect(lines.map((line) => line.trim()).join(' ')).toBe(`k: ${words}`);
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines.slice(0, -1)) {
      expect(line.length).toBeGreaterThan(80);
      expect(line.lastIndexOf(' ')).toBeLessThanOrEqual(80);
    }
  });

  test('a long key', () => {
    const key = 'k'.repeat(129);
    expect(spec(`${key}: v`)).toBe(`? ${key}\n: v\n`);
  });

  test('keys in natural order', () => {
    const keys = '-y _x 1 2 10 A B Z a a-b a.b a/b a_b a1 a1.b a01 a001 a2 a10 aB ab b z É'.split(' ');
    const text = [...keys]
      .reverse()
      .map((key) => `${JSON.stringify(key)}: v`)
      .join('\n');
    const printed = spec(text).trimEnd().split('\n');
    expect(printed.map((line) => line.replace(/: v$/, '').replaceAll(/["']/g, ''))).toEqual(keys);
  });
});
