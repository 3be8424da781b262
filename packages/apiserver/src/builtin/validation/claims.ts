import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkLabel, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { claimDifference } from '../go-print/claim-difference.ts';
import { nanoOf } from './quantities.ts';
import {
  checkAnnotations,
  checkChoice,
  checkLabels,
  checkName,
  checkSelector,
  checkTexts,
  IMMUTABLE,
  type Validation,
} from './rules.ts';

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES: readonly string[] = ['Block', 'Filesystem'];
const CLAIM_TEXT =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

export function checkModes(modes: readonly unknown[], path: string): FieldError[] {
  const errors = modes.filter((mode) => !MODES.includes(asString(mode))).map((mode) => notSupported(path, mode, MODES));
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && MODES.includes(asString(mode)));
  if (others && modes.includes('ReadWriteOncePod'))
    errors.push(forbiddenField(path, 'may not use ReadWriteOncePod with other access modes'));
  return errors;
}

/** `spec` of a claim, wherever it stands. */
export function checkClaimSpec(spec: JsonObject, path: string, old?: JsonObject): FieldError[] {
  const modes = asArray(spec['accessModes']);
  const errors: FieldError[] = [];
  if (modes.length === 0) errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'));
  errors.push(...checkSelector(spec['selector'], `${path}.selector`), ...checkModes(modes, `${path}.accessModes`));
  const storage = asObject(asObject(spec['resources'])['requests'])['storage'];
  const at = `${path}.resources[storage]`;
  if (storage === undefined) errors.push(required(at));
  else if (nanoOf(storage) <= 0n) errors.push(invalidValue(at, storage, 'must be greater than zero'));
  errors.push(
    ...checkName(spec['storageClassName'], `${path}.storageClassName`, checkSubdomain),
    ...checkChoice(spec['volumeMode'], `${path}.volumeMode`, VOLUME_MODES),
    ...checkSources(spec, path, old),
    ...checkName(spec['volumeAttributesClassName'], `${path}.volumeAttributesClassName`, checkSubdomain),
  );
  return errors;
}

/** What a claim starts from, in its old field and its new one. */
function checkSources(spec: JsonObject, path: string, old: JsonObject = {}): FieldError[] {
  const { dataSource, dataSourceRef } = spec;
  const hadGroup = ['dataSource', 'dataSourceRef'].some((field) => asObject(old[field])['apiGroup'] !== undefined);
  const errors = ['dataSource', 'dataSourceRef'].flatMap((field) => {
    const source = spec[field];
    if (!isObject(source)) return [];
    const at = `${path}.${field}`;
    const [group, kind] = [asString(source['apiGroup']), asString(source['kind'])];
    return [
      ...checkTexts(source, at, 'name', 'kind'),
      ...(group === '' && kind !== 'PersistentVolumeClaim'
        ? [invalidValue(at, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")]
        : []),
      ...(hadGroup ? [] : checkName(group, `${at}.apiGroup`, checkSubdomain)),
      ...(field === 'dataSourceRef' ? checkName(source['namespace'], `${at}.namespace`, checkLabel) : []),
    ];
  });
  if (!isObject(dataSource) || !isObject(dataSourceRef)) return errors;
  // Upstream prints what it calls a path.
  if (asString(dataSourceRef['namespace']) !== '')
    errors.push(invalidValue(path, {}, 'may not be specified when dataSourceRef.namespace is specified'));
  else if (['apiGroup', 'kind', 'name'].some((field) => (dataSource[field] ?? '') !== (dataSourceRef[field] ?? '')))
    errors.push(invalidValue(path, {}, 'must match dataSourceRef'));
  return errors;
}

/** A claim that is made for each pod. */
export function checkClaimTemplate(template: JsonObject, path: string): FieldError[] {
  const { annotations, labels, ...rest } = asObject(template['metadata']);
  return [
    ...checkAnnotations(annotations, `${path}.metadata.annotations`),
    ...checkLabels(labels, `${path}.metadata.labels`),
    ...META_ORDER.filter((field) => rest[field] !== undefined && rest[field] !== null).map((field) =>
      forbiddenField(`${path}.metadata.${META_NAMES[field] ?? field}`, 'cannot be set'),
    ),
    ...checkClaimSpec(asObject(template['spec']), `${path}.spec`),
  ];
}

const META_ORDER = [
  ...['name', 'generateName', 'namespace', 'selfLink', 'uid', 'resourceVersion', 'generation', 'creationTimestamp'],
  ...['deletionTimestamp', 'deletionGracePeriodSeconds', 'ownerReferences', 'finalizers', 'managedFields'],
];
/** As Go spells the field. */
const META_NAMES: { readonly [field: string]: string } = { uid: 'uID' };

export const claims: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const errors = checkClaimSpec(spec, 'spec', old === undefined ? undefined : asObject(old['spec']));
  if (old === undefined) return errors;
  const before = asObject(old['spec']);
  const isBound = asObject(old['status'])['phase'] === 'Bound';
  const kept = munged(spec, before, isBound);
  const base =
    before['volumeName'] === undefined && spec['volumeName'] !== undefined
      ? { ...before, volumeName: spec['volumeName'] }
      : before;
  if (!equalJson(kept, base)) errors.push(forbiddenField('spec', `${CLAIM_TEXT}\n${claimDifference(base, kept)}`));
  const [size, was] = [spec, before].map((of) => asObject(asObject(of['resources'])['requests'])['storage']);
  const capacity = asObject(asObject(old['status'])['capacity'])['storage'];
  if (nanoOf(size) < nanoOf(was) && nanoOf(size) <= nanoOf(capacity))
    errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  if (spec['volumeMode'] !== before['volumeMode'])
    errors.push(invalidValue('volumeMode', spec['volumeMode'] ?? null, IMMUTABLE));
  const current = asObject(old['status'])['currentVolumeAttributesClassName'];
  const wanted = spec['volumeAttributesClassName'];
  if (current !== undefined && wanted !== before['volumeAttributesClassName'] && asString(wanted) === '')
    errors.push(
      forbiddenField(
        'spec.volumeAttributesClassName',
        `update to ${wanted === undefined ? 'nil' : 'empty string'} is forbidden when status.currentVolumeAttributesClassName is not nil`,
      ),
    );
  return errors;
};

/** What may change, taken back. */
function munged(spec: JsonObject, before: JsonObject, isBound: boolean): JsonObject {
  const kept: JsonObject = { ...spec };
  if (before['storageClassName'] === undefined) delete kept['storageClassName'];
  if (!isBound) return kept;
  const resources = asObject(spec['resources']);
  const requests = resources['requests'];
  const storage = asObject(asObject(before['resources'])['requests'])['storage'];
  if (isObject(requests)) kept['resources'] = { ...resources, requests: { ...requests, storage } };
  if (before['volumeAttributesClassName'] === undefined) delete kept['volumeAttributesClassName'];
  else kept['volumeAttributesClassName'] = before['volumeAttributesClassName'];
  return kept;
}
