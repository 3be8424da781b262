/**
 * Holds the direction of imports. Prints every breach as `file: what is wrong` and exits 1 when there is one.
 *
 * 1. A room imports only from its own floor or a lower one; engines know nothing of Kubernetes or controllers.
 * 2. Inside the workspace's rooms there is no cycle.
 * 3. Another room is entered through its public exports only; an app only through `./setup`, and only by `cli`.
 * 4. What is imported is declared: in `dependencies` for shipped code, also in `devDependencies` for tests, and as a
 *    TypeScript reference.
 * 5. What is declared is used.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const floors = ['floor:engine', 'floor:kubernetes', 'floor:control', 'floor:app'];
const builtins = new Set(builtinModules);
const importPattern =
  /(?:^|[\s;}])(?:import|export)\s+(?:type\s+)?(?:[\w*{][^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

const rooms = new Map();
for (const kind of ['packages', 'apps']) {
  for (const name of readdirSync(path.join(root, kind))) {
    const dir = `${kind}/${name}`;
    if (!existsSync(path.join(root, dir, 'package.json'))) continue;
    const manifest = readJson(`${dir}/package.json`);
    const floor = floors.indexOf(manifest.nx?.tags?.find((tag) => tag.startsWith('floor:')));
    rooms.set(manifest.name, { dir, manifest, floor, app: kind === 'apps', references: referencesOf(dir) });
  }
}

const breaches = [];
const edges = new Map([...rooms.keys()].map((name) => [name, new Set()]));
for (const [name, room] of rooms) inspectRoom(name, room);
for (const cycle of cyclesOf(edges)) breaches.push(`${cycle.join(' → ')}: the rooms import each other in a cycle`);

if (breaches.length > 0) {
  console.error(breaches.sort().join('\n'));
  console.error(
    `${breaches.length} breaches of the module boundaries. The rules stand at the top of scripts/boundaries.mjs.`,
  );
  process.exitCode = 1;
} else console.log(`boundaries: ${rooms.size} rooms, every import points down`);

function inspectRoom(name, room) {
  if (room.floor < 0) breaches.push(`${room.dir}/package.json: no floor tag under nx.tags`);
  const used = new Set();
  for (const file of sourcesOf(room.dir)) {
    const isTest = /\.test\.ts$|\/testdata\/|\/testing\/|^[^/]+\/[^/]+\/(bench|scripts|conformance)\//.test(file);
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.')) {
        const target = path.relative(root, path.resolve(root, path.dirname(file), specifier));
        if (!target.startsWith(`${room.dir}/`)) breaches.push(`${file}: ${specifier} reaches out of the room`);
        continue;
      }
      const id = specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : specifier.split('/')[0];
      if (specifier.startsWith('node:') || builtins.has(id)) continue;
      used.add(id);
      inspectImport({ name, room, file, isTest, specifier, id });
    }
  }
  for (const id of Object.keys(room.manifest.dependencies ?? {})) {
    if (!used.has(id)) breaches.push(`${room.dir}/package.json: ${id} is declared but not imported`);
  }
}

function inspectImport({ name, room, file, isTest, specifier, id }) {
  const { dependencies = {}, devDependencies = {} } = room.manifest;
  const workspaceTool = isTest && Object.hasOwn(readJson('package.json').devDependencies, id);
  if (
    id !== name &&
    !Object.hasOwn(dependencies, id) &&
    !(isTest && Object.hasOwn(devDependencies, id)) &&
    !workspaceTool
  )
    breaches.push(`${file}: ${id} is not declared in ${room.dir}/package.json`);
  const target = rooms.get(id);
  if (target === undefined || id === name) return;
  const subpath = `.${specifier.slice(id.length)}`;
  if (!Object.hasOwn(target.manifest.exports ?? {}, subpath))
    breaches.push(`${file}: ${specifier} is not among the exports of ${id}`);
  if (target.app && !(room.dir === 'apps/cli' && subpath === './setup') && !isTest)
    breaches.push(`${file}: an app is imported only through ./setup, and only by the cli`);
  if (target.floor > room.floor && !isTest) breaches.push(`${file}: ${id} stands on a higher floor`);
  if (isTest) return;
  edges.get(name).add(id);
  if (!room.references.has(target.dir)) breaches.push(`${room.dir}/tsconfig.json: no reference to ${target.dir}`);
}

function* cyclesOf(graph) {
  const done = new Set();
  const visit = function* (node, trail) {
    if (trail.includes(node)) {
      yield [...trail.slice(trail.indexOf(node)), node];
      return;
    }
    if (done.has(node)) return;
    for (const next of graph.get(node) ?? []) yield* visit(next, [...trail, node]);
    done.add(node);
  };
  for (const node of graph.keys()) yield* visit(node, []);
}

function importsOf(file) {
  const text = readFileSync(path.join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  // A message may have the word in it, before a quoted value.
  return [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2]).filter((name) => !name.includes('${'));
}

function sourcesOf(dir) {
  return readdirSync(path.join(root, dir), { recursive: true })
    .map((file) => `${dir}/${file.split(path.sep).join('/')}`)
    .filter((file) => /\.(ts|mts)$/.test(file) && !/\/(dist|node_modules|testdata|gen)\//.test(file));
}

function referencesOf(dir) {
  const { references = [] } = readJson(`${dir}/tsconfig.json`);
  return new Set(references.map((reference) => path.posix.join(dir, reference.path)));
}

function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}
