import type { FieldError } from '@fluvial/schema';
import {
  duplicate,
  forbiddenField,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
  tooMany,
} from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, isObject } from '../../json.ts';
import { checkLabel } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { checkEnv, checkEnvFrom } from './environment.ts';
import { checkDevices, checkMounts, type KnownVolumes } from './mounts.ts';
import { checkLife, checkNoLife, type PodTimes } from './probes.ts';
import { checkContainerResources } from './resources.ts';
import { checkChoice, checkNeededChoice, checkNeededName, checkPort, checkPortName, each } from './rules.ts';
import { checkContainerSecurity } from './security.ts';

/** What the containers of one pod share. */
export interface PodScope extends PodTimes {
  readonly volumes: KnownVolumes;
  /** Names of `resourceClaims`. */
  readonly claims: ReadonlySet<string>;
  readonly restartPolicy: unknown;
  /** The pod uses the users of its host. */
  readonly hostUsers: boolean;
}

const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];
export const PULL_POLICIES: readonly string[] = ['Always', 'IfNotPresent', 'Never'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** `containers` of a pod. */
export function checkContainers(spec: JsonObject, path: string, scope: PodScope): FieldError[] {
  const list = asArray(spec['containers']).map(asObject);
  if (list.length === 0) return [required(path)];
  const names = new Set<string>();
  return [
    ...list.flatMap((container, i) => {
      const at = `${path}[${i}]`;
      return [
        ...checkCommon(container, at, scope),
        ...checkOwnName(container, at, names),
        ...checkLife(container, at, scope),
        ...checkRestartRules(container, at),
      ];
    }),
    ...checkHostPorts(list, path),
  ];
}

/** `initContainers` of a pod: those that stay (`restartPolicy: Always`) are like the others. */
export function checkInitContainers(spec: JsonObject, path: string, scope: PodScope): FieldError[] {
  const names = new Set(asArray(spec['containers']).map((container) => asString(asObject(container)['name'])));
  return asArray(spec['initContainers']).flatMap((entry, i) => {
    const container = asObject(entry);
    const at = `${path}[${i}]`;
    const stays = container['restartPolicy'] === 'Always';
    return [
      ...checkCommon(container, at, scope),
      ...checkRestartRules(container, at),
      ...checkOwnName(container, at, names),
      // Told as if it were the first.
      ...checkHostPorts([container], path),
      ...(stays ? checkLife(container, at, scope) : checkNoLife(container, at)),
      ...asArray(stays ? [] : container['resizePolicy']).flatMap((policy, j) =>
        asObject(policy)['restartPolicy'] === 'RestartContainer'
          ? [
              invalidValue(
                `${at}.resizePolicy[${j}].restartPolicy`,
                'RestartContainer',
                "must not be set to 'RestartContainer' for non-sidecar initContainers",
              ),
            ]
          : [],
      ),
    ];
  });
}

/** What these cannot have, in the order of Go's declaration. */
const NOT_EPHEMERAL = [
  ...['ports', 'resources', 'resizePolicy', 'restartPolicy', 'restartPolicyRules'],
  ...['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'],
];

/** `ephemeralContainers` of a pod. */
export function checkEphemeralContainers(spec: JsonObject, path: string, scope: PodScope): FieldError[] {
  const others = new Set(
    ['containers', 'initContainers'].flatMap((list) =>
      asArray(spec[list]).map((container) => asString(asObject(container)['name'])),
    ),
  );
  const names = new Set(others);
  const text = 'cannot be set for an Ephemeral Container';
  return asArray(spec['ephemeralContainers']).flatMap((entry, i) => {
    const container = asObject(entry);
    const at = `${path}[${i}]`;
    const target = asString(container['targetContainerName']);
    return [
      ...checkCommon(container, at, scope),
      ...checkImageSpace(container, at),
      ...checkOwnName(container, at, names),
      ...(target !== '' && !others.has(target) ? [notFoundValue(`${at}.targetContainerName`, target)] : []),
      ...NOT_EPHEMERAL.filter((field) => !isNothing(container[field])).map((f) => forbiddenField(`${at}.${f}`, text)),
      ...asArray(container['volumeMounts']).flatMap((mount, j) =>
        ['subPath', 'subPathExpr']
          .filter((field) => asString(asObject(mount)[field]) !== '')
          .map((field) => forbiddenField(`${at}.volumeMounts[${j}].${field}`, text)),
      ),
    ];
  });
}

function isNothing(value: unknown): boolean {
  return value === undefined || (isObject(value) && Object.keys(value).length === 0);
}

/** Pods themselves, not templates, mind blanks around the image. */
export function checkImageSpace(container: JsonObject, path: string): FieldError[] {
  const image = asString(container['image']);
  return image === image.trim()
    ? []
    : [invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace')];
}

function checkOwnName(container: JsonObject, path: string, names: Set<string>): FieldError[] {
  const name = asString(container['name']);
  if (names.has(name)) return [duplicate(`${path}.name`, name)];
  names.add(name);
  return [];
}

function checkCommon(container: JsonObject, path: string, scope: PodScope): FieldError[] {
  return [
    ...checkNeededName(container['name'], `${path}.name`, checkLabel),
    ...(asString(container['image']) === '' ? [required(`${path}.image`)] : []),
    ...checkNeededChoice(container['terminationMessagePolicy'], `${path}.terminationMessagePolicy`, MESSAGE_POLICIES),
    ...checkPorts(container['ports'], `${path}.ports`),
    ...checkEnv(container['env'], `${path}.env`),
    ...checkEnvFrom(container['envFrom'], `${path}.envFrom`),
    ...checkMounts(container, `${path}.volumeMounts`, scope.volumes),
    ...checkDevices(container, `${path}.volumeDevices`, scope.volumes),
    ...checkNeededChoice(container['imagePullPolicy'], `${path}.imagePullPolicy`, PULL_POLICIES),
    ...checkContainerResources(asObject(container['resources']), `${path}.resources`, scope.claims),
    ...checkResizing(container['resizePolicy'], `${path}.resizePolicy`, scope.restartPolicy),
    ...checkContainerSecurity(container['securityContext'], `${path}.securityContext`, scope.hostUsers),
  ];
}

function checkPorts(ports: unknown, path: string): FieldError[] {
  const names = new Set<string>();
  return asArray(ports).flatMap((entry, i) => {
    const port = asObject(entry);
    const at = `${path}[${i}]`;
    const errors: FieldError[] = [];
    const name = asString(port['name']);
    if (name !== '') {
      const wrong = checkPortName(name);
      errors.push(...each(`${at}.name`, name, wrong));
      if (wrong.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name));
      if (wrong.length === 0) names.add(name);
    }
    const [number, hostPort] = [asNumber(port['containerPort']), asNumber(port['hostPort'])];
    if (number === 0) errors.push(required(`${at}.containerPort`));
    else errors.push(...checkPort(number, `${at}.containerPort`));
    if (hostPort !== 0) errors.push(...checkPort(hostPort, `${at}.hostPort`));
    errors.push(...checkNeededChoice(port['protocol'], `${at}.protocol`, PROTOCOLS));
    return errors;
  });
}

function checkHostPorts(containers: readonly JsonObject[], path: string): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap((container, i) =>
    asArray(container['ports']).flatMap((entry, j) => {
      const { protocol, hostIP, hostPort } = asObject(entry);
      if (asNumber(hostPort) === 0) return [];
      const key = `${asString(protocol)}/${asString(hostIP)}/${asNumber(hostPort)}`;
      if (taken.has(key)) return [duplicate(`${path}[${i}].ports[${j}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

const RESIZED = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];

function checkResizing(policies: unknown, path: string, podPolicy: unknown): FieldError[] {
  const seen = new Set<string>();
  return asArray(policies).flatMap((entry, i) => {
    const resource = asString(asObject(entry)['resourceName']);
    const policy = asString(asObject(entry)['restartPolicy']);
    const errors = seen.has(resource) ? [duplicate(`${path}[${i}]`, resource)] : [];
    seen.add(resource);
    errors.push(...checkNeededChoice(resource, path, RESIZED), ...checkNeededChoice(policy, path, RESIZE_POLICIES));
    if (podPolicy === 'Never' && policy !== 'NotRequired')
      errors.push(invalidValue(path, policy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
    return errors;
  });
}

const CONTAINER_RESTARTS = ['Always', 'Never', 'OnFailure'];
const ACTIONS = ['Restart', 'RestartAllContainers'];

/** `restartPolicy` of a container and its rules. */
function checkRestartRules(container: JsonObject, path: string): FieldError[] {
  const policy = container['restartPolicy'];
  const rules = asArray(container['restartPolicyRules']);
  const errors = checkChoice(policy, `${path}.restartPolicy`, CONTAINER_RESTARTS);
  if (policy === undefined && rules.length > 0)
    errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  if (rules.length > 20) errors.push(tooMany(`${path}.restartPolicyRules`, rules.length, 20));
  rules.forEach((entry, i) => {
    const { action, exitCodes } = asObject(entry);
    const at = `${path}.restartPolicyRules[${i}]`;
    if (!ACTIONS.includes(asString(action))) errors.push(notSupported(`${at}.action`, asString(action), ACTIONS));
    if (!isObject(exitCodes)) {
      errors.push(required(`${at}.exitCodes`, 'must be specified'));
      return;
    }
    const operator = asString(exitCodes['operator']);
    const count = asArray(exitCodes['values']).length;
    if (operator !== 'In' && operator !== 'NotIn')
      errors.push(notSupported(`${at}.exitCodes.operator`, operator, ['In', 'NotIn']));
    if (count > 255) errors.push(tooMany(`${at}.exitCodes.values`, count, 255));
  });
  return errors;
}
