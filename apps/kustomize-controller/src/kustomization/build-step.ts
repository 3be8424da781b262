import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { prepareObjects } from '@fluvial/apply';
import type { FetchedTree } from '@fluvial/artifact';
import { WorkerError } from '@fluvial/runtime';
import { cloneJson, stringifyJson } from '@fluvial/yaml';
import { artifactTree } from './artifact-tree.ts';
import { hasSameInputs } from './build-inputs.ts';
import {
  BuildError,
  type BuildFailure,
  type BuildInput,
  type BuildOutput,
  buildKey,
  buildManifests,
  buildSpecOf,
  decryptAndBuild,
} from './build-manifests.ts';
import { openDecryption } from './decrypt.ts';
import type { Decryption } from './decryption.ts';
import { findEncryptedSecret } from './encrypted-secret.ts';
import { StepError } from './errors.ts';
import { type KustomizationObject, namespaceOf } from './kustomization-object.ts';
import type { CachedBuild, Context, PipelineParts } from './pipeline-run.ts';
import type { SourceArtifact } from './resolve-source.ts';
import { readVariables } from './substitute.ts';

/** Artifacts larger than this are built in a worker thread: smaller ones cost less than the way there. */
const inlineBytes = 256 * 1024;
const buildTimeoutMs = 120_000;
const buildModule = new URL('./build-manifests.worker.js', import.meta.url);
// Absent when the sources run as they are, and in a bundle that was made without this entry.
const hasBuildModule = existsSync(buildModule);

type BuildParts = Pick<PipelineParts, 'options' | 'builds' | 'keyServices'>;

/**
 * The prepared objects of an owner for an artifact. Nothing is built when all that shaped the last build is as it was,
 * whatever else has changed in the artifact.
 *
 * @throws {StepError} `BuildFailed`
 */
export async function buildFor(
  object: KustomizationObject,
  source: SourceArtifact,
  tree: FetchedTree,
  parts: BuildParts,
  ctx: Context,
): Promise<CachedBuild> {
  const { spec } = object;
  const decryption = await decryptionOf(object, parts, ctx);
  try {
    const variables = await readVariables(spec, namespaceOf(object), ctx.kube, ctx.signal);
    const strict = parts.options.gates.StrictPostBuildSubstitutions;
    const { digest } = source.artifact;
    const input: BuildInput = { dir: tree.dir, digest, spec: buildSpecOf(spec), variables, strict };
    const owner = { name: object.metadata.name, namespace: namespaceOf(object) };
    const key = createHash('sha256')
      .update(buildKey(input))
      .update(stringifyJson([owner, spec.commonMetadata ?? null, decryption?.fingerprint ?? null]))
      .digest('base64');
    const id = object.metadata.uid ?? `${owner.namespace}/${owner.name}`;
    const last = parts.builds.get(id);
    if (last?.key === key) {
      if (last.artifact === digest) return last;
      if (hasSameInputs(artifactTree(tree.dir, digest).fs, last.inputs)) {
        last.artifact = digest;
        return last;
      }
    }
    const output = await runBuild(input, decryption, source.artifact.size ?? 0, ctx);
    const commonMetadata = spec.commonMetadata ? { commonMetadata: spec.commonMetadata } : {};
    const build: CachedBuild = {
      key,
      inputs: output.inputs,
      artifact: digest,
      digest: output.digest,
      // Objects that were made member by member are kept in a form several times as large as that of a copy.
      prepared: cloneJson(prepareObjects(output.objects, { owner, ...commonMetadata })),
      origins: output.origins,
      redact: decryption?.redact ?? ((message) => message),
      encrypted: findEncryptedSecret(output.objects),
      appliedAt: undefined,
    };
    parts.builds.set(id, build);
    ctx.log.debug('built manifests', { objects: build.prepared.length, revision: source.revision });
    return build;
  } finally {
    await decryption?.close?.();
  }
}

async function decryptionOf(
  object: KustomizationObject,
  { options, keyServices }: BuildParts,
  ctx: Context,
): Promise<Decryption | undefined> {
  if (!object.spec.decryption) return undefined;
  try {
    return await openDecryption(object, { kube: ctx.kube, options, services: keyServices, signal: ctx.signal });
  } catch (error) {
    if (ctx.signal.aborted || !(error instanceof Error)) throw error;
    throw new StepError('BuildFailed', error.message, { cause: error });
  }
}

async function runBuild(
  input: BuildInput,
  decryption: Decryption | undefined,
  bytes: number,
  ctx: Context,
): Promise<BuildOutput> {
  try {
    // Keys stay in this thread.
    if (decryption) return await decryptAndBuild(input, decryption);
    if (!hasBuildModule || bytes < inlineBytes) return buildManifests(input);
    const answer = await ctx.workers.run<BuildOutput | BuildFailure>({
      module: buildModule,
      task: 'buildInWorker',
      input,
      timeoutMs: buildTimeoutMs,
      signal: ctx.signal,
    });
    if ('failed' in answer) throw new BuildError(answer.failed, { origin: answer.origin });
    return answer;
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    if (error instanceof BuildError)
      throw new StepError('BuildFailed', error.message, { cause: error, origin: error.origin });
    if (error instanceof WorkerError) throw new StepError('BuildFailed', error.message, { cause: error });
    throw error;
  }
}
