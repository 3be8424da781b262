import type { Artifact, Kustomization } from '@fluvial/api';
import type { KubeObject } from '@fluvial/kube';
import { parseDurationOr } from '@fluvial/runtime';

export type KustomizationSpec = Kustomization['spec'];
export type KustomizationStatus = NonNullable<Kustomization['status']>;
export type SpecImage = NonNullable<KustomizationSpec['images']>[number];
export type HistoryEntry = NonNullable<KustomizationStatus['history']>[number];

/** The object as the informer hands it out: v1 storage, with the fields of the older versions where they were set. */
export type KustomizationObject = KubeObject & { spec: KustomizationSpec; status?: KustomizationStatus };

/** Any source with an artifact. */
export type SourceObject = KubeObject & {
  status?: { artifact?: Artifact; observedGeneration?: number; conditions?: unknown[] };
};

export const kustomizationKind = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' } as const;
export const groupName = 'kustomize.toolkit.fluxcd.io';
export const controllerName = 'kustomize-controller';
export const statusManager = 'gotk-kustomize-controller';

const minTimeoutMs = 30_000;

/** Budget for health checks and termination: `timeout`, else the interval less 30 s; never below 30 s. */
export function timeoutMsOf(spec: KustomizationSpec): number {
  const interval = intervalMsOf(spec);
  return Math.max(minTimeoutMs, parseDurationOr(spec.timeout, interval - 30_000));
}

export function intervalMsOf(spec: KustomizationSpec): number {
  return parseDurationOr(spec.interval, 60_000);
}

/** Delay after a failed run. */
export function retryMsOf(spec: KustomizationSpec): number {
  return parseDurationOr(spec.retryInterval, intervalMsOf(spec));
}

export function namespaceOf(object: KubeObject): string {
  return object.metadata.namespace ?? '';
}

/** Where the source is: its namespace defaults to the owner's. */
export function sourceRefOf(object: KustomizationObject): { kind: string; namespace: string; name: string } {
  const { kind, name, namespace } = object.spec.sourceRef;
  return { kind, name, namespace: namespace || namespaceOf(object) };
}

/** Owners that must be Ready first, as `namespace/name`. */
export function dependenciesOf(object: KustomizationObject): { namespace: string; name: string; readyExpr?: string }[] {
  return (object.spec.dependsOn ?? []).map((dependency) => {
    const { name, namespace } = dependency;
    const readyExpr = (dependency as { readyExpr?: string }).readyExpr;
    return { name, namespace: namespace || namespaceOf(object), ...(readyExpr ? { readyExpr } : {}) };
  });
}
