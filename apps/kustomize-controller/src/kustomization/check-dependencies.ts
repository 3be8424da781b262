import type { KubeClient } from '@fluvial/kube';
import { evaluateReadyExpr } from './health-exprs.ts';
import {
  dependenciesOf,
  type KustomizationObject,
  kustomizationKind,
  namespaceOf,
  sourceRefOf,
} from './kustomization-object.ts';
import { isObservedReady } from './watches.ts';

/**
 * Says why the owner cannot run yet, or undefined when all that it depends on is ready.
 *
 * Asks in order and stops at the first that is not ready. A dependency with the same source must have applied the
 * same revision. A `readyExpr` decides alone, unless it is `additive`.
 *
 * @throws {InvalidExpressionError} a `readyExpr` that can never be evaluated
 */
export async function checkDependencies(
  object: KustomizationObject,
  revision: string,
  read: (namespace: string, name: string) => Promise<KustomizationObject | undefined>,
  { additive = false }: { readonly additive?: boolean } = {},
): Promise<string | undefined> {
  const own = sourceRefOf(object);
  for (const { namespace, name, readyExpr } of dependenciesOf(object)) {
    const id = `'${namespace}/${name}'`;
    const dependency = await read(namespace, name);
    if (dependency === undefined)
      return `dependency ${id} not found: kustomizations.kustomize.toolkit.fluxcd.io "${name}" not found`;
    if (readyExpr !== undefined) {
      if (!evaluateReadyExpr(readyExpr, object, dependency, name))
        return `dependency ${id} is not ready according to readyExpr eval`;
      if (!additive) continue;
    }
    if (!isObservedReady(dependency)) return `dependency ${id} is not ready`;
    const theirs = sourceRefOf(dependency);
    const same = theirs.kind === own.kind && theirs.name === own.name && theirs.namespace === own.namespace;
    if (same && dependency.status?.lastAppliedRevision !== revision)
      return `dependency ${id} revision is not up to date`;
  }
  return undefined;
}

/** Reads a Kustomization, from the cache where it is there, else from the server (another shard's, or just made). */
export function dependencyReader(
  cached: (namespace: string, name: string) => KustomizationObject | undefined,
  kube: KubeClient,
  signal: AbortSignal,
): (namespace: string, name: string) => Promise<KustomizationObject | undefined> {
  return async (namespace, name) =>
    cached(namespace, name) ?? (await kube.find<KustomizationObject>(kustomizationKind, name, namespace, { signal }));
}

/** The cycle of `dependsOn` that the object is part of, as `a -> b -> a`; undefined without one. For the log. */
export function findCycle(
  object: KustomizationObject,
  cached: (namespace: string, name: string) => KustomizationObject | undefined,
): string | undefined {
  const start = `${namespaceOf(object)}/${object.metadata.name}`;
  const stack: { object: KustomizationObject; path: string[] }[] = [{ object, path: [start] }];
  const seen = new Set<string>();
  while (stack.length > 0) {
    const top = stack.pop() as (typeof stack)[number];
    for (const { namespace, name } of dependenciesOf(top.object)) {
      const id = `${namespace}/${name}`;
      if (id === start) return [...top.path, id].join(' -> ');
      if (seen.has(id)) continue;
      seen.add(id);
      const next = cached(namespace, name);
      if (next) stack.push({ object: next, path: [...top.path, id] });
    }
  }
  return undefined;
}
