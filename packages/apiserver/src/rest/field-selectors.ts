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
  '/namespaces': { 'status.phase': at('status', 'phase') },
  '/nodes': { 'spec.unschedulable': (object) => String(dig(object, 'spec', 'unschedulable') === true) },
  '/services': { 'spec.clusterIP': at('spec', 'clusterIP'), 'spec.type': at('spec', 'type') },
  '/replicationcontrollers': { 'status.replicas': at('status', 'replicas') },
  'batch/jobs': { 'status.successful': (object) => String(dig(object, 'status', 'succeeded') ?? 0) },
  'certificates.k8s.io/certificatesigningrequests': { 'spec.signerName': at('spec', 'signerName') },
  'resource.k8s.io/resourceslices': { 'spec.nodeName': at('spec', 'nodeName'), 'spec.driver': at('spec', 'driver') },
};

/** Kinds with fields of their own whose registry does not know `metadata.namespace`. */
const WITHOUT_NAMESPACE = new Set([
  '/namespaces',
  '/nodes',
  'certificates.k8s.io/certificatesigningrequests',
  'resource.k8s.io/resourceslices',
]);

/** Each registry has its own words for a field that it does not know. */
function unknownField(resource: Resource, served: ServedVersion, field: string): string {
  const key = `${resource.group}/${resource.plural}`;
  if (key === 'batch/jobs') return `field label "${field}" not supported for Job`;
  if (key === 'resource.k8s.io/resourceslices')
    return `field label not supported for ${served.apiVersion}, Kind=${resource.kind}: ${field}`;
  return Object.hasOwn(FIELDS, key) || resource.custom
    ? `field label not supported: ${field}`
    : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

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
  const key = `${resource.group}/${resource.plural}`;
  const known = Object.hasOwn(FIELDS, key) ? FIELDS[key]! : {};
  const tests = requirements.map(({ field, equal, value }) => {
    let read: Reader | undefined;
    if (field === 'metadata.name') read = at('metadata', 'name');
    else if (field === 'metadata.namespace' && !WITHOUT_NAMESPACE.has(key)) read = at('metadata', 'namespace');
    else if (Object.hasOwn(known, field)) read = known[field];
    else if (served.selectableFields.includes(field)) read = at(...field.split('.'));
    if (read === undefined) throw badRequest(unknownField(resource, served, field));
    const reader = read;
    return (object: KubeObject) => (reader(object) === value) === equal;
  });
  return (object) => tests.every((test) => test(object));
}
