import { describe, expect, test } from 'vitest';
import { CelError } from '../errors.ts';
import { checkExpression } from './check-expression.ts';
import { type CelType, dyn, listOf, mapOf, printType, scalar } from './types.ts';

const [int, string] = [scalar('int'), scalar('string')];
const item: CelType = { kind: 'struct', name: 'Item', fields: new Map([['k', string]]) };
const self: CelType = {
  kind: 'struct',
  name: 'Self',
  fields: new Map<string, CelType>([
    ['x', int],
    ['s', string],
    ['any', dyn],
    ['__namespace__', string],
    ['l', listOf(item)],
    ['m', mapOf(string, int)],
  ]),
};
const variables = new Map([['self', self]]);

const typeOf = (text: string): string => printType(checkExpression(text, variables).type);

function problemsOf(text: string): string[] {
  try {
    checkExpression(text, variables);
    return [];
  } catch (error) {
    return [...(error as Error).message.matchAll(/ERROR: <input>:(.*)/g)].map(([, line = '']) => line);
  }
}

describe('types', () => {
  test.each([
    ['self.x + 1', 'int'],
    ['self.x > 1.5', 'bool'],
    ['self.l.map(i, i.k)', 'list(string)'],
    ['self.m.transformMap(k, v, v > 1)', 'map(string, bool)'],
    ['self.?x', 'optional_type(int)'],
    ['self.?l[0].k.orValue("")', 'string'],
    ['self.any.foo', 'dyn'],
    ['self.any + 1', 'int'],
    ['self.namespace', 'string'],
    ['[] + [1]', 'list(int)'],
    ['[]', 'list(dyn)'],
    ['type(self.x)', 'type(int)'],
    ['quantity("1").add(1)', 'kubernetes.Quantity'],
    ['optional.none().orValue(1)', 'int'],
    ['self.l.sortBy(i, i.k)', 'list(Item)'],
    ['"%s %d".format([self.s, self.x])', 'string'],
  ])('%s is %s', (text, type) => {
    expect(typeOf(text)).toBe(type);
  });
});

describe('problems', () => {
  test.each([
    ['self.y', ["1:5: undefined field 'y'"]],
    ['self.x + "a"', ["1:8: found no matching overload for '_+_' applied to '(int, string)'"]],
    ['self.s.size(1)', ["1:12: found no matching overload for 'size' applied to 'string.(int)'"]],
    ['y', ["1:1: undeclared reference to 'y' (in container '')"]],
    ['self.l.all(i, i.z && i.k)', ["1:16: undefined field 'z'", "1:23: expected type 'bool' but found 'string'"]],
    ['self.x.foo', ["1:7: type 'int' does not support field selection"]],
    [
      'self.x.all(i, true)',
      ["1:5: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"],
    ],
    ['[1, "a"]', ["1:5: expected type 'int' but found 'string'"]],
    ['[dyn(1), 2]', ["1:10: expected type 'dyn' but found 'int'"]],
    ['duration("1x")', ['1:10: invalid duration argument']],
    [
      '"%d".format([self.s])',
      ['1:18: error during formatting: decimal clause can only be used on integers, was given string'],
    ],
    ['self.x.optMap(1, true)', ['1:15: optMap() variable name must be a simple identifier']],
    ['int{}', ["1:4: 'int' is not a message type"]],
  ])('%s', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  test('a place is shown below its line, wide characters as wide marks', () => {
    expect(() => checkExpression('true &&\n"é" == 1', variables)).toThrow(
      `ERROR: <input>:2:5: found no matching overload for '_==_' applied to '(string, int)'\n | "é" == 1\n | .\uff0e..^`,
    );
  });
});

describe('syntax errors have the words and places of cel-go', () => {
  const starts =
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
  test.each([
    ['self.', ["1:6: Syntax error: no viable alternative at input '.'"]],
    ['self.x >', [`1:9: Syntax error: mismatched input '<EOF>' expecting ${starts}`]],
    ['(self.x', ["1:8: Syntax error: missing ')' at '<EOF>'"]],
    ['self.x)', ["1:7: Syntax error: extraneous input ')' expecting <EOF>"]],
    ['* 1', [`1:1: Syntax error: extraneous input '*' expecting ${starts}`]],
    ['true and false', ["1:6: Syntax error: mismatched input 'and' expecting <EOF>"]],
    [
      '{1, 2}',
      [
        "1:3: Syntax error: mismatched input ',' expecting ':'",
        "1:5: Syntax error: extraneous input '2' expecting '}'",
      ],
    ],
    [
      'self.x = 1',
      [
        "1:8: Syntax error: token recognition error at: '= '",
        "1:10: Syntax error: extraneous input '1' expecting <EOF>",
      ],
    ],
    [
      '-',
      [
        "1:2: Syntax error: no viable alternative at input '-'",
        `1:2: Syntax error: mismatched input '<EOF>' expecting ${starts}`,
      ],
    ],
    [
      'self.in',
      [
        "1:6: Syntax error: no viable alternative at input '.in'",
        `1:8: Syntax error: mismatched input '<EOF>' expecting ${starts}`,
      ],
    ],
    ['self.true', ["1:6: Syntax error: mismatched input 'true' expecting IDENTIFIER"]],
    ['namespace == 1', ['1:1: reserved identifier: namespace']],
    ['9223372036854775808', ['1:1: invalid int literal']],
    [`${'('.repeat(300)}1`, ['-1:0: expression recursion limit exceeded: 250']],
  ])('%s', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});

describe('hostile text ends in an error', () => {
  const long = (part: string, count: number, between: string): string => Array(count).fill(part).join(between);
  test.each([
    ['a long sum', `${long('1', 40_000, '+')} > 1`],
    ['a long path', `self${'.any'.repeat(20_000)}`],
    ['brackets', '('.repeat(20_000)],
    ['no tokens', '@'.repeat(20_000)],
  ])('%s', (_, text) => {
    expect(() => checkExpression(text, variables)).toThrow(CelError);
  });

  test('and a long condition does not', () => {
    expect(printType(checkExpression(long('self.x==1', 3000, '&&'), variables).type)).toBe('bool');
    expect(printType(checkExpression(`self.?x${'.optMap(v, v)'.repeat(60)}.hasValue()`, variables).type)).toBe('bool');
  });
});
