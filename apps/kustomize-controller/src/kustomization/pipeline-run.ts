import type { StatusReader } from '@fluvial/apply';
import type { FetchCache } from '@fluvial/artifact';
import type { KubeObject } from '@fluvial/kube';
import type { ReconcileContext } from '@fluvial/runtime';
import type { Options } from '../options.ts';
import type { KustomizationObject } from './kustomization-object.ts';
import type { SourceArtifact } from './resolve-source.ts';
import type { Target, Targets } from './targets.ts';

export type Context = ReconcileContext<KustomizationObject>;

/** What the pipeline uses of the app. */
export interface PipelineParts {
  readonly options: Options;
  readonly fetchCache: FetchCache;
  readonly targets: Targets;
  /** Prepared objects of the last build of each owner, by uid. */
  readonly builds: Map<string, CachedBuild>;
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
  readonly key: string;
  readonly digest: string;
  readonly prepared: readonly KubeObject[];
  /** What is wrong when a Secret is still encrypted. */
  readonly encrypted: string | undefined;
  /** The first object that needs decryption. */
  readonly needsDecryption: string | undefined;
}

/** One run on its way through the steps. */
export interface PipelineRun {
  readonly object: KustomizationObject;
  readonly source: SourceArtifact;
  readonly target: Target;
  readonly parts: PipelineParts;
  readonly ctx: Context;
  /** Notes in the history how the run ended: the Ready reason. */
  readonly ended: (reason: string) => void;
}

/** Microseconds are enough for people. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
