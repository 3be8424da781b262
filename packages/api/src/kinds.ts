import type { KindDefinition, KindVersion } from './define-kind.ts';
import { kustomization } from './kinds/kustomization.ts';
import { ociRepository } from './kinds/oci-repository.ts';

/** Every kind of the suite, sources first. */
export const kinds: readonly KindDefinition[] = [ociRepository, kustomization];

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
