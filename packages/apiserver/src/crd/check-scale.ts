import { goType, goValue } from '@fluvial/go-text';
import type { FieldError } from '@fluvial/schema';
import { invalidValue } from '../field-errors.ts';
import { isObject } from '../json.ts';
import type { ScaleMapping } from '../rest/resource.ts';
import type { KubeObject } from '../types.ts';

const MAX_INT32 = 2 ** 31 - 1;

/** What the paths of a scale subresource lead to must be replicas and a selector. */
export function checkScalePaths(scale: ScaleMapping | undefined, object: KubeObject): FieldError[] {
  if (scale === undefined) return [];
  return [...checkReplicas(object, scale.specReplicasPath), ...checkScaleOfStatus(scale, object)];
}

/** The part of it that is written with the status. */
export function checkScaleOfStatus(scale: ScaleMapping | undefined, object: KubeObject): FieldError[] {
  if (scale === undefined) return [];
  const errors = checkReplicas(object, scale.statusReplicasPath);
  const path = scale.labelSelectorPath;
  if (path === undefined) return errors;
  const { value, error } = follow(object, path);
  if (error !== undefined) errors.push(invalidValue(path, '', error));
  else if (value !== undefined && typeof value !== 'string')
    errors.push(invalidValue(path, '', mistyped(path, value, 'string')));
  return errors;
}

function checkReplicas(object: KubeObject, path: string): FieldError[] {
  const { value, error } = follow(object, path);
  if (error !== undefined) return [invalidValue(path, 0, error)];
  if (value === undefined) return [];
  if (typeof value !== 'bigint' && !Number.isInteger(value))
    return [invalidValue(path, 0, mistyped(path, value, 'int64'))];
  const replicas = Number(value);
  if (replicas < 0) return [invalidValue(path, replicas, 'should be a non-negative integer')];
  if (replicas > MAX_INT32) return [invalidValue(path, replicas, `should be less than or equal to ${MAX_INT32}`)];
  return [];
}

/** The value at a path; an absent one is none, but a parent that is no object is an error. */
function follow(object: KubeObject, path: string): { value?: unknown; error?: string } {
  let value: unknown = object;
  const names = path.replace(/^\./, '').split('.');
  for (const [i, name] of names.entries()) {
    if (value === null || value === undefined) return {};
    if (!isObject(value)) {
      return { error: mistyped(`.${names.slice(0, i + 1).join('.')}`, value, 'map[string]interface{}') };
    }
    value = value[name];
  }
  return { value };
}

function mistyped(path: string, value: unknown, wanted: string): string {
  return `${path} accessor error: ${goValue(value)} is of the type ${goType(value)}, expected ${wanted}`;
}
