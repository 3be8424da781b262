/**
 * Makes every generated file anew, or with `--check` names those that are stale and exits 1.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const generators = ['packages/openapi/scripts/generate-data.ts', 'packages/api/scripts/generate-crds.ts'];

let failed = false;
for (const generator of generators) {
  if (!existsSync(path.join(root, generator))) throw new Error(`no such generator: ${generator}`);
  const { status } = spawnSync(
    process.execPath,
    ['--conditions=@fluvial/source', 'node_modules/tsx/dist/cli.mjs', generator, ...process.argv.slice(2)],
    { cwd: root, stdio: 'inherit' },
  );
  failed ||= status !== 0;
}
process.exitCode = failed ? 1 : 0;
