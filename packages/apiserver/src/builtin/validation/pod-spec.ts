import type { FieldError } from '@fluvial/schema';
import { invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString } from '../../json.ts';
import { checkLabel } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { checkContainer, type PodScope } from './containers.ts';
import { checkResources } from './quantities.ts';
import { checkLabels, each } from './rules.ts';
import { checkAffinity, checkSpreading, checkTolerations } from './scheduling.ts';
import { checkPodSecurity } from './security.ts';
import { checkVolumes } from './volumes.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/**
 * The template of a workload.
 *
 * @param claimed Names of volumes that its pods get besides their own.
 */
export function checkPodTemplate(template: JsonObject, path: string, claimed: readonly string[] = []): FieldError[] {
  const meta = asObject(template['metadata']);
  // Upstream leaves `metadata` out of these paths.
  return [
    ...checkLabels(meta['labels'], `${path}.labels`),
    ...checkPodSpec(asObject(template['spec']), `${path}.spec`, claimed),
  ];
}

export function checkPodSpec(spec: JsonObject, path: string, claimed: readonly string[] = []): FieldError[] {
  const volumes = new Set<string>();
  const errors = checkVolumes(spec['volumes'], `${path}.volumes`, volumes);
  for (const name of claimed) volumes.add(name);
  const scope: PodScope = {
    volumes,
    names: new Set(),
    hostPorts: new Set(),
    hostNetwork: spec['hostNetwork'] === true,
  };
  const containers = asArray(spec['containers']);
  if (containers.length === 0) errors.push(required(`${path}.containers`));
  for (const list of ['containers', 'initContainers']) {
    // The ports of init containers are free again when the others start.
    const own = list === 'initContainers' ? { ...scope, hostPorts: new Set<string>() } : scope;
    asArray(spec[list]).forEach((entry, i) => {
      errors.push(...checkContainer(asObject(entry), `${path}.${list}[${i}]`, own));
    });
  }
  errors.push(...checkResources(asObject(spec['resources']), `${path}.resources`));
  for (const [field, supported] of [
    ['restartPolicy', RESTART_POLICIES],
    ['dnsPolicy', DNS_POLICIES],
  ] as const) {
    const value = asString(spec[field]);
    if (value !== '' && !supported.includes(value)) errors.push(notSupported(`${path}.${field}`, value, supported));
  }
  errors.push(...checkLabels(spec['nodeSelector'], `${path}.nodeSelector`));
  errors.push(...checkSpreading(spec['topologySpreadConstraints'], `${path}.topologySpreadConstraints`));
  errors.push(...checkPodSecurity(asObject(spec['securityContext']), `${path}.securityContext`));
  errors.push(...checkAffinity(asObject(spec['affinity']), `${path}.affinity`));
  if (spec['dnsPolicy'] === 'None' && asArray(asObject(spec['dnsConfig'])['nameservers']).length === 0) {
    errors.push(
      spec['dnsConfig'] === undefined
        ? required(`${path}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None')
        : required(
            `${path}.dnsConfig.nameservers`,
            'must provide at least one DNS nameserver when `dnsPolicy` is None',
          ),
    );
  }
  const deadline = spec['activeDeadlineSeconds'];
  if (typeof deadline === 'number' && (deadline < 1 || deadline > 2147483647)) {
    errors.push(invalidValue(`${path}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'));
  }
  for (const field of ['hostname', 'subdomain']) {
    const name = asString(spec[field]);
    if (name !== '') errors.push(...each(`${path}.${field}`, name, checkLabel(name)));
  }
  errors.push(...checkTolerations(spec['tolerations'], `${path}.tolerations`));
  return errors;
}
