import { asArray, asNumber, asObject, asString, isObject } from '../../json.ts';
import { checkLabelValue } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { fractionWarnings } from '../validation/quantities.ts';
import { containersOf } from '../validation/windows.ts';
import { claimWarnings } from './claim-warnings.ts';
import { overlapWarnings } from './overlapping-paths.ts';

/** Labels of nodes that have got other names. */
const OLD_LABELS: { readonly [label: string]: string } = {
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
};

export function oldLabelWarning(label: unknown): string | undefined {
  return Object.hasOwn(OLD_LABELS, asString(label)) ? OLD_LABELS[asString(label)] : undefined;
}

const OLD_ANNOTATIONS: { readonly [key: string]: string } = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};

/** Sources of volumes that are gone, or going, in the order in which they are told. */
const OLD_SOURCES: readonly (readonly [field: string, text: string, called?: string])[] = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+', 'storageOS'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['ephemeral', ''],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

const HARD = 'requiredDuringSchedulingIgnoredDuringExecution';
const SOFT = 'preferredDuringSchedulingIgnoredDuringExecution';
const NO_SELECTOR = 'a null labelSelector results in matching no pod';

/**
 * Warnings about a pod or a template, with `metadata` and `spec`.
 *
 * @param root Path of the template; empty for a pod.
 */
