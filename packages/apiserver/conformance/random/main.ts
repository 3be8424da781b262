/**
 * Holds random objects against kube-apiserver:
 * `npm run --silent -w packages/apiserver fuzz -- [--seeds N] [--start N] [--only REGEX] [-v]`.
 *
 * Each seed makes one object of a built-in kind, changes it at random, and lets both servers make and change it. Prints
 * what they answered differently, most frequent first, with seeds that show it. `--only`: over `KIND: NAME` of the
 * objects to start from. `-v` prints every request with both answers: `-v --start S --seeds 1` explains one seed.
 */
import { parseArgs } from 'node:util';
import { findRival } from '../lib/find-rival.ts';
import { startServers } from '../lib/servers.ts';
import { manifestChooser } from './choose-manifest.ts';
import { playSeeds } from './play-seeds.ts';
import { createRandom } from './random.ts';
import { formatClusters, formatPlayed, summarise } from './report.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    start: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    verbose: { type: 'boolean', short: 'v', default: false },
  },
});
const [count, start] = [Number(values.seeds), Number(values.start)];
const choose = manifestChooser(new RegExp(values.only));
const assets = findRival();
if (!Number.isSafeInteger(count) || !Number.isSafeInteger(start) || count < 0) {
  console.error('--seeds and --start are whole numbers');
  process.exitCode = 1;
} else if (choose === undefined) {
  console.error(`No object's name matches ${values.only}`);
  process.exitCode = 1;
} else if (assets === undefined) {
  process.exitCode = 1;
} else {
  const seeds = Array.from({ length: count }, (_, index) => {
    const seed = start + index;
    return { seed, manifest: choose(createRandom(seed)) };
  });
  const servers = await startServers(assets);
  try {
    let [done, differ] = [0, 0];
    const results = await playSeeds(servers, seeds, (result) => {
      if (result.findings.length > 0) differ++;
      if (++done % 50 === 0 || done === count) console.error(`${done} of ${count} seeds, ${differ} differ`);
      if (values.verbose) console.log(formatPlayed(result));
    });
    const clusters = formatClusters(results);
    if (clusters !== '') console.log(clusters);
    console.log(summarise(results));
  } finally {
    await servers.stop();
  }
}
