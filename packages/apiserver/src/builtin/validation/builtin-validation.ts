import { bindings, roles } from './access.ts';
import { mutatingBindings, mutatingPolicies, validatingBindings, validatingPolicies } from './admission-policies.ts';
import { autoscalers } from './autoscaling.ts';
import { signingRequests } from './certificates.ts';
import { claims } from './claims.ts';
import { configMaps, leases, namespaces, secrets } from './configuration.ts';
import { validateDefinition } from './definitions.ts';
import { endpointSlices } from './endpoint-slices.ts';
import { coreEvents, events } from './events.ts';
import { cronJobs, jobs } from './jobs.ts';
import { ingressClasses, ingresses, networkPolicies } from './networking.ts';
import { volumes } from './persistent-volumes.ts';
import { pods } from './pods.ts';
import { disruptionBudgets, limitRanges, priorityClasses, quotas } from './policy.ts';
import type { Validation } from './rules.ts';
import { services } from './services.ts';
import { runtimeClasses, storageClasses } from './storage.ts';
import { attachments, attributesClasses, capacities, csiNodes, drivers } from './storage-drivers.ts';
import { webhookConfigurations } from './webhooks.ts';
import {
  controllerRevisions,
  daemonSets,
  deployments,
  podTemplates,
  replicaSets,
  replicationControllers,
  statefulSets,
} from './workloads.ts';

/** Rules of the built-in kinds by `group/plural`, on prepared objects. */
export const builtinValidation: ReadonlyMap<string, Validation> = new Map<string, Validation>([
  ['/configmaps', configMaps],
  ['/events', coreEvents],
  ['/limitranges', limitRanges],
  ['/namespaces', namespaces],
  ['/persistentvolumeclaims', claims],
  ['/persistentvolumes', volumes],
  ['/pods', pods],
  ['/podtemplates', podTemplates],
  ['/replicationcontrollers', replicationControllers],
  ['/resourcequotas', quotas],
  ['/secrets', secrets],
  ['/services', services],
  ['admissionregistration.k8s.io/mutatingadmissionpolicies', mutatingPolicies],
  ['admissionregistration.k8s.io/mutatingadmissionpolicybindings', mutatingBindings],
  ['admissionregistration.k8s.io/mutatingwebhookconfigurations', webhookConfigurations],
  ['admissionregistration.k8s.io/validatingadmissionpolicies', validatingPolicies],
  ['admissionregistration.k8s.io/validatingadmissionpolicybindings', validatingBindings],
  ['admissionregistration.k8s.io/validatingwebhookconfigurations', webhookConfigurations],
  ['apiextensions.k8s.io/customresourcedefinitions', validateDefinition],
  ['apps/controllerrevisions', controllerRevisions],
  ['apps/daemonsets', daemonSets],
  ['apps/deployments', deployments],
  ['apps/replicasets', replicaSets],
  ['apps/statefulsets', statefulSets],
  ['autoscaling/horizontalpodautoscalers', autoscalers],
  ['batch/cronjobs', cronJobs],
  ['batch/jobs', jobs],
  ['certificates.k8s.io/certificatesigningrequests', signingRequests],
  ['coordination.k8s.io/leases', leases],
  ['events.k8s.io/events', events],
  ['networking.k8s.io/ingressclasses', ingressClasses],
  ['discovery.k8s.io/endpointslices', endpointSlices],
  ['networking.k8s.io/ingresses', ingresses],
  ['networking.k8s.io/networkpolicies', networkPolicies],
  ['policy/poddisruptionbudgets', disruptionBudgets],
  ['rbac.authorization.k8s.io/clusterrolebindings', bindings],
  ['rbac.authorization.k8s.io/clusterroles', roles],
  ['rbac.authorization.k8s.io/rolebindings', bindings],
  ['rbac.authorization.k8s.io/roles', roles],
  ['scheduling.k8s.io/priorityclasses', priorityClasses],
  ['node.k8s.io/runtimeclasses', runtimeClasses],
  ['storage.k8s.io/csidrivers', drivers],
  ['storage.k8s.io/csinodes', csiNodes],
  ['storage.k8s.io/csistoragecapacities', capacities],
  ['storage.k8s.io/storageclasses', storageClasses],
  ['storage.k8s.io/volumeattachments', attachments],
  ['storage.k8s.io/volumeattributesclasses', attributesClasses],
]);
