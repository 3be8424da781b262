import { asArray, asNumber, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkLabel } from '../../rest/names.ts';
import { specDiffers } from '../../rest/object-meta.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { claimWarnings } from './claim-warnings.ts';
import { nodeTermWarnings, oldLabelWarning, podWarnings } from './pod-warnings.ts';

/** What the server accepts, yet warns about. */
type Warnings = (object: KubeObject, old?: KubeObject) => readonly string[];

function nameWarnings(object: KubeObject, use: string): string[] {
  const texts = checkLabel(asString(object.metadata.name));
  return texts.length === 0
    ? []
    : [
        `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${texts.join(' ')}]`,
      ];
}

const IN_PODS = 'Pod names and hostnames';

/** A pod is looked at once. */
const pods: Warnings = (object, old) =>
  old === undefined ? [...nameWarnings(object, "the Pod's hostname"), ...podWarnings(object)] : [];

/** Owners of pods are looked at whenever they change. */
const templates =
  (template: (object: KubeObject) => JsonObject, path: string, named = true): Warnings =>
  (object, old) => [
    ...(named && old === undefined ? nameWarnings(object, IN_PODS) : []),
    ...(old === undefined || specDiffers(object, old, true) ? podWarnings(template(object), path) : []),
  ];

const ofSpec = (object: KubeObject) => asObject(asObject(object['spec'])['template']);
const ofJobTemplate = (object: KubeObject) =>
  asObject(asObject(asObject(asObject(object['spec'])['jobTemplate'])['spec'])['template']);
const workloads = templates(ofSpec, 'spec.template');
const unnamed = templates(ofSpec, 'spec.template', false);

const daemonSets: Warnings = (object, old) =>
  old === undefined || !equalJson(ofSpec(object), ofSpec(old)) ? podWarnings(ofSpec(object), 'spec.template') : [];

const statefulSets: Warnings = (object, old) => {
  const spec = asObject(object['spec']);
  const warnings = [...unnamed(object, old)];
  asArray(spec['volumeClaimTemplates']).forEach((claim, i) => {
    // Upstream spells this in two ways.
    const path = `spec.volumeClaimTemplates[${i}]${old === undefined ? '' : '.Spec'}`;
    warnings.push(...claimWarnings(asObject(asObject(claim)['spec']), path));
  });
  if (asNumber(spec['revisionHistoryLimit']) < 0)
    warnings.push(
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    );
  return warnings;
};

