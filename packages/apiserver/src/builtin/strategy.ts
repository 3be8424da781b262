import type { FieldError } from '@fluvial/schema';
import { asNumber, equalJson } from '../json.ts';
import { checkLabel, checkPathSegment, checkSubdomain, nameRule } from '../rest/names.ts';
import { specDiffers } from '../rest/object-meta.ts';
import type { Strategy, StrategyContext } from '../rest/resource.ts';
import type { KubeObject } from '../types.ts';
import { admitPodSecurity } from './admission/pod-security.ts';
import { admitQuota } from './admission/resource-quota.ts';
import { createGoDecoder, type GoDecoder } from './decode/go-decoder.ts';
import { builtinDefaults } from './defaults/builtin-defaults.ts';
import { createEnumCheck } from './enums.ts';
import { builtinPreparation } from './preparation/builtin-preparation.ts';
import { disabledFields } from './preparation/disabled-fields.ts';
import { builtinValidation } from './validation/builtin-validation.ts';
import { builtinStatusValidation } from './validation/status.ts';
import { builtinWarnings } from './warnings/builtin-warnings.ts';

/** Kinds whose objects carry a generation. */
const GENERATION = new Set([
  '/pods',
  '/podtemplates',
  '/replicationcontrollers',
  'apps/daemonsets',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'batch/jobs',
  'batch/cronjobs',
  'networking.k8s.io/ingresses',
  'networking.k8s.io/ingressclasses',
  'networking.k8s.io/networkpolicies',
  'policy/poddisruptionbudgets',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingadmissionpolicies',
  'admissionregistration.k8s.io/validatingadmissionpolicybindings',
  'admissionregistration.k8s.io/mutatingadmissionpolicies',
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings',
  'apiextensions.k8s.io/customresourcedefinitions',
  'discovery.k8s.io/endpointslices',
  'flowcontrol.apiserver.k8s.io/flowschemas',
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations',
  'resource.k8s.io/deviceclasses',
  'resource.k8s.io/resourceslices',
  'scheduling.k8s.io/priorityclasses',
  'storage.k8s.io/csidrivers',
]);

const PATH_SEGMENT_NAMES = new Set([
  'apiregistration.k8s.io/apiservices',
  'rbac.authorization.k8s.io/roles',
  'rbac.authorization.k8s.io/rolebindings',
  'rbac.authorization.k8s.io/clusterroles',
  'rbac.authorization.k8s.io/clusterrolebindings',
]);

const LABEL_NAMES = new Set(['/namespaces', '/services', 'apps/statefulsets']);

/** Kinds whose own rules look at changed metadata once; those of the others do it twice. */
const META_THRICE = new Set([
  '/limitranges',
  '/replicationcontrollers',
  '/resourcequotas',
  '/services',
  'apps/daemonsets',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'autoscaling/horizontalpodautoscalers',
  'batch/cronjobs',
  'coordination.k8s.io/leases',
  'networking.k8s.io/networkpolicies',
  'scheduling.k8s.io/priorityclasses',
]);

/** PUT of something that is not there makes it. */
const CREATE_ON_UPDATE = new Set([
  '/endpoints',
  '/events',
  '/limitranges',
  '/services',
  'events.k8s.io/events',
  'coordination.k8s.io/leases',
  'node.k8s.io/runtimeclasses',
  'rbac.authorization.k8s.io/roles',
  'rbac.authorization.k8s.io/rolebindings',
  'rbac.authorization.k8s.io/clusterroles',
  'rbac.authorization.k8s.io/clusterrolebindings',
]);

/** PUT without a resourceVersion is refused. */
const CONDITIONAL_UPDATE = new Set([
  'admissionregistration.k8s.io/mutatingadmissionpolicies',
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingadmissionpolicies',
  'admissionregistration.k8s.io/validatingadmissionpolicybindings',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
  'apiextensions.k8s.io/customresourcedefinitions',
  'apiregistration.k8s.io/apiservices',
  'coordination.k8s.io/leases',
  'node.k8s.io/runtimeclasses',
  'policy/poddisruptionbudgets',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/csistoragecapacities',
  'storage.k8s.io/volumeattachments',
]);

const RETURNS_DELETED = new Set([
  '/pods',
  '/persistentvolumes',
  '/persistentvolumeclaims',
  '/podtemplates',
  '/resourcequotas',
  '/serviceaccounts',
  '/services',
  'storage.k8s.io/storageclasses',
  'storage.k8s.io/csidrivers',
]);