export function podWarnings(pod: JsonObject, root = ''): string[] {
  const at = root === '' ? '' : `${root}.`;
  const spec = asObject(pod['spec']);
  const path = `${at}spec`;
  const annotations = asObject(asObject(pod['metadata'])['annotations']);
  return [
    ...placementWarnings(spec, path),
    ...Object.entries(OLD_ANNOTATIONS)
      .filter(([key]) => annotations[key] !== undefined)
      .map(([key, text]) => `${at}metadata.annotations[${key}]: ${text}`),
    ...volumeWarnings(spec, path),
    ...listWarnings(spec, path),
    ...fractions(asObject(spec['overhead']), `${path}.overhead`),
    ...containersOf(spec, path).flatMap(({ container, path: own }) => [
      ...fractionWarnings(asObject(container['resources']), `${own}.resources`),
      ...envWarnings(container, own),
    ]),
    ...portWarnings(spec, path),
    ...(asNumber(spec['terminationGracePeriodSeconds']) < 0
      ? [`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...affinityWarnings(spec, path),
  ];
}

function fractions(amounts: JsonObject, path: string): string[] {
  return fractionWarnings({ limits: amounts }, '').map((text) => text.replace('.limits', path));
}

/** Nodes by labels that have got other names. */
function placementWarnings(spec: JsonObject, path: string): string[] {
  const warnings: string[] = [];
  for (const label of Object.keys(asObject(spec['nodeSelector']))) {
    const text = oldLabelWarning(label);
    if (text !== undefined) warnings.push(`${path}.nodeSelector[${label}]: ${text}`);
  }
  const affinity = asObject(asObject(spec['affinity'])['nodeAffinity']);
  const where = `${path}.affinity.nodeAffinity`;
  asArray(asObject(affinity[HARD])['nodeSelectorTerms']).forEach((term, i) => {
    warnings.push(...nodeTermWarnings(asObject(term), `${where}.${HARD}.nodeSelectorTerms[${i}]`));
  });
  asArray(affinity[SOFT]).forEach((entry, i) => {
    warnings.push(
      ...nodeTermWarnings(asObject(asObject(entry)['preference']), `${where}.${SOFT}[${i}].preference`, true),
    );
  });
  asArray(spec['topologySpreadConstraints']).forEach((entry, i) => {
    const { topologyKey, labelSelector } = asObject(entry);
    const text = oldLabelWarning(topologyKey);
    const own = `${path}.topologySpreadConstraints[${i}]`;
    if (text !== undefined) warnings.push(`${own}.topologyKey: ${asString(topologyKey)} is ${text}`);
    if (labelSelector === undefined) warnings.push(`${own}.labelSelector: ${NO_SELECTOR}`);
  });
  return warnings;
}

/** @param looksAtValues Values that are told here are not refused elsewhere. */
export function nodeTermWarnings(term: JsonObject, path: string, looksAtValues = false): string[] {
  return asArray(term['matchExpressions']).flatMap((entry, i) => {
    const { key, values } = asObject(entry);
    const at = `${path}.matchExpressions[${i}]`;
    const text = oldLabelWarning(key);
    return [
      ...(text === undefined ? [] : [`${at}.key: ${asString(key)} is ${text}`]),
      ...(looksAtValues ? asArray(values) : []).flatMap((value, j) =>
        checkLabelValue(asString(value)).map((wrong) => `${at}.values[${j}]: ${asString(value)} is invalid, ${wrong}`),
      ),
    ];
  });
}

function volumeWarnings(spec: JsonObject, path: string): string[] {
  const volumes = asArray(spec['volumes']).map(asObject);
  return [
    ...volumes.flatMap((volume, i) =>
      OLD_SOURCES.filter(([field]) => isObject(volume[field])).flatMap(([field, text, called = field]) => {
        const at = `${path}.volumes[${i}].${called}`;
        if (field !== 'ephemeral') return [`${at}: ${text}`];
        const template = asObject(asObject(volume[field])['volumeClaimTemplate']);
        return claimWarnings(asObject(template['spec']), `${at}.volumeClaimTemplate.spec`);
      }),
    ),
    ...overlapWarnings(volumes),
  ];
}

/** Entries that are there twice, or empty. */
function listWarnings(spec: JsonObject, path: string): string[] {
  const twice = (list: string, field: string, what: string) => {
    const names = asArray(spec[list]).map((entry) => asString(asObject(entry)[field]));
    return names.flatMap((name, i) =>
      names.indexOf(name) < i ? [`${path}.${list}[${i}].${field}: duplicate ${what} ${JSON.stringify(name)}`] : [],
    );
  };
  return [
    ...twice('hostAliases', 'ip', 'ip'),
    ...twice('imagePullSecrets', 'name', 'name'),
    ...asArray(spec['imagePullSecrets']).flatMap((entry, i) =>
      asString(asObject(entry)['name']) === '' ? [`${path}.imagePullSecrets[${i}].name: invalid empty name ""`] : [],
    ),
  ];
}

/** A variable that is set again, unless to something longer that holds the first. */
function envWarnings(container: JsonObject, path: string): string[] {
  const names = new Set<string>();
  return asArray(container['env']).flatMap((entry, i) => {
    const { valueFrom, ...variable } = asObject(entry);
    const [name, value] = [asString(variable['name']), asString(variable['value'])];
    const isKnown = names.has(name);
    names.add(name);
    const reference = `$(${name})`;
    const isLonger = valueFrom === undefined && value !== reference && value.includes(reference);
    return !isKnown || isLonger
      ? []
      : [
          `${path}.env[${i}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
        ];
  });
}

function portWarnings(spec: JsonObject, path: string): string[] {
  const all = containersOf(spec, path).flatMap(({ container, path: own }) =>
    asArray(container['ports']).map((port, i) => ({ port: asObject(port), at: `${own}.ports[${i}]` })),
  );
  const warnings: string[] = [];
  all.forEach(({ port, at }, i) => {
    const [ip, host] = [asString(port['hostIP']), asNumber(port['hostPort'])];
    const [number, protocol] = [asNumber(port['containerPort']), asString(port['protocol'])];
    if (ip !== '' && host === 0)
      warnings.push(
        `${at}: hostIP set without hostPort: {Name:${asString(port['name'])} HostPort:0 ContainerPort:${number} Protocol:${protocol} HostIP:${ip}}`,
      );
    for (const { port: other, at: where } of all.slice(0, i)) {
      if (asNumber(other['containerPort']) !== number || asString(other['protocol']) !== protocol) continue;
      const [otherIp, otherHost] = [asString(other['hostIP']), asNumber(other['hostPort'])];
      if (ip === otherIp && host === otherHost) warnings.push(`${at}: duplicate port definition with ${where}`);
      else if (host === 0 || otherHost === 0) warnings.push(`${at}: overlapping port definition with ${where}`);
      else if (host === otherHost && (ip === '') !== (otherIp === ''))
        warnings.push(`${at}: dangerously ambiguous port definition with ${where}`);
    }
  });
  const names = new Map<string, string>();
  for (const { port, at } of all) {
    const name = asString(port['name']);
    const first = names.get(name);
    if (name !== '' && first !== undefined)
      warnings.push(
        `${at}: duplicate port name ${JSON.stringify(name)} with ${first}, services and probes that select ports by name will use ${first}`,
      );
    else names.set(name, at);
  }
  return warnings;
}

function affinityWarnings(spec: JsonObject, path: string): string[] {
  return ['podAffinity', 'podAntiAffinity'].flatMap((kind) => {
    const rules = asObject(asObject(spec['affinity'])[kind]);
    const at = `${path}.affinity.${kind}`;
    const told = (list: unknown, field: string, inner: string) =>
      asArray(list).flatMap((entry, i) => {
        const term = asObject(inner === '' ? entry : asObject(entry)['podAffinityTerm']);
        return term['labelSelector'] === undefined
          ? [`${at}.${field}[${i}]${inner}.labelSelector: ${NO_SELECTOR}`]
          : [];
      });
    return [...told(rules[HARD], HARD, ''), ...told(rules[SOFT], SOFT, '.podAffinityTerm')];
  });
}
