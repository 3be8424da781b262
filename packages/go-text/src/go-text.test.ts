import { describe, expect, test } from 'vitest';
import {
  cloneJson,
  compareText,
  getField,
  goJson,
  goJsonString,
  goNumber,
  goQuote,
  goSyntax,
  goType,
  goValue,
  isObject,
  jsonEqual,
  setField,
  shallowCopy,
} from './index.ts';

describe('texts are those of Go', () => {
  test.each([
    ['plain é 漢 😀', '"plain é 漢 😀"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['\x07\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
    ['\x00\x1f\x7f', '"\\x00\\x1f\\x7f"'],
    ['\u00a0\u2028\ufeff', '"\\u00a0\\u2028\\ufeff"'],
    ['\u{e0001}', '"\\U000e0001"'],
  ])('goQuote %j', (text, expected) => {
    expect(goQuote(text)).toBe(expected);
  });

  test.each<[number | bigint, string]>([
    [0, '0'],
    [-3, '-3'],
    [12345678901234567890n, '12345678901234567890'],
    [1.5, '1.5'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1e20, '100000000000000000000'],
    [1e21, '1e+21'],
    [-2.5e-7, '-2.5e-07'],
  ])('goNumber %s', (value, expected) => {
    expect(goNumber(value)).toBe(expected);
  });

  const value = { b: [1, 'x', null], a: { '￿': true, '😀': 0.5 } };

  test('goValue, goSyntax and goType name decoded values', () => {
    expect(goValue(value)).toBe('map[a:map[￿:true 😀:0.5] b:[1 x <nil>]]');
    expect(goSyntax(value)).toBe(
      'map[string]interface {}{"a":map[string]interface {}{"\\uffff":true, "😀":0.5}, "b":[]interface {}{1, "x", interface {}(nil)}}',
    );
    expect([null, 'x', true, 1n, 1, 1.5, [], {}].map(goType)).toEqual([
      '<nil>',
      'string',
      'bool',
      'int64',
      'int64',
      'float64',
      '[]interface {}',
      'map[string]interface {}',
    ]);
  });

  test('goJson sorts keys by bytes and escapes as the encoder does', () => {
    expect(goJson(value)).toBe('{"a":{"￿":true,"😀":0.5},"b":[1,"x",null]}');
    expect(goJson({ a: undefined, b: 12345678901234567890n })).toBe('{"b":12345678901234567890}');
    expect(goJsonString('<a>&\u2028\b\f\n"\\\x01')).toBe('"\\u003ca\\u003e\\u0026\\u2028\\b\\f\\n\\"\\\\\\u0001"');
  });
});

describe('values', () => {
  const hostile = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}') as { [key: string]: unknown };

  test('copies keep __proto__ as data', () => {
    for (const copy of [cloneJson(hostile), shallowCopy(hostile)]) {
      expect(Object.keys(copy)).toEqual(['__proto__', 'constructor']);
      expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
      expect(getField(copy, '__proto__')).toEqual({ x: 1 });
    }
    expect(getField({}, 'constructor')).toBeUndefined();
    const object = {};
    setField(object, '__proto__', 1);
    expect(Object.keys(object)).toEqual(['__proto__']);
  });

  test('jsonEqual looks through key order, kinds of numbers and undefined members', () => {
    expect(jsonEqual({ a: 1n, b: [2] }, { b: [2n], a: 1, c: undefined })).toBe(true);
    expect(jsonEqual({ a: 1 }, { a: 1, b: null })).toBe(false);
    expect(jsonEqual([1, 2], [2, 1])).toBe(false);
    expect(jsonEqual({}, [])).toBe(false);
    expect(jsonEqual('1', 1)).toBe(false);
    expect(jsonEqual(hostile, {})).toBe(false);
  });

  test('compareText is the order of UTF-8 bytes', () => {
    expect(['😀', '￿', 'a', 'Z', ''].sort(compareText)).toEqual(['', 'Z', 'a', '￿', '😀']);
    expect(compareText('ab', 'ab')).toBe(0);
  });

  test('isObject', () => {
    expect([{}, [], null, 'x', 1].map(isObject)).toEqual([true, false, false, false, false]);
  });
});
