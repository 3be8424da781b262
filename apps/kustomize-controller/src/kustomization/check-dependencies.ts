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

/** What is known around a dependency that is waited for. */
export interface Neighbours {
  get(namespace: string, name: string): KustomizationObject | undefined;
  /** All Kustomizations of the cache; empty when others' namespaces are none of the owner's business. */
  list(): Iterable<KustomizationObject>;
  /** Whether there is a HelmRelease of this name. */
  hasHelmRelease(namespace: string, name: string): Promise<boolean>;
}

/**
 * What a person would want to know of the dependency that the owner waits for, as a suffix of the condition's text:
 * the cycle, or what was probably meant. Empty when there is nothing to say: then the text is Flux's.
 *
 * @param waiting the text of `checkDependencies`
 */
export async function hintAbout(object: KustomizationObject, waiting: string, around: Neighbours): Promise<string> {
  const cycle = findCycle(object, around.get);
  if (cycle !== undefined) return ` (circular dependency detected: ${cycle})`;
  for (const { namespace, name } of dependenciesOf(object)) {
    // What is not in the cache may be another shard's: only what the server does not know is missing.
    if (!waiting.startsWith(`dependency '${namespace}/${name}' not found: `)) continue;
    if (await around.hasHelmRelease(namespace, name))
      return ` (a HelmRelease '${namespace}/${name}' exists, but dependsOn takes Kustomizations only)`;
    const meant = nearestTo(namespace, name, object, around.list());
    return meant === undefined ? '' : ` (did you mean '${meant}'?)`;
  }
  return '';
}

/** The same name in another namespace, or a name of one typing error in the same. */
function nearestTo(
  namespace: string,
  name: string,
  self: KustomizationObject,
  all: Iterable<KustomizationObject>,
): string | undefined {
  const found: string[] = [];
  for (const other of all) {
    if (other.metadata.uid !== undefined && other.metadata.uid === self.metadata.uid) continue;
    const space = namespaceOf(other);
    const isNear = space === namespace ? isOneErrorApart(other.metadata.name, name) : other.metadata.name === name;
    if (isNear) found.push(`${space}/${other.metadata.name}`);
  }
  return found.sort()[0];
}

/** One letter too many, too few or wrong, or two that changed places; names of three letters and less say too little. */
function isOneErrorApart(a: string, b: string): boolean {
  if (Math.min(a.length, b.length) < 4 || Math.abs(a.length - b.length) > 1 || a === b) return false;
  let from = 0;
  while (from < a.length && a[from] === b[from]) from += 1;
  const [restA, restB] = [a.slice(from), b.slice(from)];
  if (restA.slice(1) === restB || restA === restB.slice(1) || restA.slice(1) === restB.slice(1)) return true;
  return restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
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

/** The cycle of `dependsOn` that the object is part of, as `a -> b -> a`; undefined without one. */
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
