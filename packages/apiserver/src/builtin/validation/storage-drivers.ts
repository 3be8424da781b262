import type { FieldError } from '@fluvial/schema';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkQualifiedName, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { internalStruct } from '../go-print/internal-value.ts';
import { checkVolumeSpec } from './persistent-volumes.ts';
import { nanoOf } from './quantities.ts';
import { checkChoice, checkSelector, each, IMMUTABLE, notNegative, type Validation } from './rules.ts';
import { checkDriverName } from './volume-sources.ts';
import { shownSelector } from './workloads.ts';

const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLES = ['Persistent', 'Ephemeral'];

/** CSI drivers; some of what they say is read only once. */
export const drivers: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const tokens = asArray(spec['tokenRequests']).map(asObject);
  const errors = checkChoice(spec['fsGroupPolicy'], 'spec.fsGroupPolicy', GROUP_POLICIES);
  const audiences = new Set<string>();
  tokens.forEach((token, i) => {
    const at = `spec.tokenRequests[${i}]`;
    const audience = asString(token['audience']);
    if (audiences.has(audience)) {
      errors.push(duplicate(`${at}.audience`, audience));
      return;
    }
    audiences.add(audience);
    const seconds = token['expirationSeconds'];
    const wrong = (text: string) => errors.push(invalidValue(`${at}.expirationSeconds`, seconds, text));
    if (typeof seconds !== 'number') return;
    if (seconds < 600) wrong('may not specify a duration less than 10 minutes');
    if (seconds > 2 ** 32) wrong('may not specify a duration larger than 2^32 seconds');
  });
  for (const mode of asArray(spec['volumeLifecycleModes']))
    if (!LIFECYCLES.includes(asString(mode))) errors.push(notSupported('spec.volumeLifecycleModes', mode, LIFECYCLES));
  const period = spec['nodeAllocatableUpdatePeriodSeconds'];
  if (typeof period === 'number' && period < 10)
    errors.push(
      invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds'),
    );
  const inSecrets = spec['serviceAccountTokenInSecrets'];
  if (inSecrets !== undefined && tokens.length === 0)
    errors.push(
      invalidValue(
        'spec.serviceAccountTokenInSecrets',
        inSecrets,
        'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
      ),
    );
  if (old === undefined) return errors;
  const before = asObject(old['spec']);
  // Upstream spells the first one so.
  for (const [field, called] of [
    ['attachRequired', 'attachedRequired'],
    ['volumeLifecycleModes', 'volumeLifecycleModes'],
  ] as const)
    if (!equalJson(spec[field], before[field]))
      errors.push(invalidValue(`spec.${called}`, spec[field] ?? null, IMMUTABLE));
  return errors;
};

const MOST_NODE_ID = 192;

/** What a node says about its CSI drivers. */
export const csiNodes: Validation = (object, old) => {
  const drivers = asArray(asObject(object['spec'])['drivers']).map(asObject);
  const names = new Set<string>();
  const errors = drivers.flatMap((driver, i) => {
    const at = `spec.drivers[${i}]`;
    const [name, id] = [asString(driver['name']), asString(driver['nodeID'])];
    const keys = asArray(driver['topologyKeys']).map(asString);
    const found = checkDriverName(name, `${at}.name`);
    if (id === '') found.push(required(`${at}.nodeID`));
    if (id.length > MOST_NODE_ID)
      found.push(invalidValue(`${at}.nodeID`, id, `must be ${MOST_NODE_ID} characters or less`));
    found.push(...notNegative(asObject(driver['allocatable']), `${at}.allocatable`, ['count']));
    if (names.has(name)) found.push(duplicate(`${at}.name`, name));
    names.add(name);
    keys.forEach((key, j) => {
      if (key === '') found.push(required(at));
      if (keys.indexOf(key) < j) found.push(duplicate(at, key));
      found.push(...each(at, key, checkQualifiedName(key)));
    });
    return found;
  });
  const fixed = (driver: JsonObject) => internalStruct('CSINodeDriver', { ...driver, allocatable: undefined });
  for (const entry of asArray(asObject(old?.['spec'])['drivers'])) {
    const before = asObject(entry);
    for (const driver of drivers)
      if (driver['name'] === before['name'] && !equalJson(fixed(driver), fixed(before)))
        errors.push(invalidValue('spec.drivers', fixed(driver), IMMUTABLE));
  }
  return errors;
};

