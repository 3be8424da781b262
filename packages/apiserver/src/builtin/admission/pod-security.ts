import { forbidden } from '../../errors.ts';
import { asArray, asObject, asString, dig, isObject } from '../../json.ts';
import type { StrategyContext } from '../../rest/resource.ts';
import type { JsonObject, KubeObject } from '../../types.ts';

/**
 * The PodSecurity plugin: what the labels of a namespace ask of the pods in it.
 *
 * Rule: the Pod Security Standards, `baseline` and `restricted`, newest version.
 */

const PREFIX = 'pod-security.kubernetes.io/';
const LEVELS = ['privileged', 'baseline', 'restricted'];

/** Where kinds keep the pods that they describe. */
const POD_SPECS: { readonly [key: string]: readonly string[] } = {
  '/pods': ['spec'],
  '/podtemplates': ['template', 'spec'],
  '/replicationcontrollers': ['spec', 'template', 'spec'],
  'apps/daemonsets': ['spec', 'template', 'spec'],
  'apps/deployments': ['spec', 'template', 'spec'],
  'apps/replicasets': ['spec', 'template', 'spec'],
  'apps/statefulsets': ['spec', 'template', 'spec'],
  'batch/cronjobs': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  'batch/jobs': ['spec', 'template', 'spec'],
};

const MODES = ['enforce', 'audit', 'warn'];
const VERSION = /^(latest|v1\.(0|[1-9]\d*))$/;

/** Wrong labels of a namespace, and what they must be. */
export function checkPodSecurityLabels(
  labels: { readonly [key: string]: string } = {},
): { key: string; value: string; why: string }[] {
  return MODES.flatMap((mode) => {
    const [level, version] = [`${PREFIX}${mode}`, `${PREFIX}${mode}-version`];
    const wrong: { key: string; value: string; why: string }[] = [];
    const [value, number] = [labels[level], labels[version]];
    if (value !== undefined && !LEVELS.includes(value))
      wrong.push({ key: level, value, why: `must be one of ${LEVELS.join(', ')}` });
    if (number !== undefined && !VERSION.test(number))
      wrong.push({ key: version, value: number, why: 'must be "latest" or "v1.x"' });
    return wrong;
  });
}

