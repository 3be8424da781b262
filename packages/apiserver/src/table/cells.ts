import type { Resource, ServedVersion } from '../rest/resource.ts';
import type { KubeObject, TableColumn } from '../types.ts';
import { builtinCells } from './builtin/builtin-cells.ts';
import { ageOf } from './human-duration.ts';
import { evaluateJsonPath } from './json-path.ts';

export type Cell = string | number | boolean | null;

/** The row of one object, a cell per column. */
export function cellsOf(resource: Resource, served: ServedVersion, object: KubeObject, now: Date): Cell[] {
  const special = resource.custom ? undefined : builtinCells.get(`${resource.group}/${resource.plural}`);
  const known = special?.(object, now) ?? {};
  return served.columns.map((column) => {
    if (Object.hasOwn(known, column.name)) return known[column.name]!;
    return column.jsonPath === undefined ? generic(column, object, now) : customCell(column, object, now);
  });
}

function generic(column: TableColumn, object: KubeObject, now: Date): Cell {
  switch (column.name) {
    case 'Name':
      return object.metadata.name ?? '';
    case 'Age':
      return ageOf(object.metadata.creationTimestamp, now);
    case 'Created At':
      return object.metadata.creationTimestamp ?? '<unknown>';
    default:
      return column.type === 'integer' ? 0 : column.type === 'boolean' ? false : '<none>';
  }
}

/** A column of a custom resource; nothing found is null, which kubectl shows as an empty cell. */
function customCell(column: TableColumn, object: KubeObject, now: Date): Cell {
  const found = evaluateJsonPath(column.jsonPath!, object);
  const value = found[0];
  if (value === undefined || value === null) return null;
  switch (column.type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? (Number.isNaN(Date.parse(value)) ? '<invalid>' : ageOf(value, now)) : null;
    default:
      return found.length > 1 || typeof value === 'object' ? printed(found) : String(value);
  }
}

function printed(found: readonly unknown[]): string {
  return found.map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))).join(',');
}
