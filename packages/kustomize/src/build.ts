import { posix } from 'node:path';
import { stringifyYaml } from '@fluvial/yaml';
import { Accumulator } from './accumulator.ts';
import { BuildContext, demandDirectory, Loader } from './context.ts';
import { checkObject } from './documents.ts';
import { type FileSystem, FileSystemError } from './file-system.ts';
import { addHash } from './generate/hash.ts';
import { fixNameReferences } from './name-references.ts';
import { fromFileSystem } from './places.ts';
import type { Resource } from './resource.ts';
import { isMap, isScalar, settleScalars, textOf } from './scalar.ts';
import { sortResources } from './sort.ts';
import { accumulate, type BuildState, contentTarget, loadTarget } from './target.ts';
import type { BuildOptions, BuildResult, BuiltResource, KObject, Origin } from './types.ts';
import { resolveVars } from './vars.ts';
import { nullText } from './written.ts';

const DEFAULT_VERSION = 'v5.8.1';

/**
 * Builds the kustomization in a directory of a file system, as kustomize 5.8 does with Flux's settings: built-in
 * plugins only, no Helm, files anywhere below the root.
 *
 * Pure but for what it reads through the file system (and the remote loader, if one is given); builds do not share
 * state, apart from a bounded cache of parsed files by digest.
 *
 * @throws {KustomizeError}
 */
export function build(fs: FileSystem, dir: string, options: BuildOptions = {}): BuildResult {
  const context = new BuildContext(fs, options);
  try {
    const loader = new Loader(context, fs, demandDirectory(fs, dir));
    const state: BuildState = {
      context,
      buildMetadata: new Set(),
      schema: undefined,
      usedSchema: false,
      withoutBuiltin: false,
      resources: 0,
      dir: loader.root,
    };
    const root = options.rootKustomization;
    const target =
      root === undefined
        ? loadTarget(loader, state)
        : contentTarget(root.content, loader, root.file ?? 'kustomization.yaml', state);
    const { kustomization } = target;
    state.buildMetadata = new Set(kustomization.buildMetadata ?? []);
    const accumulator = new Accumulator();
    accumulate(target, accumulator, state);
    for (const resource of accumulator.resources) addHash(resource);
    accumulator.touch();
    fixNameReferences(accumulator.resources, accumulator.config);
    resolveVars(accumulator, (text) => context.warn(text));
    for (const resource of accumulator.resources) if (resource.name === '') checkObject(resource.object);
    let resources = accumulator.resources.filter((resource) => !isLocal(resource));
    resources = sortResources(resources, kustomization.sortOptions, options.order ?? 'none');
    const built = resources.map((resource) => finish(resource, state, options.version ?? DEFAULT_VERSION));
    return {
      resources: built,
      yaml: () => built.map((resource) => resource.text()).join('---\n'),
      inputs: context.listInputs(),
      warnings: context.warnings,
    };
  } catch (error) {
    if (error instanceof FileSystemError) throw fromFileSystem(error);
    throw error;
  }
}

const LOCAL_CONFIG = 'config.kubernetes.io/local-config';

function isLocal(resource: Resource): boolean {
  const { annotations } = resource;
  if (annotations === undefined || !Object.hasOwn(annotations, LOCAL_CONFIG)) return false;
  return textOf(annotations[LOCAL_CONFIG]) !== 'false';
}

// The engine keeps its notes outside of the objects, but the original keeps them here: users' own entries vanish, too.
const INTERNAL = 'internal.config.kubernetes.io/';
const DROPPED = new Set([
  ...[
    'previousNames',
    'previousNamespaces',
    'previousKinds',
    'prefixes',
    'suffixes',
    'refBy',
    'generatorBehavior',
    'needsHashSuffix',
    'allowNameChange',
    'allowKindChange',
    'path',
    'index',
    'seqindent',
    'id',
    'annotations-migration-resource-id',
    'helm-generated',
  ].map((name) => INTERNAL + name),
  'config.kubernetes.io/path',
  'config.kubernetes.io/index',
  'config.k8s.io/id',
]);
const ORIGIN = 'config.kubernetes.io/origin';
const TRANSFORMATIONS = 'alpha.config.kubernetes.io/transformations';

function finish(resource: Resource, state: BuildState, version: string): BuiltResource {
  const { buildMetadata } = state;
  cleanAnnotations(resource.object, buildMetadata); // before scalars lose their text
  const object = settleScalars(resource.object) as KObject;
  if (buildMetadata.has('originAnnotations') && resource.notedOrigin !== undefined) {
    resource.merge('annotations', { [ORIGIN]: originText(resource.notedOrigin, state) });
  }
  if (buildMetadata.has('transformerAnnotations') && resource.transformations.length > 0) {
    const entries = resource.transformations.map((origin) => configuredBy(origin, state));
    resource.merge('annotations', { [TRANSFORMATIONS]: stringifyYaml(entries, { sortKeys: false }) });
  }
  if (buildMetadata.has('managedByLabel')) {
    resource.merge('labels', { 'app.kubernetes.io/managed-by': `kustomize-${version}` });
  }
  return { object, origin: resource.origin, text: () => stringifyYaml(object) };
}

function cleanAnnotations(object: KObject, buildMetadata: ReadonlySet<string>): void {
  const { metadata } = object;
  if (!isMap(metadata) || !Object.hasOwn(metadata, 'annotations')) return;
  const { annotations } = metadata;
  if (!isMap(annotations)) {
    delete metadata.annotations;
    return;
  }
  let kept = 0;
  for (const key of Object.keys(annotations)) {
    const drop =
      DROPPED.has(key) ||
      (key === ORIGIN && !buildMetadata.has('originAnnotations')) ||
      (key === TRANSFORMATIONS && !buildMetadata.has('transformerAnnotations'));
    if (drop) {
      delete annotations[key];
      continue;
    }
    kept++;
    const value = annotations[key];
    if (typeof value === 'string') continue;
    if (value === null) annotations[key] = nullText(annotations, key);
    else annotations[key] = isScalar(value) ? textOf(value) : '';
  }
  if (kept === 0) delete metadata.annotations;
}

function originText(origin: Origin, state: BuildState): string {
  if (origin.configuredIn !== undefined) return stringifyYaml(configuredBy(origin, state), { sortKeys: false });
  return `path: ${relativeToBuild(origin.file, state)}\n`;
}

function relativeToBuild(file: string, state: BuildState): string {
  return posix.relative(state.dir, posix.join(state.context.fs.root, file));
}

/** A generator or transformer as annotations name it. */
function configuredBy(origin: Origin, state: BuildState): Record<string, unknown> {
  const { generator, generatorName, generatorNamespace } = origin;
  return {
    configuredIn: relativeToBuild(origin.configuredIn ?? '', state),
    configuredBy: {
      apiVersion: 'builtin',
      kind: generator ?? '',
      ...(generatorName ? { name: generatorName } : {}),
      ...(generatorNamespace ? { namespace: generatorNamespace } : {}),
    },
  };
}