/** Warns about the pods of a namespace that its new labels would refuse. */
export function warnOfPodsInside(namespace: KubeObject, old: KubeObject, context: StrategyContext): void {
  const [labels, before] = [namespace.metadata.labels ?? {}, old.metadata.labels ?? {}];
  const [level, version] = [levelOf(labels, 'enforce'), versionOf(labels, 'enforce')];
  const relaxed = LEVELS.indexOf(level) <= LEVELS.indexOf(levelOf(before, 'enforce'));
  if (level === 'privileged' || (relaxed && version === versionOf(before, 'enforce'))) return;
  const { name } = namespace.metadata;
  const pods = new Map<string, string[]>();
  for (const pod of context.list('/pods')) {
    if (pod.metadata.namespace !== name) continue;
    // What is wrong with it, without where.
    const found = violations(asObject(pod['spec']), level).map((text) => text.replace(/ \(.*$/s, ''));
    if (found.length === 0) continue;
    const reason = found.join(', ');
    pods.set(reason, [...(pods.get(reason) ?? []), pod.metadata.name ?? '']);
  }
  if (pods.size === 0) return;
  context.warn(
    `existing pods in namespace ${JSON.stringify(name)} violate the new PodSecurity enforce level "${level}:${version}"`,
  );
  const lines = [...pods].map(([reason, names]) => {
    const others = names.length - 1;
    const more = others === 0 ? '' : ` (and ${others} other pod${others === 1 ? '' : 's'})`;
    return `${names.sort()[0]}${more}: ${reason}`;
  });
  for (const line of lines.sort()) context.warn(line);
}

/**
 * Refuses a pod that its namespace does not allow, and warns about templates that will make such pods.
 *
 * @throws {StatusError} 403
 */
export function admitPodSecurity(key: string, object: KubeObject, context: StrategyContext): void {
  const path = POD_SPECS[key];
  if (path === undefined) return;
  const labels = context.lookup('/namespaces', object.metadata.namespace ?? '')?.metadata.labels;
  if (labels === undefined) return;
  const enforce = levelOf(labels, 'enforce');
  const warn = levelOf(labels, 'warn');
  if (enforce === 'privileged' && warn === 'privileged') return;
  const spec = asObject(dig(object, ...path));
  const refused = violations(spec, enforce);
  if (key === '/pods' && refused.length > 0)
    throw forbidden(
      { group: '', resource: 'pods' },
      object.metadata.name ?? '',
      `violates PodSecurity "${enforce}:${versionOf(labels, 'enforce')}": ${refused.join(', ')}`,
    );
  // Those who make pods are only warned, by the stricter of the two.
  const mode = key !== '/pods' && LEVELS.indexOf(enforce) > LEVELS.indexOf(warn) ? 'enforce' : 'warn';
  const level = levelOf(labels, mode);
  const found = level === enforce ? refused : violations(spec, level);
  if (found.length > 0)
    context.warn(`would violate PodSecurity "${level}:${versionOf(labels, mode)}": ${found.join(', ')}`);
}

function levelOf(labels: { readonly [key: string]: string }, mode: string): string {
  return labels[`${PREFIX}${mode}`] ?? 'privileged';
}

function versionOf(labels: { readonly [key: string]: string }, mode: string): string {
  return labels[`${PREFIX}${mode}-version`] ?? 'latest';
}

interface Container {
  readonly name: string;
  readonly security: JsonObject;
  readonly value: JsonObject;
}

const SAFE_CAPABILITIES = new Set(
  'AUDIT_WRITE,CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,MKNOD,NET_BIND_SERVICE,SETFCAP,SETGID,SETPCAP,SETUID,SYS_CHROOT'.split(
    ',',
  ),
);
const SAFE_VOLUMES = new Set([
  'name',
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/** Rules in the order of their names, as the original tells them. */
function violations(spec: JsonObject, level: string): string[] {
  if (level !== 'baseline' && level !== 'restricted') return [];
  const containers = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    asArray(spec[list]).map((entry): Container => {
      const value = asObject(entry);
      return { name: asString(value['name']), security: asObject(value['securityContext']), value };
    }),
  );
  const own = asObject(spec['securityContext']);
  const strict = level === 'restricted';
  const found: (string | undefined)[] = [
    strict ? escalation(containers) : undefined,
    strict ? unrestrictedCapabilities(containers) : capabilities(containers),
    hostNamespaces(spec),
    strict ? undefined : hostPaths(spec),
    hostPorts(containers),
    privileged(containers),
    strict ? restrictedVolumes(spec) : undefined,
    strict ? nonRoot(containers, own) : undefined,
    strict ? rootUser(containers, own) : undefined,
    strict ? seccomp(containers, own) : unconfined(containers, own),
  ];
  return found.filter((text) => text !== undefined);
}

function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}

function named(containers: readonly Container[], verb = 'must'): string {
  const plural = containers.length > 1;
  return `container${plural ? 's' : ''} ${quoted(containers.map(({ name }) => name))} ${verb}`;
}

function escalation(containers: readonly Container[]): string | undefined {
  const bad = containers.filter(({ security }) => security['allowPrivilegeEscalation'] !== false);
  return bad.length === 0
    ? undefined
    : `allowPrivilegeEscalation != false (${named(bad)} set securityContext.allowPrivilegeEscalation=false)`;
}

function added(container: Container): string[] {
  return asArray(asObject(container.security['capabilities'])['add']).map(asString);
}

function capabilities(containers: readonly Container[]): string | undefined {
  const bad = containers.filter((one) => added(one).some((name) => !SAFE_CAPABILITIES.has(name)));
  if (bad.length === 0) return undefined;
  const names = [...new Set(bad.flatMap(added))].filter((name) => !SAFE_CAPABILITIES.has(name)).sort();
  return `non-default capabilities (${named(bad)} not include ${quoted(names)} in securityContext.capabilities.add)`;
}

function unrestrictedCapabilities(containers: readonly Container[]): string | undefined {
  const keeps = containers.filter(
    ({ security }) => !asArray(asObject(security['capabilities'])['drop']).includes('ALL'),
  );
  const adds = containers.filter((one) => added(one).some((name) => name !== 'NET_BIND_SERVICE'));
  const parts: string[] = [];
  if (keeps.length > 0) parts.push(`${named(keeps)} set securityContext.capabilities.drop=["ALL"]`);
  if (adds.length > 0) {
    const names = [...new Set(adds.flatMap(added))].filter((name) => name !== 'NET_BIND_SERVICE').sort();
    parts.push(`${named(adds)} not include ${quoted(names)} in securityContext.capabilities.add`);
  }
  return parts.length === 0 ? undefined : `unrestricted capabilities (${parts.join('; ')})`;
}

function hostNamespaces(spec: JsonObject): string | undefined {
  const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true);
  return used.length === 0 ? undefined : `host namespaces (${used.map((field) => `${field}=true`).join(', ')})`;
}

