import { type StatusDetails, StatusError, type StatusReason } from '../errors.ts';
import { asArray, asObject, asString } from '../json.ts';
import type { ApiContext } from '../rest/api-context.ts';
import type { ServedVersion } from '../rest/resource.ts';
import type { KubeObject } from '../types.ts';
import { type Complaint, evaluatePolicy } from './evaluate-policy.ts';
import { matchedVersion } from './match.ts';
import { BindingError, paramsOf } from './params.ts';
import { type AdmissionRequest, requestVariable } from './request.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = `${GROUP}/validatingadmissionpolicies`;
const BINDINGS = `${GROUP}/validatingadmissionpolicybindings`;
const CODES: { readonly [reason: string]: number } = {
  Unauthorized: 401,
  Forbidden: 403,
  RequestEntityTooLarge: 413,
};

/**
 * Asks the ValidatingAdmissionPolicies of the cluster about a write, through their bindings.
 *
 * Without any binding it costs nothing. Objects that configure admission are never judged. `authorizer` is not there for
 * expressions, and nothing is audited.
 *
 * @throws {StatusError} what the first complaint of a binding says that denies.
 */
export function askPolicies(api: ApiContext, request: AdmissionRequest): void {
  const bindings = api.store.buckets.get(BINDINGS);
  if (bindings === undefined || bindings.size === 0 || request.target.resource.group === GROUP) return;
  let denied: { readonly text: string; readonly reason: string } | undefined;
  for (const { object: policy } of api.store.buckets.get(POLICIES)?.values() ?? []) {
    const name = policy.metadata.name!;
    for (const { object: binding } of bindings.values()) {
      const { policyName, validationActions } = asObject(binding['spec']);
      if (policyName !== name) continue;
      const of = `ValidatingAdmissionPolicy '${name}' with binding '${binding.metadata.name}'`;
      const actions = asArray(validationActions);
      for (const { message, reason } of complaintsOf(api, policy, binding, request)) {
        if (actions.includes('Deny')) denied ??= { text: `${of} denied request: ${message}`, reason };
        if (actions.includes('Warn')) request.warn(`Validation failed for ${of}: ${message}`);
      }
    }
  }
  if (denied !== undefined) throw refusal(request, denied.text, denied.reason);
}

function complaintsOf(
  api: ApiContext,
  policy: KubeObject,
  binding: KubeObject,
  request: AdmissionRequest,
): readonly Complaint[] {
  const { target } = request;
  const namespace = api.store.bucket('/namespaces').get(target.namespace)?.object;
  const spec = asObject(policy['spec']);
  const version = matchedVersion(spec['matchConstraints'], request, namespace);
  if (version === undefined) return [];
  const resources = asObject(binding['spec'])['matchResources'];
  if (resources !== undefined && matchedVersion(resources, request, namespace) === undefined) return [];
  let params: readonly (KubeObject | null)[];
  try {
    params = paramsOf(api, policy, binding, request);
  } catch (error) {
    if (!(error instanceof BindingError)) throw error;
    if (asString(spec['failurePolicy']) === 'Ignore') return [];
    return [{ message: `failed to configure binding: ${error.message}`, reason: 'Invalid' }];
  }
  const object = inVersion(request.object, target.served, version);
  const oldObject = inVersion(request.old, target.served, version);
  const variables = {
    object,
    oldObject,
    request: requestVariable(request, version),
    namespaceObject: namespace ?? null,
  };
  return params.flatMap((one) => evaluatePolicy(policy, { ...variables, params: one }));
}

function inVersion(object: KubeObject | undefined, from: ServedVersion, to: ServedVersion): KubeObject | null {
  if (object === undefined) return null;
  return from === to ? object : to.fromStorage(from.toStorage(object));
}

function refusal(request: AdmissionRequest, text: string, reason: string): StatusError {
  const { group, plural } = request.target.resource;
  const name = request.name === '' ? 'Unknown' : request.name;
  const details: StatusDetails = {
    name,
    ...(group === '' ? {} : { group }),
    kind: plural,
    causes: [{ message: text }],
  };
  const what = group === '' ? plural : `${plural}.${group}`;
  const message = `${what} ${JSON.stringify(name)} is forbidden: ${text}`;
  return new StatusError(CODES[reason] ?? 422, reason as StatusReason, message, details);
}
