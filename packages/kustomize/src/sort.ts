import { compareBytes } from '@fluvial/yaml';
import type { Gvk } from './id.ts';
import type { Kustomization } from './kustomization.ts';
import type { Resource } from './resource.ts';
import { KustomizeError } from './types.ts';

const FIRST = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];
const LAST = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

const RANK = rankOf(FIRST, LAST);

function rankOf(first: readonly string[], last: readonly string[]): ReadonlyMap<string, number> {
  return new Map([
    ...first.map((kind, i): [string, number] => [kind, i - first.length]),
    ...last.map((kind, i): [string, number] => [kind, i + 1]),
  ]);
}

function legacyGvk({ group, version, kind }: Gvk): string {
  return `${group || '~G'}_${version || '~V'}_${kind || '~K'}`;
}

/** The legacy order of kinds. */
export function compareKinds(a: Gvk, b: Gvk): number {
  return (RANK.get(a.kind) ?? 0) - (RANK.get(b.kind) ?? 0) || compareBytes(legacyGvk(a), legacyGvk(b));
}

/** Orders resources as the root file's `sortOptions` (or the caller) wishes. @throws {KustomizeError} */
export function sortResources(
  resources: Resource[],
  options: Kustomization['sortOptions'],
  fallback: 'none' | 'legacy',
): Resource[] {
  const order = options === undefined ? (fallback === 'legacy' ? 'legacy' : 'fifo') : options.order;
  if (options !== undefined && order !== 'fifo' && order !== 'legacy') {
    throw new KustomizeError('KUSTOMIZATION_INVALID', "the field 'sortOptions.order' must be one of [fifo, legacy]");
  }
  const legacy = options?.legacySortOptions;
  if (order === 'fifo') {
    if (legacy !== undefined) {
      throw new KustomizeError(
        'KUSTOMIZATION_INVALID',
        "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
      );
    }
    return resources;
  }
  const rank = rankOf(legacy?.orderFirst ?? FIRST, legacy?.orderLast ?? LAST);
  const keyed = resources.map((resource) => {
    const gvk = legacyGvk(resource.gvk);
    const id = `${gvk}|${resource.namespace || '~X'}|${resource.name || '~N'}`;
    return { resource, rank: rank.get(resource.kind) ?? 0, gvk, id };
  });
  keyed.sort((a, b) => a.rank - b.rank || compareBytes(a.gvk, b.gvk) || compareBytes(a.id, b.id));
  return keyed.map(({ resource }) => resource);
}
