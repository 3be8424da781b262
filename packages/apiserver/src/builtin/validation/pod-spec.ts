import type { FieldError } from '@fluvial/schema';
import { duplicate, forbiddenField, invalidValue, notFoundValue, required, tooLong } from '../../field-errors.ts';
import { asArray, asObject, asString, isObject } from '../../json.ts';
import { checkLabel, checkQualifiedName, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { internalStruct } from '../go-print/internal-value.ts';
import { checkContainers, checkEphemeralContainers, checkInitContainers, type PodScope } from './containers.ts';
import { checkContainerResources, checkPodResources } from './resources.ts';
import {
  checkAddress,
  checkAnnotations,
  checkLabels,
  checkName,
  checkNeededChoice,
  checkRange,
  each,
} from './rules.ts';
import { checkAffinity, checkSpreading, checkTolerations } from './scheduling.ts';
import { checkPodSecurity } from './security.ts';
import { checkVolumes } from './volumes.ts';
import { checkHostProcesses, checkOs, containersOf } from './windows.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];

/** The template of a workload. */
export function checkPodTemplate(template: JsonObject, path: string): FieldError[] {
  const meta = asObject(template['metadata']);
  const spec = asObject(template['spec']);
  // Upstream leaves `metadata` out of these paths.
  return [
    ...checkLabels(meta['labels'], `${path}.labels`),
    ...checkAnnotations(meta['annotations'], `${path}.annotations`),
    ...checkPodAnnotations(meta['annotations'], spec, `${path}.annotations`),
    ...checkPodSpec(spec, `${path}.spec`),
    ...(asArray(spec['ephemeralContainers']).length > 0
      ? [forbiddenField(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ];
}

/** Annotations that mean something for pods. */
export function checkPodAnnotations(annotations: unknown, spec: JsonObject, path: string): FieldError[] {
  const given = asObject(annotations);
  const errors: FieldError[] = [];
  const [mirror, cost] = ['kubernetes.io/config.mirror', 'controller.kubernetes.io/pod-deletion-cost'];
  if (given[mirror] !== undefined && asString(spec['nodeName']) === '')
    errors.push(
      invalidValue(`${path}[${mirror}]`, given[mirror], 'must set spec.nodeName if mirror pod annotation is set'),
    );
  const text = asString(given[cost]);
  const isCost = /^(0|-?[1-9][0-9]*|\+0)$/.test(text) && Number(text) === (Number(text) | 0);
  if (given[cost] !== undefined && !isCost)
    errors.push(invalidValue(`${path}[${cost}]`, text, 'must be a 32bit integer'));
  return errors;
}

/** @param podName Of a pod; templates have none. */
export function checkPodSpec(spec: JsonObject, path: string, podName?: string): FieldError[] {
  const volumes = new Map<string, JsonObject>();
  const errors = checkVolumes(
    spec['volumes'],
    `${path}.volumes`,
    { podName: podName ?? '', isPod: podName !== undefined },
    volumes,
  );
  const claims = asArray(spec['resourceClaims']).map((claim) => asString(asObject(claim)['name']));
  const scope: PodScope = {
    volumes,
    claims: new Set(claims.filter((name) => name !== '')),
    grace: spec['terminationGracePeriodSeconds'],
    os: isObject(spec['os']) ? asString(spec['os']['name']) : undefined,
    restartPolicy: spec['restartPolicy'],
    hostUsers: spec['hostUsers'] !== false,
  };
  errors.push(
    ...checkResourceClaims(spec['resourceClaims'], `${path}.resourceClaims`),
    ...checkContainers(spec, `${path}.containers`, scope),
    ...checkInitContainers(spec, `${path}.initContainers`, scope),
    ...checkEphemeralContainers(spec, `${path}.ephemeralContainers`, scope),
    ...(isObject(spec['resources']) ? checkPodResources(spec, `${path}.resources`, scope.claims) : []),
    ...checkHostPorts(spec, path, podName !== undefined),
    ...checkNeededChoice(spec['restartPolicy'], `${path}.restartPolicy`, RESTART_POLICIES),
    ...checkNeededChoice(spec['dnsPolicy'], `${path}.dnsPolicy`, DNS_POLICIES),
    ...checkLabels(spec['nodeSelector'], `${path}.nodeSelector`),
    ...checkPodSecurity(spec, `${path}.securityContext`),
    ...checkAffinity(asObject(spec['affinity']), `${path}.affinity`),
    ...checkDns(spec, `${path}.dnsConfig`),
    ...checkGates(spec, path),
    ...checkSpreading(spec['topologySpreadConstraints'], `${path}.topologySpreadConstraints`),
    ...checkHostProcesses(spec, path),
    ...checkHostUsers(spec, path),
    ...checkHostName(spec, `${path}.hostnameOverride`),
    ...checkNames(spec, path),
    ...(spec['preemptionPolicy'] === undefined
      ? []
      : checkNeededChoice(spec['preemptionPolicy'], `${path}.preemptionPolicy`, PREEMPTION_POLICIES)),
    ...checkContainerResources({ limits: asObject(spec['overhead']) }, `${path}.overhead`, new Set()),
    ...checkOs(spec, path),
    ...checkGroup(spec['schedulingGroup'], `${path}.schedulingGroup.podGroupName`),
    ...checkFileKeys(spec, path),
  );
  return errors;
}

function checkResourceClaims(claims: unknown, path: string): FieldError[] {
  const names = new Set<string>();
  return asArray(claims).flatMap((entry, i) => {
    const claim = asObject(entry);
    const at = `${path}[${i}]`;
    const name = asString(claim['name']);
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${at}.name`));
    else if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else errors.push(...each(`${at}.name`, name, checkLabel(name)));
    if (name !== '') names.add(name);
    const fields = ['resourceClaimName', 'resourceClaimTemplateName'];
    const given = fields.filter((field) => claim[field] !== undefined);
    const shown = internalStruct('PodResourceClaim', claim);
    if (given.length > 1)
      errors.push(
        invalidValue(at, shown, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'),
      );
    if (given.length === 0)
      errors.push(invalidValue(at, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    for (const field of given)
      errors.push(...each(`${at}.${field}`, claim[field], checkSubdomain(asString(claim[field]))));
    return errors;
  });
}

/** On the network of the host a port is the host's. */
function checkHostPorts(spec: JsonObject, path: string, isPod: boolean): FieldError[] {
  if (spec['hostNetwork'] !== true) return [];
  return asArray(spec['containers']).flatMap((container, i) =>
    asArray(asObject(container)['ports']).flatMap((entry, j) => {
      const { hostPort = 0, containerPort = 0 } = asObject(entry);
      const at = `${path}.containers[${i}].ports[${j}].hostPort`;
      return (isPod || hostPort !== 0) && hostPort !== containerPort
        ? [invalidValue(at, hostPort, 'must match `containerPort` when `hostNetwork` is true')]
        : [];
    }),
  );
}

function checkDns(spec: JsonObject, path: string): FieldError[] {
  const config = spec['dnsConfig'];
  const servers = asArray(asObject(config)['nameservers']);
  const searches = asArray(asObject(config)['searches']).map(asString);
  if (spec['dnsPolicy'] === 'None' && servers.length === 0)
    return isObject(config)
      ? [required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
      : [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  const errors: FieldError[] = [];
  if (servers.length > 3)
    errors.push(invalidValue(`${path}.nameservers`, servers, 'must not have more than 3 nameservers'));
  errors.push(...servers.flatMap((server, i) => checkAddress(server, `${path}.nameservers[${i}]`)));
  if (searches.length > 32)
    errors.push(invalidValue(`${path}.searches`, searches, 'must not have more than 32 search paths'));
  if (searches.join(' ').length > 2048)
    errors.push(
      invalidValue(
        `${path}.searches`,
        searches,
        'must not have more than 2048 characters (including spaces) in the search list',
      ),
    );
  searches.forEach((search, i) => {
    const name = search.replace(/\.$/, '');
    if (search !== '.') errors.push(...each(`${path}.searches[${i}]`, name, checkSearch(name)));
  });
  asArray(asObject(config)['options']).forEach((option, i) => {
    if (asString(asObject(option)['name']) === '') errors.push(required(`${path}.options[${i}]`, 'must not be empty'));
  });
  return errors;
}

const SEARCH_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";

/** Domains in which names are looked up may have underscores. */
function checkSearch(name: string): string[] {
  return [
    ...(name.length > 253 ? ['must be no more than 253 characters'] : []),
    ...(/^_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$/.test(name) ? [] : [SEARCH_TEXT]),
  ];
}

function checkGates(spec: JsonObject, path: string): FieldError[] {
  const errors = asArray(spec['readinessGates']).flatMap((gate, i) => {
    const type = asString(asObject(gate)['conditionType']);
    return each(`${path}.readinessGates[${i}].conditionType`, type, checkQualifiedName(type));
  });
  const names = asArray(spec['schedulingGates']).map((gate) => asString(asObject(gate)['name']));
  names.forEach((name, i) => {
    const at = `${path}.schedulingGates[${i}]`;
    errors.push(...each(at, name, checkQualifiedName(name)));
    if (names.indexOf(name) < i) errors.push(duplicate(at, name));
  });
  return errors;
}

/** A pod with users of its own shares nothing else with its host. */
function checkHostUsers(spec: JsonObject, path: string): FieldError[] {
  if (spec['hostUsers'] !== false) return [];
  const text = 'when `hostUsers` is false';
  const errors: FieldError[] = [];
  if (spec['hostNetwork'] === true) errors.push(forbiddenField(`${path}.hostNetwork`, text));
  if (spec['hostPID'] === true) errors.push(forbiddenField(`${path}.HostPID`, text));
  if (spec['hostIPC'] === true) errors.push(forbiddenField(`${path}.HostIPC`, text));
  for (const { container, path: at } of containersOf(spec, path))
    if (asArray(container['volumeDevices']).length > 0) errors.push(forbiddenField(`${at}.volumeDevices`, text));
  return errors;
}

function checkHostName(spec: JsonObject, path: string): FieldError[] {
  const name = spec['hostnameOverride'];
  if (typeof name !== 'string') return [];
  const errors: FieldError[] = [];
  if (spec['setHostnameAsFQDN'] === true)
    errors.push(forbiddenField(path, 'may not be specified when setHostnameAsFQDN is true'));
  if (spec['hostNetwork'] === true) errors.push(forbiddenField(path, 'may not be specified when hostNetwork is true'));
  if (name.length > 64) errors.push(tooLong(path, 64));
  return [...errors, ...each(path, name, checkSubdomain(name))];
}

/** Names of other things, and what stands among them. */
function checkNames(spec: JsonObject, path: string): FieldError[] {
  const name = (field: string, rule = checkSubdomain) => checkName(spec[field], `${path}.${field}`, rule);
  return [
    ...name('serviceAccountName'),
    ...name('nodeName'),
    ...checkRange(spec['activeDeadlineSeconds'], `${path}.activeDeadlineSeconds`, 1, 2147483647),
    ...name('hostname', checkLabel),
    ...name('subdomain', checkLabel),
    ...checkTolerations(spec['tolerations'], `${path}.tolerations`),
    ...asArray(spec['hostAliases']).flatMap((entry, i) => [
      ...checkAddress(asObject(entry)['ip'], `${path}.hostAliases[${i}].ip`),
      ...asArray(asObject(entry)['hostnames']).flatMap((host, j) =>
        each(`${path}.hostAliases[${i}].hostnames[${j}]`, host, checkSubdomain(asString(host))),
      ),
    ]),
    ...name('priorityClassName'),
    ...(spec['runtimeClassName'] === undefined
      ? []
      : each(`${path}.runtimeClassName`, spec['runtimeClassName'], checkSubdomain(asString(spec['runtimeClassName'])))),
  ];
}

function checkGroup(group: unknown, path: string): FieldError[] {
  if (!isObject(group)) return [];
  const name = group['podGroupName'];
  return name === undefined
    ? [invalidValue(path, null, 'must specify one of: `podGroupName`')]
    : each(path, name, checkSubdomain(asString(name)));
}

/** Variables from files: these lie in volumes that start empty. */
function checkFileKeys(spec: JsonObject, path: string): FieldError[] {
  const volumes = new Map(asArray(spec['volumes']).map((v) => [asString(asObject(v)['name']), asObject(v)]));
  return containersOf(spec, path).flatMap(({ container, path: owner }) =>
    asArray(container['env']).flatMap((variable, i) => {
      const ref = asObject(asObject(variable)['valueFrom'])['fileKeyRef'];
      if (!isObject(ref)) return [];
      const at = `${owner}.env[${i}].valueFrom.fileKeyRef.volumeName`;
      const name = asString(ref['volumeName']);
      const volume = volumes.get(name);
      if (volume === undefined) return [notFoundValue(at, name)];
      return volume['emptyDir'] === undefined
        ? [invalidValue(at, name, 'referenced volume must be of type emptyDir')]
        : [];
    }),
  );
}
