import { createHash } from 'node:crypto';
import type { KubeObject } from '@fluvial/kube';
import { type BuildResult, type BuiltResource, build, type FileSystem, type Origin } from '@fluvial/kustomize';
import { stringifyJson } from '@fluvial/yaml';
import { artifactTree } from './artifact-tree.ts';
import { type BuildInputs, inputsOf, type RecordingFs, recordQuestions } from './build-inputs.ts';
import type { Decryption } from './decryption.ts';
import { messageOf } from './errors.ts';
import type { KustomizationSpec } from './kustomization-object.ts';
import {
  GenerateError,
  kustomizationFiles,
  makeRootKustomization,
  type RootKustomization,
} from './root-kustomization.ts';
import { isSubstitutionDisabled, substituteText, type Variables } from './substitute.ts';

/** Everything that a build depends on: the same input gives the same output. Structured-cloneable. */
export interface BuildInput {
  /** Where the artifact is unpacked. */
  readonly dir: string;
  /** Digest of the artifact. */
  readonly digest: string;
  readonly spec: BuildSpec;
  readonly variables: Variables;
  /** An unset variable is an error. */
  readonly strict: boolean;
}

/** The fields of the spec that shape the build. */
export type BuildSpec = Pick<
  KustomizationSpec,
  | 'path'
  | 'targetNamespace'
  | 'namePrefix'
  | 'nameSuffix'
  | 'patches'
  | 'patchesStrategicMerge'
  | 'patchesJson6902'
  | 'images'
  | 'components'
  | 'ignoreMissingComponents'
  | 'buildMetadata'
>;

/** What came out. */
export interface BuildOutput {
  /** `sha256:` and hex of the YAML text of all documents. */
  readonly digest: string;
  readonly objects: readonly KubeObject[];
  /** Where each object was written, `path:line` below the artifact's root; `''` where that is not known. */
  readonly origins: readonly string[];
  /** What was read to make it. */
  readonly inputs: BuildInputs;
}

/** The build failed; the message is what the user is shown. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
  /** File at fault, with its line where that is known. */
  readonly origin: string | undefined;

  constructor(message: string, options: { cause?: unknown; origin?: string | undefined } = {}) {
    super(message, { cause: options.cause });
    this.origin = options.origin || undefined;
  }
}

/** A BuildError as it crosses from a worker thread. */
export interface BuildFailure {
  readonly failed: string;
  readonly origin: string | undefined;
}

/** The fields of a spec that {@link buildManifests} reads. */
export function buildSpecOf(spec: KustomizationSpec): BuildSpec {
  const {
    path,
    targetNamespace,
    namePrefix,
    nameSuffix,
    patches,
    patchesStrategicMerge,
    patchesJson6902,
    images,
    components,
    ignoreMissingComponents,
    buildMetadata,
  } = spec;
  return {
    path,
    targetNamespace,
    namePrefix,
    nameSuffix,
    patches,
    patchesStrategicMerge,
    patchesJson6902,
    images,
    components,
    ignoreMissingComponents,
    buildMetadata,
  };
}

/** A digest of everything but the artifact that shapes the output. */
export function buildKey({ spec, variables, strict }: Pick<BuildInput, 'spec' | 'variables' | 'strict'>): string {
  const values =
    variables.state === 'known' ? Object.entries(variables.values).sort(([a], [b]) => (a < b ? -1 : 1)) : variables;
  return createHash('sha256')
    .update(stringifyJson([spec, values, strict]))
    .digest('hex');
}

