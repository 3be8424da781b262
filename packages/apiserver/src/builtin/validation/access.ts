import type { FieldError } from '@fluvial/schema';
import { invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkPathSegment, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { checkSelector, each, type Validation } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';

export const bindings: Validation = (object, old) => {
  const errors: FieldError[] = [];
  const role = asObject(object['roleRef']);
  const kinds = object.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (role['apiGroup'] !== GROUP) errors.push(notSupported('roleRef.apiGroup', role['apiGroup'] ?? '', [GROUP]));
  if (!kinds.includes(asString(role['kind']))) errors.push(notSupported('roleRef.kind', asString(role['kind']), kinds));
  const name = asString(role['name']);
  if (name === '') errors.push(required('roleRef.name'));
  else errors.push(...each('roleRef.name', name, checkPathSegment(name)));
  asArray(object['subjects']).forEach((entry, i) => {
    errors.push(...checkSubject(asObject(entry), `subjects[${i}]`, object.kind === 'RoleBinding'));
  });
  if (old !== undefined && !equalJson(object['roleRef'], old['roleRef'])) {
    // Upstream prints its internal type here, whose fields have no JSON names.
    const shown = { APIGroup: asString(role['apiGroup']), Kind: asString(role['kind']), Name: name };
    errors.push(invalidValue('roleRef', shown, 'cannot change roleRef'));
  }
  return errors;
};

function checkSubject(subject: JsonObject, at: string, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const name = asString(subject['name']);
  const group = asString(subject['apiGroup']);
  if (name === '') errors.push(required(`${at}.name`));
  switch (subject['kind']) {
    case 'ServiceAccount':
      if (name !== '') errors.push(...each(`${at}.name`, name, checkSubdomain(name)));
      if (group !== '') errors.push(notSupported(`${at}.apiGroup`, group, ['']));
      if (asString(subject['namespace']) === '' && !namespaced) errors.push(required(`${at}.namespace`));
      break;
    case 'User':
    case 'Group':
      if (group !== GROUP) errors.push(notSupported(`${at}.apiGroup`, group, [GROUP]));
      break;
    default:
      errors.push(notSupported(`${at}.kind`, asString(subject['kind']), ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}

export const roles: Validation = (object) => {
  const errors: FieldError[] = [];
  asArray(object['rules']).forEach((entry, i) => {
    errors.push(...checkRule(asObject(entry), `rules[${i}]`, object.kind === 'Role'));
  });
  const aggregation = object['aggregationRule'];
  if (!isObject(aggregation)) return errors;
  const at = 'aggregationRule.clusterRoleSelectors';
  const selectors = asArray(aggregation['clusterRoleSelectors']);
  if (selectors.length === 0)
    errors.push(required(at, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  selectors.forEach((selector, i) => {
    errors.push(...checkSelector(selector, `${at}[${i}]`));
  });
  return errors;
};

function checkRule(rule: JsonObject, at: string, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const urls = asArray(rule['nonResourceURLs']);
  const groups = asArray(rule['apiGroups']);
  const resources = asArray(rule['resources']);
  if (asArray(rule['verbs']).length === 0)
    errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
  if (urls.length > 0) {
    if (namespaced)
      errors.push(invalidValue(`${at}.nonResourceURLs`, urls, 'namespaced rules cannot apply to non-resource URLs'));
    if (groups.length + resources.length + asArray(rule['resourceNames']).length > 0)
      errors.push(
        invalidValue(
          `${at}.nonResourceURLs`,
          urls,
          'rules cannot apply to both regular resources and non-resource URLs',
        ),
      );
    return errors;
  }
  if (groups.length === 0)
    errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
  if (resources.length === 0)
    errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}
