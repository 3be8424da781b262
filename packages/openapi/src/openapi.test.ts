import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  builtinResources,
  builtinSchemas,
  mergeKeys,
  printerColumns,
  resolveBuiltinRef,
  schemaOfKind,
} from './index.ts';

describe('builtinResources', () => {
  test('lists every row of the table, split into its parts', () => {
    const deployments = builtinResources().find((resource) => resource.plural === 'deployments');
    expect(deployments).toMatchObject({
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
      namespaced: true,
      shortNames: ['deploy'],
      subresources: ['scale', 'status'],
    });
  });

  test('has a schema for each listed kind that can be stored', () => {
    const missing = builtinResources()
      .filter((resource) => resource.verbs.includes('list'))
      .filter(({ group, version, kind }) => schemaOfKind(group ? `${group}/${version}` : version, kind) === undefined);
    expect(missing).toEqual([]);
  });
});

describe('schemaOfKind', () => {
  test('gives the same object each time, so that it can key a cache', () => {
    expect(schemaOfKind('apps/v1', 'Deployment')).toBe(schemaOfKind('apps/v1', 'Deployment'));
  });

  test('knows nothing of custom resources or names of Object.prototype', () => {
    expect(schemaOfKind('example.com/v1', 'Widget')).toBeUndefined();
    expect(resolveBuiltinRef('#/components/schemas/constructor')).toBeUndefined();
  });

  test('every reference leads to a definition', () => {
    const dangling: string[] = [];
    const visit = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      const ref = (node as { $ref?: unknown }).$ref;
      if (typeof ref === 'string' && resolveBuiltinRef(ref) === undefined) dangling.push(ref);
      for (const child of Object.values(node)) visit(child);
    };
    visit(builtinSchemas().schemas);
    expect(dangling).toEqual([]);
  });
});

describe('mergeKeys', () => {
  test('agrees with the table that was read beside the schemas', () => {
    const table = readFileSync(new URL('../data/kubernetes-merge.tsv', import.meta.url), 'utf8')
      .split('\n')
      .slice(1)
      .filter((line) => line !== '')
      .map((line) => {
        const [schema, field, , listType, keys, mapType, patchStrategy, patchMergeKey] = line.split('\t');
        return [schema, field, listType, keys, mapType, patchStrategy, patchMergeKey].join('\t');
      });
    const found = [...mergeKeys()].map((rule) =>
      [
        rule.schema,
        rule.field,
        rule.listType ?? '',
        rule.listMapKeys?.join(',') ?? '',
        rule.mapType ?? '',
        rule.patchStrategy ?? '',
        rule.patchMergeKey ?? '',
      ].join('\t'),
    );
    expect(found.sort()).toEqual(table.sort());
  });
});

describe('printerColumns', () => {
  test('keeps order and priority', () => {
    const pods = printerColumns().filter((column) => column.group === '' && column.plural === 'pods');
    expect(pods.slice(0, 6).map((column) => `${column.name}:${column.priority}`)).toEqual([
      'Name:0',
      'Ready:0',
      'Status:0',
      'Restarts:0',
      'Age:0',
      'IP:1',
    ]);
  });
});
