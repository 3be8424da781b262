import type { Artifact } from '@fluvial/api';
import { isNoMatch, isNotFound, type KubeClient } from '@fluvial/kube';
import { type ReconcileContext, TerminalError } from '@fluvial/runtime';
import { messageOf, StepError } from './errors.ts';
import { type KustomizationObject, namespaceOf, type SourceObject, sourceRefOf } from './kustomization-object.ts';

export interface SourcePolicy {
  readonly noCrossNamespaceRefs: boolean;
  readonly externalArtifacts: boolean;
  /** Reads past the cache. */
  readonly directFetch: boolean;
}

/** The source is not there; the condition says so, and no event does. */
export class SourceNotFoundError extends StepError {}

const sourceApiVersion = 'source.toolkit.fluxcd.io/v1';
const sourceKinds = new Set(['OCIRepository', 'GitRepository', 'Bucket', 'ExternalArtifact']);

/**
 * Finds the source that the owner names.
 *
 * @throws {TerminalError} `AccessDenied`; {SourceNotFoundError}; {StepError} `ArtifactFailed`
 */
export async function resolveSource(
  object: KustomizationObject,
  ctx: Pick<ReconcileContext<KustomizationObject>, 'cached' | 'signal'> & { readonly kube: KubeClient },
  policy: SourcePolicy,
): Promise<SourceObject> {
  const { kind, namespace, name } = sourceRefOf(object);
  if (policy.noCrossNamespaceRefs && namespace !== namespaceOf(object)) {
    throw denied(`can't access '${kind}/${namespace}/${name}', cross-namespace references have been blocked`);
  }
  if (kind === 'ExternalArtifact' && !policy.externalArtifacts) {
    throw denied(`can't access '${kind}/${namespace}/${name}', ExternalArtifact feature gate is disabled`);
  }
  if (!sourceKinds.has(kind)) throw new StepError('ArtifactFailed', `source \`${name}\` kind '${kind}' not supported`);
  const ref = { apiVersion: sourceApiVersion, kind };
  const cached = policy.directFetch ? undefined : ctx.cached<SourceObject>(ref).get(namespace, name);
  if (cached !== undefined) return cached;
  try {
    // A kind that is not watched yet, or an object that the cache has not seen.
    const found = await ctx.kube.find<SourceObject>(ref, name, namespace, { signal: ctx.signal });
    if (found !== undefined) return found;
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    // A kind that is not installed has no objects.
    if (!isNotFound(error) && !isNoMatch(error)) {
      throw new StepError('ArtifactFailed', `unable to get source '${namespace}/${name}': ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
  // The server names the resource, Flux's cache the kind.
  const resource = policy.directFetch ? pluralOf(kind) : kind;
  throw new SourceNotFoundError('ArtifactFailed', `${resource}.source.toolkit.fluxcd.io "${name}" not found`);
}

function pluralOf(kind: string): string {
  return kind.toLowerCase().replace(/y$/, 'ie').concat('s');
}

function denied(message: string): TerminalError {
  return new TerminalError(message, { reason: 'AccessDenied', observed: false });
}

/** The artifact of a source, with the revision of the origin where it is known. */
export interface SourceArtifact {
  readonly artifact: Artifact;
  readonly revision: string;
  readonly originRevision: string;
}

export function artifactOf(source: SourceObject): SourceArtifact | undefined {
  const artifact = source.status?.artifact;
  if (artifact === undefined) return undefined;
  const originRevision = artifact.metadata?.['org.opencontainers.image.revision'] ?? '';
  return { artifact, revision: artifact.revision ?? '', originRevision };
}
