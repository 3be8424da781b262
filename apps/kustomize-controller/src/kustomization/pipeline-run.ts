import type { ObjectRef, StatusReader } from '@fluvial/apply';
import type { FetchCache } from '@fluvial/artifact';
import type { KubeObject } from '@fluvial/kube';
import type { ReconcileContext } from '@fluvial/runtime';
import type { Options } from '../options.ts';
import type { BuildInputs } from './build-inputs.ts';
import type { KeyServices } from './decrypt.ts';
import type { Handovers } from './handovers.ts';
import type { KustomizationObject } from './kustomization-object.ts';
import type { SourceArtifact } from './resolve-source.ts';
import type { Target, Targets } from './targets.ts';

export type Context = ReconcileContext<KustomizationObject>;

/** What the pipeline uses of the app. */
export interface PipelineParts {
  readonly options: Options;
  readonly fetchCache: FetchCache;
  readonly targets: Targets;
  /** The last build of each owner, by uid. */
  readonly builds: Map<string, CachedBuild>;
  readonly handovers: Handovers;
  readonly keyServices: KeyServices;
  /** The owner's own rules of health. */
  readonly readers: readonly StatusReader[];
  emit(
    ctx: Context,
    object: KustomizationObject,
    severity: 'info' | 'error',
    message: string,
    source: SourceArtifact,
  ): void;
}

/** The outcome of an owner's last build. */
export interface CachedBuild {
  /** Digest of all that shapes the objects but the artifact. */
  readonly key: string;
  readonly inputs: BuildInputs;
  /** The newest artifact that is known to give this build. */
  artifact: string;
  readonly digest: string;
  readonly prepared: readonly KubeObject[];
  /** Where each of them was written. */
  readonly origins: readonly string[];
  /** Takes what was decrypted out of a message. */
  readonly redact: (message: string) => string;
  /** What is wrong when a Secret is still encrypted. */
  readonly encrypted: string | undefined;
  /** When a run last brought it to the cluster with success, by the clock that never goes back. */
  appliedAt: number | undefined;
}

/** Where an object was written, `path:line`; undefined when it is not known. */
export function originOf({ prepared, origins }: CachedBuild, ref: ObjectRef | undefined): string | undefined {
  if (ref === undefined) return undefined;
  const index = prepared.findIndex(
    ({ apiVersion, kind, metadata }) =>
      kind === ref.kind &&
      metadata.name === ref.name &&
      apiVersion === ref.apiVersion &&
      (ref.namespace === '' || (metadata.namespace ?? '') === ref.namespace),
  );
  return origins[index] || undefined;
}

/** One run on its way through the steps. */
export interface PipelineRun {
  readonly object: KustomizationObject;
  readonly source: SourceArtifact;
  readonly target: Target;
  readonly build: CachedBuild;
  readonly parts: PipelineParts;
  readonly ctx: Context;
  /** Notes in the history how the run ended: the Ready reason. */
  readonly ended: (reason: string) => void;
}

/** Microseconds are enough for people. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
