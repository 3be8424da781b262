/** What a strategic merge needs to know of a type: how its lists merge. */
export interface MergeSchema {
  /** For a list: keys of its elements; the elements themselves if empty; undefined: replaced as a whole. */
  readonly mergeKeys?: readonly string[];
  readonly items?: MergeSchema;
  readonly fields?: Readonly<Record<string, MergeSchema>>;
  readonly values?: MergeSchema;
}

function byKey(keys: string, items: MergeSchema = {}): MergeSchema {
  return { mergeKeys: keys.split(' '), items };
}

const SET: MergeSchema = { mergeKeys: [], items: {} };
const fields = (entries: Record<string, MergeSchema>): MergeSchema => ({ fields: entries });

const metadata = fields({ ownerReferences: byKey('uid'), finalizers: SET });
const conditions = fields({ conditions: byKey('type') });

const ports = byKey('containerPort protocol');
const mounts = { env: byKey('name'), volumeMounts: byKey('mountPath'), volumeDevices: byKey('devicePath') };
const container = fields({ ...mounts, ports });
const podSpec = fields({
  containers: byKey('name', container),
  initContainers: byKey('name', container),
  ephemeralContainers: byKey('name', fields(mounts)),
  volumes: byKey('name'),
  imagePullSecrets: byKey('name'),
  hostAliases: byKey('ip'),
  topologySpreadConstraints: byKey('topologyKey whenUnsatisfiable'),
});
const podTemplate = fields({ metadata, spec: podSpec });
const workload: Record<string, MergeSchema> = { metadata, status: conditions, spec: fields({ template: podTemplate }) };
const claim = fields({ metadata, status: conditions });
const webhooks = fields({ metadata, webhooks: byKey('name') });
const cronJob = fields({
  metadata,
  spec: fields({ jobTemplate: fields({ metadata, spec: fields({ template: podTemplate }) }) }),
});

// Kinds of the 1.21.2 schema whose lists merge in more than their metadata and conditions.
const SPECIAL: Readonly<Record<string, MergeSchema>> = {
  'v1|Pod': fields({
    metadata,
    spec: podSpec,
    status: fields({ conditions: byKey('type'), podIPs: byKey('ip') }),
  }),
  'v1|PodTemplate': fields({ metadata, template: podTemplate }),
  'v1|ReplicationController': fields(workload),
  'v1|Service': fields({ metadata, spec: fields({ ports: byKey('port protocol') }), status: conditions }),
  'v1|ServiceAccount': fields({ metadata, secrets: byKey('name') }),
  'v1|Node': fields({
    metadata,
    spec: fields({ podCIDRs: SET }),
    status: fields({ conditions: byKey('type'), addresses: byKey('type') }),
  }),
  'apps/v1|Deployment': fields(workload),
  'apps/v1|ReplicaSet': fields(workload),
  'apps/v1|DaemonSet': fields(workload),
  'apps/v1|StatefulSet': fields({
    ...workload,
    spec: fields({ template: podTemplate, volumeClaimTemplates: { items: claim } }),
  }),
  'batch/v1|Job': fields(workload),
  'batch/v1|CronJob': cronJob,
  'batch/v1beta1|CronJob': cronJob,
  'admissionregistration.k8s.io/v1|ValidatingWebhookConfiguration': webhooks,
  'admissionregistration.k8s.io/v1|MutatingWebhookConfiguration': webhooks,
  'admissionregistration.k8s.io/v1beta1|ValidatingWebhookConfiguration': webhooks,
  'admissionregistration.k8s.io/v1beta1|MutatingWebhookConfiguration': webhooks,
  'storage.k8s.io/v1|CSINode': fields({ metadata, spec: fields({ drivers: byKey('name') }) }),
  'storage.k8s.io/v1beta1|CSINode': fields({ metadata, spec: fields({ drivers: byKey('name') }) }),
};

const BUILTIN = fields({ metadata, status: conditions });

// Every other kind of that schema, by apiVersion.
const KINDS: Readonly<Record<string, string>> = {
  v1: 'Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace PersistentVolume PersistentVolumeClaim ResourceQuota Secret',
  'admissionregistration.k8s.io/v1': '',
  'apiextensions.k8s.io/v1': 'CustomResourceDefinition',
  'apiextensions.k8s.io/v1beta1': 'CustomResourceDefinition',
  'apiregistration.k8s.io/v1': 'APIService',
  'apiregistration.k8s.io/v1beta1': 'APIService',
  'apps/v1': 'ControllerRevision',
  'autoscaling/v1': 'HorizontalPodAutoscaler Scale',
  'autoscaling/v2beta1': 'HorizontalPodAutoscaler',
  'autoscaling/v2beta2': 'HorizontalPodAutoscaler',
  'certificates.k8s.io/v1': 'CertificateSigningRequest',
  'certificates.k8s.io/v1beta1': 'CertificateSigningRequest',
  'coordination.k8s.io/v1': 'Lease',
  'coordination.k8s.io/v1beta1': 'Lease',
  'discovery.k8s.io/v1': 'EndpointSlice',
  'discovery.k8s.io/v1beta1': 'EndpointSlice',
  'events.k8s.io/v1': 'Event',
  'events.k8s.io/v1beta1': 'Event',
  'extensions/v1beta1': 'Ingress',
  'flowcontrol.apiserver.k8s.io/v1beta1': 'FlowSchema PriorityLevelConfiguration',
  'networking.k8s.io/v1': 'Ingress IngressClass NetworkPolicy',
  'networking.k8s.io/v1beta1': 'Ingress IngressClass',
  'node.k8s.io/v1': 'RuntimeClass',
  'node.k8s.io/v1beta1': 'RuntimeClass',
  'node.k8s.io/v1alpha1': 'RuntimeClass',
  'policy/v1': 'PodDisruptionBudget Eviction',
  'policy/v1beta1': 'PodDisruptionBudget PodSecurityPolicy Eviction',
  'rbac.authorization.k8s.io/v1': 'ClusterRole ClusterRoleBinding Role RoleBinding',
  'rbac.authorization.k8s.io/v1beta1': 'ClusterRole ClusterRoleBinding Role RoleBinding',
  'rbac.authorization.k8s.io/v1alpha1': 'ClusterRole ClusterRoleBinding Role RoleBinding',
  'scheduling.k8s.io/v1': 'PriorityClass',
  'scheduling.k8s.io/v1beta1': 'PriorityClass',
  'scheduling.k8s.io/v1alpha1': 'PriorityClass',
  'storage.k8s.io/v1': 'CSIDriver StorageClass VolumeAttachment',
  'storage.k8s.io/v1beta1': 'CSIDriver CSIStorageCapacity StorageClass VolumeAttachment',
  'storage.k8s.io/v1alpha1': 'CSIStorageCapacity VolumeAttachment',
};

/** How the lists of a built-in type merge; `undefined` for types that the 1.21.2 schema does not have. */
export function builtinMergeSchema(apiVersion: string, kind: string): MergeSchema | undefined {
  const special = SPECIAL[`${apiVersion}|${kind}`];
  if (special !== undefined) return special;
  const kinds = Object.hasOwn(KINDS, apiVersion) ? (KINDS[apiVersion] as string) : '';
  return kinds.split(' ').includes(kind) && kind !== '' ? BUILTIN : undefined;
}
