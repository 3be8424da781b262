import { getCondition, isTrue } from '@fluvial/conditions';
import type { Change, Lister, ObjectKey, Watch } from '@fluvial/runtime';
import type { Handovers } from './handovers.ts';
import {
  dependenciesOf,
  type KustomizationObject,
  kustomizationKind,
  namespaceOf,
  type SourceObject,
  sourceRefOf,
} from './kustomization-object.ts';

type Own = Lister<KustomizationObject>;
type Wake = Watch<KustomizationObject>;

/** Indexes over Kustomizations: what each waits for. */
export const indexes: Readonly<Record<string, (object: KustomizationObject) => Iterable<string>>> = {
  source(object) {
    const { kind, namespace, name } = sourceRefOf(object);
    return [`${kind}/${namespace}/${name}`];
  },
  dependency: (object) => dependenciesOf(object).map(({ namespace, name }) => `${namespace}/${name}`),
  config(object) {
    const namespace = namespaceOf(object);
    const keys = (object.spec.postBuild?.substituteFrom ?? []).map(({ kind, name }) => `${kind}/${namespace}/${name}`);
    const { kubeConfig, decryption } = object.spec;
    const secrets = [kubeConfig?.secretRef?.name, decryption?.secretRef?.name];
    for (const name of secrets) if (name) keys.push(`Secret/${namespace}/${name}`);
    const configMap = (kubeConfig as { configMapRef?: { name?: string } } | undefined)?.configMapRef?.name;
    if (configMap) keys.push(`ConfigMap/${namespace}/${configMap}`);
    return keys;
  },
};

export interface WatchOptions {
  readonly handovers: Handovers;
  /** Source kinds to watch besides those that are always there. */
  readonly externalArtifacts: boolean;
  /** Selector of the ConfigMaps and Secrets whose changes wake; undefined: none do. */
  readonly configsLabelSelector: string | undefined;
}

/** What wakes a Kustomization besides itself. */
export function watches({ externalArtifacts, configsLabelSelector, handovers }: WatchOptions): Wake[] {
  const kinds = ['OCIRepository', 'GitRepository', 'Bucket', ...(externalArtifacts ? ['ExternalArtifact'] : [])];
  const configs =
    configsLabelSelector === undefined
      ? []
      : [configWatch('ConfigMap', configsLabelSelector), configWatch('Secret', configsLabelSelector)];
  return [...kinds.map(sourceWatch), dependencyWatch, handoverWatch(handovers), ...configs];
}

function sourceWatch(kind: string): Wake {
  return {
    kind: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind },
    // An install without this kind works all the same.
    optional: true,
    wakes: (change, own) => wokenBySource(change as Change<SourceObject>, own),
  };
}

/** Owners of a source whose artifact appeared or has a new revision, dependencies first. */
export function wokenBySource({ type, object, old }: Change<SourceObject>, own: Own): ObjectKey[] {
  const revision = object.status?.artifact?.revision;
  if (type === 'modified' && (revision === undefined || old?.status?.artifact?.revision === revision)) return [];
  const owners = own
    .byIndex('source', `${object.kind}/${namespaceOf(object)}/${object.metadata.name}`)
    .filter((owner) => revision === undefined || !hasTried(owner, revision));
  return orderByDependency(owners).map(({ metadata }) => ({
    namespace: metadata.namespace ?? '',
    name: metadata.name,
  }));
}

/** Ready or busy with this revision: nothing to do. */
function hasTried(owner: KustomizationObject, revision: string): boolean {
  return owner.status?.lastAttemptedRevision === revision && (isTrue(owner, 'Ready') || isTrue(owner, 'Reconciling'));
}

/** Sorts so that what others depend on comes first; members of a cycle stay where they are. */
export function orderByDependency(owners: readonly KustomizationObject[]): KustomizationObject[] {
  const byKey = new Map(owners.map((owner) => [`${namespaceOf(owner)}/${owner.metadata.name}`, owner]));
  const ordered = new Set<KustomizationObject>();
  const visiting = new Set<KustomizationObject>();
  // By hand, not by recursion: a chain of thousands must not overflow the stack.
  for (const start of owners) {
    const stack = [{ owner: start, left: dependenciesOf(start) }];
    visiting.add(start);
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as (typeof stack)[number];
      const next = top.left.shift();
      if (next === undefined) {
        ordered.add(top.owner);
        stack.pop();
        continue;
      }
      const dependency = byKey.get(`${next.namespace}/${next.name}`);
      if (dependency === undefined || ordered.has(dependency) || visiting.has(dependency)) continue;
      visiting.add(dependency);
      stack.push({ owner: dependency, left: dependenciesOf(dependency) });
    }
  }
  return [...ordered];
}

/** A dependent starts the moment that its dependency has become ready, or has applied another revision. */
const dependencyWatch: Wake = {
  kind: kustomizationKind,
  wakes(change, own) {
    const object = change.object as KustomizationObject;
    if (change.type === 'deleted') return [];
    const ready = becameReady(object, change.old as KustomizationObject | undefined);
    return own
      .byIndex('dependency', `${namespaceOf(object)}/${object.metadata.name}`)
      .filter((owner) => ready || asksExpression(owner, object))
      .map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }));
  },
};

/** Who keeps objects for another owner until it has taken them looks again when that has run. */
function handoverWatch(handovers: Handovers): Wake {
  return {
    kind: kustomizationKind,
    wakes: (change) => handovers.wokenBy(change as Change<KustomizationObject>),
  };
}

/** An expression may look at anything, so every change may be the one that it waits for. */
function asksExpression(owner: KustomizationObject, dependency: KustomizationObject): boolean {
  if (getCondition(owner, 'Ready')?.reason !== 'DependencyNotReady') return false;
  return dependenciesOf(owner).some(
    ({ namespace, name, readyExpr }) =>
      readyExpr !== undefined && name === dependency.metadata.name && namespace === namespaceOf(dependency),
  );
}

function becameReady(now: KustomizationObject, before: KustomizationObject | undefined): boolean {
  // A dependency that appears changes what its dependents say.
  if (before === undefined) return true;
  if (!isObservedReady(now)) return false;
  return !isObservedReady(before) || before.status?.lastAppliedRevision !== now.status?.lastAppliedRevision;
}

/** Ready=True that belongs to the present generation. */
export function isObservedReady(object: KustomizationObject): boolean {
  return (
    object.status?.observedGeneration === object.metadata.generation && getCondition(object, 'Ready')?.status === 'True'
  );
}

function configWatch(kind: 'ConfigMap' | 'Secret', labelSelector: string): Wake {
  return {
    kind: { apiVersion: 'v1', kind },
    metadataOnly: true,
    labelSelector,
    wakes({ type, object, old }, own) {
      // The first listing is no change.
      if (type === 'modified' && old?.metadata.resourceVersion === object.metadata.resourceVersion) return [];
      const { namespace = '', name } = object.metadata;
      return own
        .byIndex('config', `${kind}/${namespace}/${name}`)
        .map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }));
    },
  };
}
