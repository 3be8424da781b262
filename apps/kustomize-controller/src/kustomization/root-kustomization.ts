import type { FileSystem } from '@fluvial/kustomize';
import { parseYaml, stringifyJson, stringifyYaml } from '@fluvial/yaml';
import type { KustomizationSpec, SpecImage } from './kustomization-object.ts';

/** The content that stands for the kustomization file of `spec.path`. */
export interface RootKustomization {
  readonly content: Record<string, unknown>;
  readonly file: string;
}

/** Kustomizations that were generated for directories without one. */
export interface GeneratedCache {
  get(dir: string): Readonly<Record<string, unknown>> | undefined;
  set(dir: string, content: Readonly<Record<string, unknown>>): void;
}

/** A kustomization that cannot be made; the message is the user's. Unlike a failed build it has no prefix. */
export class GenerateError extends Error {
  override readonly name = 'GenerateError';
  /** The file at fault, if it is one. */
  readonly file: string | undefined;

  constructor(message: string, options: { cause?: unknown; file?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.file = options.file;
  }
}

/** Names of a kustomization file, the first that is there counts. */
export const kustomizationFiles = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/**
 * Makes the root kustomization of a directory: the file that is there, or one that lists all manifests below, with the
 * owner's spec laid over it.
 *
 * `generated` keeps what was listed for directories without a file, for callers that build one tree several times.
 *
 * Rule: Flux kustomize generator. The root file is read leniently: fields that are not kustomize's are dropped.
 *
 * @throws {GenerateError}
 */
export function makeRootKustomization(
  fs: FileSystem,
  dir: string,
  spec: KustomizationSpec,
  generated?: GeneratedCache,
): RootKustomization {
  if (fs.stat(dir) !== 'directory') throw new GenerateError(`open ${dir}: not a directory`);
  const found = kustomizationFiles.find((name) => fs.stat(`${dir}/${name}`) === 'file');
  let content: Record<string, unknown>;
  if (found === undefined) {
    let known = generated?.get(dir);
    if (known === undefined) {
      known = generate(fs, dir);
      generated?.set(dir, known);
    }
    content = { ...known };
  } else content = readLeniently(fs.readFile(`${dir}/${found}`), `${dir}/${found}`);
  overlay(fs, dir, content, spec);
  return { content, file: found ?? 'kustomization.yaml' };
}

/** Fields of a kustomization file; reading ignores case, as Go's JSON does. */
const knownFields = new Map(
  [
    'apiVersion',
    'kind',
    'metadata',
    'openapi',
    'namePrefix',
    'nameSuffix',
    'namespace',
    'commonLabels',
    'labels',
    'commonAnnotations',
    'patchesStrategicMerge',
    'patchesJson6902',
    'patches',
    'images',
    'imageTags',
    'replacements',
    'replicas',
    'vars',
    'sortOptions',
    'resources',
    'components',
    'crds',
    'bases',
    'configMapGenerator',
    'secretGenerator',
    'helmGlobals',
    'helmCharts',
    'helmChartInflationGenerator',
    'generatorOptions',
    'configurations',
    'generators',
    'transformers',
    'validators',
    'buildMetadata',
  ].map((name) => [name.toLowerCase(), name]),
);

function readLeniently(bytes: Uint8Array, file: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    [parsed] = parseYaml(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new GenerateError(`error converting YAML to JSON: ${messageOf(error)}`, { cause: error, file });
  }
  const content: Record<string, unknown> = {};
  if (parsed !== undefined && parsed !== null) {
    if (!isRecord(parsed)) {
      throw new GenerateError(
        `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${goType(parsed)} into Go value of type types.Kustomization`,
        { file },
      );
    }
    for (const [key, value] of Object.entries(parsed)) {
      const name = knownFields.get(key.toLowerCase());
      if (name !== undefined) content[name] = value;
    }
  }
  // Without resources kustomize calls the file empty; the origin annotations of generated objects avoid that.
  if (!Array.isArray(content['resources']) || content['resources'].length === 0)
    content['buildMetadata'] = ['originAnnotations'];
  return content;
}

function generate(fs: FileSystem, dir: string): Record<string, unknown> {
  const resources: string[] = [];
  walk(fs, dir, '.', resources);
  const content: Record<string, unknown> = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources,
  };
  // An empty directory is a valid, empty build.
  if (resources.length === 0) content['namespace'] = '_placeholder';
  return content;
}

function walk(fs: FileSystem, dir: string, relative: string, resources: string[]): void {
  for (const name of fs.readdir(dir)) {
    const path = `${dir}/${name}`;
    const kind = fs.stat(path);
    if (kind === 'directory') {
      if (kustomizationFiles.some((file) => fs.stat(`${path}/${file}`) === 'file'))
        resources.push(`${relative}/${name}`);
      else walk(fs, path, `${relative}/${name}`, resources);
    } else if (kind === 'file' && /\.ya?ml$/.test(name)) {
      checkManifests(fs.readFile(path), path);
      resources.push(`${relative}/${name}`);
    }
  }
}

