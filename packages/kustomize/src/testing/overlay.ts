import {
  generator,
  generatorOptions,
  images,
  labelEntries,
  patches,
  patchesJson6902,
  patchesStrategicMerge,
  replacements,
  replicas,
  type Scene,
  vars,
} from './fields.ts';
import { mistake } from './mistakes.ts';
import { type Item, object } from './objects.ts';
import { CONFIGURATION, CRDS, SCHEMA, transformer, VALIDATOR } from './plugin-configs.ts';
import { createRandom, type Random } from './random.ts';
import { writeYaml } from './yaml-style.ts';

/** A tree of files with a kustomization to build in it. */
export interface Overlay {
  readonly seed: number;
  /** By path, relative to the tree. */
  readonly files: Readonly<Record<string, string>>;
  /** Where to build, relative to the tree. */
  readonly dir: string;
}

export interface OverlayOptions {
  /** Use what 5.8 added as well. Default true. */
  readonly since58?: boolean;
}

interface Workshop {
  readonly random: Random;
  readonly files: Record<string, string>;
  readonly since58: boolean;
  /** Ids that are in use somewhere. */
  readonly taken: Set<string>;
  dirs: number;
  vars: number;
}

/** Makes up a kustomization with bases and components; the same seed gives the same files. */
export function generateOverlay(seed: number, options: OverlayOptions = {}): Overlay {
  const random = createRandom(seed);
  const shop: Workshop = { random, files: {}, since58: options.since58 ?? true, taken: new Set(), dirs: 0, vars: 0 };
  const depth = random.pick([1, 2, 2, 3, 3, 4]);
  makeDirectory(shop, 'top', depth, [], 'root');
  if (random.chance(0.06)) mistake(random, shop.files, 'top');
  return { seed, files: shop.files, dir: 'top' };
}

type Role = 'root' | 'base' | 'component';

interface Made {
  readonly known: readonly Item[];
}

