import { access } from './cases/access/access.ts';
import { admissionPolicies } from './cases/admission-policies.ts';
import { applies } from './cases/apply.ts';
import { builtinAdmission } from './cases/builtin-admission.ts';
import { builtinDefaults } from './cases/builtin-defaults.ts';
import { builtinImmutability } from './cases/builtin-immutability.ts';
import { builtinRules } from './cases/builtin-rules.ts';
import { builtinValidation } from './cases/builtin-validation.ts';
import { containers } from './cases/containers.ts';
import { crud } from './cases/crud.ts';
import { customResources } from './cases/custom-resources/custom-resources.ts';
import { deleting } from './cases/deleting.ts';
import { eventsAndLeases } from './cases/events-and-leases.ts';
import { fieldValidation } from './cases/field-validation.ts';
import { garbageCollection } from './cases/garbage-collection.ts';
import { kubectlAdmission } from './cases/kubectl/admission.ts';
import { kubectlApplying } from './cases/kubectl/applying.ts';
import { kubectlChanging } from './cases/kubectl/changing.ts';
import { kubectlCluster } from './cases/kubectl/cluster.ts';
import { kubectlCreating } from './cases/kubectl/creating.ts';
import { kubectlDefinitions } from './cases/kubectl/definitions.ts';
import { kubectlDeleting } from './cases/kubectl/deleting.ts';
import { kubectlGetting } from './cases/kubectl/getting.ts';
import { kubectlRefusing } from './cases/kubectl/refusing.ts';
import { kubectlSessions } from './cases/kubectl/sessions.ts';
import { namespaceLife } from './cases/namespaces.ts';
import { patches } from './cases/patches.ts';
import { podParts } from './cases/pod-parts.ts';
import { discovery } from './cases/reading/discovery.ts';
import { freshCluster } from './cases/reading/fresh-cluster.ts';
import { httpEdge } from './cases/reading/http-edge.ts';
import { lists } from './cases/reading/lists.ts';
import { selectors } from './cases/reading/selectors.ts';
import { tables } from './cases/reading/tables.ts';
import { watches } from './cases/reading/watches.ts';
import { subresources } from './cases/subresources.ts';
import { typedValues } from './cases/typed-values.ts';
import type { Group } from './lib/case.ts';

/** Everything that is compared; one file a group. */
export const groups: readonly Group[] = [
  crud,
  garbageCollection,
  subresources,
  containers,
  podParts,
  eventsAndLeases,
  namespaceLife,
  lists,
  selectors,
  watches,
  tables,
  discovery,
  freshCluster,
  httpEdge,
  access,
  kubectlSessions,
  kubectlApplying,
  kubectlCreating,
  kubectlChanging,
  kubectlDeleting,
  kubectlGetting,
  kubectlRefusing,
  kubectlCluster,
  kubectlAdmission,
  kubectlDefinitions,
  patches,
  applies,
  fieldValidation,
  typedValues,
  deleting,
  customResources,
  builtinDefaults,
  builtinValidation,
  builtinRules,
  builtinImmutability,
  builtinAdmission,
  admissionPolicies,
];
