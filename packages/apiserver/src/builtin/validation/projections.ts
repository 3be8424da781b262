import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, isObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { internalStruct } from '../go-print/internal-value.ts';
import { checkSignerName } from './certificates.ts';
import { checkFieldRef, checkResourceRef, VOLUME_FIELDS } from './environment.ts';
import { checkFileMode, checkFreePath, checkSelector, checkTexts } from './rules.ts';

/** Keys that become files. */
export function checkItems(items: unknown, path: string): FieldError[] {
  return asArray(items).flatMap((entry, i) => {
    const item = asObject(entry);
    const at = `${path}[${i}]`;
    return [
      ...checkTexts(item, at, 'key', 'path'),
      ...checkFreePath(item['path'], `${at}.path`),
      ...checkFileMode(item['mode'], `${at}.mode`),
    ];
  });
}

/** A field of the pod that becomes a file. Upstream does not say which of several. */
export function checkDownwardFile(file: JsonObject, path: string): FieldError[] {
  const { fieldRef, resourceFieldRef } = file;
  const errors = [...checkTexts(file, path, 'path'), ...checkFreePath(file['path'], `${path}.path`)];
  if (isObject(fieldRef)) {
    errors.push(...checkFieldRef(fieldRef, `${path}.fieldRef`, VOLUME_FIELDS));
    if (resourceFieldRef !== undefined)
      errors.push(invalidValue(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
  } else if (isObject(resourceFieldRef))
    errors.push(...checkResourceRef(resourceFieldRef, `${path}.resourceFieldRef`, true));
  else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  return [...errors, ...checkFileMode(file['mode'], `${path}.mode`)];
}

const SOURCES = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken', 'clusterTrustBundle', 'podCertificate'];

/** A volume made of several sources, no two of which may write the same file. */
export function projected(value: JsonObject, path: string): FieldError[] {
  const files = new Set<string>();
  return [
    ...checkFileMode(value['defaultMode'], `${path}.defaultMode`),
    ...asArray(value['sources']).flatMap((entry, i) => {
      const source = asObject(entry);
      const at = `${path}.sources[${i}]`;
      const given = SOURCES.filter((field) => isObject(source[field]));
      const errors = given.flatMap((field) => checkProjection(field, asObject(source[field]), at, path, files));
      if (given.length > 1) errors.push(forbiddenField(at, 'may not specify more than 1 volume type per source'));
      return errors;
    }),
  ];
}

function checkProjection(
  field: string,
  value: JsonObject,
  source: string,
  volume: string,
  files: Set<string>,
): FieldError[] {
  const at = `${source}.${field}`;
  /** Conflicts are told about the volume, by whatever stands for the source. */
  const claim = (file: unknown, shown: unknown = file): FieldError[] => {
    const isTaken = files.has(asString(file));
    files.add(asString(file));
    return isTaken ? [invalidValue(volume, shown, 'conflicting duplicate paths')] : [];
  };
  switch (field) {
    case 'secret':
    case 'configMap':
      return [
        ...checkTexts(value, at, 'name'),
        ...asArray(value['items']).flatMap((item, i) => [
          ...checkItems([item], `${at}.items`).map((e) => ({
            ...e,
            field: e.field.replace('items[0]', `items[${i}]`),
          })),
          ...(asString(asObject(item)['path']) === '' ? [] : claim(asObject(item)['path'], asString(value['name']))),
        ]),
      ];
    case 'downwardAPI':
      return asArray(value['items']).flatMap((item) => [
        ...checkDownwardFile(asObject(item), at),
        ...(asString(asObject(item)['path']) === '' ? [] : claim(asObject(item)['path'])),
      ]);
    case 'serviceAccountToken':
      return checkToken(value, at, volume);
    case 'clusterTrustBundle':
      return [
        ...checkBundle(value, at),
        ...checkTexts(value, at, 'path'),
        ...checkFreePath(value['path'], `${at}.path`),
        ...claim(asString(value['path'])),
      ];
    default: {
      const paths = ['credentialBundlePath', 'keyPath', 'certificateChainPath'];
      const given = paths.filter((name) => asString(value[name]) !== '');
      return [
        ...checkCertificate(value, at),
        ...given.flatMap((name) => [...checkFreePath(value[name], `${at}.${name}`), ...claim(value[name])]),
        ...(given.length === 0
          ? [required(at, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath')]
          : []),
      ];
    }
  }
}

function checkToken(token: JsonObject, path: string, volume: string): FieldError[] {
  const seconds = asNumber(token['expirationSeconds']);
  const at = `${path}.expirationSeconds`;
  const errors: FieldError[] = [];
  if (seconds < 600) errors.push(invalidValue(at, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > 2 ** 32) errors.push(invalidValue(at, seconds, 'may not specify a duration larger than 2^32 seconds'));
  // Upstream tells these of the volume.
  return [...errors, ...checkTexts(token, volume, 'path'), ...checkFreePath(token['path'], `${volume}.path`)];
}

function checkBundle(bundle: JsonObject, path: string): FieldError[] {
  const { name, signerName, labelSelector } = bundle;
  if (name !== undefined && signerName !== undefined)
    return [
      invalidValue(
        path,
        internalStruct('ClusterTrustBundleProjection', bundle),
        'only one of name and signerName may be used',
      ),
    ];
  if (name !== undefined)
    return [
      ...(name === '' ? [required(`${path}.name`, 'must be a valid object name')] : []),
      ...(labelSelector === undefined
        ? []
        : [invalidValue(`${path}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified')]),
    ];
  if (signerName === undefined) return [required(path, 'either name or signerName must be specified')];
  return [
    ...(signerName === '' ? [required(`${path}.signerName`, 'must be a valid signer name')] : []),
    ...checkSignerName(asString(signerName), `${path}.signerName`),
    ...checkSelector(labelSelector, `${path}.labelSelector`),
  ];
}

const KEY_TYPES = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'];
const DAY = 86_400;

function checkCertificate(certificate: JsonObject, path: string): FieldError[] {
  const signer = asString(certificate['signerName']);
  const errors = checkSignerName(signer, `${path}.signerName`);
  const type = asString(certificate['keyType']);
  if (!KEY_TYPES.includes(type)) errors.push(notSupported(`${path}.keyType`, type, KEY_TYPES));
  const seconds = certificate['maxExpirationSeconds'];
  const at = `${path}.maxExpirationSeconds`;
  const most = /^([^/]*\.)?kubernetes\.io\//.test(signer) ? DAY : 91 * DAY;
  if (typeof seconds === 'number' && seconds < 3600)
    errors.push(invalidValue(at, seconds, 'if provided, maxExpirationSeconds must be >= 3600'));
  if (typeof seconds === 'number' && seconds > most)
    errors.push(invalidValue(at, seconds, `if provided, maxExpirationSeconds must be <= ${most}`));
  return errors;
}
