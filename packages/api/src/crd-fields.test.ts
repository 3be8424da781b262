import { readFileSync } from 'node:fs';
import type { JsonSchema } from '@fluvial/schema';
import { describe, expect, test } from 'vitest';
import { crdOf } from './crd.ts';
import { kinds } from './kinds.ts';

// testdata/crd-fields.tsv lists every field, constraint and printer column of the CRDs in the field, version by version.
const header = 'group\tkind\tversion\tpath\ttype\tflags\tconstraints';
const table = readFileSync(new URL('../testdata/crd-fields.tsv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

type Row = { type: string; flags: string; constraints: Record<string, unknown> };

/** Decisions of ours, each with its reason. */
const deliberate = {
  /** Manifests of 2022 leave `prune` out. */
  notRequired: (path: string, kind: string) => kind === 'Kustomization' && path === 'spec.prune',
  /** Storage is the newest version and conversion None only rewrites apiVersion: the stored version keeps old spellings. */
  keptFromOlder: new Map<string, readonly string[]>([
    ['Kustomization/v1', ['spec.patchesJson6902', 'spec.patchesStrategicMerge', 'spec.validation']],
    ['Bucket/v1', ['spec.accessFrom']],
    ['GitRepository/v1', ['spec.accessFrom', 'spec.gitImplementation']],
    ['HelmChart/v1', ['spec.accessFrom', 'spec.valuesFile']],
    [
      'HelmRelease/v2',
      [
        'spec.chart.spec.valuesFile',
        'spec.postRenderers[].kustomize.patchesJson6902',
        'spec.postRenderers[].kustomize.patchesStrategicMerge',
      ],
    ],
  ]),
};

const plainKeywords = [
  'default',
  'enum',
  'format',
  'maxItems',
  'maxLength',
  'minItems',
  'minLength',
  'minimum',
  'maximum',
  'pattern',
];
const listKeywords = ['x-kubernetes-list-map-keys', 'x-kubernetes-list-type', 'x-kubernetes-map-type'];

function rowsOf(schema: JsonSchema, path: string, required: boolean, rows: Map<string, Row>): void {
  const constraints: Record<string, unknown> = {};
  for (const keyword of [...plainKeywords, ...listKeywords]) {
    if (schema[keyword] !== undefined) constraints[keyword] = schema[keyword];
  }
  const rules = schema['x-kubernetes-validations'];
  if (rules !== undefined) constraints['cel'] = rules.map((each) => each.rule);
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  rows.set(path, {
    type: schema.type === undefined ? (open ? 'any+unknown' : 'any') : schema.type + (open ? '+unknown' : ''),
    flags: required ? 'required' : '',
    constraints,
  });
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    rowsOf(field, `${path}.${name}`, schema.required?.includes(name) ?? false, rows);
  }
  if (schema.items !== undefined) rowsOf(schema.items, `${path}[]`, false, rows);
  if (typeof schema.additionalProperties === 'object') rowsOf(schema.additionalProperties, `${path}{}`, false, rows);
}

function ours(): Map<string, Map<string, Row>> {
  const result = new Map<string, Map<string, Row>>();
  for (const definition of kinds) {
    const crd = crdOf(definition);
    for (const version of crd.spec.versions) {
      const rows = new Map<string, Row>();
      for (const [name, schema] of Object.entries(version.schema.openAPIV3Schema.properties ?? {})) {
        if (name === 'spec' || name === 'status') rowsOf(schema, name, false, rows);
      }
      for (const column of version.additionalPrinterColumns) {
        rows.set(`printcolumn:${column.name}`, {
          type: column.type,
          flags: '',
          constraints: { jsonPath: column.jsonPath },
        });
      }
      result.set(`${crd.spec.group}/${crd.spec.names.kind}/${version.name}`, rows);
    }
  }
  return result;
}

function theirs(): Map<string, Map<string, Row>> {
  const result = new Map<string, Map<string, Row>>();
  for (const line of table.slice(1)) {
    const [group, kind, version, path = '', type = '', flags = '', constraints = ''] = line.split('\t');
    const key = `${group}/${kind}/${version}`;
    let rows = result.get(key);
    if (rows === undefined) {
      rows = new Map();
      result.set(key, rows);
    }
    rows.set(path, { type, flags, constraints: constraints === '' ? {} : JSON.parse(constraints) });
  }
  return result;
}

const byKind = ours();

describe('every row of the field table', () => {
  test('the table is whole', () => {
    expect(table[0]).toBe(header);
  });

  for (const [key, wanted] of theirs()) {
    test(key, () => {
      const actual = byKind.get(key);
      expect(actual, 'the version is served').toBeDefined();
      const [, kind = '', version = ''] = key.split('/');
      const kept = deliberate.keptFromOlder.get(`${kind}/${version}`) ?? [];
      for (const [path, row] of wanted) {
        const flags = deliberate.notRequired(path, kind) ? '' : row.flags;
        expect(actual?.get(path), path).toEqual({ ...row, flags });
      }
      const more = [...(actual?.keys() ?? [])].filter((path) => !wanted.has(path));
      const extras = more.filter(
        (path) => !kept.some((root) => path === root || path.startsWith(`${root}.`) || path.startsWith(`${root}[`)),
      );
      expect(extras, 'nothing beyond the table').toEqual([]);
      const columns = (rows: Iterable<string>) => [...rows].filter((path) => path.startsWith('printcolumn:'));
      expect(columns(actual?.keys() ?? [])).toEqual(columns(wanted.keys()));
    });
  }
});
