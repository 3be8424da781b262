import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkLabel, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { internalStruct } from '../go-print/internal-value.ts';
import { unifiedDiff } from '../go-print/unified-diff.ts';
import { checkModes, VOLUME_MODES } from './claims.ts';
import { checkNodeSelector } from './node-selectors.ts';
import { nanoOf } from './quantities.ts';
import {
  checkChoice,
  checkName,
  checkNeededName,
  checkNoClimbing,
  checkTexts,
  IMMUTABLE,
  type Validation,
} from './rules.ts';
import * as shared from './volume-sources.ts';
import { MORE_THAN_ONE } from './volumes.ts';

interface Source {
  readonly field: string;
  /** What upstream calls it in the paths of its errors, and where it is one too many. */
  readonly path?: string;
  readonly extra?: string;
  readonly rule: shared.SourceRule;
}

const secretRef: shared.SourceRule = (value, path) => [
  ...checkNeededName(value['name'], `${path}.name`, checkSubdomain),
  ...checkNeededName(value['namespace'], `${path}.namespace`, checkLabel),
];

const csi: shared.SourceRule = (value, path) => [
  ...shared.checkDriverName(value['driver'], `${path}.driver`),
  ...checkTexts(value, path, 'volumeHandle'),
  ...['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'].flatMap(
    (field) => (isObject(value[field]) ? secretRef(value[field], `${path}.${field}`, true) : []),
  ),
];

const local: shared.SourceRule = (value, path) =>
  asString(value['path']) === '' ? [required(`${path}.path`)] : checkNoClimbing(value['path'], `${path}.path`);

/** In the order in which they are looked at. */
const SOURCES: readonly Source[] = [
  { field: 'hostPath', rule: shared.hostPath },
  { field: 'gcePersistentDisk', path: 'persistentDisk', rule: shared.disk('pdName') },
  { field: 'awsElasticBlockStore', rule: shared.disk('volumeID') },
  { field: 'glusterfs', rule: shared.glusterfs },
  { field: 'flocker', rule: shared.flocker },
  { field: 'nfs', rule: shared.nfs },
  { field: 'rbd', rule: shared.rbd },
  { field: 'quobyte', rule: shared.quobyte },
  { field: 'cephfs', extra: 'cephFS', rule: shared.monitors },
  { field: 'iscsi', rule: shared.iscsi },
  { field: 'cinder', rule: shared.cinder },
  { field: 'fc', rule: shared.fc },
  { field: 'flexVolume', rule: shared.flexVolume },
  { field: 'azureFile', rule: shared.azureFile },
  { field: 'vsphereVolume', rule: shared.texts('volumePath') },
  { field: 'photonPersistentDisk', rule: shared.texts('pdID') },
  { field: 'portworxVolume', rule: shared.texts('volumeID') },
  { field: 'azureDisk', rule: shared.azureDisk },
  { field: 'scaleIO', rule: shared.texts('gateway', 'system', 'volumeName') },
  { field: 'local', rule: local },
  { field: 'storageos', rule: shared.storageos },
  { field: 'csi', rule: csi },
];