function checkManifests(bytes: Uint8Array, path: string): void {
  const fail = (reason: string, cause?: unknown) =>
    new GenerateError(`failed to decode Kubernetes YAML from ${path}: ${reason}`, { cause, file: path });
  let documents: unknown[];
  try {
    documents = parseYaml(new TextDecoder().decode(bytes));
  } catch (error) {
    throw fail(messageOf(error), error);
  }
  for (const document of documents) {
    if (document === null || document === undefined) continue;
    if (!isRecord(document) || !['apiVersion', 'kind', 'metadata'].some((field) => Object.hasOwn(document, field)))
      throw fail('missing Resource metadata');
    const kind = scalarText(document['kind']);
    if (kind === '') throw fail(`missing kind in object ${describe(document)}`);
    if (kind.endsWith('List')) continue;
    const metadata = isRecord(document['metadata']) ? document['metadata'] : {};
    if (scalarText(metadata['name']) === '') throw fail(`missing metadata.name in object ${describe(document)}`);
  }
}

/** What a plain value is written as: here a name that reads as a number or a boolean is a name all the same. */
function scalarText(value: unknown): string {
  return typeof value === 'object' || value === undefined ? '' : String(value);
}

/** An object's metadata as Go prints the struct. */
function describe(object: Record<string, unknown>): string {
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  const map = (value: unknown) =>
    `map[${Object.entries(isRecord(value) ? value : {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => `${key}:${String(entry)}`)
      .join(' ')}]`;
  return `{{${scalarText(object['apiVersion'])} ${scalarText(object['kind'])}} {{${scalarText(metadata['name'])} ${scalarText(metadata['namespace'])}} ${map(metadata['labels'])} ${map(metadata['annotations'])}}}`;
}

function overlay(fs: FileSystem, dir: string, content: Record<string, unknown>, spec: KustomizationSpec): void {
  if (spec.targetNamespace) content['namespace'] = spec.targetNamespace;
  if (spec.namePrefix) content['namePrefix'] = spec.namePrefix;
  if (spec.nameSuffix) content['nameSuffix'] = spec.nameSuffix;
  if (spec.patches?.length) {
    append(
      content,
      'patches',
      spec.patches.map(({ patch, target }) => (target ? { patch, target } : { patch })),
    );
  }
  if (spec.components?.length) append(content, 'components', components(fs, dir, spec));
  if (spec.patchesStrategicMerge?.length) {
    append(
      content,
      'patchesStrategicMerge',
      spec.patchesStrategicMerge.map((patch) => stringifyYaml(patch)),
    );
  }
  if (spec.patchesJson6902?.length) {
    append(
      content,
      'patchesJson6902',
      spec.patchesJson6902.map(({ patch, target }) => ({ patch: stringifyJson(patch), target })),
    );
  }
  if (spec.images?.length) content['images'] = mergeImages(content['images'], spec.images);
  if (spec.buildMetadata?.length) content['buildMetadata'] = [...spec.buildMetadata];
}

function append(content: Record<string, unknown>, field: string, entries: readonly unknown[]): void {
  const before = content[field];
  content[field] = [...(Array.isArray(before) ? before : []), ...entries];
}

const remotePrefixes = ['git::', 'gh:', 'ssh://', 'https://', 'http://', 'git@', 'github.com:', 'github.com/'];

function components(fs: FileSystem, dir: string, spec: KustomizationSpec): string[] {
  const kept: string[] = [];
  for (const path of spec.components ?? []) {
    if (
      path.startsWith('/') ||
      path.startsWith('file:///') ||
      remotePrefixes.some((prefix) => path.startsWith(prefix))
    ) {
      throw new GenerateError(`component path '${path}' must be local and relative`);
    }
    if (spec.ignoreMissingComponents && !exists(fs, `${dir}/${path}`)) continue;
    kept.push(path);
  }
  return kept;
}

function exists(fs: FileSystem, path: string): boolean {
  try {
    return fs.stat(path) !== undefined;
  } catch {
    // Outside of the tree there is nothing, as far as the owner is told.
    return false;
  }
}

/** The file's images with the owner's merged in by name. A tag or digest of the owner's replaces both of the file's. */
function mergeImages(before: unknown, images: readonly SpecImage[]): unknown[] {
  const merged: Record<string, unknown>[] = (Array.isArray(before) ? before : [])
    .filter(isRecord)
    .map((image) => ({ ...image }));
  for (const { name, newName, newTag, digest } of images) {
    let entry = merged.find((image) => image['name'] === name);
    if (entry === undefined) {
      entry = { name };
      merged.push(entry);
    }
    if (newName) entry['newName'] = newName;
    if (newTag || digest) {
      delete entry['newTag'];
      delete entry['digest'];
      if (newTag) entry['newTag'] = newTag;
      if (digest) entry['digest'] = digest;
    }
  }
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean'
    ? 'bool'
    : typeof value === 'number' || typeof value === 'bigint'
      ? 'number'
      : 'string';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
