import { isNotFound, type KubeClient } from '@fluvial/kube';
import type { Context } from '../../framework/context.ts';
import { toolkitKinds } from '../../kinds.ts';
import { asToolkitObject, type ToolkitObject, textAt, valueAt } from '../../objects/toolkit-object.ts';
import { releaseObjects } from './helm-release.ts';
import type { ObjectTree } from './object-tree.ts';

type Options = { compact: boolean };

/** An inventory's name of an object. */
export type InventoryId = { group: string; kind: string; namespace: string; name: string };

/** Reads `<namespace>_<name>_<group>_<kind>`; `__` in a name stands for a colon. */
export function parseInventoryId(id: string): InventoryId | undefined {
  const first = id.indexOf('_');
  const last = id.lastIndexOf('_');
  const before = id.lastIndexOf('_', last - 1);
  if (first < 0 || before <= first) return undefined;
  return {
    namespace: id.slice(0, first),
    name: id.slice(first + 1, before).replaceAll('__', ':'),
    group: id.slice(before + 1, last),
    kind: id.slice(last + 1),
  };
}

/** Deepest nesting that is followed: a loop of Kustomizations would have no end. */
const maxDepth = 64;

/** The tree below a Kustomization, from its inventory. */
export async function treeOfKustomization(
  context: Context,
  kube: KubeClient,
  kustomization: ToolkitObject,
  options: Options,
): Promise<ObjectTree> {
  return walk(context, kube, kustomization, options, new Set(), 0);
}

async function walk(
  context: Context,
  kube: KubeClient,
  kustomization: ToolkitObject,
  options: Options,
  above: ReadonlySet<string>,
  depth: number,
): Promise<ObjectTree> {
  const { name, namespace = '' } = kustomization.metadata;
  const self: ObjectTree = {
    group: 'kustomize.toolkit.fluxcd.io',
    kind: 'Kustomization',
    namespace,
    name,
    children: [],
  };
  const entries = valueAt(kustomization.status, 'inventory', 'entries');
  const seen = new Set([...above, `${namespace}/${name}`]);
  const isRemote = kustomization.spec?.['kubeConfig'] !== undefined;
  for (const entry of Array.isArray(entries) ? entries : []) {
    const id = parseInventoryId(textAt(entry, 'id'));
    if (id === undefined) continue;
    if (options.compact && !id.group.includes('toolkit.fluxcd.io')) continue;
    const child: ObjectTree = { ...id, children: [] };
    self.children.push(child);
    if (isRemote || depth >= maxDepth) continue;
    if (id.group === 'kustomize.toolkit.fluxcd.io' && id.kind === 'Kustomization') {
      if (seen.has(`${id.namespace}/${id.name}`)) continue;
      const inner = await find(context, kube, toolkitKinds.kustomization, id);
      if (inner !== undefined)
        child.children.push(...(await walk(context, kube, inner, options, seen, depth + 1)).children);
    } else if (id.group === 'helm.toolkit.fluxcd.io' && id.kind === 'HelmRelease') {
      const release = await find(context, kube, toolkitKinds.helmRelease, id);
      if (release === undefined) continue;
      const objects = await releaseObjects(context, kube, release);
      child.children.push(...objects.filter((each) => !options.compact || each.group.includes('toolkit.fluxcd.io')));
    }
  }
  return self;
}

async function find(
  context: Context,
  kube: KubeClient,
  kind: { apiVersion: string; kind: string },
  id: InventoryId,
): Promise<ToolkitObject | undefined> {
  try {
    return asToolkitObject(await kube.get(kind, id.name, id.namespace, { signal: context.deadline }));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
