import type { JsonObject, KubeObject } from '../types.ts';
import type { ControllerHost } from './controller.ts';

export type Install = (group: string, plural: string, object: KubeObject) => void;

/**
 * Creates the many objects that every cluster has from the start; one that is there already stays.
 *
 * Finding out who owns which field is most of the work of a write. Objects of the same shape have the same owners, so it
 * is done for the first of them: `shape` are the names of fields, labels and annotations, and fields of the same name must
 * be owned alike.
 */
export function createInstaller(host: ControllerHost, manager: string): Install {
  const owners = new Map<string, readonly JsonObject[]>();
  return (group, plural, object) => {
    const { name = '', namespace = '' } = object.metadata;
    const bucket = host.target(group, plural, namespace, name)?.resource.bucket;
    const key = namespace === '' ? name : `${namespace}/${name}`;
    if (bucket === undefined || bucket.get(key) !== undefined) return;
    const shape = shapeOf(plural, object);
    const known = owners.get(shape);
    if (known !== undefined) object.metadata.managedFields = known as JsonObject[];
    const options = { ...host.options(manager), keepManagedFields: known !== undefined };
    host.writer.create(host.target(group, plural, namespace, name)!, object, options);
    const { managedFields } = bucket.get(key)?.object.metadata ?? {};
    if (known === undefined && managedFields !== undefined) owners.set(shape, managedFields);
  };
}

function shapeOf(plural: string, { metadata, ...fields }: KubeObject): string {
  const parts = [fields, metadata.labels ?? {}, metadata.annotations ?? {}, fields['spec'] ?? {}];
  return [plural, ...parts.map((part) => Object.keys(part as object).join())].join(' ');
}
