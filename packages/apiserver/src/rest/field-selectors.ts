import { badRequest } from '../errors.ts';
import { asString, dig } from '../json.ts';
import type { KubeObject } from '../types.ts';
import type { Resource, ServedVersion } from './resource.ts';
import type { FieldRequirement } from './selectors.ts';

type Reader = (object: KubeObject) => string;

const at =
  (...path: string[]): Reader =>
  (object) => {
    const value = dig(object, ...path);
    return value === undefined || value === null ? '' : String(value);
  };

/** The fields besides metadata.name and metadata.namespace that built-in kinds allow, as the registries of 1.36 do. */
const FIELDS: { readonly [resource: string]: { readonly [field: string]: Reader } } = {
  '/pods': {
    'spec.nodeName': at('spec', 'nodeName'),
    'spec.restartPolicy': at('spec', 'restartPolicy'),
    'spec.schedulerName': at('spec', 'schedulerName'),
    'spec.serviceAccountName': at('spec', 'serviceAccountName'),
    'spec.hostNetwork': (object) => String(dig(object, 'spec', 'hostNetwork') === true),
    'status.phase': at('status', 'phase'),
    'status.podIP': at('status', 'podIP'),
    'status.podIPs': at('status', 'podIP'),
    'status.nominatedNodeName': at('status', 'nominatedNodeName'),
  },
  '/events': {
    'involvedObject.kind': at('involvedObject', 'kind'),
    'involvedObject.namespace': at('involvedObject', 'namespace'),
    'involvedObject.name': at('involvedObject', 'name'),
    'involvedObject.uid': at('involvedObject', 'uid'),
    'involvedObject.apiVersion': at('involvedObject', 'apiVersion'),
    'involvedObject.resourceVersion': at('involvedObject', 'resourceVersion'),
    'involvedObject.fieldPath': at('involvedObject', 'fieldPath'),
    reason: at('reason'),
    reportingComponent: at('reportingComponent'),
    source: (object) => asString(dig(object, 'source', 'component')) || asString(object['reportingComponent']),
    type: at('type'),
  },
  'events.k8s.io/events': {
    reason: at('reason'),
    type: at('type'),
    reportingController: at('reportingController'),
    'regarding.kind': at('regarding', 'kind'),
    'regarding.namespace': at('regarding', 'namespace'),
    'regarding.name': at('regarding', 'name'),
    'regarding.uid': at('regarding', 'uid'),
    'regarding.apiVersion': at('regarding', 'apiVersion'),
    'regarding.resourceVersion': at('regarding', 'resourceVersion'),
    'regarding.fieldPath': at('regarding', 'fieldPath'),
  },
  '/secrets': { type: at('type') },
  '/namespaces': { 'status.phase': at('status', 'phase'), name: at('metadata', 'name') },
  '/nodes': { 'spec.unschedulable': (object) => String(dig(object, 'spec', 'unschedulable') === true) },
  '/services': { 'spec.clusterIP': at('spec', 'clusterIP'), 'spec.type': at('spec', 'type') },
  '/persistentvolumes': { name: at('metadata', 'name') },
  '/persistentvolumeclaims': { name: at('metadata', 'name') },
  '/replicationcontrollers': { 'status.replicas': at('status', 'replicas') },
  'apps/replicasets': { 'status.replicas': at('status', 'replicas') },
  'batch/jobs': { 'status.successful': (object) => String(dig(object, 'status', 'succeeded') ?? 0) },
  'certificates.k8s.io/certificatesigningrequests': { 'spec.signerName': at('spec', 'signerName') },
};

/**
 * Turns field requirements into a predicate over objects in the served version.
 *
 * @throws {StatusError} 400 for a field that the kind does not offer.
 */
export function fieldMatcher(
  resource: Resource,
  served: ServedVersion,
  requirements: readonly FieldRequirement[],
): ((object: KubeObject) => boolean) | undefined {
  if (requirements.length === 0) return undefined;
  const known = FIELDS[`${resource.group}/${resource.plural}`] ?? {};
  const tests = requirements.map(({ field, equal, value }) => {
    let read: Reader | undefined;
    if (field === 'metadata.name') read = at('metadata', 'name');
    else if (field === 'metadata.namespace') read = at('metadata', 'namespace');
    else if (Object.hasOwn(known, field)) read = known[field];
    else if (served.selectableFields.includes(field)) read = at(...field.split('.'));
    if (read === undefined) {
      throw badRequest(
        Object.keys(known).length > 0 || resource.custom
          ? `field label not supported: ${field}`
          : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
      );
    }
    const reader = read;
    return (object: KubeObject) => (reader(object) === value) === equal;
  });
  return (object) => tests.every((test) => test(object));
}
