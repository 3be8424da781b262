import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkQualifiedName, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { claimDifference } from '../go-print/claim-difference.ts';
import { nanoOf } from './quantities.ts';
import { each, IMMUTABLE, type Validation } from './rules.ts';
import { checkHostPath, checkNfs } from './volumes.ts';

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const CLAIM_TEXT =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

function checkModes(modes: readonly unknown[]): FieldError[] {
  const errors = modes
    .filter((mode) => !MODES.includes(asString(mode)))
    .map((mode) => notSupported('spec.accessModes', mode, MODES));
  if (modes.length > 1 && modes.includes('ReadWriteOncePod'))
    errors.push(forbiddenField('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'));
  return errors;
}

export const claims: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const modes = asArray(spec['accessModes']);
  const errors: FieldError[] = [];
  if (modes.length === 0) errors.push(required('spec.accessModes', 'at least 1 access mode is required'));
  errors.push(...checkModes(modes));
  const storage = asObject(asObject(spec['resources'])['requests'])['storage'];
  if (storage === undefined) errors.push(required('spec.resources[storage]'));
  else if (nanoOf(storage) <= 0n)
    errors.push(invalidValue('spec.resources[storage]', storage, 'must be greater than zero'));
  const className = asString(spec['storageClassName']);
  if (className !== '') errors.push(...each('spec.storageClassName', className, checkSubdomain(className)));
  const mode = asString(spec['volumeMode']);
  if (mode !== 'Block' && mode !== 'Filesystem')
    errors.push(notSupported('spec.volumeMode', mode, ['Block', 'Filesystem']));
  if (old === undefined) return errors;
  const before = asObject(old['spec']);
  const isBound = asObject(old['status'])['phase'] === 'Bound';
  if (!equalJson(frozenClaim(spec, before, isBound), frozenClaim(before, before, isBound)))
    errors.push(
      forbiddenField('spec', `${CLAIM_TEXT}\n${claimDifference(before, frozenShown(spec, before, isBound))}`),
    );
  if (spec['volumeMode'] !== before['volumeMode'])
    errors.push(invalidValue('volumeMode', spec['volumeMode'] ?? null, IMMUTABLE));
  if (isBound) {
    const was = asObject(asObject(before['resources'])['requests'])['storage'];
    if (nanoOf(storage) < nanoOf(was) && nanoOf(storage) < nanoOf(capacityOf(old['status'])))
      errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
  return errors;
};

function capacityOf(status: unknown): unknown {
  return asObject(asObject(status)['capacity'])['storage'];
}

function frozenClaim(spec: JsonObject, before: JsonObject, isBound: boolean): JsonObject {
  const { resources, volumeName, volumeAttributesClassName: _v, ...rest } = spec;
  const { requests, ...limits } = asObject(resources);
  // Only what is bound may grow.
  const kept = isBound ? limits : { ...limits, requests };
  // Binding sets the volume's name once.
  return { ...rest, resources: kept, ...(before['volumeName'] === undefined ? {} : { volumeName }) };
}

/** What may change does not show among the differences. */
function frozenShown(spec: JsonObject, before: JsonObject, isBound: boolean): JsonObject {
  const resources = asObject(spec['resources']);
  return {
    ...spec,
    ...(isBound ? { resources: { ...resources, requests: asObject(before['resources'])['requests'] } } : {}),
    ...(before['volumeName'] === undefined ? { volumeName: undefined } : {}),
  };
}

const NO_SOURCES = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
]);

