import { cloneJson } from '@fluvial/go-text';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type FieldSet,
  fieldSetOfPaths,
  hasPath,
  intersectSets,
  leavesOf,
  pathsOf,
  printPath,
  setsEqual,
  sizeOfSet,
  subtractSet,
  subtractSetDeep,
  unionSets,
} from './field-set.ts';
import { formatFieldsV1, parseFieldsV1 } from './fields-v1.ts';
import type { JsonObject } from './types.ts';

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'k:{"port":80,"proto":"TCP"}', 'v:"s"', 'v:5', 'i:0');
const path = fc.array(element, { minLength: 1, maxLength: 4 });
const set = fc.array(path, { maxLength: 8 }).map(fieldSetOfPaths);
const texts = (fields: FieldSet): Set<string> => new Set(pathsOf(fields).map((item) => item.join(' ')));

describe('field sets', () => {
  test('the codec keeps every path', () => {
    fc.assert(
      fc.property(set, (fields) => {
        // The copy is not remembered: it is read anew.
        expect(setsEqual(parseFieldsV1(cloneJson(formatFieldsV1(fields))), fields)).toBe(true);
      }),
    );
  });

  test('union, intersection and difference are those of sets of paths', () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const [left, right] = [texts(a), texts(b)];
        expect(texts(unionSets(a, b))).toEqual(new Set([...left, ...right]));
        expect(texts(intersectSets(a, b))).toEqual(new Set([...left].filter((item) => right.has(item))));
        expect(texts(subtractSet(a, b))).toEqual(new Set([...left].filter((item) => !right.has(item))));
        const below = (item: string): boolean =>
          [...right].some((other) => item === other || item.startsWith(`${other} `));
        expect(texts(subtractSetDeep(a, b))).toEqual(new Set([...left].filter((item) => !below(item))));
        expect(sizeOfSet(a)).toBe(left.size);
      }),
    );
  });

  test('leaves have nothing below them', () => {
    fc.assert(
      fc.property(set, (fields) => {
        const all = [...texts(fields)];
        const leaves = all.filter((item) => !all.some((other) => other.startsWith(`${item} `)));
        expect(texts(leavesOf(fields))).toEqual(new Set(leaves));
      }),
    );
  });

  test('keys are written in canonical form and in the order of the server', () => {
    const fields = JSON.parse(
      '{"k:{ \\"b\\": 2, \\"a\\": \\"<\\" }":{".":{},"f:z":{}},"v:10":{},"v:9":{},"f:b":{},"f:a":{"f:c":{}},"i:3":{}}',
    ) as JsonObject;
    const read = parseFieldsV1(fields);
    expect(JSON.stringify(formatFieldsV1(fieldSetOfPaths(pathsOf(read))))).toBe(
      JSON.stringify({
        'f:a': { 'f:c': {} },
        'f:b': {},
        'k:{"a":"\\u003c","b":2}': { '.': {}, 'f:z': {} },
        'v:9': {},
        'v:10': {},
        'i:3': {},
      }),
    );
    expect(hasPath(read, ['f:a', 'f:c'])).toBe(true);
    expect(hasPath(read, ['f:a'])).toBe(false);
  });

  test('paths print as in messages', () => {
    expect(printPath(['f:spec', 'f:ports', 'k:{"port":80,"protocol":"TCP"}', 'f:name'])).toBe(
      '.spec.ports[port=80,protocol="TCP"].name',
    );
    expect(printPath(['f:metadata', 'f:finalizers', 'v:"a\\"b"'])).toBe('.metadata.finalizers[="a\\"b"]');
  });

  test.each([
    ['{"x":{}}', 'key must be 2 characters long:'],
    ['{"abc":{}}', 'missing colon: abc'],
    ['{"q:1":{}}', 'unknown path element type'],
    ['{"k:{":{}}', 'invalid JSON in {'],
    ['{"i:x":{}}', 'strconv.Atoi: parsing "x": invalid syntax'],
    ['{"f:a":1}', 'fieldsV1 may only hold objects'],
  ])('%s is refused', (json, message) => {
    expect(() => parseFieldsV1(JSON.parse(json) as JsonObject)).toThrow(message);
  });

  test('deep nesting is refused before it hurts', () => {
    let fields: JsonObject = {};
    for (let i = 0; i < 100_000; i++) fields = { 'f:a': fields };
    expect(() => parseFieldsV1(fields)).toThrow('nested deeper');
  });
});
