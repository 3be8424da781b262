import type { KindDefinition, KindVersion } from './define-kind.ts';
import { alert } from './kinds/alert.ts';
import { artifactGenerator } from './kinds/artifact-generator.ts';
import { bucket } from './kinds/bucket.ts';
import { externalArtifact } from './kinds/external-artifact.ts';
import { gitRepository } from './kinds/git-repository.ts';
import { helmChart } from './kinds/helm-chart.ts';
import { helmRelease } from './kinds/helm-release.ts';
import { helmRepository } from './kinds/helm-repository.ts';
import { imagePolicy } from './kinds/image-policy.ts';
import { imageRepository } from './kinds/image-repository.ts';
import { imageUpdateAutomation } from './kinds/image-update-automation.ts';
import { kustomization } from './kinds/kustomization.ts';
import { ociRepository } from './kinds/oci-repository.ts';
import { provider } from './kinds/provider.ts';
import { receiver } from './kinds/receiver.ts';

/** Every kind of the suite, sources first. */
export const kinds: readonly KindDefinition[] = [
  gitRepository,
  ociRepository,
  helmRepository,
  helmChart,
  bucket,
  externalArtifact,
  artifactGenerator,
  kustomization,
  helmRelease,
  receiver,
  alert,
  provider,
  imageRepository,
  imagePolicy,
  imageUpdateAutomation,
];

/** Finds a kind by API version (any served one) and kind. */
export function findKind(apiVersion: string, kind: string): { kind: KindDefinition; version: KindVersion } | undefined {
  const slash = apiVersion.indexOf('/');
  const group = apiVersion.slice(0, Math.max(slash, 0));
  const name = apiVersion.slice(slash + 1);
  for (const candidate of kinds) {
    if (candidate.kind !== kind || candidate.group !== group) continue;
    const version = candidate.versions.find((each) => each.name === name);
    if (version !== undefined) return { kind: candidate, version };
  }
  return undefined;
}

/** The newest API version of a kind, `group/version`. */
export function newestApiVersion(definition: KindDefinition): string {
  return `${definition.group}/${definition.versions[0]?.name}`;
}
