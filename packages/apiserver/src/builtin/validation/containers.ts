import type { FieldError } from '@fluvial/schema';
import { duplicate, forbiddenField, invalidValue, notFoundValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, isObject } from '../../json.ts';
import { checkLabel, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { checkHandler, checkProbe } from './probes.ts';
import { checkResources } from './quantities.ts';
import { CONFIG_KEY, CONFIG_KEY_TEXT, checkPort, checkPortName, each } from './rules.ts';
import { checkContainerSecurity } from './security.ts';

/** What the containers of one pod share. */
export interface PodScope {
  readonly volumes: ReadonlySet<string>;
  readonly names: Set<string>;
  readonly hostPorts: Set<string>;
  readonly hostNetwork: boolean;
}

/** A container of a pod; `isInit` ones that end have no probes. */
export function checkContainer(container: JsonObject, path: string, scope: PodScope): FieldError[] {
  const errors: FieldError[] = [];
  const name = asString(container['name']);
  const image = asString(container['image']);
  if (name === '') errors.push(required(`${path}.name`));
  else {
    errors.push(...each(`${path}.name`, name, checkLabel(name)));
    if (scope.names.has(name)) errors.push(duplicate(`${path}.name`, name));
    scope.names.add(name);
  }
  if (image === '') errors.push(required(`${path}.image`));
  else if (image !== image.trim())
    errors.push(invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  errors.push(...checkLifecycle(asObject(container['lifecycle']), `${path}.lifecycle`));
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'])
    if (isObject(container[probe]))
      errors.push(...checkProbe(container[probe], `${path}.${probe}`, probe !== 'readinessProbe'));
  errors.push(
    ...checkOneOf(container['terminationMessagePolicy'], `${path}.terminationMessagePolicy`, MESSAGE_POLICIES),
  );
  errors.push(...checkPorts(container['ports'], `${path}.ports`, scope));
  errors.push(...checkEnv(container['env'], `${path}.env`));
  errors.push(...checkEnvFrom(container['envFrom'], `${path}.envFrom`));
  errors.push(...checkMounts(container['volumeMounts'], `${path}.volumeMounts`, scope));
  errors.push(...checkOneOf(container['imagePullPolicy'], `${path}.imagePullPolicy`, PULL_POLICIES));
  errors.push(...checkResources(asObject(container['resources']), `${path}.resources`));
  errors.push(...checkContainerSecurity(asObject(container['securityContext']), `${path}.securityContext`));
  return errors;
}

const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

function checkOneOf(value: unknown, path: string, supported: readonly string[]): FieldError[] {
  return value === undefined || supported.includes(asString(value)) ? [] : [notSupported(path, value, supported)];
}

function checkLifecycle(lifecycle: JsonObject, path: string): FieldError[] {
  return ['postStart', 'preStop'].flatMap((hook) => {
    const action = lifecycle[hook];
    return isObject(action) ? checkHandler(action, `${path}.${hook}`) : [];
  });
}

function checkPorts(ports: unknown, path: string, scope: PodScope): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const own: FieldError[] = [];
  asArray(ports).forEach((entry, i) => {
    const port = asObject(entry);
    const at = `${path}[${i}]`;
    const name = asString(port['name']);
    if (name !== '') {
      const wrong = checkPortName(name);
      errors.push(...each(`${at}.name`, name, wrong));
      if (wrong.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    const number = asNumber(port['containerPort']);
    const hostPort = asNumber(port['hostPort']);
    if (number === 0) errors.push(required(`${at}.containerPort`));
    else errors.push(...checkPort(number, `${at}.containerPort`));
    if (hostPort !== 0) {
      errors.push(...checkPort(hostPort, `${at}.hostPort`));
      const key = `${asString(port['protocol'])}/${asString(port['hostIP'])}/${hostPort}`;
      if (scope.hostNetwork && hostPort !== number)
        own.push(invalidValue(`${at}.hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
      else if (scope.hostPorts.has(key)) own.push(duplicate(`${at}.hostPort`, key));
      scope.hostPorts.add(key);
    }
    errors.push(...checkOneOf(port['protocol'], `${at}.protocol`, PROTOCOLS));
  });
  return [...errors, ...own];
}

const ENV_TEXT = "a valid environment variable name must consist only of printable ASCII characters other than '='";
const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];

function checkEnv(env: unknown, path: string): FieldError[] {
  return asArray(env).flatMap((entry, i) => {
    const variable = asObject(entry);
    const at = `${path}[${i}]`;
    const name = asString(variable['name']);
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${at}.name`));
    else if (!/^[ -<>-~]+$/.test(name)) errors.push(invalidValue(`${at}.name`, name, ENV_TEXT));
    if (isObject(variable['valueFrom']))
      errors.push(...checkValueFrom(variable, variable['valueFrom'], `${at}.valueFrom`));
    return errors;
  });
}

const FIELD_PATH =
  /^(metadata\.(name|namespace|uid)|metadata\.(labels|annotations)\['.+'\]|spec\.(nodeName|serviceAccountName)|status\.(hostIP|hostIPs|podIP|podIPs))$/;

function checkValueFrom(variable: JsonObject, from: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const sources = SOURCES.filter((source) => isObject(from[source]));
  for (const source of sources) {
    const value = asObject(from[source]);
    const at = `${path}.${source}`;
    if (source === 'fieldRef') {
      const fieldPath = asString(value['fieldPath']);
      if (fieldPath === '') errors.push(required(`${at}.fieldPath`));
      else if (!FIELD_PATH.test(fieldPath))
        errors.push(
          invalidValue(
            `${at}.fieldPath`,
            fieldPath,
            `error converting fieldPath: field label not supported: ${fieldPath}`,
          ),
        );
    } else if (source === 'configMapKeyRef' || source === 'secretKeyRef') {
      const key = asString(value['key']);
      errors.push(...each(`${at}.name`, value['name'] ?? '', checkSubdomain(asString(value['name']))));
      if (key === '') errors.push(required(`${at}.key`));
      else if (!CONFIG_KEY.test(key)) errors.push(invalidValue(`${at}.key`, key, CONFIG_KEY_TEXT));
    } else if (source === 'resourceFieldRef' && asString(value['resource']) === '')
      errors.push(required(`${at}.resource`));
  }
  if (sources.length === 0) {
    const list = SOURCES.map((source) => `\`${source}\``);
    errors.push(invalidValue(path, '', `must specify one of: ${list.slice(0, -1).join(', ')} or ${list.at(-1)}`));
  } else if (asString(variable['value']) !== '')
    errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  else if (sources.length > 1)
    errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
  return errors;
}

function checkEnvFrom(sources: unknown, path: string): FieldError[] {
  return asArray(sources).flatMap((entry, i) => {
    const source = asObject(entry);
    const given = ['configMapRef', 'secretRef'].filter((field) => isObject(source[field]));
    if (given.length === 0) return [invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`')];
    if (given.length > 1) return [invalidValue(path, '', 'may not have more than one field specified at a time')];
    return given.flatMap((field) => {
      const name = asString(asObject(source[field])['name']);
      const at = `${path}[${i}].${field}.name`;
      return name === '' ? [required(at)] : each(at, name, checkSubdomain(name));
    });
  });
}

function checkMounts(mounts: unknown, path: string, { volumes }: PodScope): FieldError[] {
  const errors: FieldError[] = [];
  const places = new Set<string>();
  asArray(mounts).forEach((entry, i) => {
    const mount = asObject(entry);
    const at = `${path}[${i}]`;
    const volume = asString(mount['name']);
    if (volume === '') errors.push(required(`${at}.name`));
    if (!volumes.has(volume)) errors.push(notFoundValue(`${at}.name`, volume));
    const where = asString(mount['mountPath']);
    if (where === '') errors.push(required(`${at}.mountPath`));
    if (places.has(where)) errors.push(invalidValue(`${at}.mountPath`, where, 'must be unique'));
    places.add(where);
    for (const field of ['subPath', 'subPathExpr']) {
      const sub = asString(mount[field]);
      // Upstream leaves the index out here.
      if (sub.startsWith('/')) errors.push(invalidValue(`${path}.${field}`, sub, 'must be a relative path'));
      else if (sub.split('/').includes('..'))
        errors.push(invalidValue(`${path}.${field}`, sub, "must not contain '..'"));
    }
    if (asString(mount['subPath']) !== '' && asString(mount['subPathExpr']) !== '')
      errors.push(forbiddenField(`${path}.subPathExpr`, 'subPathExpr and subPath are mutually exclusive'));
  });
  return errors;
}
