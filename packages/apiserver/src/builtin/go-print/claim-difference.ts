import { asArray, asObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { unifiedDiff } from './unified-diff.ts';

/** The internal type of a claim's spec as the server prints it: all fields, by their Go names. */
function internalClaim(spec: JsonObject): JsonObject {
  const resources = asObject(spec['resources']);
  return {
    AccessModes: asArray(spec['accessModes']).length === 0 ? null : spec['accessModes'],
    Selector: spec['selector'] ?? null,
    Resources: { Limits: resources['limits'] ?? null, Requests: resources['requests'] ?? null },
    VolumeName: spec['volumeName'] ?? '',
    StorageClassName: spec['storageClassName'] ?? null,
    VolumeMode: spec['volumeMode'] ?? null,
    DataSource: sourceOf(spec['dataSource'], false),
    DataSourceRef: sourceOf(spec['dataSourceRef'], true),
    VolumeAttributesClassName: spec['volumeAttributesClassName'] ?? null,
  };
}

function sourceOf(source: unknown, namespaced: boolean): unknown {
  if (source === undefined) return null;
  const { apiGroup, kind, name, namespace } = asObject(source);
  return {
    APIGroup: apiGroup ?? null,
    Kind: kind,
    Name: name,
    ...(namespaced ? { Namespace: namespace ?? null } : {}),
  };
}

/** How a claim's spec was changed: a unified diff with three lines around each change, as the server appends it. */
export function claimDifference(before: JsonObject, after: JsonObject): string {
  const lines = (spec: JsonObject) => JSON.stringify(internalClaim(spec), undefined, 1).split('\n');
  return unifiedDiff(lines(before), lines(after));
}
