import { apiServices } from './api-services.ts';
import { signingRequests } from './certificates.ts';
import { ingresses } from './ingresses.ts';
import { jobs } from './jobs.ts';
import { daemonSets, definitions, namespaces, nodes, roles, secrets, serviceAccounts } from './objects.ts';
import { pods } from './pods.ts';
import { type Preparation, resetStatus } from './preparation.ts';
import { services } from './services.ts';
import { attributesClasses, claims, persistentVolumes } from './storage.ts';

/** By `group/plural`, or `group/plural/version` where versions differ. A kind that is not here starts with the zero value of its status, if it has one. */
export const builtinPreparation: ReadonlyMap<string, Preparation> = new Map<string, Preparation>([
  ['/namespaces', namespaces],
  ['/nodes', nodes],
  ['/persistentvolumeclaims', claims],
  ['/persistentvolumes', persistentVolumes],
  ['/pods', pods],
  ['/secrets', secrets],
  ['/serviceaccounts', serviceAccounts],
  ['/services', services],
  ['apiextensions.k8s.io/customresourcedefinitions', definitions],
  ['apiregistration.k8s.io/apiservices', apiServices],
  ['apps/daemonsets', daemonSets],
  ['apps/statefulsets', { create: resetStatus({ replicas: 0, availableReplicas: 0 }) }],
  ['autoscaling/horizontalpodautoscalers', { create: resetStatus({ desiredReplicas: 0, currentMetrics: null }) }],
  ['autoscaling/horizontalpodautoscalers/v1', { create: resetStatus({ currentReplicas: 0, desiredReplicas: 0 }) }],
  ['batch/jobs', jobs],
  ['certificates.k8s.io/certificatesigningrequests', signingRequests],
  ['networking.k8s.io/ingresses', ingresses],
  ['rbac.authorization.k8s.io/clusterroles', roles],
  ['rbac.authorization.k8s.io/roles', roles],
  ['storage.k8s.io/volumeattributesclasses', attributesClasses],
]);
