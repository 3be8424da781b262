import { columnsTable, resourcesTable } from './gen/data.ts';
import type { BuiltinResource, PrinterColumn } from './types.ts';

let resources: readonly BuiltinResource[] | undefined;
let columns: readonly PrinterColumn[] | undefined;

/** Every resource that a kube-apiserver has built in, in the order of its discovery. */
export function builtinResources(): readonly BuiltinResource[] {
  resources ??= rowsOf(resourcesTable).map((row) => ({
    group: row.group ?? '',
    version: row.version ?? '',
    preferred: row.preferred === 'yes',
    kind: row.kind ?? '',
    plural: row.plural ?? '',
    singular: row.singular ?? '',
    namespaced: row.namespaced === 'yes',
    shortNames: listOf(row.shortNames),
    categories: listOf(row.categories),
    verbs: listOf(row.verbs),
    subresources: listOf(row.subresources),
  }));
  return resources;
}

/** The columns of every built-in resource's table, in their order. */
export function printerColumns(): readonly PrinterColumn[] {
  columns ??= rowsOf(columnsTable).map((row) => ({
    group: row.group ?? '',
    version: row.version ?? '',
    plural: row.plural ?? '',
    name: row.name ?? '',
    type: row.type ?? '',
    format: row.format ?? '',
    priority: Number(row.priority),
  }));
  return columns;
}

function rowsOf(table: string): Record<string, string>[] {
  const [head = '', ...lines] = table.split('\n');
  const names = head.split('\t');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const cells = line.split('\t');
      return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
    });
}

function listOf(cell: string | undefined): readonly string[] {
  return cell ? cell.split(',') : [];
}
