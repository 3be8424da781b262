import type { Target } from '../rest/object-writer.ts';
import type { ServedVersion } from '../rest/resource.ts';
import type { KubeObject, UserInfo } from '../types.ts';

/** A write that policies are asked about, after it was found valid. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly target: Target;
  /** As the request names it: nothing when it deletes a collection. */
  readonly name: string;
  /** What it will be; absent for a deletion. */
  readonly object: KubeObject | undefined;
  /** What it was; absent for a create. */
  readonly old: KubeObject | undefined;
  readonly dryRun: boolean;
  readonly user: UserInfo;
  readonly warn: (text: string) => void;
}

/** The object or, for a deletion, what it was. */
export function subjectOf({ object, old }: AdmissionRequest): KubeObject {
  return (object ?? old)!;
}

/** The request as expressions see it, in the version that the policy asked for. */
export function requestVariable(request: AdmissionRequest, matched: ServedVersion): Record<string, unknown> {
  const { target, operation, dryRun, user } = request;
  const { resource, served, subresource, namespace } = target;
  const kind = { group: resource.group, kind: resource.kind };
  const path = { group: resource.group, resource: resource.plural };
  return {
    kind: { ...kind, version: matched.version },
    resource: { ...path, version: matched.version },
    requestKind: { ...kind, version: served.version },
    requestResource: { ...path, version: served.version },
    ...(subresource === '' ? {} : { subResource: subresource, requestSubResource: subresource }),
    name: request.name,
    ...(resource.namespaced ? { namespace } : {}),
    operation,
    userInfo: { ...user },
    dryRun,
  };
}
