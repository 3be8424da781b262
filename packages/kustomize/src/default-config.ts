import { type FieldSpec, fieldSpec } from './field-spec.ts';
import type { Gvk } from './id.ts';
import { compareKinds } from './sort.ts';

/** Referrer fields of one target kind. */
export interface NameReference extends Gvk {
  readonly fieldSpecs: readonly FieldSpec[];
}

/** The field specs of every transformer. */
export interface TransformerConfig {
  readonly namePrefix: readonly FieldSpec[];
  readonly nameSuffix: readonly FieldSpec[];
  readonly namespace: readonly FieldSpec[];
  readonly labels: readonly FieldSpec[];
  readonly templateLabels: readonly FieldSpec[];
  readonly commonLabels: readonly FieldSpec[];
  readonly commonAnnotations: readonly FieldSpec[];
  readonly nameReference: readonly NameReference[];
  readonly varReference: readonly FieldSpec[];
  readonly images: readonly FieldSpec[];
  readonly replicas: readonly FieldSpec[];
}

const APPS = { group: 'apps' };

/** `Kind[.group][/version] path` per line; `+` in front: create. */
function table(text: string): FieldSpec[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [kindText, path] = line.trim().split(' ') as [string, string];
      const create = kindText.startsWith('+');
      const [, kind, group, version] = /^\+?(\*|[A-Za-z]+)(?:\.([^/]*))?(?:\/(\w+))?$/.exec(
        kindText,
      ) as RegExpExecArray;
      return fieldSpec(path, { kind: kind === '*' ? '' : kind, group, version, create });
    });
}

const templateLabels = table(`
+ReplicationController./v1 spec/template/metadata/labels
+Deployment spec/template/metadata/labels
+ReplicaSet spec/template/metadata/labels
+DaemonSet spec/template/metadata/labels
+StatefulSet.apps spec/template/metadata/labels
+StatefulSet.apps spec/volumeClaimTemplates[]/metadata/labels
+Job.batch spec/template/metadata/labels
+CronJob.batch spec/jobTemplate/metadata/labels
+CronJob.batch spec/jobTemplate/spec/template/metadata/labels`);

const AFFINITY = [
  'podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels',
  'podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels',
  'podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels',
  'podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels',
];
const selectors: FieldSpec[] = [
  ...table(`
+Service./v1 spec/selector
+ReplicationController./v1 spec/selector
+Deployment spec/selector/matchLabels
+ReplicaSet spec/selector/matchLabels
+DaemonSet spec/selector/matchLabels
+StatefulSet.apps spec/selector/matchLabels
Job.batch spec/selector/matchLabels
CronJob.batch spec/jobTemplate/spec/selector/matchLabels
PodDisruptionBudget.policy spec/selector/matchLabels
NetworkPolicy.networking.k8s.io spec/podSelector/matchLabels
NetworkPolicy.networking.k8s.io spec/ingress/from/podSelector/matchLabels
NetworkPolicy.networking.k8s.io spec/egress/to/podSelector/matchLabels`),
  ...['Deployment', 'StatefulSet'].flatMap((kind) => [
    ...AFFINITY.map((path) => fieldSpec(`spec/template/spec/affinity/${path}`, { ...APPS, kind })),
    fieldSpec('spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels', { ...APPS, kind }),
  ]),
];

const metadataLabels = [fieldSpec('metadata/labels', { create: true })];

const commonAnnotations = table(`
+* metadata/annotations
+ReplicationController./v1 spec/template/metadata/annotations
+Deployment spec/template/metadata/annotations
+ReplicaSet spec/template/metadata/annotations
+DaemonSet spec/template/metadata/annotations
+StatefulSet spec/template/metadata/annotations
+Job.batch spec/template/metadata/annotations
+CronJob.batch spec/jobTemplate/metadata/annotations
+CronJob.batch spec/jobTemplate/spec/template/metadata/annotations`);

/** Where kinds keep their pod spec. */
const POD_SPEC: Readonly<Record<string, string>> = {
  Pod: 'spec',
  PodTemplate: 'template/spec',
  Deployment: 'spec/template/spec',
  ReplicaSet: 'spec/template/spec',
  DaemonSet: 'spec/template/spec',
  StatefulSet: 'spec/template/spec',
  ReplicationController: 'spec/template/spec',
  Job: 'spec/template/spec',
  CronJob: 'spec/jobTemplate/spec/template/spec',
};

function inPods(kinds: readonly string[], paths: readonly string[]): FieldSpec[] {
  return kinds.flatMap((kind) => paths.map((path) => fieldSpec(`${POD_SPEC[kind]}/${path}`, { kind })));
}

