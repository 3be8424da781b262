import type { KubeObject } from '@fluvial/kube';
import { type GroupKind, groupOf, type ObjectRef } from './types.ts';

/** What others need comes first. Order of fluxcd/pkg/ssa. */
const firstKinds = [
  'CustomResourceDefinition',
  'Namespace',
  'ClusterRole',
  'ClusterClass',
  'RuntimeClass',
  'PriorityClass',
  'StorageClass',
  'VolumeSnapshotClass',
  'IngressClass',
  'GatewayClass',
  'ClusterRoleBinding',
  'ResourceQuota',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
  'LimitRange',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];
const lastKinds = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

const ranks = new Map<string, number>([
  ...firstKinds.map((kind, i): [string, number] => [kind, i]),
  ...lastKinds.map((kind, i): [string, number] => [kind, 1000 + i]),
]);
const unlistedRank = 500;
const workloadRank = firstKinds.indexOf('Deployment');

export function kindRank(kind: string): number {
  return ranks.get(kind) ?? unlistedRank;
}

type Sortable = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
};

export function compareRefs(a: Sortable, b: Sortable): number {
  return (
    kindRank(a.kind) - kindRank(b.kind) ||
    compareText(groupOf(a.apiVersion), groupOf(b.apiVersion)) ||
    compareText(a.kind, b.kind) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.name, b.name)
  );
}

/** Apply order within a stage, also used for listing; deletion goes the other way round. Does not change `refs`. */
export function sortRefs<T extends ObjectRef>(refs: readonly T[]): T[] {
  return [...refs].sort(compareRefs);
}

/** By code units, which for names and groups (ASCII) is the order of bytes. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Which objects of a stage may be written at once: what workloads read, then workloads and everything else, then
 * webhooks, which would have to answer for what comes after them.
 */
export function waveOf(kind: string): number {
  const rank = kindRank(kind);
  return rank < workloadRank ? 0 : rank < 1000 ? 1 : 2;
}

export type StageName = 'definitions' | 'classes' | 'custom' | 'rest';
export const stageNames: readonly StageName[] = ['definitions', 'classes', 'custom', 'rest'];

/** The stage of an object: definitions, classes, the kinds that the operator put before the rest, the rest. */
export function stageOf(object: Pick<KubeObject, 'apiVersion' | 'kind'>, custom: readonly GroupKind[] = []): StageName {
  const group = groupOf(object.apiVersion);
  const kind = object.kind.toLowerCase();
  if (
    (group === 'apiextensions.k8s.io' && kind === 'customresourcedefinition') ||
    (object.apiVersion === 'v1' && kind === 'namespace') ||
    (group === 'rbac.authorization.k8s.io' && kind === 'clusterrole')
  ) {
    return 'definitions';
  }
  if (kind.endsWith('class')) return 'classes';
  if (custom.some((entry) => entry.group === group && entry.kind.toLowerCase() === kind)) return 'custom';
  return 'rest';
}
