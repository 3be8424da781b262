import type { FieldError } from '@fluvial/schema';
import { invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, isObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';

const ID_TEXT = 'must be between 0 and 2147483647, inclusive';
const SECCOMP = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function checkIds(context: JsonObject, path: string, fields: readonly string[]): FieldError[] {
  return fields
    .filter((field) => typeof context[field] === 'number' && isNoId(context[field]))
    .map((field) => invalidValue(`${path}.${field}`, context[field], ID_TEXT));
}

function isNoId(value: unknown): boolean {
  return typeof value === 'number' && (value < 0 || value > 2147483647);
}

function checkSeccomp(context: JsonObject, path: string): FieldError[] {
  const profile = context['seccompProfile'];
  if (!isObject(profile)) return [];
  const type = asString(profile['type']);
  const at = `${path}.seccompProfile`;
  if (type === '') return [required(`${at}.type`, 'type is required when seccompProfile is set')];
  if (!SECCOMP.includes(type)) return [notSupported(`${at}.type`, type, SECCOMP)];
  const local = profile['localhostProfile'];
  if (type === 'Localhost' && asString(local) === '')
    return [required(`${at}.localhostProfile`, 'must be set when seccomp type is Localhost')];
  return type !== 'Localhost' && local !== undefined
    ? [invalidValue(`${at}.localhostProfile`, local, 'can only be set when seccomp type is Localhost')]
    : [];
}

export function checkPodSecurity(context: JsonObject, path: string): FieldError[] {
  const errors = checkIds(context, path, ['fsGroup']);
  asArray(context['supplementalGroups']).forEach((group, i) => {
    if (isNoId(group)) errors.push(invalidValue(`${path}.supplementalGroups[${i}]`, group, ID_TEXT));
  });
  return [...errors, ...checkIds(context, path, ['runAsUser', 'runAsGroup']), ...checkSeccomp(context, path)];
}

export function checkContainerSecurity(context: JsonObject, path: string): FieldError[] {
  return [...checkIds(context, path, ['runAsUser', 'runAsGroup']), ...checkSeccomp(asObject(context), path)];
}