/** How much a class can still give. */
export const capacities: Validation = (object, old) => {
  const name = asString(object['storageClassName']);
  const topology = object['nodeTopology'];
  const errors = checkSelector(topology, 'nodeTopology');
  errors.push(...each('storageClassName', name, checkSubdomain(name)));
  if (object['capacity'] !== undefined && nanoOf(object['capacity']) < 0n)
    errors.push(invalidValue('capacity', object['capacity'], 'must be greater than or equal to 0'));
  // An update looks at the whole object first, and then at what may not change.
  if (old === undefined) return errors;
  if (!equalJson(topology, old['nodeTopology']))
    errors.push(invalidValue('nodeTopology', shownSelector(topology), IMMUTABLE));
  if (name !== asString(old['storageClassName'])) errors.push(invalidValue('storageClassName', name, IMMUTABLE));
  return errors;
};

const ONE_OF = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

/** A volume that belongs to a node. */
export const attachments: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const source = asObject(spec['source']);
  const node = asString(spec['nodeName']);
  const { persistentVolumeName: name, inlineVolumeSpec: inline } = source;
  const path = 'spec.source';
  const errors = checkDriverName(spec['attacher'], 'spec.attacher');
  if (inline === undefined && name === undefined) errors.push(required(path, ONE_OF));
  else if (inline !== undefined && name !== undefined) errors.push(forbiddenField(path, ONE_OF));
  else if (name === '')
    errors.push(required(`${path}.persistentVolumeName`, 'must specify non empty persistentVolumeName'));
  else if (isObject(inline)) errors.push(...checkVolumeSpec(inline, `${path}.inlineVolumeSpec`, '', true));
  errors.push(...each('spec.nodeName', node, checkSubdomain(node)));
  if (name !== undefined) errors.push(...each(`${path}.persistentVolumeName`, name, checkSubdomain(asString(name))));
  if (old !== undefined && !equalJson(spec, old['spec']))
    errors.push(invalidValue('spec', internalStruct('VolumeAttachmentSpec', spec), IMMUTABLE));
  return errors;
};

/** Parameters of volumes that may change while they are used. */
export const attributesClasses: Validation = (object, old) => {
  const driver = asString(object['driverName']).toLowerCase();
  const parameters = asObject(object['parameters']);
  const errors: FieldError[] = [];
  if (old !== undefined && object['driverName'] !== old['driverName'])
    errors.push(forbiddenField('driverName', 'updates to driverName are forbidden.'));
  if (old !== undefined && !equalJson(parameters, asObject(old['parameters'])))
    errors.push(forbiddenField('parameters', 'updates to parameters are forbidden.'));
  if (driver === '') errors.push(required('driverName'));
  else errors.push(...each('driverName', driver, checkQualifiedName(driver)));
  errors.push(...checkParameters(parameters, 'parameters'));
  if (Object.keys(parameters).length === 0)
    errors.push(required('parameters', 'must contain at least one key/value pair'));
  return errors;
};

const MOST_PARAMETERS = 512;
const MOST_BYTES = 256 * 1024;

/** What a provisioner is told. */
export function checkParameters(parameters: JsonObject, path: string): FieldError[] {
  const entries = Object.entries(parameters);
  const tooLongText = (max: number): FieldError[] => [
    { reason: 'FieldValueTooLong', field: path, message: `Too long: may not be more than ${max} bytes` },
  ];
  if (entries.length > MOST_PARAMETERS) return tooLongText(MOST_PARAMETERS);
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key + asString(value)), 0);
  return [
    ...entries.filter(([key]) => key === '').map(([key]) => invalidValue(path, key, 'field can not be empty.')),
    ...(size > MOST_BYTES ? tooLongText(MOST_BYTES) : []),
  ];
}
