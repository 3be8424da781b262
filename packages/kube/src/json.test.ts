import { describe, expect, test } from 'vitest';
import { decodeJson, encodeJson } from './json.ts';

describe('decodeJson', () => {
  test.each([
    ['{"a":9007199254740993}', 9007199254740993n],
    ['{"a": -9007199254740993}', -9007199254740993n],
    ['{"a":"sha256:12345678901234567890"}', 'sha256:12345678901234567890'],
    ['{"a":"1234567890123456789"}', '1234567890123456789'],
    ['{"a":1234567890123456.5}', 1234567890123456.5],
  ])('%s', (text, value) => {
    expect((decodeJson(text) as { a: unknown }).a).toBe(value);
  });

  test('long numbers in lists', () => {
    expect(decodeJson('[1,9007199254740993]')).toEqual([1, 9007199254740993n]);
    expect(decodeJson('[9007199254740993]')).toEqual([9007199254740993n]);
  });

  test('a prototype key is a key', () => {
    const value = decodeJson('{"__proto__":{"polluted":true}}') as Record<string, unknown>;
    expect(value.polluted).toBeUndefined();
    expect(Object.keys(value)).toEqual(['__proto__']);
  });

  test('prints what it reads', () => {
    expect(encodeJson({ a: 9007199254740993n, b: 'x' })).toBe('{"a":9007199254740993,"b":"x"}');
  });
});