function hostPaths(spec: JsonObject): string | undefined {
  const names = asArray(spec['volumes'])
    .map(asObject)
    .filter((volume) => isObject(volume['hostPath']))
    .map((volume) => asString(volume['name']));
  return names.length === 0 ? undefined : `hostPath volumes (volume${names.length > 1 ? 's' : ''} ${quoted(names)})`;
}

function hostPorts(containers: readonly Container[]): string | undefined {
  const ports = (one: Container) =>
    asArray(one.value['ports'])
      .map((port) => asObject(port)['hostPort'])
      .filter((port): port is number => typeof port === 'number' && port !== 0);
  const bad = containers.filter((one) => ports(one).length > 0);
  if (bad.length === 0) return undefined;
  const all = [...new Set(bad.flatMap(ports))].sort((a, b) => a - b);
  const verb = bad.length > 1 ? 'use' : 'uses';
  return `hostPort (${named(bad, verb)} hostPort${all.length > 1 ? 's' : ''} ${all.join(', ')})`;
}

function privileged(containers: readonly Container[]): string | undefined {
  const bad = containers.filter(({ security }) => security['privileged'] === true);
  return bad.length === 0 ? undefined : `privileged (${named(bad)} not set securityContext.privileged=true)`;
}

function restrictedVolumes(spec: JsonObject): string | undefined {
  const bad = asArray(spec['volumes'])
    .map(asObject)
    .filter((volume) => Object.keys(volume).some((field) => !SAFE_VOLUMES.has(field)));
  if (bad.length === 0) return undefined;
  const types = [...new Set(bad.flatMap((volume) => Object.keys(volume).filter((f) => !SAFE_VOLUMES.has(f))))].sort();
  const names = bad.map((volume) => asString(volume['name']));
  const [who, uses, what] = [
    `volume${names.length > 1 ? 's' : ''} ${quoted(names)}`,
    names.length > 1 ? 'use' : 'uses',
    `restricted volume type${types.length > 1 ? 's' : ''} ${quoted(types)}`,
  ];
  return `restricted volume types (${who} ${uses} ${what})`;
}

function nonRoot(containers: readonly Container[], own: JsonObject): string | undefined {
  const bad = containers.filter(({ security }) => {
    const given = security['runAsNonRoot'];
    return given === false || (given !== true && own['runAsNonRoot'] !== true);
  });
  if (bad.length === 0) return undefined;
  const said = bad.some(({ security }) => security['runAsNonRoot'] === false);
  const who = said ? named(bad) : `pod or ${named(bad)}`;
  return `runAsNonRoot != true (${who}${said ? ' not set securityContext.runAsNonRoot=false' : ' set securityContext.runAsNonRoot=true'})`;
}

function rootUser(containers: readonly Container[], own: JsonObject): string | undefined {
  const bad = containers.filter(({ security }) => security['runAsUser'] === 0);
  const who = [own['runAsUser'] === 0 ? ['pod must'] : [], bad.length > 0 ? [named(bad)] : []].flat();
  return who.length === 0 ? undefined : `runAsUser=0 (${who.map((one) => `${one} not set runAsUser=0`).join(' and ')})`;
}

function seccomp(containers: readonly Container[], own: JsonObject): string | undefined {
  const typeOf = (context: JsonObject) => asString(asObject(context['seccompProfile'])['type']);
  const isFine = (type: string) => type === 'RuntimeDefault' || type === 'Localhost';
  const bad = containers.filter(({ security }) => !isFine(typeOf(security) || typeOf(own)));
  return bad.length === 0
    ? undefined
    : `seccompProfile (pod or ${named(bad)} set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`;
}

function unconfined(containers: readonly Container[], own: JsonObject): string | undefined {
  const isBad = (context: JsonObject) => asObject(context['seccompProfile'])['type'] === 'Unconfined';
  const bad = containers.filter(({ security }) => isBad(security));
  const who = [...(isBad(own) ? ['pod must'] : []), ...(bad.length > 0 ? [named(bad)] : [])];
  return who.length === 0
    ? undefined
    : `seccompProfile (${who.join(' and ')} not set securityContext.seccompProfile.type to "Unconfined")`;
}
