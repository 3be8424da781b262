import type { FieldError } from '@fluvial/schema';
import { invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, isObject } from '../../json.ts';
import { checkLabel, checkQualifiedName, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { nanoOf } from './quantities.ts';
import { checkConfigKey, checkNeededName, checkNoClimbing, checkTexts, each } from './rules.ts';

const ENV_TEXT = "a valid environment variable name must consist only of printable ASCII characters other than '='";
const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];
const AT_MOST_ONE = 'may not have more than one field specified at a time';

function checkVariableName(name: string): string[] {
  return /^[ -<>-~]*$/.test(name) ? [] : [ENV_TEXT];
}

/** `env` of a container. */
export function checkEnv(env: unknown, path: string): FieldError[] {
  return asArray(env).flatMap((entry, i) => {
    const variable = asObject(entry);
    const at = `${path}[${i}]`;
    return [
      ...checkNeededName(variable['name'], `${at}.name`, checkVariableName),
      ...(isObject(variable['valueFrom']) ? checkValueFrom(variable, variable['valueFrom'], `${at}.valueFrom`) : []),
    ];
  });
}

function checkValueFrom(variable: JsonObject, from: JsonObject, path: string): FieldError[] {
  const sources = SOURCES.filter((source) => isObject(from[source]));
  const errors = sources.flatMap((source) => checkValueSource(source, asObject(from[source]), `${path}.${source}`));
  if (sources.length === 0) {
    const list = SOURCES.map((source) => `\`${source}\``);
    errors.push(invalidValue(path, '', `must specify one of: ${list.slice(0, -1).join(', ')} or ${list.at(-1)}`));
  } else if (asString(variable['value']) !== '')
    errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  else if (sources.length > 1) errors.push(invalidValue(path, '', AT_MOST_ONE));
  return errors;
}

function checkValueSource(source: string, value: JsonObject, path: string): FieldError[] {
  switch (source) {
    case 'fieldRef':
      return checkFieldRef(value, path, ENV_FIELDS);
    case 'resourceFieldRef':
      return checkResourceRef(value, path, false);
    case 'fileKeyRef':
      return [
        ...checkNeededName(value['key'], `${path}.key`, checkVariableName),
        ...checkNeededName(value['volumeName'], `${path}.volumeName`, checkLabel),
        ...checkTexts(value, path, 'path'),
        ...checkNoClimbing(value['path'], `${path}.path`),
      ];
    default:
      return [
        ...each(`${path}.name`, asString(value['name']), checkSubdomain(asString(value['name']))),
        ...checkNeededName(value['key'], `${path}.key`, checkConfigKey),
      ];
  }
}

/** `envFrom` of a container. */
export function checkEnvFrom(sources: unknown, path: string): FieldError[] {
  return asArray(sources).flatMap((entry, i) => {
    const source = asObject(entry);
    const given = ['configMapRef', 'secretRef'].filter((field) => isObject(source[field]));
    const at = `${path}[${i}]`;
    const errors = each(`${at}.prefix`, source['prefix'], checkVariableName(asString(source['prefix'])));
    for (const field of given)
      errors.push(...checkNeededName(asObject(source[field])['name'], `${at}.${field}.name`, checkSubdomain));
    // Upstream does not say which entry.
    if (given.length === 0) errors.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (given.length > 1) errors.push(invalidValue(path, '', AT_MOST_ONE));
    return errors;
  });
}

/** Sorted as Go prints them. */
export const ENV_FIELDS: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
export const VOLUME_FIELDS: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
/** All that the downward API can name at all. */
const ANY_FIELDS = new Set([
  ...ENV_FIELDS,
  ...VOLUME_FIELDS,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

/** A field of the pod by its path. */
export function checkFieldRef(value: JsonObject, path: string, allowed: readonly string[]): FieldError[] {
  const [version, field] = [asString(value['apiVersion']), asString(value['fieldPath'])];
  if (version === '') return [required(`${path}.apiVersion`)];
  if (field === '') return [required(`${path}.fieldPath`)];
  const wrong = (text: string) => [invalidValue(`${path}.fieldPath`, field, `error converting fieldPath: ${text}`)];
  const [, map, key = ''] = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/s.exec(field) ?? [];
  if (version !== 'v1') return wrong(`unsupported pod version: ${version}`);
  if (map !== undefined) {
    const name = map.endsWith('annotations') ? key.toLowerCase() : key;
    return each(path, name, checkQualifiedName(name));
  }
  if (/\['.*'\]$/s.test(field)) return wrong(`field label does not support subscript: ${field}`);
  if (!ANY_FIELDS.has(field)) return wrong(`field label not supported: ${field}`);
  return allowed.includes(field) ? [] : [notSupported(`${path}.fieldPath`, field, allowed)];
}

const RESOURCE_FIELDS = ['limits', 'requests'].flatMap((list) =>
  ['cpu', 'ephemeral-storage', 'memory'].map((name) => `${list}.${name}`),
);
const BYTE_DIVISORS = [...'kMGTPE'].map((unit) => `1${unit}`);
const ALL_BYTE_DIVISORS = ['1', ...BYTE_DIVISORS, ...[...'KMGTPE'].map((unit) => `1${unit}i`)];

/** A resource of a container by its name. */
export function checkResourceRef(value: JsonObject, path: string, needsContainer: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const resource = asString(value['resource']);
  const huge = /^(requests|limits)\.hugepages-/.test(resource);
  if (needsContainer && asString(value['containerName']) === '') errors.push(required(`${path}.containerName`));
  else if (resource === '') errors.push(required(`${path}.resource`));
  else if (!huge && !RESOURCE_FIELDS.includes(resource))
    errors.push(notSupported(`${path}.resource`, resource, RESOURCE_FIELDS));
  const divisor = asString(value['divisor']);
  if (nanoOf(divisor) === 0n) return errors;
  const name = resource.slice(resource.indexOf('.') + 1);
  const cpu = name === 'cpu';
  const what = huge ? 'hugepages' : name === 'ephemeral-storage' ? 'local ephemeral storage' : name;
  const allowed = cpu ? ['1m', '1'] : ALL_BYTE_DIVISORS;
  if ((huge || RESOURCE_FIELDS.includes(resource)) && !allowed.includes(divisor)) {
    const list = cpu ? '1m and 1' : allowed.join(', ');
    errors.push(
      invalidValue(
        `${path}.divisor`,
        resource,
        `only divisor's values ${list} are supported with the ${what} resource`,
      ),
    );
  }
  return errors;
}
