import { compareBytes } from '@fluvial/yaml';
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
  const first = legacy?.orderFirst ?? FIRST;
  const last = legacy?.orderLast ?? LAST;
  const rank = new Map<string, number>();
  first.forEach((kind, i) => {
    rank.set(kind, i - first.length);
  });
  last.forEach((kind, i) => {
    rank.set(kind, i + 1);
  });
  const keyed = resources.map((resource) => {
    const { group, version, kind } = resource.gvk;
    const gvk = `${group || '~G'}_${version || '~V'}_${kind || '~K'}`;
    const id = `${gvk}|${resource.namespace || '~X'}|${resource.name || '~N'}`;
    return { resource, rank: rank.get(kind) ?? 0, gvk, id };
  });
  keyed.sort((a, b) => a.rank - b.rank || compareBytes(a.gvk, b.gvk) || compareBytes(a.id, b.id));
  return keyed.map(({ resource }) => resource);
}
