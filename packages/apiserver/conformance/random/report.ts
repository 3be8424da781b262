import type { Answer } from './cluster-differences.ts';
import type { SeedResult } from './play-seeds.ts';

/** `N seeds, N requests, N seeds differ` */
export function summarise(results: readonly SeedResult[]): string {
  const requests = results.reduce((sum, { played }) => sum + played.length, 0);
  const differ = results.filter(({ findings }) => findings.length > 0).length;
  return `${results.length} seeds, ${requests} requests, ${differ} seeds differ`;
}

/** One line a cluster, most frequent first: how often, at most four seeds, what, where it started. */
export function formatClusters(results: readonly SeedResult[]): string {
  const clusters = new Map<string, SeedResult[]>();
  for (const result of results)
    for (const { cluster } of result.findings) clusters.set(cluster, [...(clusters.get(cluster) ?? []), result]);
  return [...clusters]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([cluster, found]) => {
      const seeds = [...new Set(found.map(({ seed }) => seed))].slice(0, 4).join(',');
      return `${String(found.length).padStart(4)}  ${cluster}  (seed ${seeds}; ${found[0]?.manifest})`;
    })
    .join('\n');
}

/** Every request of a seed, with both answers. */
export function formatPlayed({ seed, manifest, played, findings }: SeedResult): string {
  const lines = [`seed ${seed} ${manifest}`];
  for (const { label, changes, body, embedded, real, findings } of played) {
    lines.push(`  ${findings.length > 0 ? '✗' : '='} ${label}`, `    changed  ${changes}`);
    lines.push(`    body     ${JSON.stringify(body)}`, `    embedded ${show(embedded)}`, `    real     ${show(real)}`);
  }
  for (const { cluster, embedded, real } of findings)
    lines.push(`  ${cluster}`, `    embedded ${JSON.stringify(embedded)}`, `    real     ${JSON.stringify(real)}`);
  return lines.join('\n');
}

function show({ status, ...rest }: Answer): string {
  return `${status} ${JSON.stringify(rest.body)}`;
}