function makeDirectory(shop: Workshop, dir: string, depth: number, above: readonly Item[], role: Role): Made {
  const { random, files } = shop;
  let count = 0;
  const file = (stem: string, content: string): string => {
    const path = `${stem}${count++}.${random.pick(['yaml', 'yaml', 'yml', 'txt'])}`;
    files[`${dir}/${path}`] = content;
    return path;
  };
  const known: Item[] = [...above];
  const resources: string[] = [];
  const own = random
    .list(depth > 1 ? 0 : 1, depth > 1 ? 2 : 5, () => object(random))
    .filter((item) => {
      const twin = shop.taken.has(idOf(item));
      shop.taken.add(idOf(item));
      return !twin || random.chance(0.004);
    });
  for (const items of chunk(random, own)) resources.push(file('r', documents(random, items)));
  known.push(...own);
  for (let i = depth > 1 ? 1 + random.below(random.chance(0.3) ? 2 : 1) : 0; i > 0; i--) {
    const child = `d${shop.dirs++}`;
    known.push(...makeDirectory(shop, child, depth - 1, [], 'base').known);
    resources.push(`../${child}`);
    if (random.chance(0.06)) resources.push(`../${twinOf(shop, child)}`);
  }
  if (random.chance(0.3)) resources.reverse();
  const components: string[] = [];
  const scene: Scene = { random, known, file, since58: shop.since58 };
  if (role !== 'component' && random.chance(0.25)) {
    const child = `c${shop.dirs++}`;
    const made = makeDirectory(shop, child, 1, known, 'component');
    known.splice(0, known.length, ...made.known);
    components.push(`../${child}`);
  }
  const kustomization = fieldsOf(scene, shop, role);
  const head: Record<string, unknown> = {};
  if (role === 'component') Object.assign(head, { apiVersion: 'kustomize.config.k8s.io/v1alpha1', kind: 'Component' });
  else if (random.chance(0.5))
    Object.assign(head, { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' });
  if (resources.length > 0) {
    const split = random.chance(0.05) ? random.below(resources.length) : resources.length;
    head.resources = split > 0 ? resources.slice(0, split) : undefined;
    if (split < resources.length) head.bases = resources.slice(split);
  }
  if (components.length > 0) head.components = components;
  files[`${dir}/${random.pick(['kustomization.yaml', 'kustomization.yaml', 'kustomization.yml', 'Kustomization'])}`] =
    finishText(random, writeYaml({ ...head, ...kustomization }, random));
  return { known };
}

/** A second overlay of a directory, with a prefix of its own. */
function twinOf(shop: Workshop, child: string): string {
  const twin = `t${shop.dirs++}`;
  shop.files[`${twin}/kustomization.yaml`] = `namePrefix: twin-\nresources:\n- ../${child}\n`;
  return twin;
}

function idOf({ kind, metadata }: Item): string {
  return `${kind}/${metadata.name}/${metadata.namespace ?? 'default'}`;
}

function chunk(random: Random, items: readonly Item[]): Item[][] {
  const chunks: Item[][] = [];
  for (const item of items) {
    const last = chunks.at(-1);
    if (last !== undefined && random.chance(0.5)) last.push(item);
    else chunks.push([item]);
  }
  return chunks;
}

function documents(random: Random, items: readonly Item[]): string {
  const roll = random.below(20);
  if (roll === 0) return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: plain(items) }, null, 2)}\n`;
  if (roll === 1) return writeYaml({ apiVersion: 'v1', kind: 'List', items }, random);
  if (roll === 2 && items.length > 1) {
    const [first, ...rest] = items;
    return `${writeYaml({ apiVersion: 'v1', kind: 'ConfigMapList', items: [first] }, random)}---\n${rest.map((item) => writeYaml(item, random)).join('---\n')}`;
  }
  if (roll === 3 && items.length === 1) return `${JSON.stringify(plain(items)[0])}\n`;
  const separator = (): string =>
    random.pick(['---\n', '---\n', '--- # next\n', '---\n---\n', '---\n# nothing\n---\n', '--- \n']);
  const start = random.chance(0.2) ? '---\n' : '';
  return finishText(random, start + items.map((item) => writeYaml(item, random)).join(separator()));
}

/** Values that JSON can hold: what only YAML can say is left out. */
function plain(items: readonly Item[]): unknown[] {
  return JSON.parse(
    JSON.stringify(items, (_, value) => (value?.constructor?.name === 'Raw' ? 'raw' : value)),
  ) as unknown[];
}

function finishText(random: Random, text: string): string {
  if (random.chance(0.03)) return text.replaceAll('\n', '\r\n');
  if (random.chance(0.02)) return `\ufeff${text}`;
  if (random.chance(0.03)) return text.trimEnd();
  return text;
}

function fieldsOf(scene: Scene, shop: Workshop, role: Role): Record<string, unknown> {
  const { random } = scene;
  const fields: Record<string, () => unknown> = {
    namespace: () => random.pick(['prod', 'dev', 'y']),
    namePrefix: () => random.pick(['p-', 'q-', '1-']),
    nameSuffix: () => random.pick(['-s', '-5']),
    labels: () => labelEntries(scene),
    commonLabels: () => ({ [random.pick(['common', 'app'])]: random.pick(['c', '1']) }),
    commonAnnotations: () => ({ [random.pick(['note', 'all/of'])]: random.pick(['common', '5', 'a: b']) }),
    images: () => images(scene),
    replicas: () => replicas(scene),
    patches: () => patches(scene),
    configMapGenerator: () => [generator(scene, 'ConfigMap')],
    secretGenerator: () => [generator(scene, 'Secret')],
    generatorOptions: () => generatorOptions(random),
    replacements: () => replacements(scene),
  };
  const rare: Record<string, () => unknown> = {
    patchesStrategicMerge: () => patchesStrategicMerge(scene),
    patchesJson6902: () => patchesJson6902(scene),
    vars: () => vars(scene, shop.vars++ === 0 ? 'VAR' : 'OTHER'),
    imageTags: () => images(scene),
    buildMetadata: () => random.some(['originAnnotations', 'transformerAnnotations', 'managedByLabel', 'unknown'], 3),
    sortOptions: () =>
      random.pick<unknown>([
        { order: 'fifo' },
        { order: 'legacy' },
        { order: 'legacy', legacySortOptions: { orderFirst: ['Widget', 'Service'], orderLast: ['ConfigMap'] } },
      ]),
    configurations: () => [scene.file('config', CONFIGURATION(random))],
    crds: () => [scene.file('crd', CRDS)],
    openapi: () => ({ path: scene.file('schema', SCHEMA) }),
    transformers: () => [inlineOrFile(scene, 'transformer', transformer(scene))],
    generators: () => [
      inlineOrFile(scene, 'generator', {
        apiVersion: 'builtin',
        kind: 'ConfigMapGenerator',
        metadata: { name: 'plugged' },
        literals: ['a=b'],
      }),
    ],
    validators: () => [inlineOrFile(scene, 'validator', VALIDATOR)],
    metadata: () => ({ name: 'k', labels: { a: 'b' } }),
    helmCharts: () => (random.chance(0.03) ? [{ name: 'x', repo: 'https://charts.test' }] : undefined),
  };
  const result: Record<string, unknown> = {};
  const rootOnly = new Set(['sortOptions', 'buildMetadata']);
  for (const [field, make] of Object.entries(fields)) if (random.chance(0.2)) result[field] = make();
  for (const [field, make] of Object.entries(rare)) {
    if (random.chance(rootOnly.has(field) && role !== 'root' ? 0.01 : 0.04)) result[field] = make();
  }
  for (const [field, value] of Object.entries(result))
    if (Array.isArray(value) && value.length === 0) delete result[field];
  return result;
}

function inlineOrFile(scene: Scene, stem: string, config: unknown): string {
  const content = writeYaml(config, scene.random);
  return scene.random.chance(0.5) ? content : scene.file(stem, content);
}
