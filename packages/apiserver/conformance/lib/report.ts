import type { Group } from './case.ts';
import type { Difference } from './compare.ts';
import type { CaseResult } from './run-groups.ts';

/** `N cases, N equal, N listed differences, N unexpected` */
export function summarise(results: readonly CaseResult[]): string {
  const count = (outcome: CaseResult['outcome']) => results.filter((result) => result.outcome === outcome).length;
  return `${results.length} cases, ${count('equal')} equal, ${count('listed')} listed differences, ${count('unexpected')} unexpected`;
}

/** One line a group. */
export function formatTable(groups: readonly Group[], results: readonly CaseResult[]): string {
  const rows = [['group', 'cases', 'equal', 'listed', 'unexpected']];
  for (const { name } of groups) {
    const own = results.filter(({ group }) => group === name);
    if (own.length === 0) continue;
    const count = (outcome: CaseResult['outcome']) => own.filter((result) => result.outcome === outcome).length;
    rows.push([name, own.length, count('equal'), count('listed'), count('unexpected')].map(String));
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

/** What was not expected of a case, a line or two a difference. */
export function formatDifference({ group, name, differences, problems }: CaseResult): string {
  const lines = [`✗ ${group}/${name}`, ...problems.map((problem) => `    ${problem}`)];
  for (const { path, embedded, real } of briefly(differences))
    lines.push(`    ${path}`, `      embedded ${show(embedded)}`, `      real     ${show(real)}`);
  return lines.join('\n');
}

/** Where a request went well on one server only, the two bodies have nothing in common: their messages tell all. */
function briefly(differences: readonly Difference[]): readonly Difference[] {
  const labelOf = ({ path }: Difference) => path.slice(0, path.lastIndexOf(': '));
  const apart = new Set(differences.filter(({ path }) => path.endsWith(': status')).map(labelOf));
  return differences.filter(
    (one) => !apart.has(labelOf(one)) || /: (status|body\.message|body\.details)$/.test(one.path),
  );
}

function show(value: unknown): string {
  if (value === undefined) return '(absent)';
  const text = JSON.stringify(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
