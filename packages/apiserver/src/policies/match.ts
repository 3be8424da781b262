import { asArray, asObject, asString } from '../json.ts';
import type { ServedVersion } from '../rest/resource.ts';
import { matchesLabelSelector } from '../rest/selectors.ts';
import type { KubeObject } from '../types.ts';
import { type AdmissionRequest, subjectOf } from './request.ts';

/**
 * The version in which a policy or a binding wants to see what is written; undefined: it has no interest.
 *
 * @param constraints `matchConstraints` of a policy or `matchResources` of a binding. Nothing in it excludes nothing.
 */
export function matchedVersion(
  constraints: unknown,
  request: AdmissionRequest,
  namespace: KubeObject | undefined,
): ServedVersion | undefined {
  const { namespaceSelector, objectSelector, resourceRules, excludeResourceRules, matchPolicy } = asObject(constraints);
  const { resource, served } = request.target;
  if (resource.namespaced || resource.kind === 'Namespace') {
    const of = resource.namespaced ? namespace : subjectOf(request);
    if (!selects(namespaceSelector, of)) return undefined;
  }
  if (!selects(objectSelector, request.object) && !selects(objectSelector, request.old)) return undefined;
  const alike = asString(matchPolicy) === 'Exact' ? [served] : [served, ...otherVersions(request)];
  if (alike.some((version) => asArray(excludeResourceRules).some((rule) => isRuleFor(rule, request, version))))
    return undefined;
  const rules = asArray(resourceRules);
  return rules.length === 0 ? served : alike.find((version) => rules.some((rule) => isRuleFor(rule, request, version)));
}

function otherVersions({ target }: AdmissionRequest): ServedVersion[] {
  return [...target.resource.versions.values()].filter((version) => version.served && version !== target.served);
}

function selects(selector: unknown, object: KubeObject | undefined): boolean {
  if (object === undefined) return false;
  return selector === undefined || matchesLabelSelector(selector, object.metadata.labels);
}

function isRuleFor(rule: unknown, request: AdmissionRequest, version: ServedVersion): boolean {
  const { apiGroups, apiVersions, operations, resources, scope, resourceNames } = asObject(rule);
  const { resource, subresource } = request.target;
  const has = (list: unknown, value: string) => asArray(list).some((one) => one === '*' || one === value);
  const wanted = asString(scope) || '*';
  if (wanted !== '*' && (wanted === 'Namespaced') !== resource.namespaced) return false;
  const names = asArray(resourceNames);
  if (names.length > 0 && !names.includes(subjectOf(request).metadata.name)) return false;
  return (
    has(apiGroups, resource.group) &&
    has(apiVersions, version.version) &&
    has(operations, request.operation) &&
    asArray(resources).some((one) => isNamed(asString(one), resource.plural, subresource))
  );
}

/** `pods`, `pods/status`, `pods/*`, and a star for either side: alone it stands for no subresource. */
function isNamed(pattern: string, plural: string, subresource: string): boolean {
  const [main = '', sub] = pattern.split('/', 2);
  const isMain = main === '*' || main === plural;
  return isMain && (sub === undefined ? subresource === '' : sub === '*' || sub === subresource);
}
