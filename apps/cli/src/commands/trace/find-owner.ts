import type { KubeClient, KubeObject } from '@fluvial/kube';
import type { Context } from '../../framework/context.ts';

/** Who applied an object. */
export type Owner = { kind: 'Kustomization' | 'HelmRelease'; name: string; namespace: string };

const marks = [
  { kind: 'Kustomization', prefix: 'kustomize.toolkit.fluxcd.io' },
  { kind: 'HelmRelease', prefix: 'helm.toolkit.fluxcd.io' },
] as const;

/** Longest chain of owners that is followed. */
const maxOwners = 16;

/**
 * Finds who applied an object by its labels, else by those of its owners. Kustomizations come first: what one applied
 * is its own, whatever owns it.
 */
export async function findOwner(context: Context, kube: KubeClient, object: KubeObject): Promise<Owner | undefined> {
  const chain = [object];
  for (const { kind, prefix } of marks) {
    for (let at = 0; at < maxOwners; at++) {
      const current = chain[at] ?? (await ownerOf(context, kube, chain[at - 1]!));
      if (current === undefined) break;
      chain[at] = current;
      const name = current.metadata.labels?.[`${prefix}/name`];
      if (name !== undefined) return { kind, name, namespace: current.metadata.labels?.[`${prefix}/namespace`] ?? '' };
    }
  }
  return undefined;
}

async function ownerOf(context: Context, kube: KubeClient, object: KubeObject): Promise<KubeObject | undefined> {
  const owner = object.metadata.ownerReferences?.[0];
  if (owner === undefined) return undefined;
  const { namespaced } = await kube.mapper.resolve(owner.apiVersion, owner.kind, { signal: context.deadline });
  const namespace = namespaced ? object.metadata.namespace : undefined;
  return kube.find(owner, owner.name, namespace, { signal: context.deadline });
}
