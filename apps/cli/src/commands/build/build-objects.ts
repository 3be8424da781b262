import { join, relative, resolve } from 'node:path';
import { createIgnoreFilter, type IgnoreRule, parseIgnoreRules, readIgnoreRules } from '@fluvial/artifact';
import type { KubeObject } from '@fluvial/kube';
import { type BuiltResource, build, createDirectoryFs, type FileSystem } from '@fluvial/kustomize';
import {
  isSubstitutionDisabled,
  type KustomizationSpec,
  makeRootKustomization,
  readVariables,
  substituteText,
  type Variables,
} from '@fluvial/kustomize-controller/setup';
import type { Context } from '../../framework/context.ts';
import { CliError, messageOf } from '../../framework/errors.ts';
import { type Fields, textAt } from '../../objects/toolkit-object.ts';
import type { FoundKustomization } from './find-kustomization.ts';
import { maskSecret } from './mask-secret.ts';

/** How a Kustomization is built on this machine. */
export type LocalBuild = {
  /** Folder that stands for `spec.path`, absolute. */
  readonly dir: string;
  readonly ignorePaths: readonly string[];
  readonly strict: boolean;
  /** Without the cluster: objects that variables come from are not read. */
  readonly dryRun: boolean;
  readonly recursive: boolean;
  readonly localSources: ReadonlyMap<string, string>;
};

const ownerPrefix = 'kustomize.toolkit.fluxcd.io';
/** Deepest nesting of Kustomizations that is followed. */
const maxDepth = 32;

/**
 * Builds the manifests that the controller would apply: root file, build, substitution, owner labels, common metadata.
 * Secrets that are still encrypted come out masked. Nothing is written.
 */
export async function buildObjects(
  context: Context,
  owner: FoundKustomization,
  options: LocalBuild,
  depth = 0,
): Promise<KubeObject[]> {
  const fs = createDirectoryFs('/');
  const isIgnored = await ignoreFilter(options.dir, options.ignorePaths);
  const root = makeRootKustomization(hiding(fs, options.dir, isIgnored), options.dir, owner.spec);
  const resources = root.content['resources'];
  if (Array.isArray(resources)) {
    const kept = resources.filter((each) => typeof each !== 'string' || !isIgnored(resolve(options.dir, each)));
    root.content['resources'] = kept;
    // Without resources kustomize calls the file empty; the origin annotations of generated objects avoid that.
    if (kept.length === 0) root.content['buildMetadata'] = ['originAnnotations'];
  }
  let built: readonly BuiltResource[];
  try {
    built = build(fs, options.dir, { rootKustomization: root, signal: context.deadline }).resources;
  } catch (error) {
    throw new CliError(`kustomize build failed: ${messageOf(error)}`, { cause: error });
  }
  const variables = await variablesOf(context, owner, options);
  const objects = built.map((resource) => finish(resource, owner, variables, options.strict));
  if (!options.recursive || depth >= maxDepth) return objects;
  return [...objects, ...(await buildNested(context, owner, objects, options, depth))];
}

async function ignoreFilter(dir: string, patterns: readonly string[]): Promise<(path: string) => boolean> {
  const rules: IgnoreRule[] = [...(await readIgnoreRules(dir)), ...patterns.flatMap((each) => parseIgnoreRules(each))];
  if (rules.length === 0) return () => false;
  const filter = createIgnoreFilter(rules);
  return (path) => {
    const below = relative(dir, path);
    if (below === '' || below.startsWith('..')) return false;
    const parts = below.split('/');
    // What lies below an ignored folder is ignored with it.
    return parts.some((_, index) => filter(parts.slice(0, index + 1), index < parts.length - 1)) || filter(parts, true);
  };
}

/** The file system without what is ignored; only listing is affected, so files that are named are still found. */
function hiding(fs: FileSystem, dir: string, isIgnored: (path: string) => boolean): FileSystem {
  return {
    root: fs.root,
    readFile: (path) => fs.readFile(path),
    stat: (path) => fs.stat(path),
    realpath: (path) => fs.realpath(path),
    readdir: (path) => fs.readdir(path).filter((name) => !isIgnored(resolve(dir, join(path, name)))),
  };
}

async function variablesOf(context: Context, owner: FoundKustomization, options: LocalBuild): Promise<Variables> {
  const { postBuild } = owner.spec;
  if (postBuild === undefined) return { state: 'none' };
  if (options.dryRun) {
    const values: Record<string, string> = Object.create(null);
    for (const [name, value] of Object.entries(postBuild.substitute ?? {})) values[name] = value.replaceAll('\n', '');
    return { state: 'known', values };
  }
  const namespace = owner.namespace || context.namespace;
  return readVariables(owner.spec, namespace, await context.kube(), context.deadline);
}

function finish(resource: BuiltResource, owner: FoundKustomization, variables: Variables, strict: boolean): KubeObject {
  let object = resource.object;
  const name = textAt(object, 'metadata', 'name');
  if (variables.state !== 'none' && !isSubstitutionDisabled(object)) {
    const fail = (reason: string) => new CliError(`var substitution failed for '${name}': ${reason}`);
    if (variables.state === 'failed') throw fail(variables.reason);
    try {
      object = substituteText(resource.text(), variables.values, strict) ?? object;
    } catch (error) {
      throw fail(messageOf(error));
    }
  }
  const finished = maskSecret(object as KubeObject);
  const metadata = finished.metadata;
  const common = owner.spec.commonMetadata;
  metadata.labels = {
    ...metadata.labels,
    [`${ownerPrefix}/name`]: owner.name,
    [`${ownerPrefix}/namespace`]: owner.namespace,
    ...common?.labels,
  };
  if (common?.annotations) metadata.annotations = { ...metadata.annotations, ...common.annotations };
  return finished;
}

async function buildNested(
  context: Context,
  owner: FoundKustomization,
  objects: readonly KubeObject[],
  options: LocalBuild,
  depth: number,
): Promise<KubeObject[]> {
  const nested: KubeObject[] = [];
  for (const object of objects) {
    if (object.kind !== 'Kustomization' || !object.apiVersion.startsWith(`${ownerPrefix}/`)) continue;
    const namespace = object.metadata.namespace || owner.namespace;
    if (object.metadata.name === owner.name && namespace === owner.namespace) continue;
    const spec = object['spec'] as KustomizationSpec;
    const source = sourceKey(spec, namespace);
    const folder = options.localSources.get(source);
    if (folder === undefined) {
      throw new CliError(`cannot get local path for ${source} of kustomization ${object.metadata.name}`);
    }
    const dir = resolve(context.cwd, folder, (spec.path ?? '').replace(/^\/+/, ''));
    const inner: FoundKustomization = { name: object.metadata.name, namespace, spec };
    nested.push(...(await buildObjects(context, inner, { ...options, dir }, depth + 1)));
  }
  return nested;
}

function sourceKey(spec: KustomizationSpec, namespace: string): string {
  const { kind, name, namespace: own } = spec.sourceRef as Fields & { kind: string; name: string; namespace?: string };
  return `${kind}/${own || namespace}/${name}`;
}
