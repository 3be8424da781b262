import type { FieldError } from '@fluvial/schema';
import { invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, isObject } from '../../json.ts';
import { checkLabel, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import {
  checkChoice,
  checkName,
  checkNeededName,
  checkNoClimbing,
  checkRange,
  checkRelativePath,
  checkTexts,
} from './rules.ts';

/**
 * Sources of volumes that pods and persistent volumes share. `claimed` is set for those of persistent volumes, which
 * name their secrets with a namespace.
 */
export type SourceRule = (value: JsonObject, path: string, claimed: boolean) => FieldError[];

/** Fields that have to hold some text, and nothing else. */
export const texts =
  (...fields: readonly string[]): SourceRule =>
  (value, path) =>
    checkTexts(value, path, ...fields);

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

export const hostPath: SourceRule = (value, path) =>
  asString(value['path']) === ''
    ? [required(`${path}.path`)]
    : [
        ...checkNoClimbing(value['path'], `${path}.path`),
        ...checkChoice(value['type'], `${path}.type`, HOST_PATH_TYPES),
      ];

export const nfs: SourceRule = (value, path) => [
  ...checkTexts(value, path, 'server', 'path'),
  ...(asString(value['path']).startsWith('/')
    ? []
    : [invalidValue(`${path}.path`, asString(value['path']), 'must be an absolute path')]),
];

export const gitRepo: SourceRule = (value, path) => [
  ...checkTexts(value, path, 'repository'),
  ...checkRelativePath(asString(value['directory']), `${path}.directory`),
];

/** A disk of a cloud, by its name or number. */
export const disk =
  (field: string): SourceRule =>
  (value, path) => {
    const partition = asNumber(value['partition']);
    return [
      ...checkTexts(value, path, field),
      ...(partition < 0 || partition > 255
        ? [invalidValue(`${path}.partition`, partition, 'must be between 1 and 255, inclusive')]
        : []),
    ];
  };

const QUALIFIERS: { readonly [start: string]: RegExp } = {
  iqn: /iqn\.\d{4}-\d{2}\.([a-z0-9-_.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[a-z0-9A-F]{16}$/,
  naa: /^naa.[a-z0-9A-F]{32}$/,
};

function checkQualifier(value: unknown, path: string, claimed: boolean): FieldError[] {
  const name = asString(value);
  const rule = QUALIFIERS[name.slice(0, 3)];
  const start = claimed ? '' : ' starting with iqn, eui, or naa';
  if (rule === undefined) return [invalidValue(path, name, `must be valid format${start}`)];
  return rule.test(name) ? [] : [invalidValue(path, name, 'must be valid format')];
}

/** Of a volume's name and the portal, where an initiator has a name. */
export const TOO_LONG_PORTAL =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

export const iscsi: SourceRule = (value, path, claimed) => {
  const errors = checkTexts(value, path, 'targetPortal', 'iqn');
  if (asString(value['iqn']) !== '') errors.push(...checkQualifier(value['iqn'], `${path}.iqn`, claimed));
  errors.push(...checkRange(asNumber(value['lun']), `${path}.lun`, 0, 255));
  const secret = value['secretRef'];
  if ((value['chapAuthDiscovery'] === true || value['chapAuthSession'] === true) && secret === undefined)
    errors.push(required(`${path}.secretRef`));
  if (claimed && isObject(secret)) errors.push(...checkTexts(secret, `${path}.secretRef`, 'name'));
  if (value['initiatorName'] !== undefined)
    errors.push(...checkQualifier(value['initiatorName'], `${path}.initiatorname`, claimed));
  return errors;
};

export const fc: SourceRule = (value, path) => {
  const [names, ids] = [asArray(value['targetWWNs']), asArray(value['wwids'])];
  const at = `${path}.targetWWNs`;
  const errors: FieldError[] = [];
  if (names.length + ids.length === 0)
    errors.push(required(at, 'must specify either targetWWNs or wwids, but not both'));
  if (names.length > 0 && ids.length > 0)
    errors.push(invalidValue(at, names, 'targetWWNs and wwids can not be specified simultaneously'));
  if (names.length > 0 && value['lun'] === undefined)
    errors.push(required(`${path}.lun`, 'lun is required if targetWWNs is specified'));
  return names.length > 0 ? [...errors, ...checkRange(value['lun'], `${path}.lun`, 0, 255)] : errors;
};

const PAIRS_TEXT = 'must be a host:port pair or multiple pairs separated by commas';

export const quobyte: SourceRule = (value, path) => {
  const registry = asString(value['registry']);
  const errors: FieldError[] = [];
  if (registry === '') errors.push(required(`${path}.registry`, PAIRS_TEXT));
  else if (asString(value['tenant']).length >= 65)
    errors.push(required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  else
    for (const pair of registry.split(','))
      if (!/^([^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/.test(pair))
        errors.push(invalidValue(`${path}.registry`, registry, PAIRS_TEXT));
  return [...errors, ...checkTexts(value, path, 'volume')];
};

export const glusterfs: SourceRule = (value, path, claimed) => {
  const errors = checkTexts(value, path, 'endpoints', 'path');
  const namespace = value['endpointsNamespace'];
  if (!claimed || typeof namespace !== 'string') return errors;
  const at = `${path}.endpointsNamespace`;
  return namespace === ''
    ? [...errors, invalidValue(at, '', 'if the endpointnamespace is set, it must be a valid namespace name')]
    : [...errors, ...checkName(namespace, at, checkLabel)];
};

export const flocker: SourceRule = (value, path) => {
  const [name, id] = [asString(value['datasetName']), asString(value['datasetUUID'])];
  const errors: FieldError[] = [];
  if (name === '' && id === '') errors.push(required(path, 'one of datasetName and datasetUUID is required'));
  if (name !== '' && id !== '')
    errors.push(invalidValue(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  if (name.includes('/')) errors.push(invalidValue(`${path}.datasetName`, name, "must not contain '/'"));
  return errors;
};

export const monitors: SourceRule = (value, path) =>
  asArray(value['monitors']).length === 0 ? [required(`${path}.monitors`)] : [];

export const rbd: SourceRule = (value, path, claimed) => [
  ...monitors(value, path, claimed),
  ...checkTexts(value, path, 'image'),
];

export const cinder: SourceRule = (value, path, claimed) => [
  ...checkTexts(value, path, 'volumeID'),
  ...(isObject(value['secretRef'])
    ? checkTexts(value['secretRef'], `${path}.secretRef`, 'name', ...(claimed ? ['namespace'] : []))
    : []),
];

export const flexVolume: SourceRule = (value, path) => [
  ...checkTexts(value, path, 'driver'),
  ...Object.keys(asObject(value['options'])).flatMap((key) =>
    /(^|\.)(kubernetes|k8s)\.io(\/|$)/i.test(key) && /^[^/]*(kubernetes|k8s)\.io(\/|$)/i.test(key)
      ? [invalidValue(`${path}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved')]
      : [],
  ),
];

export const azureFile: SourceRule = (value, path, claimed) => [
  ...checkTexts(value, path, 'secretName', 'shareName'),
  ...(claimed && value['secretNamespace'] === '' ? [required(`${path}.secretNamespace`)] : []),
];

const MANAGED_DISK = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_DISK = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

export const azureDisk: SourceRule = (value, path) => {
  const [kind, uri] = [value['kind'], asString(value['diskURI'])];
  const errors = [
    ...checkTexts(value, path, 'diskName', 'diskURI'),
    ...checkChoice(value['cachingMode'], `${path}.cachingMode`, ['None', 'ReadOnly', 'ReadWrite']),
    ...checkChoice(kind, `${path}.kind`, ['Dedicated', 'Managed', 'Shared']),
  ];
  if (kind === 'Managed' && !uri.startsWith('/subscriptions/'))
    errors.push(notSupported(`${path}.diskURI`, uri, [MANAGED_DISK]));
  if (kind !== undefined && kind !== 'Managed' && !uri.startsWith('https://'))
    errors.push(notSupported(`${path}.diskURI`, uri, [BLOB_DISK]));
  return errors;
};

export const storageos: SourceRule = (value, path, claimed) => [
  ...checkNeededName(value['volumeName'], `${path}.volumeName`, checkLabel),
  ...checkName(value['volumeNamespace'], `${path}.volumeNamespace`, checkLabel),
  ...(isObject(value['secretRef'])
    ? checkTexts(value['secretRef'], `${path}.secretRef`, 'name', ...(claimed ? ['namespace'] : []))
    : []),
];

/** Names of drivers, in which capitals count as small. */
export function checkDriverName(value: unknown, path: string): FieldError[] {
  const name = asString(value);
  if (name === '') return [required(path)];
  return [
    ...(name.length > 63
      ? [{ reason: 'FieldValueTooLong' as const, field: path, message: 'Too long: may not be more than 63 bytes' }]
      : []),
    ...checkSubdomain(name.toLowerCase()).map((text) => invalidValue(path, name, text)),
  ];
}
