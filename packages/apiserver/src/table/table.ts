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
    rows: objects.map((object) => ({
      cells: cellsOf(resource, served, object, now),
      ...(include === 'None' ? {} : { object: include === 'Object' ? object : partialOf(object, metaVersion) }),
    })),
  };
}

/** Only the metadata of an object. */
export function partialOf(object: KubeObject, metaVersion: 'v1' | 'v1beta1'): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${metaVersion}`, metadata: object.metadata };
}
