/**
 * Writes `crds/*.yaml` from the kind definitions; with `--check` only says whether they are stale (exit 1).
 *
 * Run it from anywhere: `node --import tsx --conditions=@fluvial/source packages/api/scripts/generate-crds.ts [--check]`.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crdFiles } from '../src/crd-files.ts';

/** Brings the folder up to date, or with `check` leaves it alone. Returns the names of the files that were stale. */
export function generateCrds(folder: string, options: { check: boolean }): string[] {
  const wanted = crdFiles();
  mkdirSync(folder, { recursive: true });
  const present = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  const stale = present.filter((name) => !wanted.has(name));
  for (const [name, text] of wanted) {
    if (!present.includes(name) || readFileSync(join(folder, name), 'utf8') !== text) stale.push(name);
  }
  if (options.check) return stale;
  for (const name of stale) {
    const text = wanted.get(name);
    if (text === undefined) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), text);
  }
  return stale;
}

const self = fileURLToPath(import.meta.url);
if (process.argv[1] !== undefined && resolve(process.argv[1]) === self) {
  const check = process.argv.includes('--check');
  const stale = generateCrds(resolve(self, '../../../../crds'), { check });
  for (const name of stale) console.log(`${check ? 'stale' : 'written'}: crds/${name}`);
  if (check && stale.length > 0) {
    console.error('crds/ is stale: run `npm run generate`');
    process.exitCode = 1;
  }
}
