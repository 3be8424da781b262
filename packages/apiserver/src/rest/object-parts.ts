import { asArray, asObject } from '../json.ts';
import type { KubeObject } from '../types.ts';

/**
 * What a write to a part of an object changes; all else of what was sent is passed over.
 *
 * @returns `undefined` for a subresource that is no such part.
 */
export function partOf(subresource: string, current: KubeObject, sent: KubeObject): KubeObject | undefined {
  const spec = asObject(current['spec']);
  const given = asObject(sent['spec']);
  switch (subresource) {
    case 'ephemeralcontainers':
      return keeping(current, sent, {
        spec: { ...spec, ephemeralContainers: given['ephemeralContainers'] },
      });
    case 'resize':
      return keeping(current, sent, {
        spec: {
          ...spec,
          containers: resized(spec['containers'], given['containers']),
          ...(spec['initContainers'] === undefined
            ? {}
            : { initContainers: resized(spec['initContainers'], given['initContainers']) }),
        },
      });
    case 'approval':
      return keeping(current, sent, {
        status: { ...asObject(current['status']), conditions: asObject(sent['status'])['conditions'] },
      });
    default:
      return undefined;
  }
}

function keeping(current: KubeObject, sent: KubeObject, fields: { readonly [field: string]: unknown }): KubeObject {
  const { managedFields, resourceVersion, uid } = sent.metadata;
  return {
    ...current,
    metadata: {
      ...current.metadata,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(uid === undefined ? {} : { uid }),
      ...(managedFields === undefined ? {} : { managedFields }),
    },
    ...fields,
  };
}

/** Containers with the resources that were sent. How many there are is not looked at here. */
function resized(containers: unknown, sent: unknown): unknown {
  const wanted = new Map(asArray(sent).map((one) => [asObject(one)['name'], asObject(one)]));
  return asArray(containers).map((one) => {
    const container = asObject(one);
    const given = wanted.get(container['name']);
    if (given === undefined) return container;
    const { resources: _resources, resizePolicy: _policy, ...rest } = container;
    const { resources, resizePolicy } = given;
    return {
      ...rest,
      ...(resources === undefined ? {} : { resources }),
      ...(resizePolicy === undefined ? {} : { resizePolicy }),
    };
  });
}

/** Conditions of a signing request say since when, in place. */
export function stampConditions(object: KubeObject, now: string): void {
  for (const condition of asArray(asObject(object['status'])['conditions']).map(asObject)) {
    condition['lastTransitionTime'] ??= now;
    condition['lastUpdateTime'] ??= now;
  }
}
