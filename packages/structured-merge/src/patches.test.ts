import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MergeError } from './errors.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch, createMergePatch, createThreeWayMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';
import type { JsonObject, JsonSchema, TypeSchema } from './types.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`./testdata/${name}`, import.meta.url), 'utf8'));
const models = read('kinds.json') as { [name: string]: JsonSchema };
const deployment: TypeSchema = {
  schema: models['test.apps.Deployment'] ?? {},
  resolve: (ref) => models[ref.slice(ref.lastIndexOf('/') + 1)],
};

interface Vector {
  readonly about: string;
  readonly type: 'strategic' | 'json' | 'merge' | 'threeWay';
  readonly doc: JsonObject;
  readonly patch: unknown;
  readonly modified?: unknown;
  readonly expected: { readonly doc?: unknown; readonly error?: string };
}

// What apimachinery 0.36.3 (strategic, three-way) and evanphx/json-patch 4 (JSON, merge) make of these.
const vectors = read('patches.json') as readonly Vector[];

function apply({ type, doc, patch, modified }: Vector): unknown {
  switch (type) {
    case 'strategic':
      return applyStrategicMergePatch(doc, patch as JsonObject, deployment);
    case 'json':
      return applyJsonPatch(doc, patch);
    case 'merge':
      return applyMergePatch(doc, patch);
    default:
      return createThreeWayMergePatch(patch, modified, doc);
  }
}

describe('as the API server', () => {
  test.each(vectors)('$type: $about', (vector) => {
    const before = JSON.stringify(vector);
    if (vector.expected.error === undefined) expect(apply(vector)).toEqual(vector.expected.doc);
    else expect(messageOf(() => apply(vector))).toBe(vector.expected.error);
    expect(JSON.stringify(vector)).toBe(before);
  });
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof MergeError) return error.message;
    throw error;
  }
  return '';
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof MergeError) return error.code;
    throw error;
  }
  return 'none';
}

describe('applyJsonPatch', () => {
  test.each([
    ['not a list', {}, 'PATCH_INVALID'],
    ['an operation that is no object', [1], 'PATCH_INVALID'],
    ['no path', [{ op: 'add', value: 1 }], 'PATCH_INVALID'],
    ['no value', [{ op: 'add', path: '/a' }], 'PATCH_INVALID'],
    ['no from', [{ op: 'copy', path: '/a' }], 'PATCH_INVALID'],
    ['a path into a prototype', [{ op: 'add', path: '/__proto__/x', value: 1 }], 'PATCH_FAILED'],
    ['a prototype as a key', [{ op: 'add', path: '/__proto__', value: { x: 1 } }], 'PATCH_INVALID'],
    ['a failed test', [{ op: 'test', path: '/a', value: 2 }], 'PATCH_TEST_FAILED'],
    ['a leading zero', [{ op: 'replace', path: '/l/01', value: 2 }], 'PATCH_FAILED'],
  ])('%s is refused', (_about, ops, code) => {
    expect(codeOf(() => applyJsonPatch({ a: 1, l: [1, 2] }, ops))).toBe(code);
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });

  test('operations and copies are bounded', () => {
    const ops = Array.from({ length: 3 }, () => ({ op: 'test', path: '/a', value: 1 }));
    expect(codeOf(() => applyJsonPatch({ a: 1 }, ops, { maxOperations: 2 }))).toBe('PATCH_TOO_LARGE');
    const doubling = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
    expect(codeOf(() => applyJsonPatch({ a: [1] }, doubling, { maxCopied: 10_000 }))).toBe('PATCH_TOO_LARGE');
  });

  test('big integers survive', () => {
    expect(applyJsonPatch({ a: 2n ** 60n }, [{ op: 'copy', from: '/a', path: '/b' }])).toEqual({
      a: 2n ** 60n,
      b: 2n ** 60n,
    });
  });
});

describe('applyStrategicMergePatch', () => {
  test('without a schema maps merge and lists are replaced', () => {
    const doc = { a: { b: 1, l: [{ name: 'x' }] } };
    expect(applyStrategicMergePatch(doc, { a: { c: 2, l: [{ name: 'y' }] } }, undefined)).toEqual({
      a: { b: 1, c: 2, l: [{ name: 'y' }] },
    });
  });

  test('a field that the schema does not know is refused only when asked to', () => {
    const doc = { spec: { odd: { a: 1 } } };
    const patch = { spec: { odd: { b: 2 } } };
    expect(applyStrategicMergePatch(doc, patch, deployment)).toEqual({ spec: { odd: { a: 1, b: 2 } } });
    expect(() => applyStrategicMergePatch(doc, patch, deployment, { lenient: false })).toThrow(
      'unable to find api field "odd"',
    );
  });

  test('directives do not stay in what is added whole', () => {
    const patch = {
      spec: { template: { spec: { '$setElementOrder/containers': [{ name: 'a' }], containers: [{ name: 'a' }] } } },
    };
    expect(applyStrategicMergePatch({}, patch, deployment)).toEqual({
      spec: { template: { spec: { containers: [{ name: 'a' }] } } },
    });
  });
});

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const withoutNull = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== 'object' || value === null) return value ?? 0;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutNull(item)]));
};

describe('properties', () => {
  test('a merge patch made from two values turns one into the other', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), fc.dictionary(fc.string(), json), (from, rawTo) => {
        const to = withoutNull(rawTo);
        expect(applyMergePatch(from, createMergePatch(from, to))).toEqual(to);
      }),
    );
  });

  test('a strategic merge is idempotent', () => {
    const item = fc.record({ name: fc.constantFrom('a', 'b', 'c'), image: fc.constantFrom('1', '2') });
    const containers = fc.uniqueArray(item, { selector: ({ name }) => name, maxLength: 3 });
    const object = containers.map((list) => ({ spec: { template: { spec: { containers: list } } } }));
    fc.assert(
      fc.property(object, object, (doc, patch) => {
        const once = applyStrategicMergePatch(doc, patch, deployment);
        expect(applyStrategicMergePatch(once, patch, deployment)).toEqual(once);
      }),
    );
  });
});
