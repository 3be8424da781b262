import { asArray, asObject, asString } from '../json.ts';
import type { KubeObject } from '../types.ts';

/** What still stands in a namespace that is being deleted. */
export interface Remains {
  /** Objects by `RESOURCE.GROUP`; the dot is there for the core group, too. */
  readonly resources: ReadonlyMap<string, number>;
  /** Objects by the finalizer that holds them. */
  readonly finalizers: ReadonlyMap<string, number>;
}

/** The conditions that tell what the deletion of a namespace waits for, as its controller writes them. */
export function namespaceConditions(namespace: KubeObject, remains: Remains, now: string): object[] {
  const before = asArray(asObject(namespace['status'])['conditions']).map(asObject);
  const resources = listed(remains.resources, (name, count) => `${name} has ${count} resource instances`);
  const finalizers = listed(remains.finalizers, (name, count) => `${name} in ${count} resource instances`);
  const texts: readonly (readonly [type: string, status: string, reason: string, message: string])[] = [
    ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    [
      'NamespaceDeletionContentFailure',
      'False',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
    resources === ''
      ? ['NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed']
      : ['NamespaceContentRemaining', 'True', 'SomeResourcesRemain', `Some resources are remaining: ${resources}`],
    finalizers === ''
      ? [
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ]
      : [
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${finalizers}`,
        ],
  ];
  return texts.map(([type, status, reason, message]) => {
    const old = before.find((condition) => condition['type'] === type);
    const lastTransitionTime = old?.['status'] === status ? asString(old['lastTransitionTime']) : now;
    return { type, status, lastTransitionTime, reason, message };
  });
}

function listed(counts: ReadonlyMap<string, number>, text: (name: string, count: number) => string): string {
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => text(name, count))
    .join(', ');
}
