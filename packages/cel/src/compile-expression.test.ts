import { describe, expect, test } from 'vitest';
import { compileExpression, optionalVariable, typedVariable } from './compile-expression.ts';
import { CelError } from './errors.ts';

const object = {
  metadata: { name: 'web', generation: 3, labels: { app: 'web', 'a.b/c-d': 'x' } },
  spec: { replicas: 3, ratio: 0.5, ports: [80, 443], empty: null, image: 'ghcr.io/acme/web:1.2' },
  status: { conditions: [{ type: 'Ready', status: 'True', observedGeneration: 3 }] },
};

function evaluate(text: string, numbers: 'double' | 'json' = 'json'): unknown {
  return compileExpression(text, { variables: ['self'], numbers }).evaluate({ self: object });
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CelError) return error.code;
    throw error;
  }
  return 'none';
}

describe('compileExpression', () => {
  test.each([
    ["self.metadata.name == 'web'", true],
    ['self.spec.replicas + 1', 4],
    ['self.spec.replicas > 2.5', true],
    ['self.spec.ports.map(p, p + 1)', [81, 444]],
    ["self.status.conditions.filter(c, c.type == 'Ready').all(c, c.status == 'True')", true],
    ['has(self.spec.empty) && self.spec.empty == null', true],
    ['has(self.spec.missing)', false],
    ["'app' in self.metadata.labels", true],
    ["self.metadata.labels['a.b/c-d']", 'x'],
    ['self.metadata.labels.map(k, k).size()', 2],
    ["{'a': [1, 2.5]}", { a: [1, 2.5] }],
    ['self.spec', object.spec],
    ["duration('1h30m')", '5400s'],
    ["timestamp('2026-01-02T03:04:05.5Z')", '2026-01-02T03:04:05.5Z'],
    ['type(self.spec.ratio) == double && type(self.spec.replicas) == int', true],
  ])('%s', (text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });

  test.each([
    ["'abc'.replace('b', 'x')", 'axc'],
    ["'a,b'.split(',').join('-')", 'a-b'],
    ["'abcabc'.replace('b', 'x', 1)", 'axcabc'],
    ["'%s has %d'.format(['x', 2])", 'x has 2'],
    ["'Ab'.lowerAscii()", 'ab'],
    ["'abc'.reverse()", 'cba'],
    ["'abc 123'.find('[0-9]+')", '123'],
    ["'a1 b2 c3'.findAll('[a-z][0-9]', 2)", ['a1', 'b2']],
    ["'foobar'.matches('^foo.*r$')", true],
    ['[3, 1, 2].max() == 3 && [3, 1, 2].min() == 1 && [1, 2].sum() == 3', true],
    ['[1, 2, 2].isSorted() && ![2, 1].isSorted()', true],
    ["['a', 'b', 'a'].indexOf('a') == 0 && ['a', 'b', 'a'].lastIndexOf('a') == 2", true],
    ['sets.contains([1, 2, 3], [3.0]) && sets.equivalent([1], [1, 1]) && !sets.intersects([1], [2])', true],
    ["base64.encode(b'hello')", 'aGVsbG8='],
    ["base64.decode('aGVsbG8=') == b'hello'", true],
    ["quantity('1.5Gi').isGreaterThan(quantity('1500M'))", true],
    ["quantity('100m').add(quantity('900m')) == quantity('1')", true],
    ["quantity('50k').asInteger()", 50000],
    ["isQuantity('1Zi')", false],
    ["url('https://user@example.com:8080/a/b?x=1&x=2').getHost()", 'example.com:8080'],
    ["url('https://example.com/a').getHostname() == 'example.com' && isURL('/a/b') && !isURL('a b')", true],
    ["url('https://x/?k=a&k=b').getQuery()['k'].size()", 2],
    ["ip('192.168.0.1').family() == 4 && ip('::1').isLoopback() && !isIP('1.2.3')", true],
    ["cidr('192.168.0.0/24').containsIP('192.168.0.7') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))", true],
    ["cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", true],
    ["string(cidr('10.1.2.3/8').masked())", '10.0.0.0/8'],
    ["semver('1.10.0').isGreaterThan(semver('1.9.3')) && semver('1.0.0-rc.1').isLessThan(semver('1.0.0'))", true],
    ["semver('v1.2', true).minor() == 2 && !isSemver('1.2') && semver('1.2.3+b') == semver('1.2.3')", true],
    ["semver('1.0.0-alpha.2').compareTo(semver('1.0.0-alpha.10'))", -1],
    ["ip('2001:db8:0:0::1') == ip('2001:db8::1')", true],
  ])('functions: %s', (text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });

  test.each([
    ['self.?spec.?replicas.orValue(1)', 3],
    ["self.?spec.missing.deeper.orValue('none')", 'none'],
    ['self.?none.hasValue()', false],
    ["self.metadata.labels[?'app'].value()", 'web'],
    ['self.spec.ports[?5].orValue(0)', 0],
    ['self.?spec.replicas.optMap(r, r * 2).orValue(0)', 6],
    ['[1, ?self.?nope, ?optional.of(3)]', [1, 3]],
    ["{'a': 1, ?'b': self.?nope, ?'c': optional.of(2)}", { a: 1, c: 2 }],
    ['optional.none().or(optional.of(4)).value()', 4],
    ["optional.ofNonZeroValue('').hasValue()", false],
    ['optional.of(1) == optional.of(1) && optional.of(1) != optional.none()', true],
    ["self.spec.replicas > 2 ? 'many?' : 'few'", 'many?'],
    ['self.?spec.ports.optFlatMap(p, p[?0]).orValue(-1)', 80],
  ])('optionals: %s', (text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });

  test.each([
    ['self.spec.ports.all(i, p, p > i)', true],
    ["self.metadata.labels.exists(k, v, k == 'app' && v == 'web')", true],
    ['[5, 6, 5].existsOne(i, v, v == 5)', false],
    ['[5, 6].transformList(i, v, v * 10 + i)', [50, 61]],
    ['[5, 6].transformList(i, v, i > 0, v)', [6]],
    ["{'a': 1, 'b': 2}.transformMap(k, v, v + 1)", { a: 2, b: 3 }],
    ["{'a': 1, 'b': 2}.transformMap(k, v, k == 'b', v)", { b: 2 }],
    ["{'a': 'x', 'b': 'y'}.transformMapEntry(k, v, {v: k})", { x: 'a', y: 'b' }],
    ['[[1, 2], [3]].all(i, l, l.exists(j, v, v > i + j))', true],
    ['[[1], [2]].transformList(i, v, v.map(i, i * 10))', [[10], [20]]],
  ])('two variables: %s', (text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });

  test('numbers as double keep integral numbers out of int arithmetic', () => {
    expect(evaluate('self.spec.replicas > 2', 'double')).toBe(true);
    expect(codeOf(() => evaluate('self.spec.replicas + 1', 'double'))).toBe('EVALUATE');
  });

  test.each([
    ['1 +', 'PARSE'],
    ["'abc", 'PARSE'],
    ['self.?', 'PARSE'],
    ['[?a', 'PARSE'],
    ['other.field', 'CHECK'],
    ['nosuch(1)', 'CHECK'],
    ['self.spec.nosuch == 1', 'EVALUATE'],
    ['1 / 0', 'EVALUATE'],
    ["1 + 'a'", 'EVALUATE'],
    ['x'.repeat(20_000), 'PARSE'],
    [`${'('.repeat(5000)}1${')'.repeat(5000)}`, 'PARSE'],
  ])('%s fails with %s', (text, code) => {
    expect(codeOf(() => evaluate(text))).toBe(code);
  });

  test('a missing key is told as Kubernetes tells it', () => {
    expect(() => evaluate('self.spec.nosuch == 1')).toThrow('no such key: nosuch');
  });

  test('work is bounded, in comprehensions as in functions', () => {
    const list = Array.from({ length: 2000 }, (_, i) => i);
    const nested = compileExpression('l.all(a, l.all(b, l.all(c, a + b + c >= 0.0)))', { variables: ['l'] });
    expect(codeOf(() => nested.evaluate({ l: list }))).toBe('COST');
    const growing = `s${".replace('', s)".repeat(6)}`;
    const grow = compileExpression(growing, { variables: ['s'] });
    expect(codeOf(() => grow.evaluate({ s: 'x'.repeat(1000) }))).toBe('COST');
    const swallowed = compileExpression('l.exists(a, l.exists(b, l.exists(c, false))) || true', { variables: ['l'] });
    expect(codeOf(() => swallowed.evaluate({ l: list }))).toBe('COST');
  });

  test('a list of ten thousand is mapped within the default bound', () => {
    const program = compileExpression('l.map(x, x * 2.0).filter(x, x > 4.0).size()', { variables: ['l'] });
    expect(program.evaluate({ l: Array.from({ length: 10_000 }, (_, i) => i) })).toBe(9997);
  });

  test('a pattern that would backtrack for ever runs in linear time', () => {
    expect(evaluate(`'${'a'.repeat(5000)}b'.matches('(a+)+$')`)).toBe(false);
  });

  test('keys named like parts of a prototype are plain keys', () => {
    const self: unknown = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}');
    const program = compileExpression("has(self.toString) || !('constructor' in self) || self['__proto__'].x != 1.0", {
      variables: ['self'],
    });
    expect(program.evaluate({ self })).toBe(false);
  });

  test('typed variables follow their hints, optional ones may be missing', () => {
    const hint = { field: (name: string) => (name === 'ratio' ? ({ scalar: 'double' } as const) : undefined) };
    const program = compileExpression('self.ratio / 2.0 == 0.5 && type(self.count) == int', { variables: ['self'] });
    expect(program.evaluate({ self: typedVariable({ ratio: 1, count: 1 }, hint) })).toBe(true);
    const old = compileExpression('old.orValue(7.0)', { variables: ['old'] });
    expect(old.evaluate({ old: optionalVariable(undefined, undefined) })).toBe(7);
  });

  test('equal text and options give the same program', () => {
    const options = { variables: ['self'] };
    expect(compileExpression('self == 1', options)).toBe(compileExpression('self == 1', { variables: ['self'] }));
  });
});