/** Path of the kustomization inside the tree; it cannot leave it. */
export function directoryOf(fs: FileSystem, path: string | undefined): string {
  const parts: string[] = [];
  for (const part of (path ?? '').split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return [fs.root, ...parts].join('/');
}

/**
 * Builds the manifests of one artifact for one owner: root kustomization, build, checks, substitution.
 *
 * @throws {BuildError}
 */
export function buildManifests(input: BuildInput): BuildOutput {
  const tree = openTree(input);
  const result = render(tree, tree.recording.fs);
  for (const resource of result.resources) {
    const id = identify(resource);
    substitute(resource, id, input);
  }
  return outputOf(result, tree);
}

/** The same in a worker thread, where errors lose what they carry. */
export function buildInWorker(input: BuildInput): BuildOutput | BuildFailure {
  try {
    return buildManifests(input);
  } catch (error) {
    if (error instanceof BuildError) return { failed: error.message, origin: error.origin };
    throw error;
  }
}

/**
 * The same for an owner whose sources are encrypted: files are decrypted before the build, objects after it.
 *
 * @throws {BuildError}
 */
export async function decryptAndBuild(input: BuildInput, decryption: Decryption): Promise<BuildOutput> {
  try {
    return await openAndBuild(input, decryption);
  } catch (error) {
    // Messages of the build quote what they are about.
    if (!(error instanceof BuildError)) throw error;
    throw new BuildError(decryption.redact(error.message), { origin: error.origin });
  }
}

async function openAndBuild(input: BuildInput, decryption: Decryption): Promise<BuildOutput> {
  const tree = openTree(input);
  const { fs } = tree.recording;
  let plain: ReadonlyMap<string, Uint8Array>;
  try {
    plain = await decryption.decryptSources(fs, tree.dir, tree.root);
  } catch (error) {
    throw new BuildError(`error decrypting sources: ${messageOf(error)}`, { cause: error });
  }
  const result = render(tree, plain.size === 0 ? fs : layOver(fs, plain));
  for (const resource of result.resources) {
    const id = identify(resource);
    let decrypted: Record<string, unknown> | undefined;
    try {
      decrypted = await decryption.decryptObject(resource.object);
    } catch (error) {
      throw new BuildError(`decryption failed for '${id}': ${messageOf(error)}`, {
        cause: error,
        origin: originText(resource.origin),
      });
    }
    if (decrypted !== undefined) replaceContent(resource.object, decrypted);
    substitute(resource, id, input);
  }
  return outputOf(result, tree);
}

interface OpenTree {
  readonly recording: RecordingFs;
  readonly dir: string;
  readonly root: RootKustomization;
}

function openTree({ dir: folder, digest, spec }: BuildInput): OpenTree {
  const { fs, generated } = artifactTree(folder, digest);
  const recording = recordQuestions(fs);
  const dir = directoryOf(fs, spec.path);
  try {
    const root = makeRootKustomization(recording.fs, dir, spec as KustomizationSpec, {
      get(path) {
        const known = generated.get(path);
        for (const question of known?.asked ?? []) recording.asked.add(question);
        return known?.content;
      },
      set(path, content) {
        generated.set(path, { content, asked: [...recording.asked] });
      },
    });
    return { recording, dir, root };
  } catch (error) {
    const origin = error instanceof GenerateError ? error.file?.slice(fs.root.length + 1) : undefined;
    throw new BuildError(messageOf(error), { cause: error, origin });
  }
}

function render({ dir, root }: OpenTree, fs: FileSystem): BuildResult {
  if (kustomizationFiles.filter((name) => fs.stat(`${dir}/${name}`) === 'file').length > 1)
    throw new BuildError(`kustomize build failed: Found multiple kustomization files under: ${dir}\n`);
  try {
    return build(fs, dir, { rootKustomization: root });
  } catch (error) {
    const { file, line } = error as { file?: string; line?: number };
    const origin = file && (line ? `${file}:${line}` : file);
    throw new BuildError(`kustomize build failed: ${messageOf(error)}`, { cause: error, origin });
  }
}

/** @throws {BuildError} what came out is no object */
function identify({ object, origin }: BuiltResource): string {
  const metadata = (object['metadata'] ?? {}) as { name?: unknown };
  const { apiVersion, kind } = object;
  if (!isText(apiVersion) || !isText(kind) || !isText(metadata.name)) {
    throw new BuildError(`failed to decode Kubernetes apiVersion, kind and name from: ${stringifyJson(object)}`, {
      origin: originText(origin),
    });
  }
  return resourceId(apiVersion, kind, metadata.name);
}

function substitute(resource: BuiltResource, id: string, { variables, strict }: BuildInput): void {
  const { object } = resource;
  if (variables.state === 'none' || isSubstitutionDisabled(object)) return;
  const origin = originText(resource.origin);
  if (variables.state === 'failed')
    throw new BuildError(`post build failed for '${id}': ${variables.reason}`, { origin });
  let next: Record<string, unknown> | undefined;
  try {
    next = substituteText(resource.text(), variables.values, strict);
  } catch (error) {
    throw new BuildError(`post build failed for '${id}': ${messageOf(error)}`, { cause: error, origin });
  }
  if (next !== undefined) replaceContent(object, next);
}

function replaceContent(object: Record<string, unknown>, next: Record<string, unknown>): void {
  for (const key of Object.keys(object)) delete object[key];
  Object.assign(object, next);
}

function outputOf(result: BuildResult, { recording }: OpenTree): BuildOutput {
  const applied = result.resources.filter(({ object }) => isApplied(object));
  return {
    digest: `sha256:${createHash('sha256').update(result.yaml()).digest('hex')}`,
    objects: applied.map(({ object }) => object as unknown as KubeObject),
    origins: applied.map(({ origin }) => originText(origin)),
    inputs: inputsOf(recording),
  };
}

/** `path:line`, or the kustomization file whose generator made it. */
function originText({ file, line, configuredIn }: Origin): string {
  if (file === '') return configuredIn ?? '';
  return line > 0 ? `${file}:${line}` : file;
}

/** The file system with other contents in some of its files. What is asked of it is asked of the one below, too. */
function layOver(fs: FileSystem, contents: ReadonlyMap<string, Uint8Array>): FileSystem {
  return {
    root: fs.root,
    readFile(path) {
      const below = fs.readFile(path);
      return contents.get(path) ?? contents.get(fs.realpath(path) ?? path) ?? below;
    },
    stat: (path) => fs.stat(path),
    readdir: (path) => fs.readdir(path),
    realpath: (path) => fs.realpath(path),
  };
}

/** `Kind.version.group/name`, as kustomize prints ids. */
function resourceId(apiVersion: string, kind: string, name: string): string {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '[noGrp]' : apiVersion.slice(0, slash);
  return `${kind}.${apiVersion.slice(slash + 1)}.${group}/${name}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A kustomization file that slipped in among the manifests is none of them. */
function isApplied(object: Record<string, unknown>): boolean {
  return !(object['kind'] === 'Kustomization' && String(object['apiVersion']).startsWith('kustomize.config.k8s.io/'));
}
