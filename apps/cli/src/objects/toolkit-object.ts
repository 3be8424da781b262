import type { Artifact, Condition } from '@fluvial/api';
import type { KubeObject } from '@fluvial/kube';

/** A bag of fields of which only some are known. */
export type Fields = { [field: string]: unknown };

/** A status as all toolkit kinds have it; what only some have is read where it is needed. */
export type ToolkitStatus = Fields & {
  conditions?: Condition[];
  observedGeneration?: number;
  lastHandledReconcileAt?: string;
  artifact?: Artifact;
};

/** An object of a toolkit kind, as the server sends it. */
export type ToolkitObject = KubeObject & { spec?: Fields; status?: ToolkitStatus };

/** The object as the known part of its type. Objects come from the server, so nothing is checked here. */
export function asToolkitObject(object: KubeObject): ToolkitObject {
  return object as ToolkitObject;
}

/** Condition of a type. */
export function conditionOf(object: ToolkitObject, type: string): Condition | undefined {
  return object.status?.conditions?.find((each) => each.type === type);
}

/** A text at a path of field names; `` when there is none. */
export function textAt(value: unknown, ...path: string[]): string {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** Whatever is at a path of field names. */
export function valueAt(value: unknown, ...path: string[]): unknown {
  let current: unknown = value;
  for (const name of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, name)) return undefined;
    current = (current as Fields)[name];
  }
  return current;
}

/** Whether `spec.suspend` is set. */
export function isSuspended(object: ToolkitObject): boolean {
  return object.spec?.['suspend'] === true;
}

/** Whether a HelmRepository only names an OCI registry: nothing is fetched for it. */
export function isOciHelmRepository(object: ToolkitObject): boolean {
  return object.kind === 'HelmRepository' && object.spec?.['type'] === 'oci';
}

/** A copy without fields that are undefined, `` or empty lists; for objects that flags describe. */
export function compact<T extends Fields>(fields: T): T {
  const result: Fields = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === '' || value === false) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    result[name] = value;
  }
  return result as T;
}

/** `{ name }`, or nothing for an empty name. */
export function refTo(name: string): { name: string } | undefined {
  return name === '' ? undefined : { name };
}