/** `spec` of a persistent volume. */
export function checkVolumeSpec(spec: JsonObject, path: string, name: string, isInline = false): FieldError[] {
  if (isInline) return checkInlineSpec(spec, path);
  const modes = asArray(spec['accessModes']);
  const capacity = asObject(spec['capacity']);
  const names = Object.keys(capacity);
  const errors: FieldError[] = [];
  if (modes.length === 0) errors.push(required(`${path}.accessModes`));
  errors.push(...checkModes(modes, `${path}.accessModes`));
  if (names.length === 0) errors.push(required(`${path}.capacity`));
  if (names.length !== 1 || names[0] !== 'storage')
    errors.push(notSupported(`${path}.capacity`, names.length === 0 ? null : sorted(capacity), ['storage']));
  for (const [resource, value] of Object.entries(sorted(capacity))) {
    const at = `${path}.capacity[${resource}]`;
    if (nanoOf(value) < 0n) errors.push(invalidValue(at, Number(wholeOf(value)), 'must be a valid resource quantity'));
    if (nanoOf(value) <= 0n) errors.push(invalidValue(at, value, 'must be greater than zero'));
  }
  const policy = asString(spec['persistentVolumeReclaimPolicy']);
  if (policy !== '')
    errors.push(...checkChoice(policy, `${path}.persistentVolumeReclaimPolicy`, ['Delete', 'Recycle', 'Retain']));
  const affinity = spec['nodeAffinity'];
  if (isObject(affinity))
    errors.push(
      ...(isObject(affinity['required'])
        ? checkNodeSelector(affinity['required'], `${path}.nodeAffinity.required`)
        : [required(`${path}.nodeAffinity.required`, 'must specify required node constraints')]),
    );
  errors.push(...checkVolumeSources(spec, path, name));
  if (policy === 'Recycle' && /^\/+\.?\/*$/.test(asString(asObject(spec['hostPath'])['path'])))
    errors.push(
      forbiddenField(`${path}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'"),
    );
  errors.push(
    ...checkName(spec['storageClassName'], `${path}.storageClassName`, checkSubdomain),
    ...checkChoice(spec['volumeMode'], `${path}.volumeMode`, VOLUME_MODES),
  );
  const attributes = spec['volumeAttributesClassName'];
  if (attributes !== undefined) {
    const at = `${path}.volumeAttributesClassName`;
    if (attributes === '') errors.push(required(at, 'an empty string is disallowed'));
    else errors.push(...checkName(attributes, at, checkSubdomain));
    if (spec['csi'] === undefined)
      errors.push(required(`${path}.csi`, 'has to be specified when using volumeAttributesClassName'));
  }
  return errors;
}

/** A volume that stands in an attachment is one of a CSI driver, and nothing else is said about it. */
function checkInlineSpec(spec: JsonObject, path: string): FieldError[] {
  const where = 'in the context of inline volumes';
  const refuse = (field: string) =>
    spec[field] === undefined || (asString(spec[field]) === '' && !isObject(spec[field]))
      ? []
      : [forbiddenField(`${path}.${field}`, `may not be specified ${where}`)];
  const modes = asArray(spec['accessModes']);
  const policy = asString(spec['persistentVolumeReclaimPolicy']);
  const mode = spec['volumeMode'];
  return [
    ...refuse('claimRef'),
    ...refuse('capacity'),
    ...(spec['csi'] === undefined ? [required(`${path}.csi`, `has to be specified ${where}`)] : []),
    ...(modes.length === 0 ? [required(`${path}.accessModes`)] : []),
    ...checkModes(modes, `${path}.accessModes`),
    ...(policy === '' || policy === 'Retain'
      ? []
      : [forbiddenField(`${path}.persistentVolumeReclaimPolicy`, `may only be Retain ${where}`)]),
    ...refuse('nodeAffinity'),
    ...checkVolumeSources(spec, path, ''),
    ...refuse('storageClassName'),
    ...(mode === undefined || mode === 'Filesystem'
      ? []
      : [forbiddenField(`${path}.volumeMode`, `may not specify volumeMode other than Filesystem ${where}`)]),
  ];
}

function sorted(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Rounded away from zero. */
function wholeOf(quantity: unknown): bigint {
  const nano = nanoOf(quantity);
  const whole = nano / 10n ** 9n;
  return nano % 10n ** 9n === 0n ? whole : whole + (nano < 0n ? -1n : 1n);
}

function checkVolumeSources(spec: JsonObject, path: string, name: string): FieldError[] {
  const given = SOURCES.filter(({ field }) => isObject(spec[field]));
  if (given.length === 0) return [required(path, 'must specify a volume type')];
  return given.flatMap(({ field, path: called = field, extra = field, rule }, i) => {
    // These may be one too many.
    if (i > 0 && field !== 'flexVolume') return [forbiddenField(`${path}.${extra}`, MORE_THAN_ONE)];
    const value = asObject(spec[field]);
    const errors = rule(value, `${path}.${called}`, true);
    if (field === 'local' && spec['nodeAffinity'] === undefined)
      errors.push(required(`${path}.nodeAffinity`, 'Local volume requires node affinity'));
    const portal = asString(value['targetPortal']);
    if (field === 'iscsi' && value['initiatorName'] !== undefined && `${name}:${portal}`.length > 64)
      errors.splice(
        portal === '' ? 1 : 0,
        0,
        invalidValue(`${path}.iscsi.targetportal`, portal, shared.TOO_LONG_PORTAL),
      );
    return errors;
  });
}

const SOURCE_TEXT = 'spec.persistentvolumesource is immutable after creation';

export const volumes: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const errors = checkVolumeSpec(spec, 'spec', asString(object.metadata.name));
  if (old === undefined) return errors;
  // An update looks at the whole object again, and says so.
  errors.push(...errors);
  const before = asObject(old['spec']);
  const [source, was] = [
    internalStruct('PersistentVolumeSource', spec),
    internalStruct('PersistentVolumeSource', before),
  ];
  const [csiNow, csiThen] = [asObject(source['CSI']), asObject(was['CSI'])];
  // The secret for growing may come later.
  if (source['CSI'] !== null && was['CSI'] !== null && csiThen['ControllerExpandSecretRef'] === null)
    source['CSI'] = { ...csiNow, ControllerExpandSecretRef: null };
  if (!equalJson(source, was)) {
    const lines = (of: JsonObject) => JSON.stringify(of, undefined, 1).split('\n');
    errors.push(
      forbiddenField('spec.persistentvolumesource', `${SOURCE_TEXT}\n${unifiedDiff(lines(was), lines(source))}`),
    );
  }
  if (!equalJson(spec['volumeMode'], before['volumeMode']))
    // Upstream leaves `spec` out of this path.
    errors.push(invalidValue('volumeMode', spec['volumeMode'] ?? null, IMMUTABLE));
  if (before['nodeAffinity'] !== undefined && !equalJson(spec['nodeAffinity'], before['nodeAffinity'])) {
    const affinity = spec['nodeAffinity'];
    errors.push(
      invalidValue(
        'nodeAffinity',
        isObject(affinity) ? internalStruct('VolumeNodeAffinity', affinity) : null,
        `${IMMUTABLE}, except for updating from beta label to GA`,
      ),
    );
  }
  if (before['volumeAttributesClassName'] !== undefined && spec['volumeAttributesClassName'] === undefined)
    errors.push(forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  return errors;
};
