/**
 * Runs one benchmark: `npm run bench -- mttp --n 100`. Without a name it lists them.
 *
 * A benchmark is a file of `bench/`, or the `bench` script of a package (`npm run bench -- structured-merge`).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [name, ...rest] = process.argv.slice(2);

const own = readdirSync(path.join(root, 'bench'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3));
const ofPackages = readdirSync(path.join(root, 'packages')).filter((room) => {
  const manifest = path.join(root, 'packages', room, 'package.json');
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).scripts?.bench !== undefined;
});

if (own.includes(name)) {
  run([process.execPath, 'scripts/setup.mjs']);
  run([process.execPath, '--conditions=@fluvial/source', '--import', 'tsx', `bench/${name}.ts`, ...rest]);
} else if (ofPackages.includes(name)) {
  run([process.execPath, 'scripts/setup.mjs']);
  // Its imports are there only after the set-up. Rivals are found through the environment.
  const { environmentWithTools } = await import('./kubectl.mjs');
  run(['npm', 'run', '--silent', '-w', `packages/${name}`, 'bench', '--', ...rest], await environmentWithTools());
} else {
  console.error(
    `${name === undefined ? 'Which one?' : `No benchmark '${name}'.`} There are: ${[...own, ...ofPackages].join(', ')}`,
  );
  process.exitCode = 1;
}

function run([command, ...args], env = process.env) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}
