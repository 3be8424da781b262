import { createHash } from 'node:crypto';
import type { KubeObject } from '@fluvial/kube';
import { type BuildResult, build, type FileSystem } from '@fluvial/kustomize';
import { stringifyJson } from '@fluvial/yaml';
import { artifactTree } from './artifact-tree.ts';
import { messageOf } from './errors.ts';
import type { KustomizationSpec } from './kustomization-object.ts';
import { makeRootKustomization } from './root-kustomization.ts';
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
}

/** The build failed; the message is what the user is shown. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
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

/** A digest of everything that shapes the output, but for where the tree lies. */
export function buildKey({ digest, spec, variables, strict }: BuildInput): string {
  const values =
    variables.state === 'known'
      ? Object.entries(variables.values).sort(([a], [b]) => (a < b ? -1 : 1))
      : variables.state;
  return createHash('sha256')
    .update(stringifyJson([digest, spec, values, strict]))
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
  const { spec, variables, strict } = input;
  const { fs, generated } = artifactTree(input.dir, input.digest);
  const dir = directoryOf(fs, spec.path);
  let root: ReturnType<typeof makeRootKustomization>;
  try {
    root = makeRootKustomization(fs, dir, spec as KustomizationSpec, generated);
  } catch (error) {
    throw new BuildError(messageOf(error), { cause: error });
  }
  let result: BuildResult;
  try {
    result = build(fs, dir, { rootKustomization: root });
  } catch (error) {
    throw new BuildError(failedBuild(error), { cause: error });
  }
  const objects: KubeObject[] = [];
  for (const resource of result.resources) {
    const { object } = resource;
    const metadata = (object['metadata'] ?? {}) as { name?: unknown };
    if (!isText(object['apiVersion']) || !isText(object['kind']) || !isText(metadata.name)) {
      throw new BuildError(`failed to decode Kubernetes apiVersion, kind and name from: ${stringifyJson(object)}`);
    }
    if (variables.state !== 'none' && !isSubstitutionDisabled(object)) {
      const id = resourceId(object['apiVersion'], object['kind'], metadata.name);
      if (variables.state === 'failed') throw new BuildError(`post build failed for '${id}': ${variables.reason}`);
      let next: Record<string, unknown> | undefined;
      try {
        next = substituteText(resource.text(), variables.values, strict);
      } catch (error) {
        throw new BuildError(`post build failed for '${id}': ${messageOf(error)}`, { cause: error });
      }
      if (next !== undefined) {
        for (const key of Object.keys(object)) delete object[key];
        Object.assign(object, next);
      }
    }
    if (isApplied(object)) objects.push(object as unknown as KubeObject);
  }
  const digest = `sha256:${createHash('sha256').update(result.yaml()).digest('hex')}`;
  return { digest, objects };
}

/** The build's own message; what never reached the build engine carries no prefix. */
function failedBuild(error: unknown): string {
  const message = messageOf(error);
  return `kustomize build failed: ${message}`;
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
