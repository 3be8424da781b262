import { describe, expect, test } from 'vitest';
import {
  cloneJson,
  deepEqual,
  parseJson,
  parseYaml,
  parseYamlDocument,
  stringifyJson,
  stringifyYaml,
  YamlError,
} from './index.ts';

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof YamlError) return error.code;
    throw error;
  }
  return 'none';
};

describe('parseYaml', () => {
  test('leaves empty documents out', () => {
    expect(parseYaml('---\n# nothing\n---\na: 1\n---\nnull\n---\nb: 2\n')).toEqual([{ a: 1 }, { b: 2 }]);
    expect(parseYaml('')).toEqual([]);
  });

  test('keeps __proto__ as data, also through merge keys and aliases', () => {
    const [value] = parseYaml('a: &a {__proto__: {polluted: true}}\nb: {<<: *a}\nc: *a\n') as Record<string, object>[];
    for (const key of ['a', 'b', 'c']) {
      const item = value?.[key] as object;
      expect(Object.getPrototypeOf(item)).toBe(Object.prototype);
      expect(Object.keys(item)).toEqual(['__proto__']);
      expect((item as { polluted?: unknown }).polluted).toBeUndefined();
      const copy = cloneJson(item);
      expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
      expect(Object.keys(copy)).toEqual(['__proto__']);
    }
  });

  test('bounds aliases, depth and size', () => {
    const bomb = `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from(
      { length: 9 },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`,
    ).join('\n')}\n`;
    expect(codeOf(() => parseYaml(bomb))).toBe('LIMIT');
    expect(codeOf(() => parseYaml('['.repeat(100_000)))).toBe('LIMIT');
    expect(codeOf(() => parseYaml('a: b', { maxLength: 3 }))).toBe('LIMIT');
    expect(codeOf(() => parseYaml('a: &a [*a]\n'))).toBe('SYNTAX');
  });

  test('takes brackets and quotes that go on in a lower column', () => {
    expect(parseYaml('a: [\n  x\n]\nb: {\n  c: 1\n}\nd:\n  e: "x\n y\nz"\n')).toEqual([
      { a: ['x'], b: { c: 1 }, d: { e: 'x y z' } },
    ]);
  });

  test.each([
    ['a: [b\nc: d\n', "yaml: line 1: did not find expected ',' or ']'"],
    ['a: b: c\n', 'yaml: mapping values are not allowed in this context'],
    ['a: 1\nb: c: d\n', 'yaml: line 2: mapping values are not allowed in this context'],
    ['a: "b\n', 'yaml: line 2: found unexpected end of stream'],
    ['a:\n  - b\n c: d\n', 'yaml: line 2: did not find expected key'],
    ['kind: x\nfoo\nbar: 1\n', "yaml: line 2: could not find expected ':'"],
    ['a: @x\n', 'yaml: found character that cannot start any token'],
    ['a: - b\n', 'yaml: block sequence entries are not allowed in this context'],
  ])('says what is wrong in %j as go-yaml does', (text, message) => {
    expect(() => parseYaml(text)).toThrow(message);
  });

  test('tells line, column and file', () => {
    try {
      parseYaml('a: 1\nb: [1, 2\nc: 3\n', { filename: 'dir/x.yaml' });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(YamlError);
      const e = error as YamlError;
      expect(e.filename).toBe('dir/x.yaml');
      expect(e.message).toMatch(/^dir\/x\.yaml: yaml: line \d+: /);
      expect(e.line).toBe(1);
    }
  });

  test('finds duplicate keys when asked', () => {
    expect(parseYaml('a: 1\na: 2\n')).toEqual([{ a: 2 }]);
    expect(() => parseYaml('x:\n  a: 1\n  a: 2\n', { duplicateKeys: 'error', rules: 'v3' })).toThrow(
      'yaml: unmarshal errors:\n  line 3: mapping key "a" already defined at line 2',
    );
  });

  test('types scalars by the v3 rules when asked', () => {
    expect(parseYaml('[yes, true, 0o14, 0777, 1_000, 2001-01-01, 12:30:45, ~]', { rules: 'v3' })).toEqual([
      ['yes', true, 12, 511, 1000, '2001-01-01T00:00:00Z', '12:30:45', null],
    ]);
  });
});

describe('parseYamlDocument', () => {
  test('takes one document or none', () => {
    expect(parseYamlDocument('# nothing')).toBeUndefined();
    expect(parseYamlDocument('a: 1')).toEqual({ a: 1 });
    expect(codeOf(() => parseYamlDocument('a: 1\n---\nb: 1\n'))).toBe('MULTIPLE_DOCUMENTS');
  });
});

describe('JSON', () => {
  test('keeps big integers', () => {
    const text = '{"a":12345678901234567890,"b":[9007199254740993,1.5,-3],"s":"1234567890123456789","__proto__":1}';
    const value = parseJson(text);
    expect(stringifyJson(value)).toBe(text);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(stringifyJson(parseJson('{"a": 10000000000000000000000.5, "b" : [ ] , "c":{}}'))).toBe(
      '{"a":1e+22,"b":[],"c":{}}',
    );
  });

  test('prints as Go encodes', () => {
    expect(stringifyJson({ b: '<&>\u2028', a: 1 }, { sortKeys: true, escapeHtml: true })).toBe(
      '{"a":1,"b":"\\u003c\\u0026\\u003e\\u2028"}',
    );
  });

  test('refuses what is not JSON', () => {
    expect(codeOf(() => parseJson('{a: 1}'))).toBe('JSON');
  });
});

test('deepEqual compares values', () => {
  expect(deepEqual({ a: [1, { b: 2n }] }, { a: [1, { b: 2 }], c: undefined })).toBe(true);
  expect(deepEqual({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  expect(deepEqual({ a: undefined }, { b: undefined })).toBe(true);
  expect(deepEqual([], {})).toBe(false);
});

test('a block at the end of a text has the line breaks that are there', () => {
  expect(parseYaml('a: |\n  x\n  y')).toEqual([{ a: 'x\ny' }]);
  expect(parseYaml('a: |+\n  x')).toEqual([{ a: 'x' }]);
  expect(parseYaml('a: >\n  x\n  y\n')).toEqual([{ a: 'x y\n' }]);
  expect(parseYaml('a: |\n  x\n# end')).toEqual([{ a: 'x\n' }]);
});

test('the smallest int64 as a double does not fit into one', () => {
  expect(stringifyYaml({ a: -(2 ** 63), b: -9223372036854775808n })).toBe(
    'a: -9.223372036854776e+18\nb: -9223372036854775808\n',
  );
});

test('keys of the outermost mapping may be read as text', () => {
  const text = '0x1: a\ntrue: b\nc: {d: e}\n';
  expect(parseYaml(text, { rules: 'v3', looseRootKeys: true })).toEqual([{ '0x1': 'a', true: 'b', c: { d: 'e' } }]);
  expect(() => parseYaml(text, { rules: 'v3' })).toThrow('unsupported type');
  expect(() => parseYaml('a: {1: b}', { rules: 'v3', looseRootKeys: true })).toThrow('unsupported type');
});

test('what follows the first document can be ignored', () => {
  expect(parseYaml('{a: 1}\nb: [', { ignoreRest: true })).toEqual([{ a: 1 }]);
  expect(() => parseYaml('{a: 1}\nb: [')).toThrow('yaml');
  expect(() => parseYaml('a: [', { ignoreRest: true })).toThrow('yaml');
});

test("a tag of one's own makes a text, the bare one tells nothing", () => {
  expect(parseYaml('a: !own 5\nb: ! 5', { rules: 'v3' })).toEqual([{ a: '5', b: 5 }]);
});

test('says how members were written', () => {
  const seen: unknown[] = [];
  parseYaml('a: "1"\nb: x\nc: |\n  y\nd: ~\ne: {f: , g: 5}\n', {
    rules: 'v3',
    onWritten: (_, key, text, quoted) => seen.push([key, text, quoted]),
  });
  expect(seen).toEqual([
    ['a', '1', true],
    ['c', 'y\n', true],
    ['d', '~', false],
    ['f', '', false],
  ]);
});
