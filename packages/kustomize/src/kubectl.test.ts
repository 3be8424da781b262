import { expect, test } from 'vitest';
import { compareWithKubectl } from './testing/compare.ts';

const kubectl = process.env.FLUVIAL_KUBECTL;
const runs = Number(process.env.FLUVIAL_RUNS ?? 100);

/** Seeds whose overlays end in another way; see "Differences" in the README. */
const OTHERWISE: readonly number[] = [736, 1222, 2242];

// Set FLUVIAL_KUBECTL to a kubectl 1.35 (kustomize 5.7.1), FLUVIAL_RUNS to the number of overlays.
test.skipIf(kubectl === undefined)(
  'build agrees with kubectl kustomize on seeded overlays',
  { timeout: 600_000 },
  async () => {
    const results = await compareWithKubectl(kubectl as string, 0, runs);
    const other = results.filter(({ verdict }) => verdict === 'different').map(({ seed }) => seed);
    expect(other).toEqual(OTHERWISE.filter((seed) => seed < runs));
    expect(results.filter(({ verdict }) => verdict === 'equal').length).toBeGreaterThan(runs * 0.8);
  },
);