export const volumes: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const modes = asArray(spec['accessModes']);
  const capacity = asObject(spec['capacity']);
  const names = Object.keys(capacity);
  const errors: FieldError[] = [];
  if (modes.length === 0) errors.push(required('spec.accessModes'));
  errors.push(...checkModes(modes));
  if (names.length === 0) errors.push(required('spec.capacity'));
  if (names.length !== 1 || names[0] !== 'storage')
    errors.push(notSupported('spec.capacity', names.length === 0 ? null : capacity, ['storage']));
  for (const [name, value] of Object.entries(capacity))
    if (nanoOf(value) <= 0n) errors.push(invalidValue(`spec.capacity[${name}]`, value, 'must be greater than zero'));
  const policy = asString(spec['persistentVolumeReclaimPolicy']);
  if (!['Delete', 'Recycle', 'Retain'].includes(policy))
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, ['Delete', 'Recycle', 'Retain']));
  errors.push(...checkVolumeSources(spec));
  const className = asString(spec['storageClassName']);
  if (className !== '') errors.push(...each('spec.storageClassName', className, checkSubdomain(className)));
  if (old !== undefined && !equalJson(spec['volumeMode'], asObject(old['spec'])['volumeMode']))
    // Upstream leaves `spec` out of this path.
    errors.push(invalidValue('volumeMode', spec['volumeMode'] ?? null, IMMUTABLE));
  return errors;
};

function checkVolumeSources(spec: JsonObject): FieldError[] {
  const sources = Object.keys(spec).filter((field) => !NO_SOURCES.has(field) && isObject(spec[field]));
  if (sources.length === 0) return [required('spec', 'must specify a volume type')];
  return sources.flatMap((source, i) => {
    const at = `spec.${source}`;
    if (i > 0) return [forbiddenField(at, 'may not specify more than 1 volume type')];
    const value = asObject(spec[source]);
    if (source === 'hostPath') return checkHostPath(value, at);
    if (source === 'nfs') return checkNfs(value, at);
    if (source === 'local' && spec['nodeAffinity'] === undefined)
      return [required('spec.nodeAffinity', 'Local volume requires node affinity')];
    if (source === 'csi')
      return ['driver', 'volumeHandle'].filter((f) => asString(value[f]) === '').map((f) => required(`${at}.${f}`));
    return [];
  });
}

export const storageClasses: Validation = (object, old) => {
  const errors: FieldError[] = [];
  const provisioner = asString(object['provisioner']).toLowerCase();
  if (provisioner === '') errors.push(required('provisioner'));
  else errors.push(...each('provisioner', provisioner, checkQualifiedName(provisioner)));
  for (const [field, supported] of [
    ['reclaimPolicy', ['Delete', 'Retain']],
    ['volumeBindingMode', ['Immediate', 'WaitForFirstConsumer']],
  ] as const) {
    if (!(supported as readonly string[]).includes(asString(object[field])))
      errors.push(notSupported(field, object[field], supported));
  }
  if (old === undefined) return errors;
  if (!equalJson(object['parameters'] ?? {}, old['parameters'] ?? {}))
    errors.push(invalidValue('parameters', object['parameters'] ?? null, IMMUTABLE));
  if (object['provisioner'] !== old['provisioner'])
    errors.push(invalidValue('provisioner', object['provisioner'] ?? null, IMMUTABLE));
  if (object['reclaimPolicy'] !== old['reclaimPolicy'])
    errors.push(invalidValue('reclaimPolicy', object['reclaimPolicy'] ?? null, IMMUTABLE));
  if (object['volumeBindingMode'] !== old['volumeBindingMode'])
    errors.push(invalidValue('volumeBindingMode', object['volumeBindingMode'], IMMUTABLE));
  return errors;
};

/** Drivers read these only once. */
export const drivers: Validation = (object, old) => {
  if (old === undefined) return [];
  const [spec, before] = [asObject(object['spec']), asObject(old['spec'])];
  return (
    ['attachRequired', 'fsGroupPolicy', 'volumeLifecycleModes']
      .filter((field) => !equalJson(spec[field], before[field]))
      // Upstream spells the first one so.
      .map((field) =>
        invalidValue(`spec.${field === 'attachRequired' ? 'attachedRequired' : field}`, spec[field] ?? null, IMMUTABLE),
      )
  );
};

export const runtimeClasses: Validation = (object, old) => {
  if (asString(object['handler']) === '') return [required('handler')];
  return old !== undefined && object['handler'] !== old['handler']
    ? [invalidValue('handler', object['handler'], IMMUTABLE)]
    : [];
};