const claims: Warnings = (object) => [
  ...(object.metadata.annotations?.[CLASS_ANNOTATION] === undefined
    ? []
    : [`metadata.annotations[${CLASS_ANNOTATION}]: ${CLASS_TEXT}`]),
  ...claimWarnings(asObject(object['spec']), 'spec'),
];

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const CLASS_TEXT = 'deprecated since v1.8; use "storageClassName" attribute instead';
const OPTIONS_ANNOTATION = 'volume.beta.kubernetes.io/mount-options';
const OLD_VOLUMES: readonly (readonly [field: string, text: string, called?: string])[] = [
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+', 'storageOS'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

const persistentVolumes: Warnings = (object) => {
  const spec = asObject(object['spec']);
  const annotations = object.metadata.annotations ?? {};
  const warnings: string[] = [];
  if (annotations[CLASS_ANNOTATION] !== undefined)
    warnings.push(`metadata.annotations[${CLASS_ANNOTATION}]: ${CLASS_TEXT}`);
  if (annotations[OPTIONS_ANNOTATION] !== undefined)
    warnings.push(
      `metadata.annotations[${OPTIONS_ANNOTATION}]: deprecated since v1.31; use "mountOptions" attribute instead`,
    );
  if (spec['persistentVolumeReclaimPolicy'] === 'Recycle')
    warnings.push(
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    );
  const required = asObject(asObject(spec['nodeAffinity'])['required']);
  asArray(required['nodeSelectorTerms']).forEach((term, i) => {
    warnings.push(...nodeTermWarnings(asObject(term), `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`));
  });
  for (const [field, text, called = field] of OLD_VOLUMES)
    if (isObject(spec[field])) warnings.push(`spec.${called}: ${text}`);
  return warnings;
};

const storageClasses: Warnings = (object) =>
  asArray(object['allowedTopologies']).flatMap((term, i) =>
    asArray(asObject(term)['matchLabelExpressions']).flatMap((expression, j) => {
      const text = oldLabelWarning(asObject(expression)['key']);
      return text === undefined ? [] : [`allowedTopologies[${i}].matchLabelExpressions[${j}].key: ${text}`];
    }),
  );

const nodes: Warnings = (object, old) =>
  old === undefined && asString(asObject(object['spec'])['externalID']) !== ''
    ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes']
    : [];

const ingresses: Warnings = (object, old) =>
  old === undefined &&
  object.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined &&
  asObject(object['spec'])['ingressClassName'] === undefined
    ? ['annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead']
    : [];

const ENFORCED = 'kubernetes.io/enforce-mountable-secrets';

const serviceAccounts: Warnings = (object, old) =>
  object.metadata.annotations?.[ENFORCED] !== undefined && old?.metadata.annotations?.[ENFORCED] === undefined
    ? [
        `metadata.annotations[${ENFORCED}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
      ]
    : [];

const services: Warnings = (object) => {
  const spec = asObject(object['spec']);
  const warnings: string[] = [];
  const headless = spec['clusterIP'] === 'None';
  const outside = asArray(spec['externalIPs']).length > 0;
  const external = spec['type'] === 'ExternalName';
  if (outside && !headless && !external)
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  if (headless) {
    if (asString(spec['loadBalancerIP']) !== '') warnings.push('spec.loadBalancerIP is ignored for headless services');
    if (outside) warnings.push('spec.externalIPs is ignored for headless services');
    if (spec['sessionAffinity'] === 'ClientIP') warnings.push('spec.SessionAffinity is ignored for headless services');
  }
  if (outside && external) warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!external && asString(spec['externalName']) !== '')
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec['trafficDistribution'] === 'PreferClose')
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return warnings;
};

const endpointSlices: Warnings = (object, old) =>
  old === undefined && object['addressType'] === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : [];

const csiDrivers: Warnings = (object, old) => {
  const spec = asObject(object['spec']);
  const isNew = old === undefined || !equalJson(spec['tokenRequests'], asObject(old['spec'])['tokenRequests']);
  return isNew && asArray(spec['tokenRequests']).length > 0 && spec['serviceAccountTokenInSecrets'] === undefined
    ? [
        'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes',
      ]
    : [];
};

const secrets: Warnings = (object) => {
  if (object['type'] !== 'kubernetes.io/tls') return [];
  const certificate = Buffer.from(asString(asObject(object['data'])['tls.crt']), 'base64').toString('latin1');
  return certificate.includes('-----BEGIN ') ? [] : ['tls: failed to find any PEM data in certificate input'];
};

/** By `group/plural`. */
export const builtinWarnings: ReadonlyMap<string, Warnings> = new Map<string, Warnings>([
  ['/nodes', nodes],
  ['/persistentvolumeclaims', claims],
  ['/persistentvolumes', persistentVolumes],
  ['/pods', pods],
  ['/podtemplates', templates((object) => asObject(object['template']), 'template', false)],
  ['/replicationcontrollers', workloads],
  ['/secrets', secrets],
  ['/serviceaccounts', serviceAccounts],
  ['/services', services],
  ['apps/daemonsets', daemonSets],
  ['apps/deployments', workloads],
  ['apps/replicasets', workloads],
  ['apps/statefulsets', statefulSets],
  ['batch/cronjobs', templates(ofJobTemplate, 'spec.jobTemplate.spec.template')],
  ['batch/jobs', workloads],
  ['discovery.k8s.io/endpointslices', endpointSlices],
  ['networking.k8s.io/ingresses', ingresses],
  ['storage.k8s.io/csidrivers', csiDrivers],
  ['storage.k8s.io/storageclasses', storageClasses],
]);
