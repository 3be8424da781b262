/**
 * Holds the embedded API server against kube-apiserver: `npm run conformance [-- --only GROUP/CASE-GLOB] [-v]`.
 *
 * Plays every case on both and prints where the outcomes differ. `-v` prints each case as it ends.
 */
import { parseArgs } from 'node:util';
import { groups } from './groups.ts';
import { findRival } from './lib/find-rival.ts';
import { formatDifference, formatTable, summarise } from './lib/report.ts';
import { runGroups } from './lib/run-groups.ts';
import { startServers } from './lib/servers.ts';

const { values } = parseArgs({
  options: { only: { type: 'string', default: '*' }, verbose: { type: 'boolean', short: 'v', default: false } },
});

const assets = findRival();
if (assets === undefined) {
  process.exitCode = 1;
} else {
  const servers = await startServers(assets);
  try {
    const results = await runGroups(servers, groups, {
      only: values.only,
      onResult: (result) => {
        if (values.verbose) console.error(`${result.outcome.padEnd(10)} ${result.group}/${result.name}`);
      },
    });
    for (const result of results) if (result.outcome === 'unexpected') console.log(formatDifference(result));
    console.log(formatTable(groups, results));
    console.log(summarise(results));
    if (results.length === 0 || results.some(({ outcome }) => outcome === 'unexpected')) process.exitCode = 1;
  } finally {
    await servers.stop();
  }
}
