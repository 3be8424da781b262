import { type OpenApiSchema, schemaOfKind } from '@fluvial/openapi';
import { describe, expect, test } from 'vitest';
import { changeObject } from './random/change-object.ts';
import { manifestChooser } from './random/choose-manifest.ts';
import { clusterDifferences } from './random/cluster-differences.ts';
import { definitionOf, type Fields, isFields, valuesOf } from './random/definition.ts';
import { generateValue } from './random/generate-value.ts';
import { createRandom } from './random/random.ts';

/** Paths at which a value is not of its schema's type. */
function misfits(schema: OpenApiSchema, value: unknown, path: string): string[] {
  const { schema: own, name } = definitionOf(schema);
  if (['Quantity', 'IntOrString', 'JSON'].includes(name)) return [];
  if (own.properties !== undefined || own.type === 'object') {
    if (!isFields(value)) return [path];
    return Object.entries(value).flatMap(([key, item]) => {
      const member = own.properties?.[key] ?? valuesOf(own);
      return member === undefined ? [`${path}.${key}`] : misfits(member, item, `${path}.${key}`);
    });
  }
  if (own.type === 'array')
    return Array.isArray(value) ? value.flatMap((item) => misfits(own.items ?? {}, item, `${path}[]`)) : [path];
  if (own.type === undefined) return [];
  const type = own.type === 'integer' ? 'number' : own.type;
  return typeof value === type ? [] : [path];
}

function schemaOf(apiVersion: unknown, kind: unknown): OpenApiSchema {
  return schemaOfKind(String(apiVersion), String(kind))?.schema ?? {};
}

function objectOf(seed: number): { readonly changes: readonly string[]; readonly object: Fields } {
  const random = createRandom(seed);
  const chosen = manifestChooser(/./)?.(random).object;
  const object: Fields = structuredClone({ ...chosen });
  const schema = schemaOf(object['apiVersion'], object['kind']);
  return { changes: [1, 2, 3].map(() => changeObject({ random, odd: 0.2 }, schema, object)), object };
}

describe('random objects', () => {
  test('are the same for the same seed, and others for others', () => {
    const texts = Array.from({ length: 50 }, (_, seed) => JSON.stringify(objectOf(seed)));
    expect(Array.from({ length: 50 }, (_, seed) => JSON.stringify(objectOf(seed)))).toEqual(texts);
    expect(new Set(texts).size).toBe(50);
  });

  test('keep what says which kind they are of', () => {
    for (let seed = 0; seed < 200; seed++) {
      const { object } = objectOf(seed);
      expect(schemaOf(object['apiVersion'], object['kind']).properties).toBeDefined();
    }
  });

  test.each([
    ['v1', 'Pod'],
    ['apps/v1', 'Deployment'],
    ['networking.k8s.io/v1', 'Ingress'],
    ['v1', 'ResourceQuota'],
  ])('a value for %s %s has the types of its schema', (apiVersion, kind) => {
    const schema = schemaOf(apiVersion, kind);
    for (let seed = 0; seed < 100; seed++) {
      const value = generateValue({ random: createRandom(seed), odd: 0 }, schema, '');
      expect(misfits(schema, value, kind)).toEqual([]);
    }
  });
});

test('causes that differ in names and numbers only are one cluster', () => {
  const refusal = (field: string, message: string) => ({
    status: 422,
    body: { kind: 'Status', message: 'x', details: { causes: [{ reason: 'FieldValueInvalid', field, message }] } },
  });
  const accepted = { status: 201, body: { kind: 'Pod' } };
  const clusterOf = (field: string, message: string) =>
    clusterDifferences('POST', accepted, refusal(field, message), []).map(({ cluster }) => cluster);
  const one = clusterOf('spec.ports[0].port', 'Invalid value: 7: must be "a"');
  expect(clusterOf('spec.ports[12].port', 'Invalid value: 100: must be "b"')).toEqual(one);
  expect(one).toEqual(['missing spec.ports[].port: Invalid value: N: must be "…" (FieldValueInvalid)']);
});
