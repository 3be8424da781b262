/**
 * Holds generated overlays against `kubectl kustomize` and prints what became of them.
 *
 *     FLUVIAL_KUBECTL=PATH npm run compare -w packages/kustomize -- [COUNT=2000] [FIRST SEED=0] [SHOW=3]
 */
import { compareWithKubectl } from '../src/testing/compare.ts';

const kubectl = process.env.FLUVIAL_KUBECTL;
if (kubectl === undefined) throw new Error('FLUVIAL_KUBECTL names no kubectl');
const [count = 2000, from = 0, show = 3] = process.argv.slice(2).map(Number);
const results = await compareWithKubectl(kubectl, from, count);
const of = (verdict: string): typeof results => results.filter((result) => result.verdict === verdict);
for (const { seed, original, ours } of [...of('different'), ...of('words')].slice(0, show)) {
  console.log(`--- seed ${seed}\noriginal: ${original.error ?? original.output}\nours: ${ours.error ?? ours.output}`);
}
const built = of('equal').filter(({ original }) => original.error === undefined).length;
console.log(
  `${count} overlays from seed ${from}: ${of('equal').length} equal (${built} built, ${of('equal').length - built} failed alike), ` +
    `${of('words').length} failed in other words, ${of('different').length} different`,
);
console.log(
  `different: ${of('different')
    .map(({ seed }) => seed)
    .join(' ')}`,
);
