import { asArray, asObject, asString } from '../json.ts';
import type { KubeObject } from '../types.ts';
import { fractionWarnings } from './validation/quantities.ts';

/** What the server accepts, yet warns about. */
type Warnings = (object: KubeObject) => readonly string[];

function podWarnings(spec: { [field: string]: unknown }, path: string): string[] {
  const warnings: string[] = [];
  asArray(spec['imagePullSecrets']).forEach((entry, i) => {
    if (asString(asObject(entry)['name']) === '')
      warnings.push(`${path}.imagePullSecrets[${i}].name: invalid empty name ""`);
  });
  for (const list of ['initContainers', 'containers']) {
    asArray(spec[list]).forEach((entry, i) => {
      const container = asObject(entry);
      const at = `${path}.${list}[${i}]`;
      warnings.push(...fractionWarnings(asObject(container['resources']), `${at}.resources`));
      const names = new Set<string>();
      asArray(container['env']).forEach((item, j) => {
        const name = asString(asObject(item)['name']);
        if (names.has(name))
          warnings.push(
            `${at}.env[${j}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
          );
        names.add(name);
      });
    });
  }
  return warnings;
}

const pods: Warnings = (object) => podWarnings(asObject(object['spec']), 'spec');

const templates: Warnings = (object) =>
  podWarnings(asObject(asObject(asObject(object['spec'])['template'])['spec']), 'spec.template.spec');

const cronJobs: Warnings = (object) => {
  const job = asObject(asObject(asObject(object['spec'])['jobTemplate'])['spec']);
  return podWarnings(asObject(asObject(job['template'])['spec']), 'spec.jobTemplate.spec.template.spec');
};

const services: Warnings = (object) => {
  const spec = asObject(object['spec']);
  const warnings: string[] = [];
  const headless = spec['clusterIP'] === 'None';
  const outside = asArray(spec['externalIPs']).length > 0;
  if (outside && !headless)
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  if (headless) {
    if (asString(spec['loadBalancerIP']) !== '') warnings.push('spec.loadBalancerIP is ignored for headless services');
    if (outside) warnings.push('spec.externalIPs is ignored for headless services');
    if (spec['sessionAffinity'] === 'ClientIP') warnings.push('spec.SessionAffinity is ignored for headless services');
  }
  if (spec['type'] !== 'ExternalName' && asString(spec['externalName']) !== '')
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec['trafficDistribution'] === 'PreferClose')
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return warnings;
};

const endpointSlices: Warnings = (object) =>
  object['addressType'] === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : [];

const csiDrivers: Warnings = (object) => {
  const spec = asObject(object['spec']);
  return asArray(spec['tokenRequests']).length > 0 && spec['serviceAccountTokenInSecrets'] === undefined
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
  ['/pods', pods],
  ['/secrets', secrets],
  ['/services', services],
  ['apps/daemonsets', templates],
  ['apps/deployments', templates],
  ['apps/replicasets', templates],
  ['apps/statefulsets', templates],
  ['batch/cronjobs', cronJobs],
  ['batch/jobs', templates],
  ['discovery.k8s.io/endpointslices', endpointSlices],
  ['storage.k8s.io/csidrivers', csiDrivers],
]);
