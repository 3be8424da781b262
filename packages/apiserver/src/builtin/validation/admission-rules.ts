import type { FieldError } from '@fluvial/schema';
import { duplicate, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, isObject } from '../../json.ts';
import { checkPathSegment } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { checkChoice, checkSelector, each } from './rules.ts';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
export const FAILURE_POLICIES: readonly string[] = ['Fail', 'Ignore'];
export const MATCH_POLICIES: readonly string[] = ['Equivalent', 'Exact'];
export const REINVOCATION_POLICIES: readonly string[] = ['IfNeeded', 'Never'];

/** What an admission webhook or policy looks at. */
export function checkAdmissionRule(rule: JsonObject, path: string): FieldError[] {
  const [operations, groups] = [texts(rule['operations']), texts(rule['apiGroups'])];
  const versions = texts(rule['apiVersions']);
  return [
    ...checkList(operations, `${path}.operations`, 'operations'),
    ...operations.flatMap((operation, i) =>
      OPERATIONS.includes(operation) ? [] : [notSupported(`${path}.operations[${i}]`, operation, OPERATIONS)],
    ),
    ...checkList(groups, `${path}.apiGroups`, 'API groups'),
    ...checkList(versions, `${path}.apiVersions`, 'API versions'),
    ...versions.flatMap((version, i) => (version === '' ? [required(`${path}.apiVersions[${i}]`)] : [])),
    ...checkResources(texts(rule['resources']), `${path}.resources`),
    ...checkChoice(rule['scope'], `${path}.scope`, SCOPES),
  ];
}

function texts(list: unknown): string[] {
  return asArray(list).map(asString);
}

/** Some, or all alone. */
function checkList(list: readonly string[], path: string, what: string): FieldError[] {
  if (list.length === 0) return [required(path)];
  return list.length > 1 && list.includes('*')
    ? [invalidValue(path, list, `if '*' is present, must not specify other ${what}`)]
    : [];
}

/** `pods`, `pods/status`, `pods/*`, a part of all, all, all with all parts. */
function checkResources(list: readonly string[], path: string): FieldError[] {
  if (list.length === 0) return [required(path)];
  const errors: FieldError[] = [];
  const [wholes, parts] = [new Set<string>(), new Set<string>()];
  let lastIsWhole = false;
  list.forEach((name, i) => {
    const at = `${path}[${i}]`;
    if (name === '') {
      errors.push(required(at));
      return;
    }
    const slash = name.indexOf('/');
    if (slash < 0) {
      lastIsWhole = name !== '*';
      return;
    }
    const [resource, part] = [name.slice(0, slash), name.slice(slash + 1)];
    if (wholes.has(resource))
      errors.push(invalidValue(at, name, `if '${resource}/*' is present, must not specify ${name}`));
    if (parts.has(part)) errors.push(invalidValue(at, name, `if '*/${part}' is present, must not specify ${name}`));
    if (part === '*') wholes.add(resource);
    if (resource === '*') parts.add(part);
  });
  if (list.length > 1 && list.includes('*/*'))
    errors.push(invalidValue(path, list, "if '*/*' is present, must not specify other resources"));
  if (list.includes('*') && lastIsWhole)
    errors.push(invalidValue(path, list, "if '*' is present, must not specify other resources without subresources"));
  return errors;
}

/** Objects that a policy or its binding is about. */
export function checkMatchResources(match: JsonObject, path: string): FieldError[] {
  const policy = match['matchPolicy'];
  const errors =
    policy === undefined
      ? [required(`${path}.matchPolicy`)]
      : checkChoice(policy, `${path}.matchPolicy`, MATCH_POLICIES);
  for (const field of ['namespaceSelector', 'objectSelector'])
    errors.push(
      ...(isObject(match[field]) ? checkSelector(match[field], `${path}.${field}`) : [required(`${path}.${field}`)]),
    );
  for (const field of ['resourceRules', 'excludeResourceRules'])
    asArray(match[field]).forEach((entry, i) => {
      const rule = asObject(entry);
      const at = `${path}.${field}[${i}]`;
      const names = texts(rule['resourceNames']);
      names.forEach((name, j) => {
        errors.push(...each(`${at}.resourceNames[${j}]`, name, checkPathSegment(name)));
        if (names.indexOf(name) < j) errors.push(duplicate(`${at}.resourceNames[${j}]`, name));
      });
      errors.push(...checkAdmissionRule(rule, at));
    });
  return errors;
}
