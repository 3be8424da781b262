import { expect, test } from 'vitest';
import { compileExpression } from './compile-expression.ts';
import { resultType } from './result-type.ts';

test.each([
  ['dep.status.ready', 'dyn'],
  ["dep['status']", 'dyn'],
  ['dep', 'map(string, dyn)'],
  ['size(dep.status.conditions)', 'int'],
  ['dep.status.conditions.size()', 'int'],
  ['dep.status.replicas + 1', 'int'],
  ["dep.metadata.name + '-x'", 'string'],
  ['-dep.a', 'dyn'],
  ["dep.status.conditions.filter(c, c.type == 'Ready')", 'list(dyn)'],
  ['dep.a ? dep.b : dep.c', 'dyn'],
  ["'yes'", 'string'],
  ['null', 'null_type'],
  ['[1, 2]', 'list(int)'],
  ['{}', 'map(dyn, dyn)'],
  ["string(dep.a).split(',')", 'list(string)'],
  ['dep.a == dep.b', 'bool'],
  ['dep.a || dep.b', 'bool'],
  ["'a' in dep.list", 'bool'],
  ['has(dep.status)', 'bool'],
  ["dep.status.conditions.exists(c, c.type == 'Ready')", 'bool'],
  ["dep.status.conditions.exists_one(c, c.type == 'Ready')", 'bool'],
  ["dep.status.conditions.filter(c, c.type == 'Ready').all(c, c.status == 'True')", 'bool'],
  ["dep.metadata.name.startsWith('a')", 'bool'],
  ['dep.a ? true : dep.c', 'dyn'],
  ['sets.contains(dep.a, dep.b)', 'bool'],
])('%s is %s', (text, type) => {
  expect(resultType(text, ['self', 'dep'])).toBe(type);
});

test.each([
  ["1 + 'a'", "found no matching overload for '_+_' applied to '(int, string)'"],
  ['dep.size() > 1 && 2', "expected type 'bool' but found 'int'"],
  ["quantity('1')", "undeclared reference to 'quantity' (in container '')"],
])('%s is refused: %s', (text, problem) => {
  expect(() => resultType(text, ['dep'])).toThrow(problem);
});

test('a syntax error is told as cel-go tells it', () => {
  expect(() => resultType('dep.status ++ 1', ['dep'])).toThrow(
    /^ERROR: <input>:1:13: Syntax error: extraneous input '\+' expecting/,
  );
});

test('any name may stand free, and has no value when it runs', () => {
  const evaluate = (text: string) => compileExpression(text, { variables: 'any' }).evaluate({ a: 1 });
  expect(evaluate('a == 1 || gone.b == 2')).toBe(true);
  expect(() => evaluate('has(gone.b)')).toThrow('no such attribute(s): gone');
  expect(() => evaluate('a == 2 || gone.b == 2')).toThrow('no such attribute(s): gone');
});
