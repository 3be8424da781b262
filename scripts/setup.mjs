/**
 * Installs and builds when, and only when, that is missing or stale. Needs nothing but Node and npm.
 *
 * Runs before `npm test` and `npm run demo`. A stamp beside the installed packages holds a digest of what they were
 * installed from, and another of what was built.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamps = path.join(root, 'node_modules', '.fluvial');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Fluvial needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

step('install', digestOf(['package.json', 'package-lock.json', ...manifests()]), () =>
  run('Installing from the lock file', npm(), ['ci', '--ignore-scripts', '--no-audit', '--no-fund']),
);
step('build', digestOf(sources()), () => {
  run('Checking types and compiling', process.execPath, ['node_modules/typescript/bin/tsc', '-b']);
  run('Bundling the apps', process.execPath, ['scripts/bundle.mjs']);
});

function step(name, digest, work) {
  const stamp = path.join(stamps, name);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest && isWhole(name)) return;
  work();
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, digest);
}

function isWhole(name) {
  const sign = name === 'install' ? 'node_modules/typescript/bin/tsc' : 'apps/cli/dist/bundle/main.js';
  return existsSync(path.join(root, sign));
}

function run(what, command, args) {
  const started = Date.now();
  process.stderr.write(`► ${what} …\n`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error(`✗ ${what} failed${error ? `: ${error.message}` : ''}`);
    process.exit(status || 1);
  }
  process.stderr.write(`✔ ${what} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
}

function npm() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}

function manifests() {
  return ['packages', 'apps'].flatMap((floor) =>
    readdirSync(path.join(root, floor))
      .map((room) => `${floor}/${room}/package.json`)
      .filter((file) => existsSync(path.join(root, file))),
  );
}

function sources() {
  const files = ['tsconfig.base.json', 'tsconfig.json', 'scripts/bundle.mjs', 'package-lock.json'];
  for (const manifest of manifests()) {
    const room = path.dirname(manifest);
    files.push(manifest, `${room}/tsconfig.json`);
    for (const entry of readdirSync(path.join(root, room, 'src'), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) files.push(path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)));
    }
  }
  return files.sort();
}

function digestOf(files) {
  const hash = createHash('sha256').update(process.versions.node);
  for (const file of files) {
    const full = path.join(root, file);
    if (existsSync(full)) hash.update(`\0${file}\0`).update(readFileSync(full));
  }
  return hash.digest('hex');
}
