import { describe, expect, test } from 'vitest';
import { compileExpression } from '../compile-expression.ts';

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
