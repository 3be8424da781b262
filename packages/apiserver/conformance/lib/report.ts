import type { Group } from './case.ts';
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
  for (const { path, embedded, real } of differences)
    lines.push(`    ${path}`, `      embedded ${show(embedded)}`, `      real     ${show(real)}`);
  return lines.join('\n');
}

function show(value: unknown): string {
  if (value === undefined) return '(absent)';
  const text = JSON.stringify(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
