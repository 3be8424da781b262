import { readFileSync } from 'node:fs';
import { cloneJson } from '@fluvial/go-text';
import { describe, expect, test } from 'vitest';
import { applyDefaults } from './apply-defaults.ts';
import { checkStructural } from './check-structural.ts';
import { joinFieldErrors } from './field-error.ts';
import { prune } from './prune.ts';
import type { JsonSchema } from './types.ts';
import { validate } from './validate.ts';

interface Vector {
  readonly about: string;
  readonly schema: JsonSchema;
  readonly value: unknown;
  readonly old?: unknown;
  readonly expected: {
    readonly structural?: string[];
    readonly pruned: string[] | null;
    readonly defaulted: unknown;
    readonly errors: string[] | null;
    readonly types: string[] | null;
  };
}

// What the API server's own libraries (apiextensions-apiserver 0.36.3) make of these schemas and values.
const vectors = JSON.parse(
  readFileSync(new URL('./testdata/validation.json', import.meta.url), 'utf8'),
) as readonly Vector[];

/** Lines in a fixed order: the original visits fields in random order. */
function lines(texts: readonly string[] | null | undefined): string[] {
  return [...new Set(texts ?? [])].sort();
}

describe('as the API server', () => {
  test.each(vectors.filter(({ expected }) => expected.structural !== undefined))('structural: $about', (vector) => {
    const errors = checkStructural(vector.schema, 's').map((error) => `${error.field}: ${error.message}`);
    // A regular expression's fault is told in other words.
    const plain = (text: string): string => text.replace(/(but isn't: ).*/, '$1…');
    expect(lines(errors.map(plain))).toEqual(lines(vector.expected.structural?.map(plain)));
  });

  test.each(vectors.filter(({ expected }) => expected.structural === undefined))('$about', (vector) => {
    const value = cloneJson(vector.value);
    expect(prune(vector.schema, value)).toEqual(vector.expected.pruned ?? []);
    applyDefaults(vector.schema, value);
    expect(value).toEqual(vector.expected.defaulted);
    const errors = validate(vector.schema, value, { old: vector.old });
    expect(lines(errors.map((error) => `${error.field}: ${error.message}`))).toEqual(lines(vector.expected.errors));
    expect(lines(errors.map((error) => error.reason))).toEqual(lines(vector.expected.types));
  });
});

describe('validate', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: { b: { type: 'string' }, a: { type: 'integer' }, c: { type: 'array', items: { type: 'boolean' } } },
  };

  test('siblings are told in the order of their names', () => {
    const errors = validate(schema, { c: [1], b: 2, a: 'x' });
    expect(errors.map((error) => error.field)).toEqual(['a', 'b', 'c[0]']);
  });

  test('a path stands before fields, not in the messages', () => {
    const [error] = validate(schema, { b: 2 }, { path: 'status' });
    expect(error).toEqual({
      reason: 'FieldValueTypeInvalid',
      field: 'status.b',
      message: 'Invalid value: "integer": b in body must be of type string: "integer"',
    });
  });

  test('references are followed for built-in kinds', () => {
    const types: { [ref: string]: JsonSchema } = { '#/s': { type: 'object', properties: { a: { type: 'string' } } } };
    const root: JsonSchema = { type: 'object', properties: { spec: { allOf: [{ $ref: '#/s' }], default: {} } } };
    const resolve = (ref: string): JsonSchema | undefined => types[ref];
    expect(validate(root, { spec: { a: 1 } }, { resolve }).map((error) => error.field)).toEqual(['spec.a']);
    const value = { spec: { a: 'x', zz: 1 }, metadata: {} };
    expect(prune(root, value, { resolve, dryRun: true })).toEqual(['spec.zz']);
    expect(value.spec).toEqual({ a: 'x', zz: 1 });
  });

  test('keys named like parts of a prototype are plain keys', () => {
    const value: unknown = JSON.parse('{"spec": {"__proto__": 1, "constructor": 2, "a": 3}}');
    const root: JsonSchema = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { a: { type: 'integer' } } } },
    };
    expect(prune(root, value, { root: false })).toEqual(['spec.__proto__', 'spec.constructor']);
    expect(value).toEqual({ spec: { a: 3 } });
  });

  test('a factor below one is none for whole numbers', () => {
    const half: JsonSchema = { type: 'object', properties: { n: { type: 'number', multipleOf: 0.5 } } };
    const told = (n: number) => joinFieldErrors(validate(half, { n }));
    expect(validate(half, { n: 1.5 })).toEqual([]);
    expect(told(0.3)).toContain('n: Invalid value: 0.3: n in body should be a multiple of 0.5');
    expect(told(2)).toContain('n: Invalid value: 0: factor MultipleOf declared for n must be positive: 0');
  });

  test('one text for several errors', () => {
    const errors = validate(schema, { b: 2, a: 'x' });
    expect(joinFieldErrors(errors)).toBe(
      '[a: Invalid value: "string": a in body must be of type integer: "string", ' +
        'b: Invalid value: "integer": b in body must be of type string: "integer"]',
    );
  });
});
