import { asNumber, asObject } from '../json.ts';
import type { Resource, ServedVersion } from '../rest/resource.ts';
import type { JsonObject, KubeObject } from '../types.ts';
import { cellsOf } from './cells.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  readonly now: Date;
  readonly include: IncludeObject;
  readonly metaVersion: 'v1' | 'v1beta1';
  readonly metadata: JsonObject;
}

/** `meta.k8s.io` Table of some objects of one resource. */
export function tableOf(
  resource: Resource,
  served: ServedVersion,
  objects: readonly KubeObject[],
  options: TableOptions,
): JsonObject {
  const { now, include, metaVersion, metadata } = options;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${metaVersion}`,
    metadata,
    columnDefinitions: served.columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format,
      description,
      priority,
    })),
    rows: inPrintedOrder(resource, objects).map((object) => ({
      cells: cellsOf(resource, served, object, now),
      ...(include === 'None' ? {} : { object: include === 'Object' ? object : partialOf(object, metaVersion) }),
    })),
  };
}

/** Only the metadata of an object. */
export function partialOf(object: KubeObject, metaVersion: 'v1' | 'v1beta1'): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${metaVersion}`, metadata: object.metadata };
}

/** Flow schemas stand in the order in which they are asked; everything else as it is listed. */
function inPrintedOrder({ group, plural }: Resource, objects: readonly KubeObject[]): readonly KubeObject[] {
  if (group !== 'flowcontrol.apiserver.k8s.io' || plural !== 'flowschemas') return objects;
  const precedence = (object: KubeObject) => asNumber(asObject(object['spec'])['matchingPrecedence']);
  return objects.toSorted((a, b) => precedence(a) - precedence(b));
}
