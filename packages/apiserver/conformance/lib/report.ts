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

/** What was not expected of a case, three lines a difference. */
export function formatDifference({ group, name, differences, problems }: CaseResult): string {
  const lines = [`✗ ${group}/${name}`, ...problems.map((problem) => `    ${problem}`)];
  // Where one answer is an error and the other is none, the rest of them says nothing more.
  const unlike = new Set(differences.filter(({ path }) => path.endsWith(': status')).map(({ path }) => recordOf(path)));
  for (const { path, embedded, real } of differences) {
    if (unlike.has(recordOf(path)) && !/: (status|body\.message|body)$/.test(path)) continue;
    const [ours, theirs] = [asText(embedded), asText(real)];
    const from = firstDifference(ours, theirs);
    lines.push(`    ${path}`, `      embedded ${show(ours, from)}`, `      real     ${show(theirs, from)}`);
  }
  return lines.join('\n');
}

function recordOf(path: string): string {
  return path.slice(0, path.indexOf(' '));
}

function asText(value: unknown): unknown {
  return Array.isArray(value) && value.every((line) => typeof line === 'string') ? value.join('\n') : value;
}

function firstDifference(embedded: unknown, real: unknown): number {
  if (typeof embedded !== 'string' || typeof real !== 'string') return 0;
  let at = 0;
  while (at < embedded.length && embedded[at] === real[at]) at++;
  return at;
}

const shown = 600;

function show(value: unknown, from: number): string {
  if (value === undefined) return '(absent)';
  const whole = JSON.stringify(value);
  if (whole.length <= shown) return whole;
  const start = Math.max(0, from - 100);
  return `${start > 0 ? '…' : ''}${whole.slice(start, start + shown)}…`;
}
