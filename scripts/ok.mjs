/**
 * Everything that must be true, in one command: format and lint, boundaries, types, generated files, unused code, tests.
 *
 * `--no-tests` leaves the tests out, for a continuous integration that runs them as a step of its own.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = process.execPath;
const checks = [
  ['set-up', [node, 'scripts/setup.mjs']],
  ['format and lint', [node, 'node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off', '.']],
  ['boundaries', [node, 'scripts/boundaries.mjs']],
  ['types', [node, 'node_modules/typescript/bin/tsc', '-b']],
  ['promises', [node, 'node_modules/oxlint/bin/oxlint', '--type-aware', '--quiet']],
  ['generated files', [node, 'scripts/generate.mjs', '--check']],
  ['tests', [node, 'scripts/test.mjs']],
].filter(([name]) => name !== 'tests' || !process.argv.includes('--no-tests'));

const failed = [];
for (const [name, [command, ...args]] of checks) {
  console.log(`► ${name}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`✗ not ok: ${failed.join(', ')}`);
  process.exitCode = 1;
}
