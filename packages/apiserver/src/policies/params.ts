import { asObject, asString } from '../json.ts';
import type { ApiContext } from '../rest/api-context.ts';
import { matchesLabelSelector } from '../rest/selectors.ts';
import type { KubeObject } from '../types.ts';
import type { AdmissionRequest } from './request.ts';

/** A binding that cannot be used as it is; the message goes on after `failed to configure binding: `. */
export class BindingError extends Error {
  override readonly name = 'BindingError';
}

/**
 * The parameters of a binding, each of which the policy is judged with: null alone where it has none.
 *
 * @throws {BindingError} where there should be some and are not, or their kind is not served.
 */
export function paramsOf(
  api: ApiContext,
  policy: KubeObject,
  binding: KubeObject,
  request: AdmissionRequest,
): readonly (KubeObject | null)[] {
  const paramKind = asObject(policy['spec'])['paramKind'];
  const paramRef = asObject(binding['spec'])['paramRef'];
  if (paramKind === undefined || paramRef === undefined) return [null];
  const { apiVersion, kind } = asObject(paramKind);
  const { name, namespace, selector, parameterNotFoundAction } = asObject(paramRef);
  const slash = asString(apiVersion).lastIndexOf('/');
  const resource = api.registry.ofKind(asString(apiVersion).slice(0, Math.max(slash, 0)), asString(kind));
  const served = resource?.versions.get(asString(apiVersion).slice(slash + 1));
  if (resource === undefined || served === undefined)
    throw new BindingError(
      `failed to find resource referenced by paramKind: '${describe(asString(apiVersion), asString(kind))}'`,
    );
  let where = asString(namespace);
  if (!resource.namespaced && where !== '')
    throw new BindingError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  if (resource.namespaced && where === '') {
    if (!request.target.resource.namespaced)
      throw new BindingError('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
    where = request.target.namespace;
  }
  const isHere = (object: KubeObject) => !resource.namespaced || object.metadata.namespace === where;
  const isMeant = (object: KubeObject) =>
    asString(name) === ''
      ? matchesLabelSelector(selector, object.metadata.labels)
      : object.metadata.name === asString(name);
  const found: KubeObject[] = [];
  for (const { object } of resource.bucket.values())
    if (isHere(object) && isMeant(object)) found.push(served.fromStorage(object));
  if (found.length === 0 && asString(parameterNotFoundAction) === 'Deny')
    throw new BindingError('no params found for policy binding with `Deny` parameterNotFoundAction');
  return found;
}

function describe(apiVersion: string, kind: string): string {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return `${group}/${version}, Kind=${kind}`;
}
