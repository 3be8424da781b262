import { describe, expect, test } from 'vitest';
import { compileExpression, optionalVariable } from '../compile-expression.ts';
import { CelError } from '../errors.ts';

const evaluate = (text: string): unknown =>
  compileExpression(text, { variables: ['self'], numbers: 'json' }).evaluate({
    self: {
      l: [
        { k: 'b', n: 2 },
        { k: 'a', n: 3 },
      ],
    },
  });

describe('lists', () => {
  test.each([
    ['self.l.sortBy(i, i.k).map(i, i.n)', [3, 2]],
    ['[3, 1, 2].sortBy(i, -i)', [3, 2, 1]],
    ['lists.range(3)', [0, 1, 2]],
    ['[[1], [[2]]].flatten(2)', [1, 2]],
    ['self.l.first().k.orValue("")', 'b'],
    ['[].last().hasValue()', false],
    ['optional.unwrap([optional.of(1), optional.none()]) == [optional.of(1), optional.none()].unwrapOpt()', true],
  ])('%s', (text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });
});

describe('formats', () => {
  test.each([
    ['format.dns1123Label().validate("a-b").hasValue()', false],
    ['format.dns1123Label().validate("a.b").value()', ['must not contain dots']],
    ['format.dns1123LabelPrefix().validate("a-").hasValue()', false],
    ['format.qualifiedName().validate("/a").value()', ['prefix part must be non-empty']],
    ['format.named("uuid").value().validate("x").value()', ['does not match the UUID format']],
    ['format.named("none").hasValue()', false],
  ])('%s', (text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });
});

test('what an optional would hold is worked out only where it holds nothing', () => {
  expect(evaluate('self.?l[0].k.orValue(self.none)')).toBe('b');
  expect(evaluate('self.?l.or(optional.of(self.none)).hasValue()')).toBe(true);
  expect(() => evaluate('self.?m.orValue(self.none)')).toThrow('no such key: none');
});

test.each([
  ['int("")', "type conversion error from 'string' to 'int'"],
  ['double("x")', "type conversion error from 'string' to 'double'"],
  ['uint("-1")', "type conversion error from 'string' to 'uint'"],
  ['duration("")', "type conversion error from 'string' to 'google.protobuf.Duration'"],
])('%s fails', (text, problem) => {
  expect(() => evaluate(text)).toThrow(problem);
});

test('functions that are none of a value, and comments', () => {
  expect(evaluate('matches("abc", "b") && sign(quantity("-1")) == -1 // so it is')).toBe(true);
});

describe('what fails is told in the words of cel-go', () => {
  test.each([
    ['dyn(1) + "a" == 1', 'no such overload'],
    ['dyn(1).startsWith("a")', 'no such overload'],
    ['dyn(1).sum() == 1', 'no such overload: sum(int)'],
    ['dyn("a") && true', 'no such overload'],
    ['dyn(1).all(x, x)', "got 'types.Int', expected iterable type"],
    ['[1][1] == 1', 'index out of bounds: 1'],
    ['"a".charAt(7) == ""', 'index out of range: 7'],
    [
      'ip("1.2.3").family() == 4',
      'IP Address "1.2.3" parse error during conversion from string: ParseAddr("1.2.3"): IPv4 address too short',
    ],
    ['url("").getHost() == ""', 'URL parse error during conversion from string: parse "": empty url'],
  ])('%s', (text, message) => {
    expect(() => evaluate(text)).toThrow(new CelError('EVALUATE', message));
  });
});

test('a field of an optional variable is optional', () => {
  const run = (text: string, old: unknown): unknown =>
    compileExpression(text, { variables: ['old'], numbers: 'json' }).evaluate({
      old: optionalVariable(old, undefined),
    });
  expect(run('old.a.b.orValue(1)', { a: { b: 2 } })).toBe(2);
  expect(run('old.a.b.orValue(1)', undefined)).toBe(1);
  expect(run('has(old.a) && old == optional.of({"a": 1})', { a: 1 })).toBe(true);
});