/** Keeps a definition until its instances are gone. */
export const CRD_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** A new object's status says nothing yet. */
function zeroStatus(decoder: GoDecoder | undefined): ((object: KubeObject) => void) | undefined {
  if (decoder === undefined) return undefined;
  return (object) => {
    const { status } = decoder.zero();
    if (status !== undefined) object['status'] = status;
  };
}

/** What is special about one built-in kind. */
export function createBuiltinStrategy(
  group: string,
  plural: string,
  kind: string,
  version: string,
  definition: string | undefined,
): Strategy {
  const key = `${group}/${plural}`;
  const decoder = definition === undefined ? undefined : createGoDecoder(definition);
  const defaults = builtinDefaults.get(`${key}`);
  const preparation = builtinPreparation.get(`${key}/${version}`) ?? builtinPreparation.get(key);
  const { create = zeroStatus(decoder), update } = preparation ?? {};
  const drop = disabledFields.get(key);
  const check = builtinValidation.get(key);
  const warnings = builtinWarnings.get(key);
  const statusRule = builtinStatusValidation.get(key);
  const enums = definition === undefined ? undefined : createEnumCheck(definition);
  const deployment = key === 'apps/deployments';
  return {
    generation: GENERATION.has(key),
    generationFromChange: key === 'storage.k8s.io/csidrivers',
    metaChecks: META_THRICE.has(key) ? 3 : key === 'policy/poddisruptionbudgets' ? 2 : 4,
    unconditionalUpdate: !CONDITIONAL_UPDATE.has(key),
    createOnUpdate: CREATE_ON_UPDATE.has(key),
    returnsDeleted: RETURNS_DELETED.has(key),
    // Its generation is set and never changed.
    ...(key === 'scheduling.k8s.io/priorityclasses' ? { specChanged: () => false } : {}),
    ...(deployment
      ? {
          // A Deployment's annotations count, since they are copied to its ReplicaSets.
          specChanged: (object: KubeObject, old: KubeObject) =>
            specDiffers(object, old, true) ||
            !equalJson(object.metadata.annotations ?? {}, old.metadata.annotations ?? {}),
        }
      : {}),
    decode(object, report) {
      if (decoder === undefined) return;
      report.strict.push(...decoder.decode(object, { kind, version }));
      const meta = object.metadata;
      if (asNumber(meta.generation) === 0) delete meta.generation;
    },
    ...(decoder === undefined
      ? {}
      : {
          zero: () => ({
            ...decoder.zero(),
            kind,
            apiVersion: group === '' ? version : `${group}/${version}`,
          }),
        }),
    defaults(object) {
      defaults?.(object);
    },
    ...(key === 'apiextensions.k8s.io/customresourcedefinitions' ? { finalizersOnDelete: () => [CRD_FINALIZER] } : {}),
    ...(create === undefined && drop === undefined
      ? {}
      : {
          prepareCreate(object: KubeObject, context: StrategyContext) {
            drop?.(object);
            create?.(object, context);
          },
        }),
    ...(update === undefined && drop === undefined
      ? {}
      : {
          prepareUpdate(object: KubeObject, old: KubeObject, context: StrategyContext) {
            drop?.(object);
            update?.(object, old, context);
          },
        }),
    validate(object: KubeObject, old: KubeObject | undefined, context: StrategyContext): FieldError[] {
      const errors = check?.(object, old, context) ?? [];
      // The schema's own enums count where no rule has spoken about the field or what it is in.
      const told = errors.map(({ field }) => field).filter((field) => field !== 'spec');
      const more = (enums?.(object) ?? []).filter(({ field }) => !told.some((known) => field.startsWith(known)));
      const all = [...errors, ...more];
      // Nobody is warned about what is refused.
      if (all.length > 0 || context.refused) return all;
      for (const text of warnings?.(object, old) ?? []) context.warn(text);
      if (old === undefined || key !== '/pods') admitPodSecurity(key, object, context);
      if (old === undefined) admitQuota(group, plural, object, context);
      return all;
    },
    ...(statusRule === undefined ? {} : { validateStatus: statusRule }),
    validateName: PATH_SEGMENT_NAMES.has(key)
      ? checkPathSegment
      : nameRule(LABEL_NAMES.has(key) ? checkLabel : checkSubdomain),
  };
}
