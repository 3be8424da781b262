import type { FieldError } from '@fluvial/schema';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, isObject } from '../../json.ts';
import { checkLabel } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { goFieldsOf } from '../decode/go-fields.ts';
import { checkRelativePath, each } from './rules.ts';

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];
const MODE_TEXT = 'must be a number between 0 and 0777 (octal), both inclusive';
const MAX_MODE = 0o777;

/** The volumes of a pod; fills `names` with those that containers may mount. */
export function checkVolumes(volumes: unknown, path: string, names: Set<string>): FieldError[] {
  return asArray(volumes).flatMap((entry, i) => {
    const volume = asObject(entry);
    const at = `${path}[${i}]`;
    const name = asString(volume['name']);
    const errors = checkSources(volume, at);
    if (name === '') errors.push(required(`${at}.name`));
    else {
      errors.push(...each(`${at}.name`, name, checkLabel(name)));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    return errors;
  });
}

const ORDER = new Map((goFieldsOf('io.k8s.api.core.v1.Volume') ?? []).map(({ name }, i) => [name, i] as const));

function checkSources(volume: JsonObject, path: string): FieldError[] {
  const sources = Object.keys(volume)
    .filter((key) => key !== 'name')
    .sort((a, b) => (ORDER.get(a) ?? 0) - (ORDER.get(b) ?? 0));
  return sources.flatMap((source, i) =>
    i === 0
      ? checkSource(source, asObject(volume[source]), `${path}.${source}`)
      : [forbiddenField(`${path}.${source}`, 'may not specify more than 1 volume type')],
  );
}

function checkSource(source: string, value: JsonObject, path: string): FieldError[] {
  switch (source) {
    case 'configMap':
      return [...checkMissing(value, path, 'name'), ...checkMode(value, path), ...checkItems(value['items'], path)];
    case 'secret':
      return [
        ...checkMissing(value, path, 'secretName'),
        ...checkMode(value, path),
        ...checkItems(value['items'], path),
      ];
    case 'downwardAPI':
      return checkMode(value, path);
    case 'projected':
      return [...checkMode(value, path), ...checkProjections(value, path)];
    case 'persistentVolumeClaim':
      return checkMissing(value, path, 'claimName');
    case 'hostPath':
      return checkHostPath(value, path);
    case 'nfs':
      return checkNfs(value, path);
    case 'csi':
      return checkMissing(value, path, 'driver');
    case 'iscsi':
      return checkMissing(value, path, 'targetPortal', 'iqn');
    default:
      return [];
  }
}

function checkMissing(value: JsonObject, path: string, ...fields: readonly string[]): FieldError[] {
  return fields.filter((field) => asString(value[field]) === '').map((field) => required(`${path}.${field}`));
}

function checkMode(value: JsonObject, path: string): FieldError[] {
  const mode = value['defaultMode'];
  return typeof mode === 'number' && (mode < 0 || mode > MAX_MODE)
    ? [invalidValue(`${path}.defaultMode`, mode, MODE_TEXT)]
    : [];
}

function checkItems(items: unknown, path: string): FieldError[] {
  return asArray(items).flatMap((entry, i) => {
    const item = asObject(entry);
    const at = `${path}.items[${i}]`;
    const errors = checkMissing(item, at, 'key', 'path');
    if (asString(item['path']) !== '') errors.push(...checkRelativePath(asString(item['path']), `${at}.path`));
    const mode = item['mode'];
    if (typeof mode === 'number' && (mode < 0 || mode > MAX_MODE))
      errors.push(invalidValue(`${at}.mode`, mode, MODE_TEXT));
    return errors;
  });
}

function checkProjections(value: JsonObject, path: string): FieldError[] {
  return asArray(value['sources']).flatMap((entry, i) => {
    const source = asObject(entry);
    const at = `${path}.sources[${i}]`;
    const errors: FieldError[] = [];
    for (const kind of ['secret', 'configMap']) {
      const from = source[kind];
      if (isObject(from))
        errors.push(...checkMissing(from, `${at}.${kind}`, 'name'), ...checkItems(from['items'], `${at}.${kind}`));
    }
    const token = source['serviceAccountToken'];
    if (isObject(token)) errors.push(...checkMissing(token, `${at}.serviceAccountToken`, 'path'));
    return errors;
  });
}

/** A path on the node. */
export function checkHostPath(value: JsonObject, path: string): FieldError[] {
  const where = asString(value['path']);
  if (where === '') return [required(`${path}.path`)];
  const errors: FieldError[] = [];
  if (where.split('/').includes('..')) errors.push(invalidValue(`${path}.path`, where, "must not contain '..'"));
  if (!HOST_PATH_TYPES.includes(asString(value['type'])))
    errors.push(notSupported(`${path}.type`, value['type'], HOST_PATH_TYPES));
  return errors;
}

/** A share of an NFS server. */
export function checkNfs(value: JsonObject, path: string): FieldError[] {
  const errors = checkMissing(value, path, 'server', 'path');
  const where = asString(value['path']);
  if (!where.startsWith('/')) errors.push(invalidValue(`${path}.path`, where, 'must be an absolute path'));
  return errors;
}