const HOLDERS = ['Pod', 'PodTemplate', 'Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'Job', 'CronJob'];
const ACCOUNT_HOLDERS = ['Pod', 'StatefulSet', 'Deployment', 'ReplicationController', 'Job', 'DaemonSet', 'CronJob'];

const scaled = table('HorizontalPodAutoscaler spec/scaleTargetRef/name');

function target(kind: string, options: { group?: string; version?: string }, fieldSpecs: FieldSpec[]): NameReference {
  return { kind, group: options.group ?? '', version: options.version ?? '', fieldSpecs };
}

const CORE = { version: 'v1' };
const RBAC = { group: 'rbac.authorization.k8s.io' };

const nameReference: NameReference[] = [
  target('Deployment', {}, scaled),
  target('ReplicationController', {}, scaled),
  target('ReplicaSet', {}, scaled),
  target('StatefulSet', {}, scaled),
  target('ConfigMap', CORE, [
    ...inPods(HOLDERS, [
      'volumes/configMap/name',
      'containers/env/valueFrom/configMapKeyRef/name',
      'initContainers/env/valueFrom/configMapKeyRef/name',
      'containers/envFrom/configMapRef/name',
      'initContainers/envFrom/configMapRef/name',
      'volumes/projected/sources/configMap/name',
    ]),
    ...table(`
Node spec/configSource/configMap
Role rules/resourceNames
ClusterRole rules/resourceNames
Ingress metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap`),
  ]),
  target('Secret', CORE, [
    ...inPods(HOLDERS, [
      'volumes/secret/secretName',
      'containers/env/valueFrom/secretKeyRef/name',
      'initContainers/env/valueFrom/secretKeyRef/name',
      'containers/envFrom/secretRef/name',
      'initContainers/envFrom/secretRef/name',
      'imagePullSecrets/name',
      'volumes/projected/sources/secret/name',
    ]),
    ...table(`
ServiceAccount imagePullSecrets/name
Ingress spec/tls/secretName
Ingress metadata/annotations/ingress.kubernetes.io\\/auth-secret
Ingress metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret
Ingress metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret
StorageClass parameters/secretName
StorageClass parameters/adminSecretName
StorageClass parameters/userSecretName
StorageClass parameters/secretRef
PersistentVolume spec/azureFile/secretName
Role rules/resourceNames
ClusterRole rules/resourceNames
Service.serving.knative.dev/v1 spec/template/spec/containers/env/valueFrom/secretKeyRef/name`),
  ]),
  target(
    'Service',
    CORE,
    table(`
StatefulSet.apps spec/serviceName
Ingress spec/rules/http/paths/backend/serviceName
Ingress spec/backend/serviceName
Ingress spec/rules/http/paths/backend/service/name
Ingress spec/defaultBackend/service/name
APIService.apiregistration.k8s.io spec/service/name
ValidatingWebhookConfiguration.admissionregistration.k8s.io webhooks/clientConfig/service
MutatingWebhookConfiguration.admissionregistration.k8s.io webhooks/clientConfig/service`),
  ),
  target('Role', RBAC, table('RoleBinding roleRef/name')),
  target('ClusterRole', RBAC, table('RoleBinding roleRef/name\nClusterRoleBinding roleRef/name')),
  target('ServiceAccount', CORE, [
    ...table('RoleBinding subjects\nClusterRoleBinding subjects'),
    ...inPods(ACCOUNT_HOLDERS, ['serviceAccountName']),
  ]),
  target('PersistentVolumeClaim', CORE, inPods(ACCOUNT_HOLDERS, ['volumes/persistentVolumeClaim/claimName'])),
  target('PersistentVolume', CORE, table('PersistentVolumeClaim spec/volumeName\nClusterRole rules/resourceNames')),
  target(
    'StorageClass',
    { group: 'storage.k8s.io', version: 'v1' },
    table(`
PersistentVolume spec/storageClassName
PersistentVolumeClaim spec/storageClassName
StatefulSet spec/volumeClaimTemplates/spec/storageClassName`),
  ),
  target(
    'PriorityClass',
    { group: 'scheduling.k8s.io', version: 'v1' },
    inPods(ACCOUNT_HOLDERS, ['priorityClassName']),
  ),
  target(
    'ValidatingAdmissionPolicy',
    { group: 'admissionregistration.k8s.io' },
    table('ValidatingAdmissionPolicyBinding spec/policyName'),
  ),
];

const VAR_FIELDS = ['containers', 'initContainers'].flatMap((list) =>
  ['args', 'command', 'env/value', 'volumeMounts/mountPath'].map((field) => `${list}/${field}`),
);
const varReference: FieldSpec[] = [
  ...inPods(['Pod', 'DaemonSet', 'Deployment', 'Job', 'ReplicaSet', 'StatefulSet', 'CronJob'], VAR_FIELDS),
  ...inPods(['Pod', 'DaemonSet', 'Deployment', 'Job', 'ReplicaSet'], ['volumes/nfs/server']),
  ...table(`
CronJob spec/jobTemplate/spec/template/volumes/nfs/server
StatefulSet spec/volumeClaimTemplates/spec/nfs/server
PersistentVolume spec/nfs/server
Deployment spec/template/metadata/annotations
Ingress spec/rules/host
Ingress spec/tls/hosts
Ingress spec/tls/secretName
Service spec/ports/port
Service spec/ports/targetPort
* metadata/labels
* metadata/annotations`),
];

/** What every build starts from (kustomize 5.8). */
export const defaultConfig: TransformerConfig = {
  namePrefix: [fieldSpec('metadata/name')],
  nameSuffix: [fieldSpec('metadata/name')],
  namespace: table(`
+* metadata/namespace
+Namespace metadata/name
+APIService.apiregistration.k8s.io spec/service/namespace
CustomResourceDefinition.apiextensions.k8s.io spec/conversion/webhook/clientConfig/service/namespace`),
  labels: [],
  templateLabels: [...metadataLabels, ...templateLabels],
  commonLabels: [...metadataLabels, ...templateLabels, ...selectors],
  commonAnnotations,
  nameReference: nameReference.sort(compareKinds),
  varReference,
  images: table(`
* spec/containers[]/image
* spec/initContainers[]/image
* spec/volumes[]/image/reference
* spec/template/spec/containers[]/image
* spec/template/spec/initContainers[]/image
* spec/template/spec/volumes[]/image/reference`),
  replicas: table(`
+Deployment spec/replicas
+ReplicationController spec/replicas
+ReplicaSet spec/replicas
+StatefulSet spec/replicas`),
};
