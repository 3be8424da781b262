import { autoscalers } from './autoscaling.ts';
import { bindings, limitRanges, namespaces, priorityClasses, secrets } from './configuration.ts';
import { admissionPolicies, apiServices, definitions, policyBindings, webhooks } from './extension.ts';
import { flowSchemas, priorityLevels } from './flow-control.ts';
import { endpointSlices, endpoints, ingressClasses, networkPolicies, services } from './networking.ts';
import type { Defaults } from './set.ts';
import { claims, csiDrivers, storageClasses, volumes } from './storage.ts';
import {
  cronJobs,
  daemonSets,
  deployments,
  jobs,
  pods,
  podTemplates,
  replicaSets,
  replicationControllers,
  statefulSets,
} from './workloads.ts';

/** Defaults of the built-in kinds by `group/plural`. Objects are decoded and changed in place. */
export const builtinDefaults: ReadonlyMap<string, Defaults> = new Map<string, Defaults>([
  ['/endpoints', endpoints],
  ['/limitranges', limitRanges],
  ['/namespaces', namespaces],
  ['/persistentvolumeclaims', claims],
  ['/persistentvolumes', volumes],
  ['/pods', pods],
  ['/podtemplates', podTemplates],
  ['/replicationcontrollers', replicationControllers],
  ['/secrets', secrets],
  ['/services', services],
  ['admissionregistration.k8s.io/mutatingadmissionpolicies', admissionPolicies],
  ['admissionregistration.k8s.io/mutatingadmissionpolicybindings', policyBindings],
  ['admissionregistration.k8s.io/mutatingwebhookconfigurations', webhooks],
  ['admissionregistration.k8s.io/validatingadmissionpolicies', admissionPolicies],
  ['admissionregistration.k8s.io/validatingadmissionpolicybindings', policyBindings],
  ['admissionregistration.k8s.io/validatingwebhookconfigurations', webhooks],
  ['apiextensions.k8s.io/customresourcedefinitions', definitions],
  ['apiregistration.k8s.io/apiservices', apiServices],
  ['apps/daemonsets', daemonSets],
  ['apps/deployments', deployments],
  ['apps/replicasets', replicaSets],
  ['apps/statefulsets', statefulSets],
  ['autoscaling/horizontalpodautoscalers', autoscalers],
  ['batch/cronjobs', cronJobs],
  ['batch/jobs', jobs],
  ['discovery.k8s.io/endpointslices', endpointSlices],
  ['flowcontrol.apiserver.k8s.io/flowschemas', flowSchemas],
  ['flowcontrol.apiserver.k8s.io/prioritylevelconfigurations', priorityLevels],
  ['networking.k8s.io/ingressclasses', ingressClasses],
  ['networking.k8s.io/networkpolicies', networkPolicies],
  ['rbac.authorization.k8s.io/clusterrolebindings', bindings],
  ['rbac.authorization.k8s.io/rolebindings', bindings],
  ['scheduling.k8s.io/priorityclasses', priorityClasses],
  ['storage.k8s.io/csidrivers', csiDrivers],
  ['storage.k8s.io/storageclasses', storageClasses],
]);
