import { describe, expect, test } from 'vitest';
import { cloneJson, diffJson, equalJson } from './json.ts';

/** RFC 7386, to hold the difference against. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = { ...(target as Record<string, unknown>) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(typeof merged[key] === 'object' && !Array.isArray(merged[key]) ? merged[key] : {}, value);
  }
  return merged;
}

describe('diffJson', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>, Record<string, unknown> | undefined]>([
    ['nothing', { a: 1, b: { c: [1] } }, { a: 1, b: { c: [1] } }, undefined],
    ['a value', { a: 1 }, { a: 2 }, { a: 2 }],
    ['a new field', {}, { a: { b: 1 } }, { a: { b: 1 } }],
    ['a field that goes', { a: 1, b: 2 }, { b: 2 }, { a: null }],
    ['deep inside', { a: { b: 1, c: 2 } }, { a: { b: 1 } }, { a: { c: null } }],
    ['lists as a whole', { a: [1, 2] }, { a: [1] }, { a: [1] }],
    ['an object becomes a list', { a: { b: 1 } }, { a: [] }, { a: [] }],
    ['undefined is absent', { a: 1 }, { a: undefined }, { a: null }],
    ['undefined on both sides', { a: undefined }, { a: undefined }, undefined],
  ])('%s', (_, from, to, patch) => {
    expect(diffJson(from, to)).toEqual(patch);
    expect(equalJson(merge(from, patch ?? {}), to)).toBe(true);
  });
});

test('cloneJson copies deeply and takes no prototype along', () => {
  const value = JSON.parse('{"a":[{"b":1}],"__proto__":{"polluted":true}}') as { a: { b: number }[] };
  const copy = cloneJson(value);
  copy.a[0]!.b = 2;
  expect(value.a[0]?.b).toBe(1);
  expect((copy as { polluted?: boolean }).polluted).toBeUndefined();
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
});

test.each([
  [{ a: undefined }, {}, true],
  [{ a: null }, {}, false],
  [[1], { 0: 1 }, false],
  [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, true],
])('equalJson %j %j', (a, b, expected) => {
  expect(equalJson(a, b)).toBe(expected);
  expect(equalJson(b, a)).toBe(expected);
});
